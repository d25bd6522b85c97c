// A crowd in one room, by WebSocket, event stream, long polling and short polling at once, while one client posts messages:
// checks that each of them gets every message once and in order, and writes down what it took, as one line of JSON.
//
//   crowd --port N [--websockets N] [--streams N] [--long-polls N] [--short-polls N] [--interval MS]
//         [--messages N] [--burst N] [--every MS] [--bytes N] [--pid SERVER] [--prefix chat/lobby] [--patience S]
//
// Each burst is posted when those who are told, not those who ask in their own time, have got the one before, and no
// sooner than --every says. After the last one, another is posted that is in no figure: what came twice, or from nowhere,
// comes before it.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../wsload/cpu_usage.hpp"

namespace {

using clock_type = std::chrono::steady_clock;

enum class way : unsigned char { websocket, stream, long_poll, short_poll, post };
constexpr std::array<const char*, 5> names = {"websocket", "events", "long polling", "short polling", "post"};

struct options {
    std::map<std::string, std::string> given;
    options(int argc, char** argv) {
        for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
    }
    [[nodiscard]] std::uint64_t number(const char* name, std::uint64_t otherwise) const {
        const auto found = given.find(name);
        return found == given.end() ? otherwise : std::stoull(found->second);
    }
    [[nodiscard]] std::string text(const char* name, const char* otherwise) const {
        const auto found = given.find(name);
        return found == given.end() ? otherwise : found->second;
    }
};

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

struct tally {
    std::uint64_t requests = 0;
    std::uint64_t up = 0;
    std::uint64_t down = 0;
    std::uint64_t messages = 0;
};

// One connection and what it has got.
struct client {
    way by = way::websocket;
    int fd = -1;
    std::size_t number = 0;
    std::string in;
    std::string out;
    std::string epoch;
    std::uint64_t last = 0;  // the latest message that it got
    bool awaits_write = false;
    bool has_head = false;
    bool ready = false;  // it is in the room
    bool done = false;
    clock_type::time_point next_poll{};
};

class crowd {
public:
    explicit crowd(const options& chosen)
        : port_(static_cast<std::uint16_t>(chosen.number("--port", 0))),
          prefix_(chosen.text("--prefix", "chat/lobby")),
          messages_(chosen.number("--messages", 1000)),
          burst_(chosen.number("--burst", 1)),
          interval_(chosen.number("--interval", 1000)),
          every_(chosen.number("--every", 0)),
          patience_(chosen.number("--patience", 120)),
          bytes_(chosen.number("--bytes", 64)),
          pid_(static_cast<long>(chosen.number("--pid", 0))),
          epoll_(epoll_create1(0)) {
        add(way::websocket, chosen.number("--websockets", 0));
        add(way::stream, chosen.number("--streams", 0));
        add(way::long_poll, chosen.number("--long-polls", 0));
        add(way::short_poll, chosen.number("--short-polls", 0));
        members_ = clients_.size();
        add(way::post, 1);
    }

    void run() {
        // A few at a time: a listen backlog overflows silently.
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            open(*clients_[i]);
            if (i % 64 == 63) until([&] { return ready_ + 32 >= i; }, "the room to fill");
        }
        until([&] { return ready_ >= clients_.size(); }, "the room to fill");
        for (tally& one : tallies_) one = {};
        const wsload::cpu_meter meter(pid_);
        const auto before = meter.read();
        const auto began = clock_type::now();
        for (std::uint64_t said = 0; said < messages_; said += burst_) {
            const std::uint64_t now = std::min(burst_, messages_ - said);
            const auto next = clock_type::now() + std::chrono::milliseconds(every_);
            for (std::uint64_t i = 0; i < now; ++i) post();
            until([&] { return acknowledged_ == said + now && told_ == pushed_ * (said + now); }, "a message");
            until([&] { return clock_type::now() >= next; }, "the time to go on");
        }
        until([&] { return complete_ == members_; }, "the last messages");
        const auto cpu = meter.read() - before;
        const std::chrono::duration<double> took = clock_type::now() - began;
        const auto tallies = tallies_;
        post();
        until([&] { return done_ == members_; }, "the message after the last one");
        tallies_ = tallies;
        report(cpu, took.count());
    }

private:
    void add(way by, std::uint64_t n) {
        for (std::uint64_t i = 0; i < n; ++i) {
            clients_.push_back(std::make_unique<client>());
            clients_.back()->by = by;
            clients_.back()->number = clients_.size();
        }
        if (by == way::websocket || by == way::stream || by == way::long_poll) pushed_ += n;
    }

