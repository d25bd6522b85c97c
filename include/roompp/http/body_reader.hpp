#pragma once
// Reads the body of an HTTP/1.1 request, of a known size or in chunks, as its bytes come.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/text.hpp>
#include <roompp/config.hpp>
#include <roompp/http/characters.hpp>
#include <roompp/http/parse_outcome.hpp>
#include <roompp/http/parser_limits.hpp>
#include <roompp/http/request_head.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Reads one request body after the other (RFC 9112, sections 6.3 and 7.1). The outcome depends on the bytes, not on how
/// they were split; the work is linear in them. Of chunks, sizes and line ends are strict; extensions are skipped,
/// trailers are checked and dropped, and both are bounded. Not thread-safe.
class body_reader {
public:
    explicit body_reader(const parser_limits& limits = {}) noexcept : limits_(limits) {}

    /// Begins with the body that follows a head, which is not used afterwards. A request without a body is complete at
    /// once, and one that announces too much has failed with 413.
    /// @param max_bytes maximum size of the body, decoded, in bytes.
    void start(const request_head& head, std::uint64_t max_bytes) {
        *this = body_reader(limits_);
        state_ = parse_state::incomplete;
        max_bytes_ = remaining_ = max_bytes;
        if (head.framing == request_framing::chunked) {
            position_ = position::size_begin;
        } else if (head.content_length > max_bytes) {
            fail_for_size();
        } else {
            remaining_ = head.content_length;
            position_ = position::sized;
            if (remaining_ == 0) state_ = parse_state::complete;
        }
    }

    /// Reads on, and appends what belongs to the body.
    /// @returns how many of the bytes were taken: all, unless the body ends among them, or is wrong from there on.
    std::size_t consume(std::string_view bytes, std::string& body) {
        std::size_t count = 0;
        while (count != bytes.size() && state_ == parse_state::incomplete) {
            if (position_ == position::sized || position_ == position::data)
                count += append(bytes.substr(count), body);
            else if (step(bytes[count]))
                ++count;
        }
        return count;
    }

    /// `complete` before the first start(), too.
    [[nodiscard]] parse_state state() const noexcept { return state_; }
    /// The refusal, valid once state() is failed, until start().
    [[nodiscard]] const parse_error& error() const noexcept { return error_; }

private:
    // What the next byte belongs to.
    enum class position : unsigned char {
        sized,
        size_begin,
        size,
        space_before_extension,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_begin,
        trailer_name,
        trailer_value,
        trailer_lf,
        last_lf
    };

    std::size_t append(std::string_view bytes, std::string& body) {
        std::uint64_t& outstanding = position_ == position::sized ? remaining_ : chunk_;
        const auto size = static_cast<std::size_t>((std::min<std::uint64_t>)(outstanding, bytes.size()));
        body.append(bytes.data(), size);
        outstanding -= size;
        if (outstanding == 0 && position_ == position::sized) state_ = parse_state::complete;
        if (outstanding == 0 && position_ == position::data) position_ = position::data_cr;
        return size;
    }

    // Takes one byte of what is around the data. Returns false if it is wrong.
    bool step(char c) {
        switch (position_) {
            case position::size_begin:
                if (hex_value(c) < 0) return refuse(c, "at the begin of a chunk", "its size in hexadecimal digits");
                chunk_ = 0;
                digits_ = 0;
                return add_digit(c);
            case position::size:
                if (hex_value(c) >= 0) return add_digit(c);
                [[fallthrough]];
            case position::space_before_extension:
                if (c == ' ' || c == '\t') return count_extension(position::space_before_extension);
                if (c == ';') return count_extension(position::extension);
                if (c == '\r' && position_ == position::size) return go_to(position::size_lf);
                return refuse(c, "after a chunk's size", "CR LF, or an extension after ';'");
            case position::extension:
                if (c == '\r') return go_to(position::size_lf);
                if (is_char(c, control_char)) return refuse(c, "in a chunk extension", "no control characters");
                return count_extension(position::extension);
            case position::size_lf:
                if (c != '\n') return refuse(c, "after the CR at the end of a chunk's size", "LF");
                remaining_ -= chunk_;
                return go_to(chunk_ == 0 ? position::trailer_begin : position::data);
            case position::data_cr:
                if (c != '\r')
                    return refuse(c, "after a chunk's data", "CR LF, for the chunk has all that its size says");
                return go_to(position::data_lf);
            case position::data_lf:
                if (c != '\n') return refuse(c, "after the CR at the end of a chunk's data", "LF");
                return go_to(position::size_begin);
            default:
                return step_in_trailers(c);
        }
    }

    // RFC 9112, section 7.1.2. Nobody is told of trailers, so that none can be taken for a header field.
    bool step_in_trailers(char c) {
        if (++trailer_bytes_ > limits_.head_bytes)
            return fail({431, "The body's trailers are larger than " + std::to_string(limits_.head_bytes) + " bytes."});
        switch (position_) {
            case position::trailer_begin:
                if (c == '\r') return go_to(position::last_lf);
                if (!is_char(c, token_char)) return refuse(c, "at the begin of a trailer", "a name");
                if (++trailers_ > limits_.header_fields)
                    return fail(
                        {431, "The body has more than " + std::to_string(limits_.header_fields) + " trailers."});
                return go_to(position::trailer_name);
            case position::trailer_name:
                if (c == ':') return go_to(position::trailer_value);
                if (!is_char(c, token_char)) return refuse(c, "in the name of a trailer", "a colon after it");
                return true;
            case position::trailer_value:
                if (c == '\r') return go_to(position::trailer_lf);
                if (is_char(c, control_char)) return refuse(c, "in the value of a trailer", "no control characters");
                return true;
            case position::trailer_lf:
                if (c != '\n') return refuse(c, "after the CR at the end of a trailer", "LF");
                return go_to(position::trailer_begin);
            default:  // last_lf
                if (c != '\n') return refuse(c, "after the CR at the end of the trailers", "LF");
                state_ = parse_state::complete;
                return true;
        }
    }

    bool go_to(position next) noexcept {
        position_ = next;
        return true;
    }

    bool add_digit(char c) {
        constexpr int max_digits = 16;
        if (++digits_ > max_digits) return fail({400, "A chunk's size has more than 16 digits."});
        chunk_ = chunk_ * 16 + static_cast<unsigned>(hex_value(c));
        if (chunk_ > remaining_) return fail_for_size();
        return go_to(position::size);
    }

    bool count_extension(position next) {
        if (++extension_bytes_ > limits_.head_bytes)
            return fail(
                {413, "The body's chunk extensions are larger than " + std::to_string(limits_.head_bytes) + " bytes."});
        return go_to(next);
    }

    bool refuse(char c, const char* context, const char* expectation) {
        return fail(
            {400, "The chunked body has " + describe_byte(c) + ' ' + context + "; expected " + expectation + '.'});
    }

    bool fail_for_size() {
        return fail({413, "The request's body is larger than " + std::to_string(max_bytes_) + " bytes."});
    }

    bool fail(parse_error error) {
        error_ = std::move(error);
        state_ = parse_state::failed;
        return false;
    }

    parser_limits limits_;
    parse_error error_;
    std::uint64_t max_bytes_ = 0;
    std::uint64_t remaining_ = 0;  // of the body, if sized, else of what its further chunks may have
    std::uint64_t chunk_ = 0;      // of the current chunk
    std::size_t extension_bytes_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::size_t trailers_ = 0;
    int digits_ = 0;
    position position_ = position::sized;
    parse_state state_ = parse_state::complete;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
