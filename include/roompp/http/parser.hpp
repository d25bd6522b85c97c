#pragma once
// Parses the heads of HTTP/1.1 requests as their bytes come, strictly and without copying what came whole.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/http/characters.hpp>
#include <roompp/http/field_values.hpp>
#include <roompp/http/known_fields.hpp>
#include <roompp/http/parse_outcome.hpp>
#include <roompp/http/parser_limits.hpp>
#include <roompp/http/request_head.hpp>
#include <roompp/http/request_target.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Parses one request head after the other (RFC 9112, sections 2 to 6). One strict pass over its bytes: a line is taken
/// once its line end has come, so that the outcome depends on the bytes and never on how they were split, and the end of a
/// line is searched for only in bytes that are new, so that the work is linear in the bytes.
///
/// Refused, each with a text: whatever the grammar does not allow (a bare CR or LF, control characters, folded lines,
/// white space before a colon, names that are no tokens, targets and hosts that are none); what could be read in two ways
/// (more than one Host or Content-Length, Content-Length with Transfer-Encoding); what is too large; and what is not
/// implemented (CONNECT, transfer codings but chunked, other versions). One empty line before the head is skipped
/// (section 2.2).
///
/// A head that comes in one piece is parsed where it is: its views refer to the caller's bytes until keep_head(). One in
/// pieces is gathered in the parser. Not thread-safe. Stays where it was made: the views of the head may refer to it.
class request_parser {
public:
    explicit request_parser(const parser_limits& limits = {}) noexcept : limits_(limits) {}
    request_parser(const request_parser&) = delete;
    request_parser& operator=(const request_parser&) = delete;

    /// Reads on. Throws nothing but std::bad_alloc.
    /// @param bytes what has come next. If the head is complete afterwards, they must stay as they are while head() is
    ///     used, or until keep_head().
    /// @returns how many of them were taken: all, unless the head ends among them; none once it has ended.
    std::size_t consume(std::string_view bytes) {
        if (state_ != parse_state::incomplete || bytes.empty()) return 0;
        if (buffer_.empty()) {
            parse(bytes);
            if (state_ == parse_state::complete) {
                head_begin_ = bytes.data();
                return head_.size;
            }
            if (state_ == parse_state::incomplete) append_to_buffer(bytes);
            return bytes.size();
        }
        // What is incomplete is smaller than the bound.
        const std::size_t size_before = buffer_.size();
        append_to_buffer(bytes.substr(0, limits_.head_bytes - size_before));
        parse({buffer_.data(), buffer_.size()});
        return state_ == parse_state::complete ? head_.size - size_before : bytes.size();
    }

    [[nodiscard]] parse_state state() const noexcept { return state_; }
    /// The head, valid once state() is complete, until reset().
    [[nodiscard]] const request_head& head() const noexcept { return head_; }
    /// The refusal, valid once state() is failed, until reset().
    [[nodiscard]] const parse_error& error() const noexcept { return error_; }
    /// Whether a byte of a request has come; an empty line before it is none, so that a client that sends one after its
    /// last request does not seem to begin another.
    [[nodiscard]] bool has_begun() const noexcept {
        const bool is_half_of_empty_line = buffer_.size() == 1 && buffer_.front() == '\r';
        return state_ != parse_state::incomplete || has_request_line_ ||
               (buffer_.size() > line_ && !is_half_of_empty_line);
    }

    /// Copies a complete head that lies in the caller's bytes, so that these may go.
    void keep_head() {
        if (state_ == parse_state::complete && buffer_.empty()) append_to_buffer({head_begin_, head_.size});
    }

    /// Begins with the next request. Memory is used again, unless it is much.
    void reset() noexcept {
        std::vector<header_field> fields = std::move(head_.fields);
        fields.clear();
        head_ = {};
        head_.fields = std::move(fields);
        known_ = {};
        error_ = {};
        if (buffer_.capacity() > max_idle_capacity) buffer_ = {};
        buffer_.clear();
        line_ = searched_ = 0;
        has_request_line_ = false;
        state_ = parse_state::incomplete;
    }

private:
    static constexpr const char* line_end_text = "its end";
    static constexpr std::size_t max_idle_capacity = 4096;  // between requests: connections may idle by the thousand

    void parse(std::string_view all) {
        const std::string_view bytes = all.substr(0, limits_.head_bytes);
        if (line_ == 0 && bytes.substr(0, 2) == "\r\n") line_ = 2;
        if (searched_ > line_ && !has_line_end(bytes)) return;
        if (!has_request_line_ && !parse_request_line(bytes)) return;
        while (parse_field_line(bytes)) {}
    }

