// Fuzzes the parser of requests and the reader of their bodies with a stream of bytes, as a connection would bring it.
// Checked of every stream:
// - the outcome does not depend on how the bytes are split, nor on small limits being reached early or late;
// - every view of a head lies in the bytes that it was parsed from;
// - a head that is taken obeys the grammar, and written anew it is parsed to the same;
// - a refusal has a status and a text of one line.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <roompp/http/body_reader.hpp>
#include <roompp/http/parser.hpp>

#include "driver.hpp"

using fuzz::require;
using roompp::detail::body_reader;
using roompp::detail::consists_of;
using roompp::detail::find_control;
using roompp::detail::header_field;
using roompp::detail::http_version;
using roompp::detail::is_authority;
using roompp::detail::parse_error;
using roompp::detail::parse_state;
using roompp::detail::parser_limits;
using roompp::detail::request_framing;
using roompp::detail::request_head;
using roompp::detail::request_parser;
using roompp::detail::target_char;
using roompp::detail::target_form;
using roompp::detail::token_char;
using roompp::detail::trim;

namespace {

// The limits of one run.
struct setting {
    parser_limits limits;
    std::uint64_t max_body;
};

// All that a head says, but for its size.
std::string describe(const request_head& head) {
    std::string text;
    for (const std::string_view part :
         {head.method, head.target, head.parts.authority, head.parts.path, head.parts.query, head.authority})
        text.append(part).append("|");
    for (const header_field& field : head.fields) text.append(field.name).append("=").append(field.value).append("|");
    for (const int number :
         {static_cast<int>(head.parts.form), static_cast<int>(head.version), static_cast<int>(head.framing)})
        text += std::to_string(number);
    for (const bool flag :
         {head.is_persistent, head.confirms_keep_alive, head.expects_continue, head.asks_for_websocket})
        text += flag ? 'y' : 'n';
    return text + std::to_string(head.content_length) + '\n';
}

std::string write(const request_head& head) {
    std::string text;
    text.append(head.method).append(" ").append(head.target);
    text += head.version == http_version::http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
    for (const header_field& field : head.fields)
        text.append(field.name).append(": ").append(field.value).append("\r\n");
    return text += "\r\n";
}

void check_view(std::string_view view, std::string_view bytes) {
    const std::less_equal<const char*> is_not_after;
    require(view.empty() || (is_not_after(bytes.data(), view.data()) &&
                             is_not_after(view.data() + view.size(), bytes.data() + bytes.size())),
            "a view lies in the bytes of the head");
    require(view.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos, "a view is part of a line");
}

// `bytes`: what the head was parsed from; empty if the parser keeps them.
void check_head(const request_head& head, std::string_view bytes, const setting& bounds) {
    require(head.size <= bounds.limits.head_bytes, "a head is as large as the limit at most");
    require(head.fields.size() <= bounds.limits.header_fields, "a head has as many fields as the limit at most");
    if (!bytes.empty()) {
        for (const std::string_view view :
             {head.method, head.target, head.parts.authority, head.parts.query, head.authority})
            check_view(view, bytes);
        if (head.parts.form != target_form::absolute || head.parts.path != "/") check_view(head.parts.path, bytes);
        for (const header_field& field : head.fields) {
            check_view(field.name, bytes);
            check_view(field.value, bytes);
        }
    }
    require(!head.method.empty() && consists_of(head.method, token_char), "a method is a token");
    require(!head.target.empty() && consists_of(head.target, target_char), "a target has only its characters");
    require(!head.parts.path.empty() && (head.parts.path.front() == '/' || head.parts.path == "*"),
            "a path begins with '/' or is '*'");
    require(head.authority.empty() ? head.version == http_version::http_1_0 : is_authority(head.authority),
            "an authority is host[:port]");
    for (const header_field& field : head.fields) {
        require(!field.name.empty() && consists_of(field.name, token_char), "a field's name is a token");
        require(trim(field.value) == field.value, "a field's value is trimmed");
        require(find_control(field.value.data(), field.value.data() + field.value.size()) ==
                    field.value.data() + field.value.size(),
                "a field's value has no control characters");
    }
    const std::size_t hosts = head.count("Host");
    require(hosts == 1 || (hosts == 0 && head.version == http_version::http_1_0), "a head has one Host");
    const std::size_t lengths = head.count("Content-Length");
    const std::size_t codings = head.count("Transfer-Encoding");
    require(lengths <= 1 && (lengths == 0 || codings == 0), "a body has one length");
    require((head.framing == request_framing::chunked) == (codings != 0), "a body in chunks is announced");
    require((head.framing == request_framing::sized) == (lengths != 0), "a body of a size is announced");
    require(!head.confirms_keep_alive || (head.is_persistent && head.version == http_version::http_1_0),
            "only HTTP/1.0 is told to be kept alive");

    const std::string rewritten = write(head);
    request_parser parser({rewritten.size(), head.fields.size()});
    require(parser.consume(rewritten) == rewritten.size() && parser.state() == parse_state::complete,
            "a head written anew is taken");
    require(describe(parser.head()) == describe(head), "a head written anew is the same");
}

void check_error(const parse_error& error) {
    require(error.status == 400 || error.status == 413 || error.status == 414 || error.status == 431 ||
                error.status == 501 || error.status == 505,
            "a refusal has a status");
    require(!error.text.empty() && error.text.size() < 400 &&
                std::all_of(error.text.begin(), error.text.end(), [](char c) { return c >= 0x20 && c < 0x7f; }),
            "a refusal has a text of one line");
}

// Reads requests as a connection would, and notes all that comes of them.
class connection {
public:
    explicit connection(const setting& bounds)
        : setting_(bounds), parser_(bounds.limits), body_reader_(bounds.limits) {}

