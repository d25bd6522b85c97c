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
#include <roompp/http/cors.hpp>
#include <roompp/http/field_values.hpp>
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
    /// subprotocol. Runs on the connection's loop, in several threads at once if the server has them.
    template <class F>
    websocket_route& on_connect(F&& f) {
        connect_ = std::forward<F>(f);
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
        first_deadline_ = deadline;
        first_ = std::forward<F>(check);
        return *this;
    }

    /// For the server. What makes the session of a connection; of this person, unless its id is empty.
    using session_factory =
        std::function<std::unique_ptr<net::session>(const std::shared_ptr<connection>&, const person&)>;
    using route_factory = std::function<session_factory(const request&, connect_reply&)>;  // may refuse
    websocket_route(path_template path, route_factory open, handler<void(const request&, connect_reply&)> connect,
                    handler<void(std::exception_ptr)> failed)
        : path_(std::move(path)), open_(std::move(open)), connect_(std::move(connect)), failed_(std::move(failed)) {}

    [[nodiscard]] const path_template& path() const noexcept { return path_; }
    [[nodiscard]] const handler<void(std::exception_ptr)>& error_hook() const noexcept { return failed_; }

    /// @returns how to open the connection; nothing that can be called if `answer` is a refusal.
    [[nodiscard]] decltype(net::accept_options::open) ask(const request& request, connect_reply& answer) const {
        if (!detail::allows_origin(request, origins_))
            answer.refuse(403, "Pages of " + request.header("Origin") + " may not open this WebSocket.\n");
        else if (connect_)
            connect_(request, answer);
        if (answer.refused()) return nullptr;
        auto opens = open_(request, answer);
        if (!opens) return nullptr;
        if (!first_)
            return [opens = std::move(opens)](const std::shared_ptr<connection>& opened) {
                return opens(opened, person());
            };
        return [this, opens = std::move(opens)](const std::shared_ptr<connection>& opened) {
            return std::make_unique<detail::first_message_session>(
                *opened, first_deadline_, first_,
                [opens, &its = *opened](const person& who) { return opens(its.shared_from_this(), who); });
        };
    }

private:
    path_template path_;
    route_factory open_;
    handler<void(const request&, connect_reply&)> connect_;
    handler<void(std::exception_ptr)> failed_;
    detail::first_message_session::check first_;
    std::chrono::seconds first_deadline_{};
    std::vector<std::string> origins_;
};

namespace detail {

/// Whether the client offered this subprotocol (RFC 6455, section 4.1).
[[nodiscard]] inline bool offers(const request& request, std::string_view subprotocol) {
    bool found = false;
    for_each_element(request.header("Sec-WebSocket-Protocol"),
                     [&](std::string_view offer) { found = found || offer == subprotocol; });
    return found;
}

/// The name of the room that a request asks for: the values of the path's named parts; if it has none, one for all.
[[nodiscard]] inline std::string room_name(const request& request) {
    std::string name;
    for (const auto& [key, value] : request.parameters()) name += (name.empty() ? "" : "/") + value;
    return name.empty() ? "/" : name;
}

}  // namespace detail

ROOMPP_NAMESPACE_END