    // Whether the current line has ended, perhaps not where it should. If not, more must come, or it is too much. What is
    // wrong in a line is said only when it has ended, or the outcome would depend on how the bytes were split.
    bool has_line_end(std::string_view bytes) {
        const std::size_t begin = (std::max)(line_, searched_);
        if (begin < bytes.size() && std::memchr(bytes.data() + begin, '\n', bytes.size() - begin) != nullptr)
            return true;
        searched_ = bytes.size();
        if (bytes.size() == limits_.head_bytes) fail_for_size(bytes.substr((std::min)(line_, bytes.size())));
        return false;
    }

    bool fail(parse_error error) {
        error_ = std::move(error);
        state_ = parse_state::failed;
        return false;
    }

    void fail_for_size(std::string_view line) {
        const std::string bound = std::to_string(limits_.head_bytes) + " bytes";
        if (has_request_line_) {
            fail({431, "The request's head is larger than " + bound + '.'});
            return;
        }
        const std::size_t space = line.find(' ');
        if (space != std::string_view::npos && space != 0 && consists_of(line.substr(0, space), token_char))
            fail({414, "The request line, with the target, is longer than " + bound + '.'});
        else
            fail({400, "This is no request: the first " + bound + " have neither a method nor a line end."});
    }

    // RFC 9112, section 3: method SP request-target SP HTTP-version CRLF, with single spaces.
    bool parse_request_line(std::string_view bytes) {
        const char* const begin = bytes.data() + line_;
        const char* const end = bytes.data() + bytes.size();
        const char* const method_end = skip_chars(begin, end, token_char);
        if (method_end == end) return has_line_end(bytes);
        if (*method_end != ' ' || method_end == begin) return refuse_request_line(bytes, "method", begin, method_end);
        const char* const target = method_end + 1;
        const char* const target_end = skip_chars(target, end, target_char);
        if (target_end == end) return has_line_end(bytes);
        if (*target_end != ' ' || target_end == target) return refuse_request_line(bytes, "target", target, target_end);
        const char* const version = target_end + 1;
        constexpr std::size_t version_size = 8;
        const std::string_view rest(version, static_cast<std::size_t>(end - version));
        if (rest.size() < version_size + 2 || rest.substr(version_size, 2) != "\r\n")
            return refuse_version(bytes, rest);
        if (rest.substr(0, version_size) == "HTTP/1.1")
            head_.version = http_version::http_1_1;
        else if (rest.substr(0, version_size) == "HTTP/1.0")
            head_.version = http_version::http_1_0;
        else
            return refuse_version(bytes, rest);
        head_.method = {begin, static_cast<std::size_t>(method_end - begin)};
        head_.target = {target, static_cast<std::size_t>(target_end - target)};
        if (auto error = parse_target(head_.method, head_.target, head_.parts)) return fail(std::move(*error));
        line_ = static_cast<std::size_t>(version - bytes.data()) + version_size + 2;
        has_request_line_ = true;
        constexpr std::size_t usual_fields = 24;  // of a browser's upgrade: one allocation
        head_.fields.reserve((std::min)(usual_fields, limits_.header_fields));
        return true;
    }

    bool refuse_request_line(std::string_view bytes, const char* part, const char* begin, const char* part_end) {
        if (!has_line_end(bytes)) return false;
        const std::string culprit = describe_position(part_end);
        const bool is_missing = begin == part_end;
        if (is_missing && begin == bytes.data() + line_ && culprit == line_end_text)
            return fail({400, "There is an empty line where the request line should be."});
        return fail({400, "The request line has " + culprit + (is_missing ? " where the " : " within or after the ") +
                              part + (is_missing ? " should be" : "") + "; expected 'METHOD target HTTP/1.1'."});
    }

    // What stands at a position of a line that has an end.
    static std::string describe_position(const char* position) {
        if (*position == '\r') return position[1] == '\n' ? line_end_text : "a CR without LF";
        return *position == '\n' ? "an LF without CR" : describe_byte(*position);
    }

    bool refuse_version(std::string_view bytes, std::string_view rest) {
        if (!has_line_end(bytes)) return false;
        std::string_view version = rest.substr(0, rest.find('\n'));
        const bool is_strict = !version.empty() && version.back() == '\r';
        if (is_strict) version.remove_suffix(1);
        const bool is_version = is_strict && version.size() == 8 && version.substr(0, 5) == "HTTP/" &&
                                is_char(version[5], digit_char) && version[6] == '.' && is_char(version[7], digit_char);
        if (is_version) return fail({505, "The version " + quote(version) + " is not answered; expected HTTP/1.1."});
        if (version == "HTTP/1.1" || version == "HTTP/1.0")
            return fail({400, "The request line has an LF without CR; expected CR LF at its end."});
        return fail({400, "The request line ends with " + quote(version) + "; expected HTTP/1.1."});
    }

