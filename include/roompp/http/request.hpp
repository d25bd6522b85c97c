#pragma once
// An HTTP request as handlers see it.

#include <cstddef>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/http/url.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {
struct request_head;
}

/// A request: the method, the target, the header fields and the body. Valid while the handler runs that was given it;
/// copy out what is needed afterwards. Used by one thread.
class request {
public:
    /// Internal, for the HTTP session and tests: a request over a parsed head and its body, both of which must outlive
    /// it.
    /// @param peer_address as text, without the port.
    /// @param secure whether the connection is encrypted.
    request(const detail::request_head& head, const std::string& body, std::string peer_address, bool secure = false);

    /// The method, such as `GET`; case-sensitive (RFC 9110, section 9.1).
    [[nodiscard]] const std::string& method() const noexcept { return method_; }
    /// The path, without the query, percent-encoded as it came; `*` for an OPTIONS of the whole server.
    [[nodiscard]] std::string_view path() const noexcept;
    /// A parameter of the query string, decoded; nothing without one.
    [[nodiscard]] std::optional<std::string> query(std::string_view name) const;
    /// The host, and the port if one is given, to which the request is addressed: that of an absolute target, or else
    /// of Host (RFC 9110, section 7.2). Empty only for HTTP/1.0.
    [[nodiscard]] std::string_view host() const noexcept;
    /// The value of a header field, empty if there is none; several of one name are joined by ", ". The name's case
    /// does not matter. The reference is valid as long as the request.
    [[nodiscard]] const std::string& header(std::string_view name) const;
    /// A cookie's value as it came (RFC 6265, section 4.2); nothing without one.
    [[nodiscard]] std::optional<std::string> cookie(std::string_view name) const;
    /// The body, of a chunked one the content.
    [[nodiscard]] const std::string& body() const noexcept { return body_; }
    /// The value of a named part of the route's path, such as {room}, decoded and checked; empty if it has no such
    /// part.
    [[nodiscard]] std::string_view parameter(std::string_view name) const noexcept;
    /// All named parts in the order of the path.
    [[nodiscard]] const path_parameters& parameters() const noexcept { return parameters_; }
    /// The peer's address as text, without the port.
    [[nodiscard]] const std::string& peer_address() const noexcept { return peer_address_; }

    /// Whether it came over an encrypted connection.
    [[nodiscard]] bool is_secure() const noexcept { return is_secure_; }
    /// The subject of the client's certificate, which has been verified, as RFC 4514 writes it, such as
    /// `CN=Ann,O=Example`; empty without one: see tls::verify_clients().
    [[nodiscard]] std::string client_certificate() const { return std::string(client_certificate_); }

    /// The size of the head and the body in bytes, as they came.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Random bytes that only the server knows, the same for all its requests as long as it runs, or longer with server::secret(): for ids that are
    /// derived from what clients send, so that no client can make another's.
    [[nodiscard]] std::string_view server_secret() const noexcept { return secret_; }

    /// Internal, for the server.
    void set_server_secret(std::string_view bytes) noexcept { secret_ = bytes; }
    void set_client_certificate(std::string_view subject) noexcept { client_certificate_ = subject; }
    void set_size(std::size_t bytes) noexcept { size_ = bytes; }
    void set_parameters(path_parameters values) { parameters_ = std::move(values); }
    [[nodiscard]] const detail::request_head& head() const noexcept { return head_; }

private:
    const detail::request_head& head_;
    const std::string& body_;
    std::string method_;
    std::string peer_address_;
    path_parameters parameters_;
    std::string_view secret_;
    std::string_view client_certificate_;
    mutable std::forward_list<std::pair<std::string_view, std::string>>
        header_cache_;  // that references can be given out
    std::size_t size_ = 0;
    bool is_secure_;
};

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/request.ipp>
#endif
