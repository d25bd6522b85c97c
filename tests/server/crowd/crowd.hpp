#pragma once
// Many WebSocket clients in one thread, strict about every byte that the server sends (RFC 6455).

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
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../../patience.hpp"

namespace crowd {

class client;

/// What a client tells of itself. Any of these may end the client.
class listener {
public:
    listener() = default;
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    virtual ~listener() = default;

    /// A text message has come.
    virtual void heard(client& by, std::string_view text) = 0;
    /// The connection has ended, not by drop(): with the server's close code, or 1006 without one.
    virtual void ended(client& which, int code) = 0;
};

/// How a client's socket is, where it matters.
struct socket_settings {
    int receive_buffer = 0;  ///< bytes; 0: the system's choice
    int segment = 0;         ///< most bytes of a TCP segment; small ones keep the server's own socket buffer small
};

/// One connection; belongs to the loop that made it, until it has ended.
class client {
public:
    client(int epoll, listener& told) : epoll_(epoll), told_(&told) {}
    client(const client&) = delete;
    client& operator=(const client&) = delete;
    ~client() { drop(); }

    void send(std::string_view text) { put(1, text); }
    /// Starts the closing handshake; goes on to listen until the server has answered.
    void close() {
        if (std::exchange(closing_, true)) return;
        static constexpr char normal[] = {3, static_cast<char>(1000 & 0xff)};
        put(8, std::string_view(normal, 2));
    }
    /// From now on nobody is told of what comes.
    void listen_no_more() noexcept { told_ = nullptr; }
    /// Ends the TCP connection as it is, with a reset if so wanted.
    void drop(bool with_reset = false) noexcept {
        if (fd_ < 0) return;
        const linger at_once{1, 0};
        if (with_reset) setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        ::close(fd_);
        fd_ = -1;
    }
    /// Takes nothing from the socket, until resume_reading().
    void stall() {
        stalled_ = true;
        watch(EPOLL_CTL_MOD);
    }
    void resume_reading() {
        const int large = 1 << 20;
        setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
        stalled_ = false;
        watch(EPOLL_CTL_MOD);
    }
    [[nodiscard]] bool gone() const noexcept { return fd_ < 0; }

private:
    friend class loop;

