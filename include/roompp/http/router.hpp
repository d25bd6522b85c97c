#pragma once
// What a server answers: its routes, pages and folders.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <roompp/base/handler.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/request_validator.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/http/static_files.hpp>
#include <roompp/http/url.hpp>
#include <roompp/net/session.hpp>
#include <roompp/server/websocket_route.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The answers of a server, whoever asks. Set up before the first question; after that, its answers may be asked for in
/// several threads at once.
class router {
public:
    /// Longest value of a path parameter, see limits::name_length.
    void name_length(std::size_t most) { name_length_ = most; }
    /// Who is told of exceptions.
    void on_error(handler<void(std::exception_ptr)> told) { failed_ = std::move(told); }
    /// Who is told of exceptions that no on_error() takes; the standard error output if empty.
    void on_unheard(std::function<void(std::exception_ptr)> told) { unheard_ = std::move(told); }
    /// What request::server_secret() gives.
    void secret(std::string bytes) { secret_ = std::move(bytes); }
    [[nodiscard]] const std::string& secret() const noexcept { return secret_; }
    /// Where pages come from.
    void pages_from(page_source source) { source_ = std::move(source); }
    /// The Content-Security-Policy of pages; empty for none.
    void content_security_policy(std::string policy) { policy_ = std::move(policy); }

    /// Adds a WebSocket route; the reference lasts as long as the site.
    /// @throws std::invalid_argument if the path is no template or is taken.
    websocket_route& add_websocket(std::string path, websocket_route::route_factory open,
                                   handler<void(const request&, connect_reply&)> connect,
                                   handler<void(std::exception_ptr)> failed) {
        path_template parsed(std::move(path));
        for (const auto& one : websockets_) refuse_twice(one.path(), parsed);
        return websockets_.emplace_back(std::move(parsed), std::move(open), std::move(connect), std::move(failed));
    }
    /// Adds a route for plain requests.
    /// @throws std::invalid_argument if the path is no template or is taken.
    /// @param too_large if the bodies are messages, bounded by limits::message_bytes: the answer to those beyond.
    void add_http(std::string path, std::string method, route_handler answer,
                  std::function<response(const request&)> too_large = {}) {
        path_template parsed(std::move(path));
        for (const auto& one : http_)
            if (one.method == method) refuse_twice(one.path, parsed);
        http_.push_back({std::move(parsed), std::move(method), std::move(answer), std::move(too_large)});
    }
    /// Adds a page.
    /// @throws std::runtime_error if there is no such page, std::invalid_argument if the path is no template or is taken.
    void add_page(std::string path, std::string name) {
        source_.require_page(name);
        add_http(std::move(path), "GET", [this, source = source_, name = std::move(name)](const request& asked, auto&) {
            auto bytes = source.find(name);
            if (!bytes) return response(500, "This page can't be read just now.\n");
            return page_response(asked, content_type_of(name), std::move(*bytes));
        });
    }
    /// Adds the files below a folder.
    /// @throws std::runtime_error if the folder is not there, std::invalid_argument if the prefix has no '/' at its ends.
    void add_folder(std::string prefix, const std::filesystem::path& root_folder) {
        if (prefix.empty() || prefix.front() != '/' || prefix.back() != '/')
            throw std::invalid_argument("roompp: the prefix '" + prefix + "' must start and end with '/'");
        std::error_code ec;
        const auto root = std::filesystem::canonical(root_folder, ec);
        if (ec || !std::filesystem::is_directory(root, ec))
            throw std::runtime_error("roompp: there is no folder '" + root_folder.string() + "' to serve under " +
                                     prefix);
        folders_.push_back({std::move(prefix), root});
    }

    /// What is answered to a request that announces a body of so many bytes, if they are too many.
    [[nodiscard]] std::optional<response> body_problem(const request& asked, std::size_t bytes,
                                                       const limits& bounds) const {
        if (bytes <= bounds.body_bytes) return std::nullopt;
        const auto route = find_route(http_, asked.path(), path_of_http, [&](const http_route& one) {
                               return one.serves(asked.method());
                           }).first;
        if (!route || !route->too_large) return response(413, "The request's body is too large.\n");
        if (bytes <= bounds.message_bytes) return std::nullopt;
        return route->too_large(asked);
    }
    /// The answer to a plain request; nothing if it is given through the responder.
    [[nodiscard]] std::optional<response> respond(request& asked, responder& later) {
        try {
            return route(asked, later);
        } catch (...) {
            report(std::current_exception());
            return response(500, "The server failed to answer this.\n");
        }
    }
    /// Whether a request to open a WebSocket is granted.
    /// @returns the refusal; nothing if `how` says how to open.
    [[nodiscard]] std::optional<response> upgrade(request& asked, net::accept_options& how) {
        const auto all = [](const auto&) { return true; };
        auto [found, values] = find_route(websockets_, asked.path(), path_of_socket, all);
        if (!found) return response(404, "There is no WebSocket here.\n");
        if (auto wrong = check_parameters(values, name_length_)) return wrong;
        asked.set_parameters(std::move(values));
        try {
            connect_reply answer;
            how.open = found->ask(asked, answer);
            if (answer.refused()) return *answer.refused();
            // RFC 6455, section 4.2.2, forbids to answer with one that was not offered.
            if (offers(asked, answer.chosen_subprotocol())) how.subprotocol = answer.chosen_subprotocol();
            how.headers = answer.headers();
            how.failed = [this, route = found](const std::exception_ptr& what) {
                if (route->error_hook())
                    route->error_hook()(what);
                else
                    report(what);
            };
            return std::nullopt;
        } catch (...) {
            report(std::current_exception());
            return response(500, "The server failed to answer this.\n");
        }
    }

