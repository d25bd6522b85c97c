// Messages of a room reach every member once and in order, with each writer: fan_out send|io_uring|faulty.
// `faulty` sends only a part of most batches, or nothing, and leaves the rest to the connections.
// Fails if no socket refuses a send, because the test would then show nothing.
// Exits with 77 if the system has no io_uring.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
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

#include "../patient_limits.hpp"
#include "client.hpp"

namespace {

constexpr int exit_code_skipped = 77;

// Number of sends that a full socket refused. It includes those after an incomplete send by io_uring, since the connection
// sends the rest itself.
std::atomic<std::size_t> refusals{0};

ssize_t count_refusal(long result) {
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) ++refusals;
    return static_cast<ssize_t>(result);
}

// Whether the kernel has started threads for io_uring in this program.
bool has_kernel_workers() {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string name;
        std::getline(std::ifstream(task.path() / "comm"), name);
        if (name.rfind("iou-wrk", 0) == 0) return true;
    }
    return false;
}
bool kernel_workers_were_seen = false;

class faulty_writer final : public roompp::net::fan_out_writer {
public:
    void write(const std::vector<roompp::net::fan_out_send>& sends, const batches& frames) override {
        for (const auto& entry : sends) {
            const auto& batch = frames[entry.batch];
            const std::size_t part = next() % 3 == 0 ? batch->size() : next() % batch->size();
            const ssize_t n = ::send(entry.socket, batch->bytes().data(), part, MSG_DONTWAIT | MSG_NOSIGNAL);
            const std::size_t written = n < 0 ? 0 : static_cast<std::size_t>(n);
            if (written != batch->size()) entry.target->on_incomplete_send(batch, written, 0);
        }
    }

private:
    std::uint32_t next() { return (state_ = state_ * 1664525 + 1013904223) >> 8U; }
    std::uint32_t state_ = 1;
};

struct running_server {
    explicit running_server(const roompp::net::fan_out_policy& policy, std::size_t queue_bytes = 4 * 1024 * 1024) {
        roompp::limits limits = patient_limits();
        limits.queue_bytes = queue_bytes;
        // A direct message between two of the room: both must stay in order.
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
        kernel_workers_were_seen = kernel_workers_were_seen || has_kernel_workers();
        server.stop();
        thread.join();
    }
    load::client join(const std::string& room, int receive_buffer = 0) {
        return {server.port(), "/room/" + room, receive_buffer};
    }

    roompp::server server;
    roompp::rooms<> rooms;
    std::thread thread;
};

void expect(std::string_view got, std::string_view expected) {
    if (got != expected)
        throw std::runtime_error("expected " + std::string(expected.substr(0, 40)) + ", got " +
                                 std::string(got.substr(0, 40)));
}

std::string numbered(std::size_t i, std::size_t size) { return std::to_string(i) + std::string(size, '.'); }

// Small and large messages in bursts, to members that start to read after each: their sockets fill, and refuse sends.
void everything_arrives_in_order(const roompp::net::fan_out_policy& policy) {
    running_server host(policy, 64 * 1024 * 1024);
    refusals = 0;
    std::vector<load::client> members;
    members.push_back(host.join("order"));
    for (int i = 1; i < 30; ++i) members.push_back(host.join("order", 16 * 1024));
    constexpr std::size_t rounds = 10;
    constexpr std::size_t burst = 40;
    for (std::size_t round = 0; round < rounds; ++round) {
        const std::size_t size = round % 3 == 2 ? 20'000 : 50;
        for (std::size_t i = 0; i < burst; ++i) members.front().send(numbered(i, size));
        for (auto& member : members)
            for (std::size_t i = 0; i < burst; ++i) expect(member.receive(), numbered(i, size));
    }
    std::printf("%zu sends were refused\n", refusals.load());
    if (refusals == 0) throw std::runtime_error("no socket was full: this shows nothing");
}