    void receive(std::string_view piece) {
        while (!piece.empty() && !has_failed_) {
            const std::size_t count = in_body_ ? read_body(piece) : read_head(piece);
            require(count <= piece.size(), "no more is taken than has come");
            offset_ += count;
            piece.remove_prefix(count);
        }
    }
    // With what is not whole, which must not depend on the pieces either.
    [[nodiscard]] std::string outcome() const {
        return text_ + (in_body_ ? "in body " + body_ : parser_.has_begun() ? "in head" : "idle");
    }

private:
    std::size_t read_head(std::string_view piece) {
        const bool is_new = !parser_.has_begun();
        const std::size_t count = parser_.consume(piece);
        if (parser_.state() == parse_state::failed) return fail(parser_.error()), count;
        if (parser_.state() == parse_state::incomplete) {
            require(count == piece.size(), "what is incomplete takes all");
            return count;
        }
        const request_head& head = parser_.head();
        require(head.size >= count, "a head has at least what was taken at last");
        const bool is_whole = is_new && head.size == count;
        check_head(head, is_whole ? piece.substr(0, count) : std::string_view(), setting_);
        const std::string description = describe(head);
        parser_.keep_head();
        require(describe(head) == description, "a head that is kept is the same");
        text_ += std::to_string(offset_ + count) + ' ' + description;
        body_.clear();
        body_reader_.start(head, setting_.max_body);
        length_ = head.framing == request_framing::sized ? head.content_length : setting_.max_body;
        in_body_ = true;
        end_body_if_complete(count);
        return count;
    }

    std::size_t read_body(std::string_view piece) {
        const std::size_t count = body_reader_.consume(piece, body_);
        require(body_.size() <= setting_.max_body && body_.size() <= length_, "a body is as large as it may be");
        end_body_if_complete(count);
        return count;
    }

    void end_body_if_complete(std::size_t count) {
        if (body_reader_.state() == parse_state::failed) return fail(body_reader_.error());
        if (body_reader_.state() == parse_state::incomplete) return;
        if (parser_.head().framing == request_framing::sized)
            require(body_.size() == parser_.head().content_length, "a body is as large as its length says");
        text_ += std::to_string(offset_ + count) + ' ' + body_ + '\n';
        in_body_ = false;
        parser_.reset();
    }

    void fail(const parse_error& error) {
        check_error(error);
        has_failed_ = true;
        text_ += std::to_string(error.status) + ' ' + error.text + '\n';
    }

    setting setting_;
    request_parser parser_;
    body_reader body_reader_;
    std::string text_;
    std::string body_;
    std::uint64_t length_ = 0;
    std::size_t offset_ = 0;
    bool in_body_ = false;
    bool has_failed_ = false;
};

// What comes of a stream in pieces of the sizes that `next_size()` returns. Each is in memory of exactly its size, which
// is overwritten before the next one comes.
template <class Sizes>
std::string run(std::string_view bytes, const setting& bounds, Sizes next_size) {
    connection conn(bounds);
    std::unique_ptr<char[]> piece;
    std::size_t piece_size = 0;
    while (!bytes.empty()) {
        const std::size_t size = std::min<std::size_t>(bytes.size(), next_size());
        if (size != piece_size) piece = std::make_unique<char[]>(piece_size = size);
        bytes.copy(piece.get(), size);
        conn.receive({piece.get(), size});
        std::fill_n(piece.get(), size, '#');
        bytes.remove_prefix(size);
    }
    return conn.outcome();
}

}  // namespace

void fuzz::check(std::string_view bytes) {
    for (const setting& bounds : {setting{{}, 65'536}, setting{{64, 3}, 8}}) {
        const std::string whole = run(bytes, bounds, [&] { return bytes.size(); });
        require(run(bytes, bounds, [] { return std::size_t{1}; }) == whole,
                "single bytes have the outcome of the whole");
        choices split(bytes);
        require(run(bytes, bounds, [&] { return split.next_size(); }) == whole, "pieces have the outcome of the whole");
    }
}