    /// Who is told of each answer.
    void on_response(handler<void(const request&, const roompp::response_info&)> told) { answered_ = std::move(told); }
    [[nodiscard]] bool observes_responses() const noexcept { return static_cast<bool>(answered_); }
    void answered(const request& asked, const roompp::response_info& how) const { answered_(asked, how); }

    /// An exception that nobody else is told of. Safe from any thread.
    void report(const std::exception_ptr& what) noexcept {
        try {
            if (failed_) return failed_(what);
        } catch (...) {
            return tell_unheard(std::current_exception());  // the hook itself has failed
        }
        tell_unheard(what);
    }

private:
    void tell_unheard(const std::exception_ptr& what) const {
        if (unheard_)
            unheard_(what);
        else
            print(what);
    }
    static void print(const std::exception_ptr& what) noexcept {
        try {
            std::rethrow_exception(what);
        } catch (const std::exception& e) {
            std::fprintf(stderr, "roompp: a handler failed: %s\n", e.what());
        } catch (...) {
            std::fprintf(stderr, "roompp: a handler failed\n");
        }
    }

    struct folder {
        std::string prefix;
        std::filesystem::path root;
    };

    static const path_template& path_of_socket(const websocket_route& one) noexcept { return one.path(); }
    static const path_template& path_of_http(const http_route& one) noexcept { return one.path; }
    static void refuse_twice(const path_template& there, const path_template& added) {
        if (there.text() == added.text())
            throw std::invalid_argument("roompp: there already is a route for " + added.text());
    }

    [[nodiscard]] std::optional<response> route(request& asked, responder& later) {
        const auto path = asked.path();
        auto [found, values] =
            find_route(http_, path, path_of_http, [&](const http_route& one) { return one.serves(asked.method()); });
        if (found) {
            if (auto wrong = check_parameters(values, name_length_)) return std::move(*wrong);
            asked.set_parameters(std::move(values));
            return found->answer(asked, later);
        }
        for (const folder& one : folders_)
            if (path.substr(0, one.prefix.size()) == one.prefix) return serve_file(asked, one);
        if (const auto allowed = allowed_methods(path); !allowed.empty()) {
            response wrong(405, "This address does not take " + asked.method() + ".\n");
            wrong.headers.emplace_back("Allow", allowed);
            return wrong;
        }
        if (find_route(websockets_, path, path_of_socket, [](const auto&) { return true; }).first) {
            response wrong(426, "This is a WebSocket: open it with one.\n");
            wrong.headers.emplace_back("Upgrade", "websocket");
            wrong.headers.emplace_back("Connection", "Upgrade");
            return wrong;
        }
        return response(404, "There is nothing here.\n");
    }

    [[nodiscard]] std::string allowed_methods(std::string_view path) const {
        std::string methods;
        for (const auto& one : http_)
            if (one.path.match(path))
                methods += (methods.empty() ? "" : ", ") + (one.method == "GET" ? "GET, HEAD" : one.method);
        return methods;
    }

    [[nodiscard]] response serve_file(const request& asked, const folder& from) const {
        if (asked.method() != "GET" && asked.method() != "HEAD") {
            response wrong(405, "Files can only be read.\n");
            wrong.headers.emplace_back("Allow", "GET, HEAD");
            return wrong;
        }
        const auto file = file_below(from.root, asked.path().substr(from.prefix.size()));
        auto bytes = file ? page_source::read(*file) : std::nullopt;
        if (!bytes) return {404, "There is nothing here.\n"};
        return page_response(asked, content_type_of(file->filename().string()), std::move(*bytes));
    }

    [[nodiscard]] response page_response(const request& asked, std::string type, std::string bytes) const {
        response page(200, std::move(type), std::move(bytes));
        const auto tag = entity_tag(page.body);
        page.headers = {{"ETag", tag}, {"Cache-Control", "no-cache"}, {"Referrer-Policy", "same-origin"}};
        if (!policy_.empty()) page.headers.emplace_back("Content-Security-Policy", policy_);
        const std::string& known = asked.header("If-None-Match");
        if (known == "*" || known.find(tag) != std::string::npos) {
            page.status = 304;
            page.body.clear();
        }
        return page;
    }

    std::size_t name_length_ = limits().name_length;
    handler<void(std::exception_ptr)> failed_;
    std::function<void(std::exception_ptr)> unheard_;
    std::string secret_;
    handler<void(const request&, const roompp::response_info&)> answered_;
    std::deque<websocket_route> websockets_;  // references to them are given away
    std::vector<http_route> http_;
    std::vector<folder> folders_;
    page_source source_;
    std::string policy_ =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
};

}  // namespace detail
ROOMPP_NAMESPACE_END
