// Clients of one room by WebSocket, event stream, long polling and short polling, while one more posts messages: checks
// that each of them receives every message once and in order, and prints the cost as one line of JSON.
//
//   crowd --port N [--websockets N] [--streams N] [--long-polls N] [--short-polls N] [--interval MS]
//         [--messages N] [--burst N] [--every MS] [--bytes N] [--pid SERVER] [--prefix chat/lobby] [--patience S]
//
// A burst is posted when all clients but the short-polling ones have received the previous burst, --every milliseconds
// after it at the earliest. One more message follows the measurement: a repeated or unexpected message would arrive
// before it.

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

enum class transport : unsigned char { websocket, stream, long_poll, short_poll, post };
constexpr std::array<const char*, 5> transport_names = {"websocket", "events", "long polling", "short polling", "post"};

struct options {
    std::map<std::string, std::string> values;
    options(int argc, char** argv) {
        for (int i = 1; i + 1 < argc; i += 2) values[argv[i]] = argv[i + 1];
    }
    [[nodiscard]] std::uint64_t number(const char* name, std::uint64_t fallback) const {
        const auto found = values.find(name);
        return found == values.end() ? fallback : std::stoull(found->second);
    }
    [[nodiscard]] std::string text(const char* name, const char* fallback) const {
        const auto found = values.find(name);
        return found == values.end() ? fallback : found->second;
    }
};

[[noreturn]] void fail(const std::string& problem) { throw std::runtime_error(problem); }

struct tally {
    std::uint64_t requests = 0;
    std::uint64_t bytes_up = 0;  // from clients to the server
    std::uint64_t bytes_down = 0;
    std::uint64_t messages = 0;
};

// A connection and the messages that it has received.
struct client {
    transport kind = transport::websocket;
    int fd = -1;
    std::size_t number = 0;
    std::string input;   // received and not parsed yet
    std::string output;  // not sent yet
    std::string epoch;
    std::uint64_t last_id = 0;  // of the messages received
    bool awaits_write = false;
    bool has_head = false;
    bool ready = false;  // has joined the room
    bool done = false;
    clock_type::time_point next_poll{};
};

class crowd {
public:
    explicit crowd(const options& settings)
        : port_(static_cast<std::uint16_t>(settings.number("--port", 0))),
          prefix_(settings.text("--prefix", "chat/lobby")),
          messages_(settings.number("--messages", 1000)),
          burst_(settings.number("--burst", 1)),
          poll_interval_(settings.number("--interval", 1000)),
          burst_interval_(settings.number("--every", 0)),
          patience_(settings.number("--patience", 120)),
          message_bytes_(settings.number("--bytes", 64)),
          pid_(static_cast<long>(settings.number("--pid", 0))),
          epoll_(epoll_create1(0)) {
        add(transport::websocket, settings.number("--websockets", 0));
        add(transport::stream, settings.number("--streams", 0));
        add(transport::long_poll, settings.number("--long-polls", 0));
        add(transport::short_poll, settings.number("--short-polls", 0));
        members_ = clients_.size();
        add(transport::post, 1);
    }

    void run() {
        // In steps, because a listen backlog overflows silently.
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            open(*clients_[i]);
            if (i % 64 == 63) poll_until([&] { return ready_ + 32 >= i; }, "the room to fill");
        }
        poll_until([&] { return ready_ >= clients_.size(); }, "the room to fill");
        tallies_ = {};
        const wsload::cpu_meter meter(pid_);
        const auto before = meter.read();
        const auto start = clock_type::now();
        for (std::uint64_t published = 0; published < messages_; published += burst_) {
            const std::uint64_t count = std::min(burst_, messages_ - published);
            const auto next = clock_type::now() + std::chrono::milliseconds(burst_interval_);
            for (std::uint64_t i = 0; i < count; ++i) post();
            poll_until(
                [&] {
                    return acknowledged_ == published + count && deliveries_ == pushed_clients_ * (published + count);
                },
                "a message");
            poll_until([&] { return clock_type::now() >= next; }, "the time to go on");
        }
        poll_until([&] { return complete_ == members_; }, "the last messages");
        const auto cpu = meter.read() - before;
        const std::chrono::duration<double> elapsed = clock_type::now() - start;
        const auto tallies = tallies_;
        post();
        poll_until([&] { return done_ == members_; }, "the message after the last one");
        tallies_ = tallies;
        report(cpu, elapsed.count());
    }

