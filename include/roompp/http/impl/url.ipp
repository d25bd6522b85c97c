#pragma once
// Definitions of <roompp/http/url.hpp>.

#include <algorithm>
#include <stdexcept>

#include <roompp/base/shown_text.hpp>
#include <roompp/base/text.hpp>
#include <roompp/http/url.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const int high = i + 2 < text.size() ? detail::hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? detail::hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) return std::nullopt;
            decoded.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        } else {
            decoded.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
        }
    }
    return decoded;
}

ROOMPP_DECL std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix((std::min)(query.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        if (pair.substr(0, equals) == name)
            return percent_decode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1),
                                  true);
    }
    return std::nullopt;
}

ROOMPP_DECL path_template::path_template(std::string text) : text_(std::move(text)) {
    if (text_.empty() || text_.front() != '/') refuse("it must start with '/'");
    for (const std::string_view part : split(text_)) {
        const bool named = !part.empty() && part.front() == '{' && part.back() == '}' && part.size() > 2;
        const std::string_view name = named ? part.substr(1, part.size() - 2) : part;
        if (name.find_first_of("{}?#") != std::string_view::npos) refuse("a named part is a whole segment: '/{name}/'");
        for (const segment& earlier : segments_)
            if (named && earlier.named && earlier.text == name) refuse("it names {" + std::string(name) + "} twice");
        segments_.push_back({std::string(name), named});
    }
}

ROOMPP_DECL std::optional<path_parameters> path_template::match(std::string_view path) const {
    path_parameters values;
    bool has_more = true;
    for (const segment& expected : segments_) {
        if (!has_more) return std::nullopt;
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (expected.named ? part.empty() : part != expected.text) return std::nullopt;
        if (expected.named) values.emplace_back(expected.text, std::string(part));
        has_more = slash != std::string_view::npos;
        if (has_more) path.remove_prefix(slash + 1);
    }
    if (has_more) return std::nullopt;
    return values;
}

ROOMPP_DECL bool path_template::is_more_literal_than(const path_template& other) const noexcept {
    const std::size_t n = (std::min)(segments_.size(), other.segments_.size());
    for (std::size_t i = 0; i < n; ++i)
        if (segments_[i].named != other.segments_[i].named) return other.segments_[i].named;
    return false;
}

ROOMPP_DECL std::vector<std::string_view> path_template::split(std::string_view path) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t slash = path.find('/');
        parts.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        path.remove_prefix(slash + 1);
    }
}

ROOMPP_DECL void path_template::refuse(const std::string& reason) const {
    throw std::invalid_argument("roompp: '" + text_ + "' is not a path template: " + reason);
}

ROOMPP_DECL bool is_good_name(std::string_view name, std::size_t max_length) noexcept {
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    };
    return !name.empty() && name.size() <= max_length && name != "." && name != ".." &&
           std::all_of(name.begin(), name.end(), good);
}

ROOMPP_DECL bool is_shown_name(std::string_view name, std::size_t max_length) noexcept {
    return is_shown_text(name, max_length) && name.find('/') == std::string_view::npos && name != "." && name != ".." &&
           name.front() != ' ' && name.back() != ' ';
}

ROOMPP_NAMESPACE_END