void direct_messages_stay_in_order(const roompp::net::fan_out_policy& policy) {
    running_server host(policy);
    std::vector<load::client> members;
    for (int i = 0; i < 10; ++i) members.push_back(host.join("asking"));
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

// One member reads nothing: it is closed with 1013 once its queue is full, and delays no other member.
void a_slow_member_delays_nobody(const roompp::net::fan_out_policy& policy) {
    running_server host(policy, 256 * 1024);
    std::vector<load::client> members;
    for (int i = 0; i < 10; ++i) members.push_back(host.join("slow"));
    load::client slow = host.join("slow");
    constexpr std::size_t count = 1000;
    for (std::size_t i = 0; i < count; ++i) {
        members.front().send(numbered(i, 20'000));
        for (auto& member : members) expect(member.receive(), numbered(i, 20'000));
    }
    try {
        for (std::size_t i = 0; i < count; ++i) expect(slow.receive(), numbered(i, 20'000));
    } catch (const load::client::closed& event) {
        if (event.code != 1013) throw std::runtime_error("the slow one was closed with " + std::to_string(event.code));
        return;
    }
    throw std::runtime_error("the slow one was not closed");
}

void many_rooms_in_one_turn(const roompp::net::fan_out_policy& policy) {
    running_server host(policy);
    std::vector<std::vector<load::client>> rooms(40);
    for (std::size_t r = 0; r < rooms.size(); ++r)
        for (int i = 0; i < 5; ++i) rooms[r].push_back(host.join(std::to_string(r)));
    for (std::size_t i = 0; i < 50; ++i) {
        for (std::size_t r = 0; r < rooms.size(); ++r) rooms[r].front().send(numbered(i, r));
        for (std::size_t r = 0; r < rooms.size(); ++r)
            for (auto& member : rooms[r]) expect(member.receive(), numbered(i, r));
    }
}

// Members that leave in the middle of a burst.
void a_leaving_member_harms_nobody(const roompp::net::fan_out_policy& policy) {
    running_server host(policy);
    auto sender = host.join("going");
    for (std::size_t round = 0; round < 50; ++round) {
        std::vector<load::client> members;
        for (int i = 0; i < 8; ++i) members.push_back(host.join("going"));
        for (std::size_t i = 0; i < 20; ++i) sender.send(numbered(i, 5'000));
        for (std::size_t i = 0; i < 5; ++i) expect(members[round % 8].receive(), numbered(i, 5'000));
        members.clear();
        for (std::size_t i = 0; i < 20; ++i) expect(sender.receive(), numbered(i, 5'000));
    }
}

#if ROOMPP_TEST_IO_URING
// Makes the kernel start a thread for io_uring, which lives for a while.
void start_kernel_worker() {
    std::array<int, 2> ends{};
    io_uring ring{};
    if (pipe(ends.data()) != 0 || io_uring_queue_init(1, &ring, 0) != 0 || ::write(ends[1], "x", 1) != 1)
        throw std::runtime_error("cannot ask the kernel to read");
    char byte = 0;
    io_uring_sqe* const entry = io_uring_get_sqe(&ring);
    io_uring_prep_read(entry, ends[0], &byte, 1, 0);
    entry->flags |= IOSQE_ASYNC;
    io_uring_cqe* completion = nullptr;
    if (io_uring_submit(&ring) != 1 || io_uring_wait_cqe(&ring, &completion) != 0)
        throw std::runtime_error("the kernel does not read");
    const bool found = has_kernel_workers();
    io_uring_queue_exit(&ring);
    for (const int end : ends) ::close(end);
    if (!found) throw std::runtime_error("a thread of the kernel for io_uring is not found where there is one");
}
#endif

}  // namespace

// Replaces the functions of the C library.
extern "C" ssize_t send(int socket, const void* data, size_t size, int flags) {
    return count_refusal(syscall(SYS_sendto, socket, data, size, flags, nullptr, 0));
}
extern "C" ssize_t sendmsg(int socket, const msghdr* message, int flags) {
    return count_refusal(syscall(SYS_sendmsg, socket, message, flags));
}

int main(int argc, char** argv) {
    const std::string_view writer = argc == 2 ? argv[1] : "";
    roompp::net::fan_out_policy policy;
    if (writer == "faulty") {
        policy = [] { return std::make_unique<faulty_writer>(); };
    } else if (writer == "io_uring") {
#if ROOMPP_TEST_IO_URING
        policy = roompp::io_uring();
        if (!roompp::io_uring_works()) return exit_code_skipped;
#else
        return exit_code_skipped;
#endif
    } else if (writer != "send") {
        std::fprintf(stderr, "usage: fan_out send|io_uring|faulty\n");
        return 2;
    }
    try {
        everything_arrives_in_order(policy);
        direct_messages_stay_in_order(policy);
        a_slow_member_delays_nobody(policy);
        many_rooms_in_one_turn(policy);
        a_leaving_member_harms_nobody(policy);
        if (kernel_workers_were_seen) throw std::runtime_error("the kernel has started threads of its own");
#if ROOMPP_TEST_IO_URING
        if (writer == "io_uring") start_kernel_worker();
#endif
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    } catch (const load::client::closed& event) {
        std::fprintf(stderr, "the server closed with %d\n", event.code);
        return 1;
    }
    return 0;
}
