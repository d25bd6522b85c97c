#pragma once
// A blocking WebSocket client on a bare socket, for tests that count, race and push.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "../patience.hpp"

namespace load {

/// Owns a descriptor.
class descriptor {
public:
    explicit descriptor(int number) noexcept : number_(number) {}
    descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    descriptor& operator=(descriptor&&) = delete;
    ~descriptor() {
        if (number_ != -1) ::close(number_);
    }
    operator int() const noexcept { return number_; }

private:
    int number_;
};

class client {
public:
    /// @param receive_buffer how many bytes the system keeps for it, about, and as little for the server as over a real
    /// network; 0: as much as the system likes, megabytes.
    client(std::uint16_t port, std::string_view path, int receive_buffer = 0)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        const timeval receive_timeout{static_cast<time_t>(patience().count()), 0};
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &receive_timeout, sizeof receive_timeout);
        if (receive_buffer != 0) {
            const int segment = 1400;  // what the system keeps for who sends is a number of these
            setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
            setsockopt(socket_, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
        }
        if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("cannot connect to the server");
        std::string request = "GET " + std::string(path);
        request +=
            " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        write(request);
        std::string head;
        while (head.size() < 4 || head.substr(head.size() - 4) != "\r\n\r\n") {
            char c = 0;
            read(&c, 1);
            head += c;
        }
        if (head.find(" 101 ") == std::string::npos) throw std::runtime_error("no handshake: " + head);
    }

    /// Sends text, masked with zeros.
    void send(std::string_view text) {
        char head[14] = {'\x81'};
        std::size_t size = 2;
        if (text.size() < 126) {
            head[1] = static_cast<char>(0x80U | text.size());
        } else {
            size = text.size() < 65536 ? 4 : 10;
            head[1] = size == 4 ? '\xfe' : '\xff';
            for (std::size_t i = 2; i < size; ++i)
                head[i] = static_cast<char>(text.size() >> (8 * (size - 1 - i)) & 0xffU);
        }
        write({head, size + 4});
        write(text);
    }

    /// The next message, however long; it is gone with the next call. A close frame ends the conversation: its code is
    /// thrown, see closed.
    std::string_view receive() {
        unsigned char head[10];
        read(reinterpret_cast<char*>(head), 2);
        std::size_t size = head[1];
        if (size >= 126) {
            const std::size_t more = size == 126 ? 2 : 8;
            read(reinterpret_cast<char*>(head), more);
            size = 0;
            for (std::size_t i = 0; i < more; ++i) size = size << 8U | head[i];
            head[0] = 0x81;
        }
        body_.resize(size);
        read(body_.data(), size);
        if ((head[0] & 0x0fU) == 8)
            throw closed{static_cast<unsigned char>(body_[0]) * 256 + static_cast<unsigned char>(body_[1])};
        return body_;
    }
    /// The server has sent a close frame with this code.
    struct closed {
        int code;
    };

private:
    void write(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) throw std::runtime_error("the server does not take what is sent");
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    void read(char* into, std::size_t size) const {
        while (size != 0) {
            const ssize_t n = recv(socket_, into, size, 0);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0)
                throw std::runtime_error(n == 0 ? "the server has ended the connection"
                                                : std::string("nothing came: ") + std::strerror(errno));
            into += n;
            size -= static_cast<std::size_t>(n);
        }
    }

    descriptor socket_;  // closed even if the handshake fails
    std::string body_;
};

}  // namespace load