    void connect(std::uint16_t port, const std::string& target, const socket_settings& how) {
        fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
        const int on = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (how.receive_buffer != 0)
            setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &how.receive_buffer, sizeof how.receive_buffer);
        if (how.segment != 0) setsockopt(fd_, IPPROTO_TCP, TCP_MAXSEG, &how.segment, sizeof how.segment);
        sockaddr_in server{};
        server.sin_family = AF_INET;
        server.sin_port = htons(port);
        server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0 && errno != EINPROGRESS)
            throw std::system_error(errno, std::generic_category(), "connect");
        out_ = "GET " + target +
               " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Protocol: roompp.v1\r\n\r\n";
        watch(EPOLL_CTL_ADD);
    }

    void watch(int operation) {
        if (fd_ < 0) return;
        epoll_event wanted{};
        if (!stalled_) wanted.events |= EPOLLIN;
        if (!out_.empty()) wanted.events |= EPOLLOUT;
        wanted.data.ptr = this;
        epoll_ctl(epoll_, operation, fd_, &wanted);
    }

    void put(unsigned opcode, std::string_view payload) {
        static constexpr std::array<char, 4> mask = {0x37, 0x1a, 0x21, 0x3d};
        const bool nothing_waited = out_.empty();
        out_ += static_cast<char>(0x80U | opcode);
        if (payload.size() < 126) {
            out_ += static_cast<char>(0x80U | payload.size());
        } else if (payload.size() < 65536) {
            out_ += static_cast<char>(0x80U | 126U);
            for (int shift = 8; shift >= 0; shift -= 8) out_ += static_cast<char>(payload.size() >> shift);
        } else {
            out_ += static_cast<char>(0x80U | 127U);
            for (int shift = 56; shift >= 0; shift -= 8) out_ += static_cast<char>(payload.size() >> shift);
        }
        out_.append(mask.data(), mask.size());
        for (std::size_t i = 0; i < payload.size(); ++i) out_ += static_cast<char>(payload[i] ^ mask[i % 4]);
        if (nothing_waited && upgraded_) flush();
    }

    void flush() {
        while (!out_.empty() && fd_ >= 0) {
            const ssize_t n = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
            if (n <= 0) break;
            out_.erase(0, static_cast<std::size_t>(n));
        }
        watch(EPOLL_CTL_MOD);
    }

    void read(std::string& buffer) {
        const ssize_t n = recv(fd_, buffer.data(), buffer.size(), 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n <= 0) return end();
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
        if (in_.empty()) {
            in_.assign(bytes.substr(take(bytes)));
            return;
        }
        in_.append(bytes);
        const std::string all = std::exchange(in_, {});
        const std::size_t taken = take(all);
        in_.assign(all, taken);
    }

    // @returns how many bytes were whole.
    std::size_t take(std::string_view bytes) {
        std::size_t at = upgraded_ ? 0 : take_head(bytes);
        while (upgraded_ && fd_ >= 0) {
            const std::size_t size = take_frame(bytes.substr(at));
            if (size == 0) return at;
            at += size;
        }
        return at;
    }
    std::size_t take_head(std::string_view bytes) {
        const auto end = bytes.find("\r\n\r\n");
        if (end == std::string_view::npos) return 0;
        const auto head = bytes.substr(0, end);
        if (head.substr(0, 12) != "HTTP/1.1 101")
            throw std::runtime_error("the server refuses a connection: " + std::string(head));
        if (head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string_view::npos ||
            head.find("roompp.v1") == std::string_view::npos)
            throw std::runtime_error("the server's handshake is wrong: " + std::string(head));
        upgraded_ = true;
        flush();
        return end + 4;
    }
    std::size_t take_frame(std::string_view bytes) {
        if (bytes.size() < 2) return 0;
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
        const unsigned opcode = byte(0) & 0x0fU;
        if ((byte(0) & 0xf0U) != 0x80U || byte(1) > 127 || (opcode != 1 && opcode != 8 && opcode != 9) || closed_ != 0)
            throw std::runtime_error("the server sends a frame that begins with " + std::to_string(byte(0)) + " and " +
                                     std::to_string(byte(1)));
        const std::size_t head = byte(1) < 126 ? 2 : byte(1) == 126 ? 4 : 10;
        if (bytes.size() < head) return 0;
        std::uint64_t size = byte(1);
        if (head > 2) size = 0;
        for (std::size_t i = 2; i < head; ++i) size = size << 8U | byte(i);
        if (bytes.size() - head < size) return 0;
        const auto payload = bytes.substr(head, size);
        if (opcode == 9) {
            put(10, payload);
        } else if (opcode == 8) {
            closed_ = payload.size() < 2 ? 1005 : (byte(head) << 8U | byte(head + 1));
            if (!std::exchange(closing_, true)) put(8, payload.substr(0, 2));
        } else if (told_) {
            told_->heard(*this, payload);
        }
        return head + size;
    }

    void end() {
        drop();
        if (told_) std::exchange(told_, nullptr)->ended(*this, closed_ != 0 ? closed_ : 1006);
    }

    int epoll_;
    int fd_ = -1;
    listener* told_;
    std::string in_;
    std::string out_;
    int closed_ = 0;
    bool upgraded_ = false;
    bool closing_ = false;
    bool stalled_ = false;
};

/// The clients' event loop.
class loop {
public:
    explicit loop(std::uint16_t port) : port_(port), epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(256 * 1024, '\0') {}
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;
    ~loop() { ::close(epoll_); }

    /// Opens a connection that asks for roompp.v1. What is sent before it is open waits.
    client& connect(const std::string& target, listener& told, const socket_settings& how = {}) {
        clients_.push_back(std::make_unique<client>(epoll_, told));
        clients_.back()->connect(port_, target, how);
        return *clients_.back();
    }

    /// Waits for something to happen, at most so long, and handles it.
    /// @returns whether anything came from the server.
    bool poll(int milliseconds) {
        bool has_read = false;
        std::array<epoll_event, 256> events{};
        const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            auto& one = *static_cast<client*>(event.data.ptr);
            if ((event.events & EPOLLOUT) != 0 && !one.gone()) one.flush();
            if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !one.gone() && !one.stalled_) {
                one.read(buffer_);
                has_read = true;
            }
        }
        clients_.erase(std::remove_if(clients_.begin(), clients_.end(), [](const auto& one) { return one->gone(); }),
                       clients_.end());
        return has_read;
    }

    /// Polls, `milliseconds` at most at a time, until `holds()`, and calls `work()` in between. Gives up once nothing has
    /// come from the server for long.
    template <class Condition, class Work>
    void poll_until(int milliseconds, const char* description, Condition holds, Work work) {
        using clock = std::chrono::steady_clock;
        for (auto last_read = clock::now(); !holds();) {
            if (poll(milliseconds)) last_read = clock::now();
            work();
            const auto silence = clock::now() - last_read;
            if (silence > std::chrono::seconds(1) && silence > patience())  // which is not to be had for nothing
                throw std::runtime_error(std::string("waited in vain: ") + description);
        }
    }

    /// How many connections there are.
    [[nodiscard]] std::size_t size() const noexcept { return clients_.size(); }

private:
    std::uint16_t port_;
    int epoll_;
    std::string buffer_;
    std::vector<std::unique_ptr<client>> clients_;
};

}  // namespace crowd
