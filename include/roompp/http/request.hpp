#pragma once
// An HTTP request as handlers see it.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <websocketpp/http/request.hpp>

#include <roompp/config.hpp>
#include <roompp/http/url.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A request: the method, where it goes, and what came with it. Valid while the handler runs that was given it.
class request {
public:
    request(const websocketpp::http::parser::request& parsed, std::string peer_address, bool secure = false)
        : parsed_(parsed), peer_(std::move(peer_address)), target_(parsed.get_uri()), secure_(secure) {
        // The absolute form (RFC 9112, section 3.2.2) names the same resource.
        for (const std::string_view scheme : {"http://", "https://"})
            if (target_.substr(0, scheme.size()) == scheme) {
                const std::size_t slash = target_.find('/', scheme.size());
                target_ = slash == std::string_view::npos ? std::string_view("/") : target_.substr(slash);
            }
    }

    [[nodiscard]] const std::string& method() const { return parsed_.get_method(); }
    /// The path, without the query, percent-encoded as it came.
    [[nodiscard]] std::string_view path() const noexcept { return target_.substr(0, target_.find('?')); }
    /// A parameter of the query string, decoded.
    [[nodiscard]] std::optional<std::string> query(std::string_view name) const {
        const std::size_t mark = target_.find('?');
        return mark == std::string_view::npos ? std::nullopt : query_value(target_.substr(mark + 1), name);
    }
    /// A header's value, empty if there is none; several of one name are joined by ", ". The name's case is of no
    /// matter.
    [[nodiscard]] const std::string& header(const std::string& name) const { return parsed_.get_header(name); }
    /// A cookie's value as it came (RFC 6265, section 4.2).
    [[nodiscard]] std::optional<std::string> cookie(std::string_view name) const {
        std::string_view rest = header("Cookie");
        while (!rest.empty()) {
            std::string_view pair = rest.substr(0, rest.find(';'));
            rest.remove_prefix((std::min)(rest.size(), pair.size() + 1));
            pair.remove_prefix((std::min)(pair.size(), pair.find_first_not_of(' ')));
            const std::size_t equals = pair.find('=');
            if (equals != std::string_view::npos && pair.substr(0, equals) == name)
                return std::string(pair.substr(equals + 1));
        }
        return std::nullopt;
    }
    /// The body.
    [[nodiscard]] const std::string& body() const { return parsed_.get_body(); }
    /// The value of a named part of the route's path, such as {room}, decoded and checked; empty if it has no such part.
    [[nodiscard]] std::string_view parameter(std::string_view name) const noexcept {
        for (const auto& [key, value] : parameters_)
            if (key == name) return value;
        return {};
    }
    /// All named parts in the order of the path.
    [[nodiscard]] const path_parameters& parameters() const noexcept { return parameters_; }
    /// The peer's address as text, without the port.
    [[nodiscard]] const std::string& peer_address() const noexcept { return peer_; }

    /// Whether it came over an encrypted connection.
    [[nodiscard]] bool is_secure() const noexcept { return secure_; }

    /// How many bytes it took, head and body.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Random bytes that only the server knows, the same for all its requests as long as it runs: to make ids from what
    /// clients say, so that nobody can make another's.
    [[nodiscard]] std::string_view server_secret() const noexcept { return secret_; }

    /// For the server.
    void set_server_secret(std::string_view bytes) noexcept { secret_ = bytes; }
    void set_size(std::size_t bytes) noexcept { size_ = bytes; }
    void set_parameters(path_parameters found) { parameters_ = std::move(found); }
    [[nodiscard]] const websocketpp::http::parser::request& parsed() const noexcept { return parsed_; }

private:
    const websocketpp::http::parser::request& parsed_;
    std::string peer_;
    std::string_view target_;
    path_parameters parameters_;
    std::string_view secret_;
    bool secure_;
    std::size_t size_ = 0;
};

ROOMPP_NAMESPACE_END