    void open(client& one) {
        one.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port_);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        setsockopt(one.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (connect(one.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
            fail("can't connect");
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT;
        event.data.ptr = &one;
        one.awaits_write = true;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, one.fd, &event);
        const std::string who = "?client=" + token(one);
        switch (one.by) {
            case way::websocket:
                return write(one, "GET /ws/" + prefix_ + '/' + who +
                                      " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                                      "Sec-WebSocket-Protocol: roompp.v1\r\n\r\n");
            case way::stream:
                return write(one, "GET /events/" + prefix_ + '/' + who + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
            case way::long_poll:
            case way::short_poll:
                return poll(one);
            case way::post:
                one.ready = true;
                ++ready_;
        }
    }

    static std::string token(const client& one) {
        std::string digits = std::to_string(one.number);
        return "crowd-member-" + std::string(10 - digits.size(), '0') + digits;
    }

    void poll(client& one) {
        ++of(one).requests;
        std::string query = "?client=" + token(one) + "&after=" + std::to_string(one.last);
        if (!one.epoch.empty()) {
            query += "&epoch=" + one.epoch;
            if (one.by == way::long_poll) query += "&wait=25";
        }
        write(one, "GET /poll/" + prefix_ + '/' + query + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    void post() {
        client& one = *clients_.back();
        ++of(one).requests;
        const std::string body = '{' + told(++posted_);
        write(one, "POST /send/" + prefix_ + "/?client=" + token(one) +
                       " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                       body);
    }

    // Each message says its number, so that it can't be taken for another. As all frames tell it, at their end.
    [[nodiscard]] std::string told(std::uint64_t id) const {
        std::string text = std::to_string(id);
        if (text.size() < bytes_) text.insert(0, bytes_ - text.size(), 'x');
        return R"("message":")" + text + "\"}";
    }

    tally& of(const client& one) { return tallies_[static_cast<std::size_t>(one.by)]; }

    template <class Condition>
    void until(Condition&& holds, const char* what) {
        const auto deadline = clock_type::now() + std::chrono::seconds(patience_);
        std::array<epoll_event, 256> events{};
        while (!holds()) {
            if (clock_type::now() > deadline) fail(std::string("waited in vain for ") + what);
            const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 20);
            for (int i = 0; i < n; ++i) {
                client& one = *static_cast<client*>(events[static_cast<std::size_t>(i)].data.ptr);
                if (events[static_cast<std::size_t>(i)].events & EPOLLOUT) flush(one);
                if (events[static_cast<std::size_t>(i)].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read(one);
            }
            const auto now = clock_type::now();
            while (!resting_.empty() && resting_.begin()->first <= now) {
                poll(*resting_.begin()->second);
                resting_.erase(resting_.begin());
            }
        }
    }

    void write(client& one, const std::string& bytes) {
        of(one).up += bytes.size();
        one.out += bytes;
        if (!one.awaits_write) flush(one);
    }
    void flush(client& one) {
        while (!one.out.empty()) {
            const auto n = send(one.fd, one.out.data(), one.out.size(), MSG_NOSIGNAL);
            if (n < 0) break;
            one.out.erase(0, static_cast<std::size_t>(n));
        }
        if (one.awaits_write == !one.out.empty()) return;
        one.awaits_write = !one.out.empty();
        epoll_event event{};
        event.events = EPOLLIN | (one.awaits_write ? EPOLLOUT : 0U);
        event.data.ptr = &one;
        epoll_ctl(epoll_, EPOLL_CTL_MOD, one.fd, &event);
    }

    void read(client& one) {
        static std::vector<char> buffer(256 * 1024);
        for (;;) {
            const auto n = recv(one.fd, buffer.data(), buffer.size(), 0);
            if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
            if (n <= 0) fail(std::string("a connection has ended: ") + names[static_cast<std::size_t>(one.by)]);
            of(one).down += static_cast<std::uint64_t>(n);
            one.in.append(buffer.data(), static_cast<std::size_t>(n));
            if (static_cast<std::size_t>(n) < buffer.size()) break;
        }
        switch (one.by) {
            case way::websocket:
                return read_frames(one);
            case way::stream:
                return read_events(one);
            default:
                return read_answers(one);
        }
    }

    bool take_head(client& one, const char* status) {
        if (one.has_head) return true;
        const std::size_t end = one.in.find("\r\n\r\n");
        if (end == std::string::npos) return false;
        if (one.in.compare(9, 3, status) != 0) fail("answered with " + one.in.substr(0, end));
        one.in.erase(0, end + 4);
        return one.has_head = true;
    }

    void read_frames(client& one) {
        if (!take_head(one, "101")) return;
        std::size_t at = 0;
        for (;;) {
            if (one.in.size() < at + 2) break;
            const auto byte = [&](std::size_t i) {
                return static_cast<std::size_t>(static_cast<unsigned char>(one.in[i]));
            };
            std::size_t size = byte(at + 1);
            std::size_t head = 2;
            if (size == 126) {
                if (one.in.size() < at + 4) break;
                size = byte(at + 2) << 8U | byte(at + 3);
                head = 4;
            } else if (size == 127) {
                fail("a frame that is too long for this client");
            }
            if (one.in.size() < at + head + size) break;
            const auto opcode = byte(at) & 0xfU;
            if (opcode == 8) fail("a WebSocket was closed");
            if (opcode == 9) write(one, std::string("\x8a\x80\0\0\0\0", 6));  // an empty pong
            if (opcode == 1) frame(one, std::string_view(one.in).substr(at + head, size));
            at += head + size;
        }
        one.in.erase(0, at);
    }

    void read_events(client& one) {
        if (!take_head(one, "200")) return;
        std::size_t at = 0;
        for (;;) {
            const std::size_t end = one.in.find("\n\n", at);
            if (end == std::string::npos) break;
            const std::string_view event = std::string_view(one.in).substr(at, end - at);
            const std::size_t data = event.find("data: ");
            if (data != std::string_view::npos) frame(one, event.substr(data + 6));
            at = end + 2;
        }
        one.in.erase(0, at);
    }

    void read_answers(client& one) {
        for (;;) {
            const std::size_t end = one.in.find("\r\n\r\n");
            if (end == std::string::npos) return;
            const std::size_t length = one.in.find("Content-Length: ");
            const std::size_t size = length > end ? 0 : std::strtoul(one.in.c_str() + length + 16, nullptr, 10);
            if (one.in.size() < end + 4 + size) return;
            if (one.in.compare(9, 3, "200") != 0) fail("answered with " + one.in.substr(0, end + 4 + size));
            const std::string body = one.in.substr(end + 4, size);
            one.in.erase(0, end + 4 + size);
            if (one.by == way::post) {
                ++acknowledged_;
                continue;
            }
            if (body.find(R"("type":"reset")") != std::string::npos) fail("a poll was told to start anew");
            if (one.epoch.empty()) one.epoch = value(body, R"("epoch":")", '"');
            for (std::size_t at = body.find(R"({"id":)"); at != std::string::npos; at = body.find(R"({"id":)", at + 1))
                if (body[at + 6] != '"')  // else it is a person's
                    message(one, std::strtoull(body.c_str() + at + 6, nullptr, 10), std::string_view(body).substr(at));
            now_ready(one);
            if (one.done) continue;
            if (one.by == way::long_poll)
                poll(one);
            else
                resting_.emplace(clock_type::now() + std::chrono::milliseconds(interval_), &one);
        }
    }

    static std::string value(const std::string& text, const char* key, char end) {
        const std::size_t at = text.find(key);
        if (at == std::string::npos) return {};
        const std::size_t from = at + std::char_traits<char>::length(key);
        return text.substr(from, text.find(end, from) - from);
    }

    void frame(client& one, std::string_view json) {
        constexpr std::string_view start = R"({"type":"message","id":)";
        if (json.substr(0, start.size()) == start)
            message(one, std::strtoull(std::string(json.substr(start.size(), 20)).c_str(), nullptr, 10), json);
        else if (json.find(R"("type":"history")") != std::string_view::npos)
            now_ready(one);
    }

    void now_ready(client& one) {
        if (one.ready) return;
        one.ready = true;
        ++ready_;
    }

    // `json` begins with the message; there may be more after it.
    void message(client& one, std::uint64_t id, std::string_view json) {
        if (id != one.last + 1)
            fail(std::string(names[static_cast<std::size_t>(one.by)]) + ": message " + std::to_string(id) + " after " +
                 std::to_string(one.last));
        const std::size_t text = json.find(R"("message":")");
        const std::string expected = told(id);
        if (text == std::string_view::npos || json.substr(text, expected.size()) != expected)
            fail(std::string(names[static_cast<std::size_t>(one.by)]) + ": message " + std::to_string(id) +
                 " has another text");
        one.last = id;
        ++of(one).messages;
        if (one.by != way::short_poll) ++told_;
        if (id == messages_) ++complete_;
        if (id == messages_ + 1) {
            one.done = true;
            ++done_;
        }
    }

    void report(const wsload::cpu_seconds& cpu, double seconds) {
        std::printf(R"({"members":%zu,"messages":%llu,"burst":%llu,"seconds":%.3f,"server_us_per_delivery":%.3f,)",
                    members_, static_cast<unsigned long long>(messages_), static_cast<unsigned long long>(burst_),
                    seconds, cpu.server * 1e6 / static_cast<double>(messages_ * members_));
        std::printf(R"("machine_us_per_delivery":%.3f)", cpu.machine * 1e6 / static_cast<double>(messages_ * members_));
        for (std::size_t i = 0; i < tallies_.size(); ++i) {
            const tally& one = tallies_[i];
            if (one.messages == 0 && one.requests == 0) continue;
            std::printf(R"(,"%s":{"delivered":%llu,"requests":%llu,"up":%llu,"down":%llu})", names[i],
                        static_cast<unsigned long long>(one.messages), static_cast<unsigned long long>(one.requests),
                        static_cast<unsigned long long>(one.up), static_cast<unsigned long long>(one.down));
        }
        std::printf("}\n");
    }

    std::uint16_t port_;
    std::string prefix_;
    std::uint64_t messages_;
    std::uint64_t burst_;
    std::uint64_t interval_;
    std::uint64_t every_;
    std::uint64_t patience_;  // seconds that anything may take
    std::size_t bytes_;
    long pid_;
    int epoll_;
    std::vector<std::unique_ptr<client>> clients_;
    std::multimap<clock_type::time_point, client*> resting_;
    std::array<tally, 5> tallies_{};
    std::size_t members_ = 0;
    std::uint64_t pushed_ = 0;
    std::size_t ready_ = 0;
    std::size_t complete_ = 0;  // members that have all that is measured
    std::size_t done_ = 0;
    std::uint64_t posted_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t told_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    try {
        crowd(options(argc, argv)).run();
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "crowd: %s\n", e.what());
        return 1;
    }
}
