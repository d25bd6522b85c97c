#pragma once
// A parser without lookahead for lists of extensions.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/websocket/extension_offers.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

class extension_parser {
public:
    explicit extension_parser(std::string_view header) noexcept : rest_(header) {}

    [[nodiscard]] std::optional<std::vector<net::extension_offer>> parse() {
        std::vector<net::extension_offer> offers;
        for (;;) {
            skip_whitespace();
            if (rest_.empty()) return offers;
            if (skip(',')) continue;  // an empty element
            net::extension_offer offer;
            if (!parse_offer(offer)) return std::nullopt;
            offers.push_back(std::move(offer));
            if (!rest_.empty() && !skip(',')) return std::nullopt;
        }
    }

private:
    [[nodiscard]] bool parse_offer(net::extension_offer& offer) {
        offer.name = take_token();
        if (offer.name.empty()) return false;
        skip_whitespace();
        while (skip(';')) {
            skip_whitespace();
            net::extension_parameter parameter;
            parameter.name = take_token();
            if (parameter.name.empty()) return false;
            skip_whitespace();
            if (skip('=')) {
                skip_whitespace();
                parameter.value = !rest_.empty() && rest_.front() == '"' ? take_quoted() : std::string(take_token());
                if (!is_token(*parameter.value)) return false;
                skip_whitespace();
            }
            offer.parameters.push_back(std::move(parameter));
        }
        return true;
    }

    [[nodiscard]] std::string_view take_token() noexcept {
        std::size_t size = 0;
        while (size < rest_.size() && is_token_character(rest_[size])) ++size;
        const auto token = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return token;
    }

    // The text in the quotation marks; empty, which is no token, if the second one is missing.
    [[nodiscard]] std::string take_quoted() {
        std::string text;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            if (rest_[i] == '"') {
                rest_.remove_prefix(i + 1);
                return text;
            }
            if (rest_[i] == '\\' && ++i == rest_.size()) break;
            text += rest_[i];
        }
        return {};
    }

    bool skip(char c) noexcept {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void skip_whitespace() noexcept { rest_.remove_prefix((std::min)(rest_.size(), rest_.find_first_not_of(" \t"))); }

    [[nodiscard]] static bool is_token(std::string_view text) noexcept {
        return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
    }
    // RFC 9110, section 5.6.2.
    [[nodiscard]] static bool is_token_character(char c) noexcept {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
    }

    std::string_view rest_;
};

}  // namespace detail

namespace net {

ROOMPP_DECL std::optional<std::vector<extension_offer>> parse_extension_offers(std::string_view header) {
    return detail::extension_parser(header).parse();
}

}  // namespace net
ROOMPP_NAMESPACE_END
