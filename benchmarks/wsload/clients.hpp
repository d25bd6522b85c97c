// A crowd of WebSocket connections on one epoll loop and one thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect.hpp"
#include "frames.hpp"
#include "stamp.hpp"
#include "transport.hpp"

namespace wsload {

struct client {
    int fd = -1;
    bool upgraded = false;  // the WebSocket handshake is complete
    bool open = false;      // and the dialect's handshake is
    bool dead = false;
    bool paused = false;
    bool awaits_write = false;  // epoll reports when the socket can be written
    std::uint64_t connect_began_ns = 0;
    std::uint64_t next_sequence = 0;
    std::string response_head;
    std::string out;
    transport stream;
    frame_reader reader;
};

class clients {
public:
    clients(std::uint16_t port, dialect speech) : port_(port), speech_(speech) {}

    // Opens one connection for each path, at most `at_once` of them under way: a listen backlog overflows silently and
    // then costs the client a second. Gives up after `seconds`.
    void connect(std::vector<std::string> paths, std::size_t at_once, double seconds) {
        paths_ = std::move(paths);
        all_ = std::vector<client>(paths_.size());
        const std::uint64_t limit = now_ns() + static_cast<std::uint64_t>(seconds * 1e9);
        std::size_t started = 0;
        while (opened_ + lost_ < all_.size() && now_ns() < limit) {
            while (started < all_.size() && started - opened_ - lost_ < at_once) start(started++);
            poll(100, [](std::size_t, std::string_view) {});
        }
        if (opened_ != all_.size()) {
            std::fprintf(stderr, "wsload: %zu of %zu connections opened\n", opened_, all_.size());
        }
    }

    std::size_t size() const { return all_.size(); }
    std::size_t opened() const { return opened_; }
    std::size_t lost() const { return lost_; }  // connections that ended, paused ones not counted
    bool all_open() const { return opened_ == all_.size() && lost_ == 0; }
    client& operator[](std::size_t index) { return all_[index]; }
    const std::vector<std::uint64_t>& handshake_ns() const { return handshake_ns_; }

    // Stops reading from a client, as if it hung.
    void pause(std::size_t index) {
        all_[index].paused = true;
        watch(EPOLL_CTL_MOD, index);
    }

    // Appends a message to the client's output buffer, which flush() sends.
    void queue(std::size_t index, std::string body) { append_frame(all_[index].out, speech_.wrap(std::move(body))); }

    void flush(std::size_t index) {
        client& c = all_[index];
        std::size_t sent = 0;
        while (sent < c.out.size()) {
            const ssize_t n = c.stream.write(c.out.data() + sent, c.out.size() - sent);
            if (n <= 0) break;
            sent += static_cast<std::size_t>(n);
        }
        c.out.erase(0, sent);
        if (c.awaits_write != needs_write(c)) watch(EPOLL_CTL_MOD, index);
    }

    // Waits for events and handles them; `on_message(index, text)` gets each message.
    template <class OnMessage>
    void poll(int timeout_ms, OnMessage&& on_message) {
        epoll_event events[512];
        const int count = epoll_wait(epoll_, events, 512, timeout_ms);
        for (int i = 0; i < count; ++i) {
            const std::size_t index = events[i].data.u64;
            client& c = all_[index];
            if (c.dead) continue;
            if (events[i].events & EPOLLOUT) flush(index);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(index, on_message);
            if (!c.dead && !c.out.empty() && c.stream.reads_records()) flush(index);  // the handshake of TLS goes on
        }
    }