    // RFC 9112, section 5: field-name ":" OWS field-value OWS CRLF, without folding; or the empty line at the head's end.
    // Returns whether another line is to be parsed.
    bool parse_field_line(std::string_view bytes) {
        const char* const begin = bytes.data() + line_;
        const char* const end = bytes.data() + bytes.size();
        const char* const name_end = skip_chars(begin, end, token_char);
        if (name_end == end) return has_line_end(bytes);
        const std::string_view name(begin, static_cast<std::size_t>(name_end - begin));
        if (*name_end != ':' || name.empty()) {
            if (name.empty() && *name_end == '\r' && end - name_end >= 2 && name_end[1] == '\n') return finish();
            return has_line_end(bytes) && fail({400, describe_bad_name(name, name_end)});
        }
        const char* value = name_end + 1;
        while (value != end && (*value == ' ' || *value == '\t')) ++value;
        const char* const line_end = find_control(value, end);
        if (end - line_end < 2 || line_end[0] != '\r' || line_end[1] != '\n')
            return has_line_end(bytes) &&
                   fail({400, "The value of the field " + quote(name) + " has " + describe_position(line_end) + '.'});
        if (head_.fields.size() >= limits_.header_fields)
            return fail(
                {431, "The request has more than " + std::to_string(limits_.header_fields) + " header fields."});
        const char* value_end = line_end;
        while (value_end != value && (value_end[-1] == ' ' || value_end[-1] == '\t')) --value_end;
        head_.fields.push_back({name, {value, static_cast<std::size_t>(value_end - value)}});
        line_ = static_cast<std::size_t>(line_end - bytes.data()) + 2;
        if (auto error = known_.add(head_.fields.back(), head_)) return fail(std::move(*error));
        return true;
    }

    [[nodiscard]] std::string describe_bad_name(std::string_view name, const char* name_end) const {
        const std::string line = "Header line " + std::to_string(head_.fields.size() + 1);
        if (name.empty()) {
            if (*name_end == ' ' || *name_end == '\t')
                return line + " begins with white space: folded lines are not allowed.";
            if (*name_end == ':') return line + " has no name before the colon.";
            return line + " begins with " + describe_position(name_end) + "; expected 'Name: value'.";
        }
        const std::string culprit = describe_position(name_end);
        if (culprit == line_end_text) return line + ", " + quote(name) + ", has no colon; expected 'Name: value'.";
        return line + " has " + culprit + " after " + quote(name) + "; expected a colon right after the name.";
    }

    bool finish() {
        line_ += 2;
        head_.size = line_;
        if (auto error = known_.finish(head_)) return fail(std::move(*error));
        state_ = parse_state::complete;
        return false;
    }

    // The views follow their bytes, whenever these move.
    void append_to_buffer(std::string_view bytes) {
        if (buffer_.empty()) {
            buffer_.assign(bytes.begin(), bytes.end());
            move_views(bytes, buffer_.data());
        } else if (buffer_.capacity() - buffer_.size() >= bytes.size()) {
            buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
        } else {
            std::vector<char> larger;
            larger.reserve((std::max)(buffer_.capacity() * 2, buffer_.size() + bytes.size()));
            larger.insert(larger.end(), buffer_.begin(), buffer_.end());
            larger.insert(larger.end(), bytes.begin(), bytes.end());
            move_views({buffer_.data(), buffer_.size()}, larger.data());
            buffer_.swap(larger);
        }
    }

    void move_views(std::string_view bytes, const char* new_begin) {
        const auto address = [](const char* position) { return reinterpret_cast<std::uintptr_t>(position); };
        const auto move = [&](std::string_view& view) {
            const bool lies_within = address(view.data()) >= address(bytes.data()) &&
                                     address(view.data() + view.size()) <= address(bytes.data() + bytes.size());
            if (lies_within) view = {new_begin + (view.data() - bytes.data()), view.size()};
        };
        for (std::string_view* view : {&head_.method, &head_.target, &head_.parts.authority, &head_.parts.path,
                                       &head_.parts.query, &head_.authority})
            move(*view);
        for (header_field& field : head_.fields) {
            move(field.name);
            move(field.value);
        }
    }

    parser_limits limits_;
    request_head head_;
    known_fields known_;
    parse_error error_;
    std::vector<char> buffer_;          // of a head that has come in pieces, or is to outlive the caller's bytes
    const char* head_begin_ = nullptr;  // of a complete head that lies in the caller's bytes
    std::size_t line_ = 0;              // where the current line begins
    std::size_t searched_ = 0;          // up to where its end has been searched for, in vain
    bool has_request_line_ = false;
    parse_state state_ = parse_state::incomplete;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
