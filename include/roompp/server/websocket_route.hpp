#pragma once
// One WebSocket route: who may open it, and what opens behind it.

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/handler.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/url.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/websocket/first_message.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN

/// One WebSocket route, as server::websocket() returns it for further settings; owned by the server.
class websocket_route {
public:
    /// Asked before a connection is opened: `(request, connect_reply)`; it may refuse with an HTTP status, or choose a
    /// subprotocol (a client that offers some, but not the one that is chosen here or by the route, is refused with 400). Runs on the connection's loop, in several threads at once if the server has them.
    template <class F>
    websocket_route& on_connect(F&& f) {
        connect_hook_ = std::forward<F>(f);
        return *this;
    }
    /// Which sites' pages may open this socket, besides the server's own: `https://example.org`, or `*` for any.
    /// Programs, which send no Origin, always may. By default only the server's own pages, and of an encrypted
    /// connection only those that came by `https`: else another site's page could speak with the user's cookies.
    websocket_route& origins(std::vector<std::string> allowed) {
        origins_ = std::move(allowed);
        return *this;
    }

    /// Every connection has to say who it is before anything else: its first message goes to `check`, `(payload,
    /// connect_reply)`, which may identify or refuse it (then it is closed with 1008). Until then the connection is in
    /// no room. For tokens that should not be in an address, and clients that can't set headers or cookies.
    /// @param deadline how long the first message may take; then the connection is closed with 1008.
    template <class F>
    websocket_route& first_message(std::chrono::seconds deadline, F&& check) {
        first_message_deadline_ = deadline;
        first_message_check_ = std::forward<F>(check);
        return *this;
    }

    /// Internal: makes the session of a connection, for this person unless its id is empty.
    using session_factory =
        std::function<std::unique_ptr<net::session>(const std::shared_ptr<connection>&, const person&)>;
    /// Internal: makes the session factory of a request, or refuses it.
    using route_factory = std::function<session_factory(const request&, connect_reply&)>;

    /// Internal: by server::websocket().
    websocket_route(path_template path, route_factory factory, handler<void(const request&, connect_reply&)> on_connect,
                    handler<void(std::exception_ptr)> on_error)
        : path_(std::move(path)),
          factory_(std::move(factory)),
          connect_hook_(std::move(on_connect)),
          error_hook_(std::move(on_error)) {}

    /// The path's template.
    [[nodiscard]] const path_template& path() const noexcept { return path_; }
    /// Receives exceptions of the route's sessions; empty: the server's on_error() does.
    [[nodiscard]] const handler<void(std::exception_ptr)>& error_hook() const noexcept { return error_hook_; }

    /// Checks the Origin, then asks the hook and the factory. A client whose offered subprotocols are all unknown is refused.
    /// @returns how to open the connection; empty if the reply is a refusal.
    [[nodiscard]] decltype(net::accept_options::open) ask(const request& request, connect_reply& reply) const;

private:
    path_template path_;
    route_factory factory_;
    handler<void(const request&, connect_reply&)> connect_hook_;
    handler<void(std::exception_ptr)> error_hook_;
    detail::first_message_session::check first_message_check_;
    std::chrono::seconds first_message_deadline_{};
    std::vector<std::string> origins_;
};

namespace detail {

/// Whether the client offered this subprotocol (RFC 6455, section 4.1).
[[nodiscard]] bool offers(const request& request, std::string_view subprotocol);

/// The name of the room that a request is for: the values of the path's named parts; if it has none, one for all.
[[nodiscard]] std::string room_name(const request& request);

}  // namespace detail

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/server/impl/websocket_route.ipp>
#endif