    template <class OnMessage>
    void poll_for(double seconds, OnMessage&& on_message) {
        const std::uint64_t end = now_ns() + static_cast<std::uint64_t>(seconds * 1e9);
        while (now_ns() < end) poll(20, on_message);
    }
    void settle(double seconds) {
        poll_for(seconds, [](std::size_t, std::string_view) {});
    }

private:
    // The handshake's sample key and its answer are those of RFC 6455, section 1.3.
    static constexpr const char* sample_key = "dGhlIHNhbXBsZSBub25jZQ==";
    static constexpr const char* sample_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    void start(std::size_t index) {
        client& c = all_[index];
        c.connect_began_ns = now_ns();
        c.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (c.fd < 0) fail("socket");
        const int on = 1;
        setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        bind_source(c.fd, index);
        const sockaddr_in server = loopback(1, port_);
        if (::connect(c.fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0 && errno != EINPROGRESS) {
            fail("connect");
        }
        const std::string host = "127.0.0.1:" + std::to_string(port_);
        c.out = "GET " + speech_.request_target(paths_[index]) + " HTTP/1.1\r\nHost: " + host +
                "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: " + transport::scheme() + "://" + host +
                "\r\nSec-WebSocket-Key: " + sample_key + "\r\nSec-WebSocket-Version: 13\r\n\r\n";
        c.stream.open(c.fd);
        watch(EPOLL_CTL_ADD, index);
    }

    // One source address has about 28,000 ports: each 20,000 connections get the next address of the loopback range.
    static void bind_source(int fd, std::size_t index) {
        const int on = 1;
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        const sockaddr_in source = loopback(1 + static_cast<std::uint32_t>(index / 20000), 0);
        if (bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) fail("bind");
    }

    static sockaddr_in loopback(std::uint32_t last_byte, std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(0x7f000000u + last_byte);
        return address;
    }

    static bool needs_write(const client& c) { return !c.out.empty() && !c.stream.write_awaits_input(); }

    void watch(int operation, std::size_t index) {
        client& c = all_[index];
        c.awaits_write = needs_write(c);
        epoll_event event{};
        event.events =
            (c.paused ? 0u : static_cast<unsigned>(EPOLLIN)) | (c.awaits_write ? static_cast<unsigned>(EPOLLOUT) : 0u);
        event.data.u64 = index;
        epoll_ctl(epoll_, operation, c.fd, &event);
    }

    template <class OnMessage>
    void receive(std::size_t index, OnMessage& on_message) {
        client& c = all_[index];
        for (;;) {
            const ssize_t n = c.stream.read(buffer_.data(), buffer_.size());
            if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
            if (n <= 0 || c.paused) return drop(index);
            const std::size_t size = static_cast<std::size_t>(n);
            take(index, std::string_view(buffer_.data(), size), on_message);
            if (size < buffer_.size() && !c.stream.reads_records()) return;
        }
    }

    void drop(std::size_t index) {
        client& c = all_[index];
        c.dead = true;
        if (!c.paused) ++lost_;
        epoll_ctl(epoll_, EPOLL_CTL_DEL, c.fd, nullptr);
        close(c.fd);
    }

    template <class OnMessage>
    void take(std::size_t index, std::string_view bytes, OnMessage& on_message) {
        client& c = all_[index];
        if (c.upgraded) return read_frames(index, bytes, on_message);

        c.response_head.append(bytes);
        const std::size_t head_end = c.response_head.find("\r\n\r\n");
        if (head_end == std::string::npos) return;
        check_response(std::string_view(c.response_head).substr(0, head_end));
        const std::string head = std::exchange(c.response_head, {});
        c.upgraded = true;
        if (speech_.ready_after_upgrade()) mark_open(c);
        read_frames(index, std::string_view(head).substr(head_end + 4), on_message);
    }

    template <class OnMessage>
    void read_frames(std::size_t index, std::string_view bytes, OnMessage& on_message) {
        client& c = all_[index];
        const auto reply = [&](std::string_view text, opcode code) {
            append_frame(c.out, text, code);
            flush(index);
        };
        c.reader.feed(
            bytes,
            [&](std::string_view message) {
                const std::string_view answer = speech_.reply_to(message);
                if (!answer.empty()) reply(answer, opcode::text);
                if (c.open) {
                    on_message(index, message);
                } else if (speech_.announces_ready(message)) {
                    mark_open(c);
                }
            },
            [&](std::string_view payload) { reply(payload, opcode::pong); });
    }

    static void check_response(std::string_view head) {
        if (head.substr(0, 12) == "HTTP/1.1 101" && head.find(sample_accept) != std::string_view::npos) return;
        std::fprintf(stderr, "wsload: handshake refused: %.*s\n",
                     static_cast<int>(std::min<std::size_t>(head.size(), 200)), head.data());
        std::exit(2);
    }

    void mark_open(client& c) {
        c.open = true;
        ++opened_;
        handshake_ns_.push_back(now_ns() - c.connect_began_ns);
    }

    [[noreturn]] static void fail(const char* operation) {
        std::perror(operation);
        std::exit(2);
    }

    std::uint16_t port_;
    dialect speech_;
    int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    std::vector<std::string> paths_;
    std::vector<client> all_;
    std::vector<char> buffer_ = std::vector<char>(65536);
    std::vector<std::uint64_t> handshake_ns_;
    std::size_t opened_ = 0;
    std::size_t lost_ = 0;
};

}  // namespace wsload
