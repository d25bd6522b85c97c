// What a room says reaches every member once and in order, whoever does the sending: fan_out send|io_uring|faulty.
// `faulty` is a writer that sends only a part of most batches, or nothing, and leaves the rest to the connections.
// Ends with 77 where there is no io_uring.
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <roompp/roompp.hpp>

#if ROOMPP_TEST_IO_URING
#include <roompp/io_uring.hpp>
#endif

#include "client.hpp"

namespace {

constexpr int no_io_uring_here = 77;

class faulty_writer final : public roompp::wire::fan_out_writer {
public:
    void write(const std::vector<roompp::wire::fan_out_send>& sends, const batches& what) override {
        for (const auto& one : sends) {
            const auto& batch = what[one.batch];
            const std::size_t part = next() % 3 == 0 ? batch->size() : next() % batch->size();
            const ssize_t n = ::send(one.socket, batch->bytes().data(), part, MSG_DONTWAIT | MSG_NOSIGNAL);
            const std::size_t written = n < 0 ? 0 : static_cast<std::size_t>(n);
            if (written != batch->size()) one.to->not_written(batch, written, 0);
        }
    }

private:
    std::uint32_t next() { return (state_ = state_ * 1664525 + 1013904223) >> 8U; }
    std::uint32_t state_ = 1;
};

struct running_server {
    explicit running_server(const roompp::wire::fan_out_policy& policy, std::size_t queue_bytes = 4 * 1024 * 1024) {
        roompp::limits limits = load::any_rate();
        limits.queue_bytes = queue_bytes;
        // A message between two that the room says: its own writes must keep their place too.
        rooms.on_message([](auto& room, auto& sender, std::string_view text) {
            room.broadcast(text);
            if (text.substr(0, 3) == "ask") sender.send("answer" + std::string(text.substr(3)));
        });
        server.limits(limits).fan_out_writer(policy);
        server.websocket("/room/{room}", rooms);
        server.listen(0, "127.0.0.1");
        thread = std::thread([this] { server.run(); });
    }
    ~running_server() {
        server.stop();
        thread.join();
    }
    load::client join(const std::string& room) { return {server.port(), "/room/" + room}; }

    roompp::server server;
    roompp::rooms<> rooms;
    std::thread thread;
};

void expect(std::string_view got, std::string_view wanted) {
    if (got != wanted)
        throw std::runtime_error("expected " + std::string(wanted.substr(0, 40)) + ", got " +
                                 std::string(got.substr(0, 40)));
}

std::string numbered(std::size_t i, std::size_t size) { return std::to_string(i) + std::string(size, '.'); }

// Small and large messages, many at a time, to members that read late: their sockets fill, and sends are refused.
void everything_arrives_in_order(const roompp::wire::fan_out_policy& policy) {
    running_server at(policy, 64 * 1024 * 1024);
    std::vector<load::client> members;
    for (int i = 0; i < 30; ++i) members.push_back(at.join("order"));
    constexpr std::size_t rounds = 10;
    constexpr std::size_t burst = 40;
    for (std::size_t round = 0; round < rounds; ++round) {
        const std::size_t size = round % 3 == 2 ? 20'000 : 50;
        for (std::size_t i = 0; i < burst; ++i) members.front().send(numbered(i, size));
        for (auto& member : members)
            for (std::size_t i = 0; i < burst; ++i) expect(member.receive(), numbered(i, size));
    }
}

void answers_keep_their_place(const roompp::wire::fan_out_policy& policy) {
    running_server at(policy);
    std::vector<load::client> members;
    for (int i = 0; i < 10; ++i) members.push_back(at.join("asking"));
    for (int i = 0; i < 200; ++i) {
        const std::string number = std::to_string(i);
        members[3].send("ask" + number);
        members[3].send("told" + number);
        for (auto& member : members) {
            expect(member.receive(), "ask" + number);
            if (&member == &members[3]) expect(member.receive(), "answer" + number);
            expect(member.receive(), "told" + number);
        }
    }
}

// One member reads nothing: it is closed with 1013 when too much waits for it, and delays nobody.
void who_is_slow_harms_nobody(const roompp::wire::fan_out_policy& policy) {
    running_server at(policy, 256 * 1024);
    std::vector<load::client> members;
    for (int i = 0; i < 10; ++i) members.push_back(at.join("slow"));
    load::client slow = at.join("slow");
    constexpr std::size_t count = 1000;
    for (std::size_t i = 0; i < count; ++i) {
        members.front().send(numbered(i, 20'000));
        for (auto& member : members) expect(member.receive(), numbered(i, 20'000));
    }
    try {
        for (std::size_t i = 0; i < count; ++i) expect(slow.receive(), numbered(i, 20'000));
    } catch (const load::client::closed& how) {
        if (how.code != 1013) throw std::runtime_error("the slow one was closed with " + std::to_string(how.code));
        return;
    }
    throw std::runtime_error("the slow one was not closed");
}

void many_rooms_in_one_turn(const roompp::wire::fan_out_policy& policy) {
    running_server at(policy);
    std::vector<std::vector<load::client>> rooms(40);
    for (std::size_t r = 0; r < rooms.size(); ++r)
        for (int i = 0; i < 5; ++i) rooms[r].push_back(at.join(std::to_string(r)));
    for (std::size_t i = 0; i < 50; ++i) {
        for (std::size_t r = 0; r < rooms.size(); ++r) rooms[r].front().send(numbered(i, r));
        for (std::size_t r = 0; r < rooms.size(); ++r)
            for (auto& member : rooms[r]) expect(member.receive(), numbered(i, r));
    }
}

// Members that go away in the middle of what is said to them.
void who_goes_is_no_harm(const roompp::wire::fan_out_policy& policy) {
    running_server at(policy);
    auto speaker = at.join("going");
    for (std::size_t round = 0; round < 50; ++round) {
        std::vector<load::client> members;
        for (int i = 0; i < 8; ++i) members.push_back(at.join("going"));
        for (std::size_t i = 0; i < 20; ++i) speaker.send(numbered(i, 5'000));
        for (std::size_t i = 0; i < 5; ++i) expect(members[round % 8].receive(), numbered(i, 5'000));
        members.clear();
        for (std::size_t i = 0; i < 20; ++i) expect(speaker.receive(), numbered(i, 5'000));
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view writer = argc == 2 ? argv[1] : "";
    roompp::wire::fan_out_policy policy;
    if (writer == "faulty") {
        policy = [] { return std::make_unique<faulty_writer>(); };
    } else if (writer == "io_uring") {
#if ROOMPP_TEST_IO_URING
        policy = roompp::io_uring();
        if (!roompp::io_uring_works()) return no_io_uring_here;
#else
        return no_io_uring_here;
#endif
    } else if (writer != "send") {
        std::fprintf(stderr, "usage: fan_out send|io_uring|faulty\n");
        return 2;
    }
    try {
        everything_arrives_in_order(policy);
        answers_keep_their_place(policy);
        who_is_slow_harms_nobody(policy);
        many_rooms_in_one_turn(policy);
        who_goes_is_no_harm(policy);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    } catch (const load::client::closed& how) {
        std::fprintf(stderr, "the server closed with %d\n", how.code);
        return 1;
    }
    return 0;
}
