#pragma once
// Many WebSocket clients on one thread, which validate every byte of the server (RFC 6455).

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

/// The events of a client. Any of them may end the client.
class listener {
public:
    listener() = default;
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    virtual ~listener() = default;

    /// A text message has arrived.
    virtual void on_message(client& source, std::string_view text) = 0;
    /// The connection has ended, but not by drop(). `code`: the server's close code, or 1006 without one.
    virtual void on_close(client& source, int code) = 0;
};

/// Options of a client's socket.
struct socket_settings {
    int receive_buffer = 0;  ///< in bytes; 0: the system's default
    int segment = 0;         ///< maximum bytes of a TCP segment; small ones keep the server's own socket buffer small
};

/// A connection. Owned by the loop that made it, and destroyed when it has ended.
class client {
public:
    client(int epoll, listener& owner) : epoll_(epoll), listener_(&owner) {}
    client(const client&) = delete;
    client& operator=(const client&) = delete;
    ~client() { drop(); }

    void send(std::string_view text) { put(1, text); }
    /// Starts the closing handshake; messages are still received until the server has completed it.
    void close() {
        if (std::exchange(closing_, true)) return;
        static constexpr char normal[] = {3, static_cast<char>(1000 & 0xff)};
        put(8, std::string_view(normal, 2));
    }
    /// Ends the notifications of the listener.
    void detach_listener() noexcept { listener_ = nullptr; }
    /// Ends the TCP connection without a closing handshake, and with a reset if `with_reset`.
    void drop(bool with_reset = false) noexcept {
        if (fd_ < 0) return;
        const linger at_once{1, 0};
        if (with_reset) setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        ::close(fd_);
        fd_ = -1;
    }
    /// Stops reading from the socket until resume_reading().
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
    [[nodiscard]] bool is_closed() const noexcept { return fd_ < 0; }

private:
    friend class loop;

