// Fuzzes path templates, percent-encoding, query strings, cookies and offers of extensions. An input is lines: a template, a
// path, a query, a name, a header field.
// Checked:
// - a template is refused with a reason, or matches the paths that a plain matcher matches, with its values;
// - what is decoded is what a plain decoder decodes, and encoded anew it is decoded to the same;
// - the parts of a header field lie in it, and compression that is agreed on is an answer to an offer.

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/deflate.hpp>
#include <roompp/http/cookies.hpp>
#include <roompp/http/url.hpp>
#include <roompp/websocket/extension_offers.hpp>

#include "driver.hpp"

using fuzz::require;

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == separator)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

bool is_named(const std::string& segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::optional<roompp::path_parameters> match(std::string_view text, std::string_view path) {
    const auto segments = split(text, '/');
    const auto parts = split(path, '/');
    roompp::path_parameters values;
    bool does_match = segments.size() == parts.size();
    for (std::size_t i = 0; does_match && i < segments.size(); ++i) {
        if (is_named(segments[i])) values.emplace_back(segments[i].substr(1, segments[i].size() - 2), parts[i]);
        does_match = is_named(segments[i]) ? !parts[i].empty() : segments[i] == parts[i];
    }
    return does_match ? std::optional(values) : std::nullopt;
}

void check_template(std::string_view text, std::string_view path) {
    try {
        const roompp::path_template parsed{std::string(text)};
        require(parsed.text() == text, "a template keeps its text");
        require(!parsed.is_more_literal_than(parsed), "a template is not preferred to itself");
        require(parsed.match(path) == match(text, path), "a template matches as the plain matcher does");
        std::string own_path;
        for (const std::string& segment : split(text, '/')) own_path += (is_named(segment) ? "x" : segment) + '/';
        own_path.pop_back();
        require(parsed.match(own_path).has_value(), "a template matches its own path");
    } catch (const std::invalid_argument& refusal) {
        require(*refusal.what() != '\0', "a template is refused with a reason");
    }
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    static constexpr std::string_view digits = "0123456789abcdef0123456789ABCDEF";
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const std::size_t high = digits.find(text[i + 1]);
        const std::size_t low = digits.find(text[i + 2]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        decoded += static_cast<char>(high % 16 * 16 + low % 16);
        i += 2;
    }
    return decoded;
}

std::string encode(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const auto value = static_cast<unsigned char>(c);
        encoded += {'%', "0123456789ABCDEF"[value / 16], "0123456789abcdef"[value % 16]};
    }
    return encoded;
}

void check_encoding(std::string_view text) {
    for (const bool plus_is_space : {false, true}) {
        const auto decoded = roompp::percent_decode(text, plus_is_space);
        require(decoded == decode(text, plus_is_space), "text is decoded as by the plain decoder");
        require(roompp::percent_decode(encode(text), plus_is_space) == text, "what is encoded is decoded to the same");
    }
}

void check_query(std::string_view query, std::string_view name) {
    std::optional<std::string> expected;
    for (const std::string& pair : split(query, '&')) {
        const std::size_t equals = pair.find('=');
        if (pair.empty() || pair.substr(0, equals) != name) continue;
        expected = decode(equals == std::string::npos ? "" : pair.substr(equals + 1), true);
        break;
    }
    // A pair without anything is none, unless the empty name is asked for.
    if (!name.empty())
        require(roompp::query_value(query, name) == expected, "a query's first value of the name counts");
}

bool lies_in(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_field(std::string_view field, std::string_view name) {
    const auto cookie = roompp::cookie_value(field, name);
    require(!cookie || field.find(*cookie) != std::string_view::npos, "a cookie's value stands in the field");

    static const auto compression = roompp::deflate();
    const auto offers = roompp::net::parse_extension_offers(field);
    bool is_offered = false;
    if (offers) {
        for (const auto& offer : *offers) {
            require(!offer.name.empty() && lies_in(offer.name, field), "an extension's name lies in the field");
            for (const auto& parameter : offer.parameters)
                require(!parameter.name.empty() && lies_in(parameter.name, field), "a parameter lies in the field");
            is_offered = is_offered || offer.name == "permessage-deflate";
        }
    }
    const std::string answer = compression->negotiate(field);
    require(answer.empty() || (is_offered && answer.rfind("permessage-deflate", 0) == 0),
            "only what is offered is agreed on");
}

}  // namespace

void fuzz::check(std::string_view bytes) {
    const std::string_view text = take_part(bytes, '\n');
    const std::string_view path = take_part(bytes, '\n');
    const std::string_view query = take_part(bytes, '\n');
    const std::string_view name = take_part(bytes, '\n');
    check_template(text, path);
    check_encoding(path);
    check_encoding(query);
    check_query(query, name);
    check_field(bytes, name);
}
