// Fuzzes the reader of a client's frames with a stream of bytes, with compression and without, with small limits and large.
// Checked of every stream:
// - messages, control frames and the close code are those of a decoder that is written for clarity alone, and decompresses
//   without zlib;
// - what a session gets as text is UTF-8;
// - all this does not depend on how the bytes are split.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/deflate.hpp>
#include <roompp/websocket/frame_reader.hpp>

#include "driver.hpp"
#include "plain_inflate.hpp"
#include "plain_utf8.hpp"

using fuzz::require;
using fuzz::utf8_state;
using roompp::net::opcode;

namespace {

struct setting {
    std::size_t max_message_bytes;
    bool is_compressed;
};

// What comes of a stream.
struct outcome {
    std::vector<std::pair<opcode, std::string>> frames;
    std::vector<int> close_codes;  // those that are right; none while nothing is wrong
    bool is_idle = true;           // it ends between two messages
};

class plain_decoder {
public:
    plain_decoder(std::string_view bytes, const setting& bounds) : bytes_(bytes), setting_(bounds) {}

    [[nodiscard]] outcome run() {
        while (outcome_.close_codes.empty() && read_frame()) {}
        return std::move(outcome_);
    }

private:
    [[nodiscard]] unsigned byte(std::size_t i) const { return static_cast<unsigned char>(bytes_[i]); }

    // @returns whether a whole frame was read, so that there may be another.
    bool read_frame() {
        outcome_.is_idle = !in_message_ && bytes_.empty();
        if (bytes_.size() < 2) return false;
        const bool fin = (byte(0) & 0x80U) != 0;
        const bool rsv1 = (byte(0) & 0x40U) != 0;
        const unsigned kind = byte(0) & 15U;
        const bool is_control = kind >= 8;
        const unsigned short_length = byte(1) & 127U;
        if ((byte(0) & 0x30U) != 0 || (byte(1) & 0x80U) == 0 || (kind > 2 && kind < 8) || kind > 10) return fail(1002);
        if (is_control && (!fin || rsv1 || short_length > 125)) return fail(1002);
        if (rsv1 && (!setting_.is_compressed || kind == 0)) return fail(1002);
        if (!is_control && in_message_ != (kind == 0)) return fail(1002);

        const std::size_t length_size = short_length == 127 ? 8 : short_length == 126 ? 2 : 0;
        const std::size_t head_size = 2 + length_size + 4;
        if (bytes_.size() < head_size) return false;
        std::uint64_t length = length_size == 0 ? short_length : 0;
        for (std::size_t i = 0; i < length_size; ++i) length = length * 256 + byte(2 + i);
        if (length_size != 0 && length < (length_size == 2 ? 126U : 65536U)) return fail(1002);
        if (length >= std::uint64_t{1} << 63U) return fail(1002);
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(length, bytes_.size() - head_size));
        std::string payload(bytes_.substr(head_size, size));
        for (std::size_t i = 0; i < size; ++i)
            payload[i] = static_cast<char>(byte(head_size + i) ^ byte(head_size - 4 + i % 4));
        const bool is_whole = size == length;

        if (is_control) {
            if (is_whole) outcome_.frames.emplace_back(static_cast<opcode>(kind), payload);
        } else {
            if (kind != 0) start_message(static_cast<opcode>(kind), rsv1);
            if (length > setting_.max_message_bytes - message_.size()) return fail(1009);
            message_ += payload;
            if (!check_message(fin && is_whole)) return false;
        }
        if (!is_whole) return false;
        bytes_.remove_prefix(head_size + size);
        return true;
    }

    void start_message(opcode kind, bool is_compressed) {
        in_message_ = true;
        kind_ = kind;
        is_compressed_ = is_compressed;
        message_.clear();
    }

    bool check_message(bool is_end) {
        std::string content = message_;
        bool is_malformed = false;
        if (is_compressed_) {
            auto result = fuzz::plain_inflate::run(message_ + std::string(is_end ? "\0\0\xff\xff" : "", is_end ? 4 : 0),
                                                   setting_.max_message_bytes + 8192);
            content = std::move(result.data);
            is_malformed = result.is_malformed || (is_end && !result.is_between_blocks);
        }
        const auto text = kind_ == opcode::text ? fuzz::check_utf8(content) : utf8_state::complete;
        // Of several faults in one compressed message, which is seen first depends on how its bytes came.
        if (content.size() > setting_.max_message_bytes) fail(1009);
        if (is_malformed || text == utf8_state::malformed || (is_end && text == utf8_state::incomplete)) fail(1007);
        if (!outcome_.close_codes.empty()) return false;
        if (is_end) {
            outcome_.frames.emplace_back(kind_, std::move(content));
            in_message_ = false;
        }
        return true;
    }

    bool fail(int code) {
        outcome_.close_codes.push_back(code);
        outcome_.is_idle = false;
        return false;
    }

    std::string_view bytes_;
    setting setting_;
    outcome outcome_;
    opcode kind_ = opcode::text;
    std::string message_;  // the payloads so far
    bool in_message_ = false;
    bool is_compressed_ = false;
};

// What the library makes of a stream in pieces of the sizes that `next_size()` returns. Each is in memory of exactly its
// size.
template <class Sizes>
outcome read(std::string_view bytes, const setting& bounds, Sizes next_size) {
    static const auto compression = roompp::deflate();
    roompp::net::frame_reader reader;
    reader.start(bounds.max_message_bytes, bounds.is_compressed ? compression.get() : nullptr);
    outcome result;
    while (!bytes.empty() && result.close_codes.empty()) {
        const std::size_t piece_size = std::min<std::size_t>(bytes.size(), next_size());
        const auto piece = std::make_unique<char[]>(piece_size);
        std::memcpy(piece.get(), bytes.data(), piece_size);
        bytes.remove_prefix(piece_size);
        char* next = piece.get();
        std::size_t size = piece_size;
        while (size != 0) {
            const std::size_t size_before = size;
            roompp::net::frame_error error;
            if (const auto frame = reader.read(next, size, error)) {
                if (frame->kind == opcode::text)
                    require(fuzz::check_utf8(frame->body) == utf8_state::complete, "a text is UTF-8");
                result.frames.emplace_back(frame->kind, frame->body);
            }
            if (error) {
                require(!error.reason.empty() && error.reason.size() <= 123,
                        "the reason of an error fits a close frame");
                result.close_codes.push_back(error.close_code);
                break;
            }
            require(size < size_before, "a reader makes progress");
        }
    }
    result.is_idle = reader.idle();
    return result;
}

void compare(const outcome& seen, const outcome& expected) {
    require(seen.frames == expected.frames, "messages are those of the other decoder");
    require(seen.close_codes.empty() == expected.close_codes.empty(), "what is malformed is so for the other decoder");
    if (!seen.close_codes.empty())
        require(std::count(expected.close_codes.begin(), expected.close_codes.end(), seen.close_codes.front()) != 0,
                "the close code is that of the other decoder");
    require(seen.is_idle == expected.is_idle, "the reader is idle only between messages");
}

}  // namespace

void fuzz::check(std::string_view bytes) {
    for (const setting& bounds :
         {setting{64, false}, setting{100'000, false}, setting{64, true}, setting{100'000, true}}) {
        const outcome expected = plain_decoder(bytes, bounds).run();
        compare(read(bytes, bounds, [&] { return bytes.size(); }), expected);
        compare(read(bytes, bounds, [] { return std::size_t{1}; }), expected);
        choices split(bytes);
        compare(read(bytes, bounds, [&] { return split.next_size(); }), expected);
    }
}
