#pragma once
// Plain requests: path templates to handlers, pages and folders.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/handler.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/http/static_files.hpp>
#include <roompp/http/url.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Options of a route for plain requests.
struct route_options {
    /// Maximum size of a request's body in bytes; limits::body_bytes by default.
    std::optional<std::size_t> max_body;
    /// Whether the bodies are messages, which may have limits::message_bytes where that is more than
    /// limits::body_bytes. Without effect if max_body is set.
    bool takes_messages = false;
    /// The response to a request with a larger body; a 413 that names the bound by default. Called on the connection's
    /// loop, before the body has come; named parts of the path are not in the request.
    std::function<response(const request&)> on_too_large;
};

namespace detail {

/// How a route answers: nothing for a response that it gives through the responder.
using route_handler = std::function<std::optional<response>(const request&, responder&)>;

/// A user's handler as a route keeps it. One that takes no responder, and returns nothing, answers with an empty 200.
template <class F>
[[nodiscard]] route_handler make_route_handler(F&& f) {
    if constexpr (takes_argument<1, F, const request&, responder&>)
        return route_handler(handler<std::optional<response>(const request&, responder&)>(std::forward<F>(f)));
    else
        return route_handler([answer = handler<response(const request&)>(std::forward<F>(f))](
                                 const request& request, responder&) { return answer(request); });
}

/// A route for plain requests.
struct http_route {
    path_template path;
    std::string method;  ///< GET serves HEAD as well
    route_handler answer;
    route_options options;

    [[nodiscard]] bool serves(std::string_view requested) const noexcept {
        return requested == method || (requested == "HEAD" && method == "GET");
    }
};

/// The route whose template fits the path best, among those that `accepts(route)`, with the values of its named parts;
/// null without one.
/// @param path_of the template of a route.
template <class Routes, class PathOf, class Accepts>
auto find_route(Routes& routes, std::string_view path, const PathOf& path_of, const Accepts& accepts) {
    std::pair<decltype(&*routes.begin()), path_parameters> best{nullptr, {}};
    for (auto& route : routes) {
        if (!accepts(route)) continue;
        auto values = path_of(route).match(path);
        if (values && (!best.first || path_of(route).is_more_literal_than(path_of(*best.first))))
            best = {&route, std::move(*values)};
    }
    return best;
}

/// @throws std::invalid_argument if two routes have one template.
void refuse_duplicate(const path_template& existing, const path_template& added);

/// What the value of a path's named part may be: see limits::name_length and limits::name_characters.
struct name_rule {
    std::size_t max_length = limits().name_length;
    name_characters characters = limits().name_characters;
};

/// Decodes and checks the values of a path's named parts.
/// @returns the refusal of a value that is not a name by the rule.
[[nodiscard]] std::optional<response> check_parameters(path_parameters& values, const name_rule& rule);

/// Routes plain requests to handlers, pages and folders. Configure before the server runs; const access is thread-safe
/// after that. Stays where it was made: pages refer to it.
class router {
public:
    router() = default;
    router(const router&) = delete;
    router& operator=(const router&) = delete;

    /// What path parameters may be.
    void names(const name_rule& rule) noexcept { names_ = rule; }
    [[nodiscard]] const name_rule& names() const noexcept { return names_; }
    [[nodiscard]] static_files& files() noexcept { return files_; }

    /// Adds a route.
    /// @throws std::invalid_argument if the path is no template or is taken.
    void add(std::string path, std::string method, route_handler answer, route_options options = {});
    /// Adds a page, from the source that files() has now.
    /// @throws std::runtime_error if there is no such page; std::invalid_argument if the path is no template or is
    /// taken.
    void add_page(std::string path, std::string name);

    /// Maximum size of the body of a request, in bytes.
    [[nodiscard]] std::uint64_t max_body(const request& request, const limits& limits) const;
    /// The response to a request whose body is larger, if its route has its own.
    [[nodiscard]] std::optional<response> refuse_body(const request& request) const;

    /// Answers a request.
    /// @param answer set to the response, unless it is given through the responder.
    /// @returns false if nothing is served under its path.
    [[nodiscard]] bool respond(request& request, responder& deferred, std::optional<response>& answer) const;

private:
    [[nodiscard]] std::pair<const http_route*, path_parameters> find(const request& request) const;
    [[nodiscard]] std::string allowed_methods(std::string_view path) const;

    name_rule names_;
    std::vector<http_route> routes_;
    static_files files_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/router.ipp>
#endif