    void connect(std::uint16_t port, const std::string& target, const socket_settings& settings) {
        fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
        const int on = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (settings.receive_buffer != 0)
            setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &settings.receive_buffer, sizeof settings.receive_buffer);
        if (settings.segment != 0) setsockopt(fd_, IPPROTO_TCP, TCP_MAXSEG, &settings.segment, sizeof settings.segment);
        sockaddr_in server{};
        server.sin_family = AF_INET;
        server.sin_port = htons(port);
        server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0 && errno != EINPROGRESS)
            throw std::system_error(errno, std::generic_category(), "connect");
        output_ = "GET " + target +
                  " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Protocol: roompp.v1\r\n\r\n";
        watch(EPOLL_CTL_ADD);
    }

    void watch(int operation) {
        if (fd_ < 0) return;
        epoll_event interest{};
        if (!stalled_) interest.events |= EPOLLIN;
        if (!output_.empty()) interest.events |= EPOLLOUT;
        interest.data.ptr = this;
        epoll_ctl(epoll_, operation, fd_, &interest);
    }

    void put(unsigned opcode, std::string_view payload) {
        static constexpr std::array<char, 4> mask = {0x37, 0x1a, 0x21, 0x3d};
        const bool was_empty = output_.empty();
        output_ += static_cast<char>(0x80U | opcode);
        if (payload.size() < 126) {
            output_ += static_cast<char>(0x80U | payload.size());
        } else if (payload.size() < 65536) {
            output_ += static_cast<char>(0x80U | 126U);
            for (int shift = 8; shift >= 0; shift -= 8) output_ += static_cast<char>(payload.size() >> shift);
        } else {
            output_ += static_cast<char>(0x80U | 127U);
            for (int shift = 56; shift >= 0; shift -= 8) output_ += static_cast<char>(payload.size() >> shift);
        }
        output_.append(mask.data(), mask.size());
        for (std::size_t i = 0; i < payload.size(); ++i) output_ += static_cast<char>(payload[i] ^ mask[i % 4]);
        if (was_empty && upgraded_) flush();
    }

    void flush() {
        while (!output_.empty() && fd_ >= 0) {
            const ssize_t n = ::send(fd_, output_.data(), output_.size(), MSG_NOSIGNAL);
            if (n <= 0) break;
            output_.erase(0, static_cast<std::size_t>(n));
        }
        watch(EPOLL_CTL_MOD);
    }

    void read(std::string& buffer) {
        const ssize_t n = recv(fd_, buffer.data(), buffer.size(), 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n <= 0) return end();
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
        if (input_.empty()) {
            input_.assign(bytes.substr(consume(bytes)));
            return;
        }
        input_.append(bytes);
        const std::string all = std::exchange(input_, {});
        const std::size_t used = consume(all);
        input_.assign(all, used);
    }

    // @returns the number of bytes that were complete frames.
    std::size_t consume(std::string_view bytes) {
        std::size_t at = upgraded_ ? 0 : consume_head(bytes);
        while (upgraded_ && fd_ >= 0) {
            const std::size_t size = consume_frame(bytes.substr(at));
            if (size == 0) return at;
            at += size;
        }
        return at;
    }
    std::size_t consume_head(std::string_view bytes) {
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
    std::size_t consume_frame(std::string_view bytes) {
        if (bytes.size() < 2) return 0;
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
        const unsigned opcode = byte(0) & 0x0fU;
        if ((byte(0) & 0xf0U) != 0x80U || byte(1) > 127 || (opcode != 1 && opcode != 8 && opcode != 9) ||
            close_code_ != 0)
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
            close_code_ = payload.size() < 2 ? 1005 : (byte(head) << 8U | byte(head + 1));
            if (!std::exchange(closing_, true)) put(8, payload.substr(0, 2));
        } else if (listener_) {
            listener_->on_message(*this, payload);
        }
        return head + size;
    }

    void end() {
        drop();
        if (listener_) std::exchange(listener_, nullptr)->on_close(*this, close_code_ != 0 ? close_code_ : 1006);
    }

    int epoll_;
    int fd_ = -1;
    listener* listener_;
    std::string input_;
    std::string output_;
    int close_code_ = 0;
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

    /// Opens a connection with the subprotocol roompp.v1. Messages sent before it is open are queued.
    client& connect(const std::string& target, listener& owner, const socket_settings& settings = {}) {
        clients_.push_back(std::make_unique<client>(epoll_, owner));
        clients_.back()->connect(port_, target, settings);
        return *clients_.back();
    }

    /// Waits for events, at most `milliseconds`, and handles them.
    /// @returns whether any client has read from its socket.
    bool poll(int milliseconds) {
        bool has_read = false;
        std::array<epoll_event, 256> events{};
        const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            auto& connection = *static_cast<client*>(event.data.ptr);
            if ((event.events & EPOLLOUT) != 0 && !connection.is_closed()) connection.flush();
            if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !connection.is_closed() &&
                !connection.stalled_) {
                connection.read(buffer_);
                has_read = true;
            }
        }
        clients_.erase(std::remove_if(clients_.begin(), clients_.end(),
                                      [](const auto& connection) { return connection->is_closed(); }),
                       clients_.end());
        return has_read;
    }

    /// Polls, `milliseconds` at most at a time, until `holds()`, and calls `work()` after each poll. Throws when the server
    /// has been silent for longer than patience().
    template <class Condition, class Work>
    void poll_until(int milliseconds, const char* description, Condition holds, Work work) {
        using clock = std::chrono::steady_clock;
        for (auto last_read = clock::now(); !holds();) {
            if (poll(milliseconds)) last_read = clock::now();
            work();
            const auto silence = clock::now() - last_read;
            if (silence > std::chrono::seconds(1) && silence > patience())  // patience() is not cheap
                throw std::runtime_error(std::string("waited in vain: ") + description);
        }
    }

    /// The number of open connections.
    [[nodiscard]] std::size_t size() const noexcept { return clients_.size(); }

private:
    std::uint16_t port_;
    int epoll_;
    std::string buffer_;
    std::vector<std::unique_ptr<client>> clients_;
};

}  // namespace crowd