private:
    void add(transport kind, std::uint64_t n) {
        for (std::uint64_t i = 0; i < n; ++i) {
            clients_.push_back(std::make_unique<client>());
            clients_.back()->kind = kind;
            clients_.back()->number = clients_.size();
        }
        if (kind == transport::websocket || kind == transport::stream || kind == transport::long_poll)
            pushed_clients_ += n;
    }

    void open(client& conn) {
        conn.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        setsockopt(conn.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (connect(conn.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS)
            fail("can't connect");
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT;
        event.data.ptr = &conn;
        conn.awaits_write = true;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, conn.fd, &event);
        const std::string query = "?client=" + token(conn);
        switch (conn.kind) {
            case transport::websocket:
                return write(conn, "GET /ws/" + prefix_ + '/' + query +
                                       " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                                       "Sec-WebSocket-Protocol: roompp.v1\r\n\r\n");
            case transport::stream:
                return write(conn, "GET /events/" + prefix_ + '/' + query + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
            case transport::long_poll:
            case transport::short_poll:
                return poll(conn);
            case transport::post:
                conn.ready = true;
                ++ready_;
        }
    }

    static std::string token(const client& conn) {
        std::string digits = std::to_string(conn.number);
        return "crowd-member-" + std::string(10 - digits.size(), '0') + digits;
    }

    void poll(client& conn) {
        ++tally_of(conn).requests;
        std::string query = "?client=" + token(conn) + "&after=" + std::to_string(conn.last_id);
        if (!conn.epoch.empty()) {
            query += "&epoch=" + conn.epoch;
            if (conn.kind == transport::long_poll) query += "&wait=25";
        }
        write(conn, "GET /poll/" + prefix_ + '/' + query + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    void post() {
        client& conn = *clients_.back();
        ++tally_of(conn).requests;
        const std::string body = '{' + frame_end(++posted_);
        write(conn, "POST /send/" + prefix_ + "/?client=" + token(conn) +
                        " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                        body);
    }

    // The end of every frame that carries message `id`. Texts are unique.
    [[nodiscard]] std::string frame_end(std::uint64_t id) const {
        std::string text = std::to_string(id);
        if (text.size() < message_bytes_) text.insert(0, message_bytes_ - text.size(), 'x');
        return R"("message":")" + text + "\"}";
    }

    tally& tally_of(const client& conn) { return tallies_[static_cast<std::size_t>(conn.kind)]; }

    template <class Condition>
    void poll_until(Condition&& holds, const char* description) {
        const auto deadline = clock_type::now() + std::chrono::seconds(patience_);
        std::array<epoll_event, 256> events{};
        while (!holds()) {
            if (clock_type::now() > deadline) fail(std::string("waited in vain for ") + description);
            const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 20);
            for (int i = 0; i < n; ++i) {
                client& conn = *static_cast<client*>(events[static_cast<std::size_t>(i)].data.ptr);
                if (events[static_cast<std::size_t>(i)].events & EPOLLOUT) flush(conn);
                if (events[static_cast<std::size_t>(i)].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read(conn);
            }
            const auto now = clock_type::now();
            while (!next_polls_.empty() && next_polls_.begin()->first <= now) {
                poll(*next_polls_.begin()->second);
                next_polls_.erase(next_polls_.begin());
            }
        }
    }

    void write(client& conn, const std::string& bytes) {
        tally_of(conn).bytes_up += bytes.size();
        conn.output += bytes;
        if (!conn.awaits_write) flush(conn);
    }
    void flush(client& conn) {
        while (!conn.output.empty()) {
            const auto n = send(conn.fd, conn.output.data(), conn.output.size(), MSG_NOSIGNAL);
            if (n < 0) break;
            conn.output.erase(0, static_cast<std::size_t>(n));
        }
        if (conn.awaits_write == !conn.output.empty()) return;
        conn.awaits_write = !conn.output.empty();
        epoll_event event{};
        event.events = EPOLLIN | (conn.awaits_write ? EPOLLOUT : 0U);
        event.data.ptr = &conn;
        epoll_ctl(epoll_, EPOLL_CTL_MOD, conn.fd, &event);
    }

    void read(client& conn) {
        static std::vector<char> buffer(256 * 1024);
        for (;;) {
            const auto n = recv(conn.fd, buffer.data(), buffer.size(), 0);
            if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
            if (n <= 0)
                fail(std::string("a connection has ended: ") + transport_names[static_cast<std::size_t>(conn.kind)]);
            tally_of(conn).bytes_down += static_cast<std::uint64_t>(n);
            conn.input.append(buffer.data(), static_cast<std::size_t>(n));
            if (static_cast<std::size_t>(n) < buffer.size()) break;
        }
        switch (conn.kind) {
            case transport::websocket:
                return read_frames(conn);
            case transport::stream:
                return read_events(conn);
            default:
                return read_responses(conn);
        }
    }

    bool consume_head(client& conn, const char* status) {
        if (conn.has_head) return true;
        const std::size_t end = conn.input.find("\r\n\r\n");
        if (end == std::string::npos) return false;
        if (conn.input.compare(9, 3, status) != 0) fail("answered with " + conn.input.substr(0, end));
        conn.input.erase(0, end + 4);
        return conn.has_head = true;
    }

    void read_frames(client& conn) {
        if (!consume_head(conn, "101")) return;
        std::size_t at = 0;
        for (;;) {
            if (conn.input.size() < at + 2) break;
            const auto byte = [&](std::size_t i) {
                return static_cast<std::size_t>(static_cast<unsigned char>(conn.input[i]));
            };
            std::size_t size = byte(at + 1);
            std::size_t head = 2;
            if (size == 126) {
                if (conn.input.size() < at + 4) break;
                size = byte(at + 2) << 8U | byte(at + 3);
                head = 4;
            } else if (size == 127) {
                fail("a frame that is too long for this client");
            }
            if (conn.input.size() < at + head + size) break;
            const auto opcode = byte(at) & 0xfU;
            if (opcode == 8) fail("a WebSocket was closed");
            if (opcode == 9) write(conn, std::string("\x8a\x80\0\0\0\0", 6));  // an empty pong
            if (opcode == 1) receive_frame(conn, std::string_view(conn.input).substr(at + head, size));
            at += head + size;
        }
        conn.input.erase(0, at);
    }

    void read_events(client& conn) {
        if (!consume_head(conn, "200")) return;
        std::size_t at = 0;
        for (;;) {
            const std::size_t end = conn.input.find("\n\n", at);
            if (end == std::string::npos) break;
            const std::string_view event = std::string_view(conn.input).substr(at, end - at);
            const std::size_t data = event.find("data: ");
            if (data != std::string_view::npos) receive_frame(conn, event.substr(data + 6));
            at = end + 2;
        }
        conn.input.erase(0, at);
    }

    void read_responses(client& conn) {
        for (;;) {
            const std::size_t end = conn.input.find("\r\n\r\n");
            if (end == std::string::npos) return;
            const std::size_t length = conn.input.find("Content-Length: ");
            const std::size_t size = length > end ? 0 : std::strtoul(conn.input.c_str() + length + 16, nullptr, 10);
            if (conn.input.size() < end + 4 + size) return;
            if (conn.input.compare(9, 3, "200") != 0) fail("answered with " + conn.input.substr(0, end + 4 + size));
            const std::string body = conn.input.substr(end + 4, size);
            conn.input.erase(0, end + 4 + size);
            if (conn.kind == transport::post) {
                ++acknowledged_;
                continue;
            }
            if (body.find(R"("type":"reset")") != std::string::npos) fail("a poll was told to start anew");
            if (conn.epoch.empty()) conn.epoch = value(body, R"("epoch":")", '"');
            for (std::size_t at = body.find(R"({"id":)"); at != std::string::npos; at = body.find(R"({"id":)", at + 1))
                if (body[at + 6] != '"')  // otherwise the id of a person
                    receive_message(conn, std::strtoull(body.c_str() + at + 6, nullptr, 10),
                                    std::string_view(body).substr(at));
            mark_ready(conn);
            if (conn.done) continue;
            if (conn.kind == transport::long_poll)
                poll(conn);
            else
                next_polls_.emplace(clock_type::now() + std::chrono::milliseconds(poll_interval_), &conn);
        }
    }

    static std::string value(const std::string& text, const char* key, char end) {
        const std::size_t at = text.find(key);
        if (at == std::string::npos) return {};
        const std::size_t begin = at + std::char_traits<char>::length(key);
        return text.substr(begin, text.find(end, begin) - begin);
    }

    void receive_frame(client& conn, std::string_view json) {
        constexpr std::string_view start = R"({"type":"message","id":)";
        if (json.substr(0, start.size()) == start)
            receive_message(conn, std::strtoull(std::string(json.substr(start.size(), 20)).c_str(), nullptr, 10), json);
        else if (json.find(R"("type":"history")") != std::string_view::npos)
            mark_ready(conn);
    }

    void mark_ready(client& conn) {
        if (conn.ready) return;
        conn.ready = true;
        ++ready_;
    }

    // `json` begins with the message; there may be more after it.
    void receive_message(client& conn, std::uint64_t id, std::string_view json) {
        if (id != conn.last_id + 1)
            fail(std::string(transport_names[static_cast<std::size_t>(conn.kind)]) + ": message " + std::to_string(id) +
                 " after " + std::to_string(conn.last_id));
        const std::size_t text = json.find(R"("message":")");
        const std::string expected = frame_end(id);
        if (text == std::string_view::npos || json.substr(text, expected.size()) != expected)
            fail(std::string(transport_names[static_cast<std::size_t>(conn.kind)]) + ": message " + std::to_string(id) +
                 " has another text");
        conn.last_id = id;
        ++tally_of(conn).messages;
        if (conn.kind != transport::short_poll) ++deliveries_;
        if (id == messages_) ++complete_;
        if (id == messages_ + 1) {
            conn.done = true;
            ++done_;
        }
    }

    void report(const wsload::cpu_seconds& cpu, double seconds) {
        std::printf(R"({"members":%zu,"messages":%llu,"burst":%llu,"seconds":%.3f,"server_us_per_delivery":%.3f,)",
                    members_, static_cast<unsigned long long>(messages_), static_cast<unsigned long long>(burst_),
                    seconds, cpu.server * 1e6 / static_cast<double>(messages_ * members_));
        std::printf(R"("machine_us_per_delivery":%.3f)", cpu.machine * 1e6 / static_cast<double>(messages_ * members_));
        for (std::size_t i = 0; i < tallies_.size(); ++i) {
            const tally& counts = tallies_[i];
            if (counts.messages == 0 && counts.requests == 0) continue;
            std::printf(
                R"(,"%s":{"delivered":%llu,"requests":%llu,"up":%llu,"down":%llu})", transport_names[i],
                static_cast<unsigned long long>(counts.messages), static_cast<unsigned long long>(counts.requests),
                static_cast<unsigned long long>(counts.bytes_up), static_cast<unsigned long long>(counts.bytes_down));
        }
        std::printf("}\n");
    }

    std::uint16_t port_;
    std::string prefix_;
    std::uint64_t messages_;
    std::uint64_t burst_;
    std::uint64_t poll_interval_;
    std::uint64_t burst_interval_;
    std::uint64_t patience_;  // seconds until a wait fails
    std::size_t message_bytes_;
    long pid_;
    int epoll_;
    std::vector<std::unique_ptr<client>> clients_;  // the last one posts
    std::multimap<clock_type::time_point, client*> next_polls_;
    std::array<tally, 5> tallies_{};
    std::size_t members_ = 0;
    std::uint64_t pushed_clients_ = 0;  // clients that the server sends messages to without being polled in intervals
    std::size_t ready_ = 0;
    std::size_t complete_ = 0;  // members that have received all measured messages
    std::size_t done_ = 0;
    std::uint64_t posted_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t deliveries_ = 0;  // to pushed_clients_
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
