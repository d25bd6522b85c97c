#pragma once
// Which request goes where.

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/handler.hpp>
#include <roompp/base/text.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/request_validator.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/http/url.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/websocket/first_message.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

/// Whether a request may come from the page that sends it: from the server's own, from one of these, or from no page. One
/// that came encrypted may not come from a page that did not, even of the same host: that could be anybody's. Of one that
/// did not, nothing is known: a proxy may have ended the encryption.
[[nodiscard]] inline bool allows_origin(const request& from, const std::vector<std::string>& allowed) {
    const std::string& origin = from.header("Origin");
    if (origin.empty()) return true;
    const std::size_t host = origin.find("://");
    const auto is_own = [&](std::string_view scheme, std::string_view name) {
        return same_token(name, from.header("Host")) && (!from.is_secure() || same_token(scheme, "https"));
    };
    if (host != std::string::npos &&
        is_own(std::string_view(origin).substr(0, host), std::string_view(origin).substr(host + 3)))
        return true;
    return std::any_of(allowed.begin(), allowed.end(),
                       [&](const std::string& one) { return one == "*" || same_token(one, origin); });
}

}  // namespace detail

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
    /// Programs, which send no Origin, always may. By default only the server's own pages, and of an encrypted connection
    /// only those that came by `https`: else another site's page could speak with the user's cookies.
    websocket_route& origins(std::vector<std::string> allowed) {
        origins_ = std::move(allowed);
        return *this;
    }

    /// Every connection has to say who it is before anything else: its first message goes to `check`, `(payload,
    /// connect_reply)`, which may identify or refuse it (then it is closed with 1008). Until then the connection is in no
    /// room. For tokens that should not be in an address, and clients that can't set headers or cookies.
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
    [[nodiscard]] decltype(net::accept_options::open) ask(const request& from, connect_reply& answer) const {
        if (!detail::allows_origin(from, origins_))
            answer.refuse(403, "Pages of " + from.header("Origin") + " may not open this WebSocket.\n");
        else if (connect_)
            connect_(from, answer);
        if (answer.refused()) return nullptr;
        auto opens = open_(from, answer);
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

/// How a route answers: nothing for an answer that it gives through the responder.
using route_handler = std::function<std::optional<response>(const request&, responder&)>;

/// A route for plain requests.
struct http_route {
    path_template path;
    std::string method;  // GET serves HEAD as well
    route_handler answer;
    // If its bodies are messages, which may be larger than others: what too large a one gets.
    std::function<response(const request&)> too_large = {};

    [[nodiscard]] bool serves(const std::string& asked) const {
        return asked == method || (asked == "HEAD" && method == "GET");
    }
};

/// A handler as a route keeps it. One that takes no responder, and returns nothing, answers with an empty 200.
template <class F>
[[nodiscard]] route_handler http_handler(F&& f) {
    if constexpr (takes_argument<1, F, const request&, responder&>)
        return route_handler(handler<std::optional<response>(const request&, responder&)>(std::forward<F>(f)));
    else
        return route_handler([answer = handler<response(const request&)>(std::forward<F>(f))](
                                 const request& asked, responder&) { return answer(asked); });
}

/// The route whose template fits the path best, among those that `wanted` lets pass.
template <class Routes, class Path, class Wanted>
auto find_route(Routes& routes, std::string_view path, const Path& path_of, const Wanted& wanted) {
    std::pair<decltype(&*routes.begin()), path_parameters> best{nullptr, {}};
    for (auto& one : routes) {
        if (!wanted(one)) continue;
        auto values = path_of(one).match(path);
        if (values && (!best.first || path_of(one).is_more_literal_than(path_of(*best.first))))
            best = {&one, std::move(*values)};
    }
    return best;
}

/// Decodes and checks the values of a path's named parts. @returns what is wrong with them.
[[nodiscard]] inline std::optional<response> check_parameters(path_parameters& values, std::size_t most) {
    for (auto& [name, value] : values) {
        auto decoded = percent_decode(value);
        if (!decoded || !is_good_name(*decoded, most))
            return response(400, "The " + name + " in this address is not a good name: it must be 1 to " +
                                     std::to_string(most) + " letters (a to z, A to Z), digits, '.', '_' or '-'.\n");
        value = std::move(*decoded);
    }
    return std::nullopt;
}

/// Whether the client offered this subprotocol (RFC 6455, section 4.1).
[[nodiscard]] inline bool offers(const request& from, std::string_view subprotocol) {
    std::string_view rest = from.header("Sec-WebSocket-Protocol");
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find(','));
        rest.remove_prefix((std::min)(rest.size(), one.size() + 1));
        if (trim(one) == subprotocol) return true;
    }
    return false;
}

/// The name of the room that a request asks for: the values of the path's named parts; if it has none, one for all.
[[nodiscard]] inline std::string room_name(const request& from) {
    std::string name;
    for (const auto& [key, value] : from.parameters()) name += (name.empty() ? "" : "/") + value;
    return name.empty() ? "/" : name;
}

}  // namespace detail

ROOMPP_NAMESPACE_END
