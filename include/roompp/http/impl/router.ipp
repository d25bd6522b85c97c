#pragma once
// Definitions of <roompp/http/router.hpp>.

#include <algorithm>
#include <stdexcept>

#include <roompp/http/router.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL void refuse_duplicate(const path_template& existing, const path_template& added) {
    if (existing.text() == added.text())
        throw std::invalid_argument("roompp: there already is a route for " + added.text());
}

ROOMPP_DECL std::optional<response> check_parameters(path_parameters& values, const name_rule& rule) {
    const bool is_ascii = rule.characters == name_characters::ascii;
    for (auto& [name, value] : values) {
        auto decoded = percent_decode(value);
        if (!decoded || !(is_ascii ? is_good_name : is_shown_name)(*decoded, rule.max_length))
            return response(400, "The " + name + " in the path is not a valid name: it must be 1 to " +
                                     std::to_string(rule.max_length) +
                                     (is_ascii ? " letters (a to z, A to Z), digits, '.', '_' or '-'.\n"
                                               : " characters of UTF-8 that can be seen, without '/'.\n"));
        value = std::move(*decoded);
    }
    return std::nullopt;
}

ROOMPP_DECL void router::add(std::string path, std::string method, route_handler answer, route_options options) {
    path_template parsed(std::move(path));
    for (const http_route& route : routes_)
        if (route.method == method) refuse_duplicate(route.path, parsed);
    routes_.push_back({std::move(parsed), std::move(method), std::move(answer), std::move(options)});
}

ROOMPP_DECL void router::add_page(std::string path, std::string name) {
    files_.source().require_page(name);
    add(std::move(path), "GET",
        [this, source = files_.source(), name = std::move(name)](const request& request, responder&) {
            return files_.page(request, source, name);
        });
}

ROOMPP_DECL std::uint64_t router::max_body(const request& request, const limits& limits) const {
    const http_route* const route = find(request).first;
    if (route && route->options.max_body) return *route->options.max_body;
    const bool is_message = route && route->options.takes_messages;
    return is_message ? (std::max)(limits.body_bytes, limits.message_bytes) : limits.body_bytes;
}

ROOMPP_DECL std::optional<response> router::refuse_body(const request& request) const {
    const http_route* const route = find(request).first;
    if (!route || !route->options.on_too_large) return std::nullopt;
    return route->options.on_too_large(request);
}

ROOMPP_DECL bool router::respond(request& request, responder& deferred, std::optional<response>& answer) const {
    auto [route, values] = find(request);
    if (route) {
        answer = check_parameters(values, names_);
        if (answer) return true;
        request.set_parameters(std::move(values));
        answer = route->answer(request, deferred);
        return true;
    }
    answer = files_.respond(request);
    if (answer) return true;
    const std::string allowed = allowed_methods(request.path());
    if (allowed.empty()) return false;
    if (request.path() == "*")  // RFC 9110, section 9.3.7: an OPTIONS of the whole server
        answer.emplace(204, std::string());
    else
        answer.emplace(405, "The method " + request.method() + " is not allowed; expected " + allowed + ".\n");
    answer->headers.emplace_back("Allow", allowed);
    return true;
}

ROOMPP_DECL std::pair<const http_route*, path_parameters> router::find(const request& request) const {
    return find_route(
        routes_, request.path(), [](const http_route& route) -> const path_template& { return route.path; },
        [&](const http_route& route) { return route.serves(request.method()); });
}

// Those that a path takes, or, for "*", any path.
ROOMPP_DECL std::string router::allowed_methods(std::string_view path) const {
    std::vector<std::string_view> methods;
    for (const http_route& route : routes_)
        if ((path == "*" || route.path.match(path)) &&
            std::find(methods.begin(), methods.end(), route.method) == methods.end())
            methods.push_back(route.method);
    std::string list;
    for (const std::string_view method : methods)
        list.append(list.empty() ? "" : ", ").append(method == "GET" ? std::string_view("GET, HEAD") : method);
    return list;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
