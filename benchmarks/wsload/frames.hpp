// The client side of RFC 6455 framing: masked frames out, whole messages in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wsload {

enum class opcode : unsigned char { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

inline void append_frame(std::string& out, std::string_view payload, opcode code = opcode::text) {
    constexpr unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
    const std::size_t size = payload.size();
    const auto byte = [&](std::size_t value) { out.push_back(static_cast<char>(value & 0xff)); };

    byte(0x80u | static_cast<unsigned>(code));
    if (size < 126) {
        byte(0x80 | size);
    } else if (size < 65536) {
        byte(0x80 | 126);
        byte(size >> 8);
        byte(size);
    } else {
        byte(0x80 | 127);
        for (int shift = 56; shift >= 0; shift -= 8) byte(size >> shift);
    }
    for (const unsigned char m : mask) byte(m);
    for (std::size_t i = 0; i < size; ++i) byte(static_cast<unsigned char>(payload[i]) ^ mask[i & 3]);
}

// Parses the frames of one connection in the receive buffer. Only an incomplete frame at its end is copied, so that ten
// thousand idle connections need no buffers of their own.
class frame_reader {
public:
    // Calls `on_message(text)` for each whole message and `on_ping(payload)` for each ping in `bytes`.
    template <class OnMessage, class OnPing>
    void feed(std::string_view bytes, OnMessage on_message, OnPing on_ping) {
        if (tail_.empty()) {
            const std::size_t used = consume(bytes, on_message, on_ping);
            tail_.assign(bytes.substr(used));
        } else {
            tail_.append(bytes);
            const std::size_t used = consume(tail_, on_message, on_ping);
            tail_.erase(0, used);
        }
    }

private:
    template <class OnMessage, class OnPing>
    std::size_t consume(std::string_view bytes, OnMessage& on_message, OnPing& on_ping) {
        std::size_t at = 0;
        while (bytes.size() - at >= 2) {
            const auto* head = reinterpret_cast<const unsigned char*>(bytes.data()) + at;
            const std::size_t head_size = (head[1] & 127) == 127 ? 10 : (head[1] & 127) == 126 ? 4 : 2;
            if (bytes.size() - at < head_size) break;
            const std::size_t size = payload_size(head, head_size);
            if (bytes.size() - at - head_size < size) break;
            const std::string_view payload = bytes.substr(at + head_size, size);
            at += head_size + size;

            const auto code = static_cast<opcode>(head[0] & 15);
            if (code == opcode::ping) on_ping(payload);
            if (code > opcode::binary) continue;
            const bool last = (head[0] & 0x80) != 0;
            if (last && partial_.empty()) {
                on_message(payload);
                continue;
            }
            partial_.append(payload);
            if (last) {
                on_message(std::string_view(partial_));
                partial_.clear();
            }
        }
        return at;
    }

    static std::size_t payload_size(const unsigned char* head, std::size_t head_size) {
        if (head_size == 2) return head[1] & 127u;
        std::size_t size = 0;
        for (std::size_t i = 2; i < head_size; ++i) size = size << 8 | head[i];
        return size;
    }

    std::string tail_;
    std::string partial_;
};

}  // namespace wsload
