// The subset of WebSocket that the benchmark's clients need: handshake response, and encoding and decoding of frames.
#pragma once

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bare {

// The value of a header in a request's head; empty if there is none. Matches `Name: value` to the letter, as this
// project's load generator and browsers write it.
inline std::string_view header_value(std::string_view head, std::string_view name) {
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string_view::npos) return {};
    const std::size_t begin = at + 2 + name.size() + 2;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

inline std::string_view request_path(std::string_view head) {
    const std::size_t begin = head.find(' ') + 1;
    return head.substr(begin, head.find(' ', begin) - begin);
}

inline std::string accept_key(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
    unsigned char encoded[32];
    const int size = EVP_EncodeBlock(encoded, digest, sizeof digest);
    return std::string(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(size));
}

inline std::string upgrade_response(std::string_view key) {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           accept_key(key) + "\r\n\r\n";
}

inline void append_frame(std::string& out, unsigned char opcode, std::string_view payload) {
    char head[10] = {static_cast<char>(0x80 | opcode)};
    std::size_t head_size = 2;
    if (payload.size() < 126) {
        head[1] = static_cast<char>(payload.size());
    } else {
        const bool wide = payload.size() > 0xffff;
        head[1] = wide ? 127 : 126;
        head_size = wide ? 10 : 4;
        for (std::size_t i = 2; i < head_size; ++i) {
            head[i] = static_cast<char>(payload.size() >> (8 * (head_size - 1 - i)) & 0xff);
        }
    }
    out.append(head, head_size);
    out.append(payload);
}

struct frame {
    unsigned char opcode = 0;
    std::string_view payload;
    std::size_t whole_size = 0;  // 0: the frame is incomplete
};

// Decodes the masked frame at the start of `bytes`, and unmasks its payload in place.
inline frame take_frame(char* bytes, std::size_t size) {
    if (size < 2) return {};
    const auto at = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    std::size_t payload_size = at(1) & 127u;
    std::size_t mask_at = 2;
    if (payload_size >= 126) {
        mask_at = payload_size == 126 ? 4 : 10;
        if (size < mask_at) return {};
        payload_size = 0;
        for (std::size_t i = 2; i < mask_at; ++i) payload_size = payload_size << 8 | at(i);
    }
    const std::size_t payload_at = mask_at + 4;
    if (size < payload_at || size - payload_at < payload_size) return {};
    char* const payload = bytes + payload_at;
    for (std::size_t i = 0; i < payload_size; ++i)
        payload[i] = static_cast<char>(payload[i] ^ bytes[mask_at + (i & 3)]);
    return {static_cast<unsigned char>(at(0) & 15u), std::string_view(payload, payload_size),
            payload_at + payload_size};
}

}  // namespace bare
