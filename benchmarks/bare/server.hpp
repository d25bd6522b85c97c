// The room server that bare_send and bare_io_uring share: one epoll loop, one thread, no library. They differ in the
// `Fanout` that hands a batch of frames to all members of a room.
//
// /echo sends each message back. Every other path is a room: each text message goes to all of its members, the sender
// included. The frames of one epoll turn are collected in one buffer per room, which each member gets in one send.
//
// A yardstick, not an example: no limits, no timeouts, no fragmented messages, no close handshake.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "protocol.hpp"

namespace bare {

struct room;

struct member {
    int fd = -1;
    bool upgraded = false;
    bool echoes = false;
    bool awaits_write = false;
    room* current_room = nullptr;
    std::size_t member_index = 0;  // in current_room->members
    std::string unread;            // an incomplete frame
    std::string unsent;
};

struct room {
    std::vector<member*> members;
    std::string batch;
};

// Sends as much of `bytes` as the socket of `m` accepts, and queues the rest behind `unsent`.
inline void send_or_queue(member& m, std::string_view bytes) {
    if (m.unsent.empty()) {
        const ssize_t sent = send(m.fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    m.unsent.append(bytes);
}

template <class Fanout>
class server {
public:
    server(std::uint16_t port, Fanout& fanout) : fanout_(fanout) {
        const int on = 1;
        setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(listener_, 4096) != 0) {
            std::perror("listen");
            std::exit(1);
        }
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
        std::printf("listening on http://127.0.0.1:%d/\n", ntohs(address.sin_port));
        std::fflush(stdout);
    }

    [[noreturn]] void run() {
        epoll_event events[512];
        for (;;) {
            const int count = epoll_wait(epoll_, events, 512, -1);
            for (int i = 0; i < count; ++i) handle(events[i]);
            send_batches();
            flush_queued();
        }
    }

private:
    void handle(const epoll_event& event) {
        if (event.data.fd == listener_) return accept_all();
        member* m = members_[static_cast<std::size_t>(event.data.fd)].get();
        if (m == nullptr) return;
        if (event.events & EPOLLOUT) flush(*m);
        if (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(*m);
    }

    void accept_all() {
        for (;;) {
            const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) return;
            const int on = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            const auto slot = static_cast<std::size_t>(fd);
            if (members_.size() <= slot) members_.resize(2 * slot + 1);
            members_[slot] = std::make_unique<member>();
            members_[slot]->fd = fd;
            fanout_.opened(fd);
            watch(EPOLL_CTL_ADD, fd, EPOLLIN);
        }
    }

    void receive(member& m) {
        const ssize_t n = recv(m.fd, buffer_.data(), buffer_.size(), 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) return remove(m);
        const auto size = static_cast<std::size_t>(n);
        if (m.unread.empty()) {
            const std::size_t used = consume(m, buffer_.data(), size);
            m.unread.assign(buffer_.data() + used, size - used);
        } else {
            m.unread.append(buffer_.data(), size);
            const std::size_t used = consume(m, m.unread.data(), m.unread.size());
            m.unread.erase(0, used);
        }
        if (m.echoes && !reply_.empty()) {
            send_or_queue(m, reply_);
            reply_.clear();
            watch_output(m);
        }
    }

    std::size_t consume(member& m, char* bytes, std::size_t size) {
        std::size_t used = 0;
        if (!m.upgraded) {
            const std::size_t end = std::string_view(bytes, size).find("\r\n\r\n");
            if (end == std::string_view::npos) return 0;
            upgrade(m, std::string_view(bytes, end + 2));
            used = end + 4;
        }
        for (frame f; f = take_frame(bytes + used, size - used), f.whole_size != 0; used += f.whole_size) take(m, f);
        return used;
    }

    void upgrade(member& m, std::string_view head) {
        m.upgraded = true;
        send_or_queue(m, upgrade_response(header_value(head, "Sec-WebSocket-Key")));
        const std::string path(request_path(head));
        m.echoes = path == "/echo";
        if (m.echoes) return;
        m.current_room = &rooms_[path];
        m.member_index = m.current_room->members.size();
        m.current_room->members.push_back(&m);
    }

    void take(member& m, const frame& f) {
        constexpr unsigned char text = 1, ping = 9, pong = 10;
        if (f.opcode == ping) {
            std::string answer;
            append_frame(answer, pong, f.payload);
            send_or_queue(m, answer);
            watch_output(m);
        }
        if (f.opcode != text) return;
        if (m.echoes) return append_frame(reply_, text, f.payload);
        if (m.current_room->batch.empty()) busy_.push_back(m.current_room);
        append_frame(m.current_room->batch, text, f.payload);
    }

    void send_batches() {
        if (busy_.empty()) return;
        fanout_.send(busy_);
        for (room* r : busy_) r->batch.clear();
        busy_.clear();
    }

    // Has epoll report when the sockets with queued bytes can be written.
    void flush_queued() {
        for (member* m : fanout_.queued()) watch_output(*m);
        fanout_.queued().clear();
    }

    void flush(member& m) {
        const std::string bytes = std::exchange(m.unsent, {});
        send_or_queue(m, bytes);
        watch_output(m);
    }

    void watch_output(member& m) {
        if (m.awaits_write != m.unsent.empty()) return;
        m.awaits_write = !m.unsent.empty();
        watch(EPOLL_CTL_MOD, m.fd, m.awaits_write ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }

    void remove(member& m) {
        if (m.current_room != nullptr) {
            auto& others = m.current_room->members;
            others[m.member_index] = others.back();
            others[m.member_index]->member_index = m.member_index;
            others.pop_back();
        }
        const int fd = m.fd;
        fanout_.closing(fd);
        members_[static_cast<std::size_t>(fd)].reset();
        close(fd);
    }

    void watch(int operation, int fd, unsigned events) {
        epoll_event event{};
        event.events = events;
        event.data.fd = fd;
        epoll_ctl(epoll_, operation, fd, &event);
    }

    Fanout& fanout_;
    int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    std::vector<std::unique_ptr<member>> members_;  // by file descriptor
    std::unordered_map<std::string, room> rooms_;
    std::vector<room*> busy_;  // rooms with a batch to send
    std::vector<char> buffer_ = std::vector<char>(65536);
    std::string reply_;  // the echoes of one read
};

template <class Fanout>
[[noreturn]] void serve(int argc, char** argv, Fanout& fanout) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    long port = 9002;
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], "--port") == 0) port = std::strtol(argv[i + 1], nullptr, 10);
    }
    server<Fanout>(static_cast<std::uint16_t>(port), fanout).run();
}

}  // namespace bare
