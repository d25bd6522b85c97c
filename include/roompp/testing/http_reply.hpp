#pragma once
// The server's answer to a request, read from its bytes.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <websocketpp/http/constants.hpp>
#include <websocketpp/http/response.hpp>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// An HTTP response.
struct http_reply {
    int status = 0;
    std::string body;
    websocketpp::http::parser::response head;

    /// A header's value, empty if there is none. The name's case is of no matter.
    [[nodiscard]] const std::string& header(const std::string& name) const { return head.get_header(name); }
};

namespace detail {

// From 0.8.3 on, websocketpp's parser reports what is wrong as an error code; before, it throws.
template <class Parser>
auto parse_head(Parser& parser, const std::string& head, std::error_code error)
    -> decltype(parser.consume(head.data(), head.size(), error)) {
    const auto parsed = parser.consume(head.data(), head.size(), error);
    if (error) throw std::system_error(error);
    return parsed;
}
template <class Parser, class... Unused>
auto parse_head(Parser& parser, const std::string& head, Unused...)
    -> decltype(parser.consume(head.data(), head.size())) {
    return parser.consume(head.data(), head.size());
}

}  // namespace detail

/// Reads one reply, in whatever parts it comes (RFC 9112, section 6).
class http_reply_reader {
public:
    /// @param to_head whether it answers a HEAD: then it has no body, whatever its head says.
    explicit http_reply_reader(bool to_head = false) : to_head_(to_head) {}

    /// Takes what belongs to the reply off the front of the bytes.
    void take(std::string_view& bytes) {
        while (state_ != done && !bytes.empty()) {
            if (state_ == in_head || state_ == in_chunk_line || state_ == in_last_line)
                take_line(bytes);
            else
                take_body(bytes);
        }
    }
    /// Nothing more comes.
    void end() {
        if (state_ == in_body_to_the_end) state_ = done;
    }

    /// Whether the head has come.
    [[nodiscard]] bool has_head() const noexcept { return state_ != in_head; }
    /// Whether all of it has come.
    [[nodiscard]] bool complete() const noexcept { return state_ == done; }
    /// What has come so far.
    [[nodiscard]] const http_reply& reply() const noexcept { return reply_; }
    [[nodiscard]] http_reply& reply() noexcept { return reply_; }

private:
    enum state_type : unsigned char {
        in_head,
        in_body,
        in_body_to_the_end,
        in_chunk_line,
        in_chunk,
        in_last_line,
        done
    };

    // The head to its empty line, or the line before a chunk.
    void take_line(std::string_view& bytes) {
        const std::string_view end = state_ == in_head ? "\r\n\r\n" : "\r\n";
        const std::size_t before = line_.size();
        line_.append(bytes);
        const std::size_t at = line_.find(end, before < 3 ? 0 : before - 3);
        if (at == std::string::npos) {
            bytes = {};
            return;
        }
        bytes.remove_prefix(at + end.size() - before);
        line_.resize(at + end.size());
        const auto line = std::exchange(line_, {});
        if (state_ == in_head)
            start_body(line);
        else if (state_ == in_last_line)
            state_ = done;
        else if (line != "\r\n")  // the end of the chunk before
            start_chunk(line);
    }

    void start_body(const std::string& head) {
        detail::parse_head(reply_.head, head, std::error_code());
        reply_.status = static_cast<int>(reply_.head.get_status_code());
        const std::string& length = reply_.header("Content-Length");
        if (reply_.status == 101 || reply_.status == 204 || reply_.status == 304 || to_head_) {
            state_ = done;
        } else if (reply_.status == 100) {
            reply_ = {};
        } else if (reply_.header("Transfer-Encoding") == "chunked") {
            state_ = in_chunk_line;
        } else if (length.empty()) {
            state_ = in_body_to_the_end;
        } else {
            left_ = std::strtoul(length.c_str(), nullptr, 10);
            state_ = left_ == 0 ? done : in_body;
        }
    }
    void start_chunk(const std::string& line) {
        left_ = std::strtoul(line.c_str(), nullptr, 16);
        state_ = left_ == 0 ? in_last_line : in_chunk;
    }
    void take_body(std::string_view& bytes) {
        const std::size_t n = state_ == in_body_to_the_end ? bytes.size() : (std::min)(left_, bytes.size());
        reply_.body.append(bytes.substr(0, n));
        bytes.remove_prefix(n);
        if (state_ == in_body_to_the_end) return;
        left_ -= n;
        if (left_ == 0) state_ = state_ == in_chunk ? in_chunk_line : done;
    }

    http_reply reply_;
    std::string line_;
    std::size_t left_ = 0;
    state_type state_ = in_head;
    bool to_head_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
