#pragma once
// The server: listens, routes, runs the loops, stops.

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <roompp/wire/asio_standalone.hpp>

#include <asio/ip/tcp.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include <roompp/core/handler.hpp>
#include <roompp/core/limits.hpp>
#include <roompp/core/rooms.hpp>
#include <roompp/server/http_session.hpp>
#include <roompp/server/listener.hpp>
#include <roompp/server/page.hpp>
#include <roompp/server/request.hpp>
#include <roompp/server/request_head.hpp>
#include <roompp/server/response.hpp>
#include <roompp/server/routes.hpp>
#include <roompp/server/url.hpp>
#include <roompp/server/websocket_handler.hpp>
#include <roompp/wire/connection.hpp>
#include <roompp/wire/shard.hpp>
#include <roompp/wire/tcp_stream.hpp>

namespace roompp {

/// An HTTP and WebSocket server. Set it up, listen(), run(). Setters return the server, so that they can be chained, and
/// belong before run(); stop() may be called from any thread, everything else from one.
class server {
    using stream = wire::tcp_stream;

public:
    server() = default;
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// Runs on this many event loops, each in a thread of its own; 1 by default. Before listen().
    server& threads(std::size_t n) {
        if (n == 0) throw std::invalid_argument("roompp: a server needs at least one thread");
        not_after_listen("threads()");
        threads_ = n;
        return *this;
    }
    /// The server's bounds, see limits. Before listen().
    server& limits(const roompp::limits& bounds) {
        not_after_listen("limits()");
        bounds_ = bounds;
        return *this;
    }
    /// Told of exceptions in handlers that have no hook of their own for them: `(std::exception_ptr)`. By default they
    /// are written to the standard error output. May be called in several threads at once.
    template <class F>
    server& on_error(F&& f) {
        failed_ = std::forward<F>(f);
        return *this;
    }

    /// A WebSocket route whose connections join a room: the one that the path's named part says, as in
    /// `/ws/chat/{room}/`; one for all if the path has none.
    /// @throws std::invalid_argument if the path is no template (see path_template) or is taken.
    template <class Room>
    websocket_route<connection>& websocket(const std::string& path, const rooms<Room>& directory) {
        static_assert(std::is_same_v<typename Room::connection_type, connection>,
                      "roompp: these rooms are for another type of member than this server's connections");
        attach_.push_back(
            [directory = directory](const std::vector<loop*>& homes) mutable { directory.attach(homes); });
        return add_websocket(
            path,
            [directory = directory](const request& from) -> websocket_route<connection>::opener {
                return [directory, name = detail::room_name(from)](const std::shared_ptr<connection>& opened) mutable {
                    return std::make_unique<detail::room_session<Room>>(directory.join(opened, std::move(name)));
                };
            },
            {}, {});
    }
    /// A WebSocket route with hooks of its own, such as echo().
    /// @throws std::invalid_argument if the path is no template (see path_template) or is taken.
    websocket_route<connection>& websocket(std::string path, websocket_handler hooks) {
        auto shared = std::make_shared<const websocket_handler>(std::move(hooks));
        return add_websocket(
            std::move(path),
            [shared](const request&) -> websocket_route<connection>::opener {
                return [shared](const std::shared_ptr<connection>& opened) {
                    return websocket_handler::open(shared, *opened);
                };
            },
            shared->connect_hook(), shared->error_hook());
    }

    /// A route for plain GET (and HEAD) requests: `response(const request&)`; a string does for the response. Runs on the
    /// connection's loop, in several threads at once if there are several.
    template <class F>
    server& get(std::string path, F&& answer) {
        return add_http(std::move(path), "GET", std::forward<F>(answer));
    }
    /// A route for POST requests, as get().
    template <class F>
    server& post(std::string path, F&& answer) {
        return add_http(std::move(path), "POST", std::forward<F>(answer));
    }

    /// Where page() finds its pages: a folder, or files compiled into the program. Before page().
    server& pages_from(page_source source) {
        source_ = std::move(source);
        return *this;
    }
    /// Serves one page, found by its name (see pages_from(); by default from the current folder).
    /// @throws std::runtime_error if there is no such page, std::invalid_argument if the path is no template or is taken.
    server& page(std::string path, std::string name) {
        source_.require(name);
        return get(std::move(path), [this, source = source_, name = std::move(name)](const request& asked) {
            auto bytes = source.find(name);
            if (!bytes) return response(500, "This page can't be read just now.\n");
            return page_response(asked, content_type_of(name), std::move(*bytes));
        });
    }
    /// Serves the files below a folder under a prefix such as `/static/`. Nothing outside the folder, and no file or
    /// folder whose name starts with a dot, is served.
    /// @throws std::runtime_error if the folder is not there, std::invalid_argument if the prefix has no '/' at its ends.
    server& pages(std::string prefix, const std::filesystem::path& root_folder) {
        if (prefix.empty() || prefix.front() != '/' || prefix.back() != '/')
            throw std::invalid_argument("roompp: the prefix '" + prefix + "' must start and end with '/'");
        std::error_code ec;
        const auto root = std::filesystem::canonical(root_folder, ec);
        if (ec || !std::filesystem::is_directory(root, ec))
            throw std::runtime_error("roompp: there is no folder '" + root_folder.string() + "' to serve under " +
                                     prefix);
        folders_.push_back({std::move(prefix), root});
        return *this;
    }
    /// The Content-Security-Policy of pages; empty for none. The default keeps out everything from other sites and
    /// forbids framing, but lets a page have its scripts and styles within it.
    server& content_security_policy(std::string policy) {
        policy_ = std::move(policy);
        return *this;
    }

    /// Listens on a port of all of this machine's addresses, IPv4 and IPv6, or of one; may be called for several.
    /// @param port 0 picks a free one: port() tells which.
    /// @param address an IP address, or `localhost`.
    /// @throws std::system_error if the port can't be had; std::invalid_argument if the address is none.
    server& listen(std::uint16_t port, const std::string& address = {}) {
        make_shards();
        listeners_.push_back(detail::open_listener(shards_.front()->context(), address, port));
        return *this;
    }
    /// The port of the first listen().
    [[nodiscard]] std::uint16_t port() const {
        if (listeners_.empty()) throw std::logic_error("roompp: the server does not listen yet: call listen()");
        return listeners_.front().local_endpoint().port();
    }
    /// The address of the first listen(), for a browser on this machine.
    [[nodiscard]] std::string url() const {
        const auto number = std::to_string(port());
        const auto address = listeners_.front().local_endpoint().address();
        if (address.is_unspecified()) return "http://localhost:" + number + '/';
        return "http://" + (address.is_v6() ? '[' + address.to_string() + ']' : address.to_string()) + ':' + number +
               '/';
    }

    /// Stops on SIGINT (Ctrl-C) and SIGTERM. Before run(), after listen().
    server& stop_on_signals() {
        make_shards();
        signals_.emplace(shards_.front()->context(), SIGINT, SIGTERM);
        signals_->async_wait([this](const std::error_code& ec, int) {
            if (!ec) stop();
        });
        return *this;
    }

    /// Serves, in this thread and as many more as threads() says, until stop().
    /// @throws std::logic_error if it does not listen.
    void run() {
        if (listeners_.empty())
            throw std::logic_error("roompp: the server does not listen: call listen() before run()");
        std::vector<loop*> homes;
        for (const auto& one : shards_) homes.push_back(&one->home());
        for (const auto& attach : attach_) attach(homes);
        for (auto& listener : listeners_) accept(listener);

        std::vector<std::thread> others;
        const auto failed = [this](const std::exception_ptr& what) { report(what); };
        for (std::size_t i = 1; i < shards_.size(); ++i)
            others.emplace_back([this, i, failed] { shards_[i]->run(failed); });
        shards_.front()->run(failed);
        for (auto& one : others) one.join();
    }

    /// Stops: accepts nothing more, closes WebSockets with 1001, and lets run() return when all connections have ended,
    /// at the latest after limits::stop_timeout. Safe from any thread; does nothing the second time.
    void stop() {
        if (stopping_.exchange(true)) return;
        make_shards();
        for (const auto& one : shards_)
            one->home().post([this, shard = one.get()] {
                if (shard == shards_.front().get()) stop_accepting();
                shard->stop();
            });
    }

    /// For the HTTP session.
    [[nodiscard]] response respond(request& asked) {
        try {
            return route(asked);
        } catch (...) {
            report(std::current_exception());
            return {500, "The server failed to answer this.\n"};
        }
    }
    [[nodiscard]] std::optional<response> upgrade(request& asked, wire::opening<connection>& how) {
        const auto all = [](const auto&) { return true; };
        auto [found, values] = detail::find_route(websockets_, asked.path(), path_of_socket, all);
        if (!found) return response(404, "There is no WebSocket here.\n");
        if (auto wrong = detail::check_parameters(values, bounds_.name_length)) return wrong;
        asked.set_parameters(std::move(values));
        try {
            acceptance answer = found->ask(asked);
            if (answer.refused()) return *answer.refused();
            how.open = found->open_for(asked);
            how.subprotocol = offered(asked, answer.chosen_subprotocol());
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

private:
    struct folder {
        std::string prefix;
        std::filesystem::path root;
    };

    static const path_template& path_of_socket(const websocket_route<connection>& one) noexcept { return one.path(); }
    static const path_template& path_of_http(const detail::http_route& one) noexcept { return one.path; }

    void not_after_listen(const char* what) const {
        if (!shards_.empty()) throw std::logic_error(std::string("roompp: call ") + what + " before listen()");
    }
    void make_shards() {
        while (shards_.size() < threads_) shards_.push_back(std::make_unique<wire::shard>(shards_.size(), bounds_));
    }

    websocket_route<connection>& add_websocket(std::string path,
                                               std::function<websocket_route<connection>::opener(const request&)> open,
                                               handler<void(const request&, acceptance&)> connect,
                                               handler<void(std::exception_ptr)> failed) {
        path_template parsed(std::move(path));
        for (const auto& one : websockets_) refuse_twice(one.path(), parsed);
        return websockets_.emplace_back(std::move(parsed), std::move(open), std::move(connect), std::move(failed));
    }
    template <class F>
    server& add_http(std::string path, std::string method, F&& answer) {
        path_template parsed(std::move(path));
        for (const auto& one : http_)
            if (one.method == method) refuse_twice(one.path, parsed);
        http_.push_back({std::move(parsed), std::move(method), std::forward<F>(answer)});
        return *this;
    }
    static void refuse_twice(const path_template& there, const path_template& added) {
        if (there.text() == added.text())
            throw std::invalid_argument("roompp: there already is a route for " + added.text());
    }

    // Requests

    [[nodiscard]] response route(request& asked) {
        const auto path = asked.path();
        auto [found, values] = detail::find_route(
            http_, path, path_of_http, [&](const detail::http_route& one) { return one.serves(asked.method()); });
        if (found) {
            if (auto wrong = detail::check_parameters(values, bounds_.name_length)) return std::move(*wrong);
            asked.set_parameters(std::move(values));
            return found->answer(asked);
        }
        for (const folder& one : folders_)
            if (path.substr(0, one.prefix.size()) == one.prefix) return serve_file(asked, one);
        if (const auto allowed = allowed_methods(path); !allowed.empty()) {
            response wrong(405, "This address does not take " + asked.method() + ".\n");
            wrong.headers.emplace_back("Allow", allowed);
            return wrong;
        }
        if (detail::find_route(websockets_, path, path_of_socket, [](const auto&) { return true; }).first) {
            response wrong(426, "This is a WebSocket: open it with one.\n");
            wrong.headers.emplace_back("Upgrade", "websocket");
            wrong.headers.emplace_back("Connection", "Upgrade");
            return wrong;
        }
        return {404, "There is nothing here.\n"};
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
        const auto file = detail::file_below(from.root, asked.path().substr(from.prefix.size()));
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

    // The subprotocol if the client offered it: RFC 6455, section 4.2.2, forbids to answer with another one.
    [[nodiscard]] static std::string offered(const request& asked, const std::string& chosen) {
        std::string_view rest = asked.header("Sec-WebSocket-Protocol");
        while (!rest.empty() && !chosen.empty()) {
            const std::string_view one = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(rest.size(), one.size() + 1));
            if (detail::trimmed(one) == chosen) return chosen;
        }
        return {};
    }

    // Connections

    void accept(asio::ip::tcp::acceptor& listener) {
        wire::shard& next = *shards_[next_shard_++ % shards_.size()];
        listener.async_accept(next.context(),
                              [this, &listener, &next](const std::error_code& ec, asio::ip::tcp::socket socket) {
                                  if (!listener.is_open()) return;
                                  if (ec) return accept_later(listener, ec);
                                  auto arrived = std::make_shared<asio::ip::tcp::socket>(std::move(socket));
                                  next.home().dispatch([this, &next, arrived] {
                                      if (next.stopping()) return;
                                      const bool full = next.guests() >= bounds_.connections / shards_.size();
                                      auto session = std::make_shared<detail::http_session<stream, server>>(
                                          next, stream(std::move(*arrived)), *this);
                                      if (full)
                                          session->turn_away();
                                      else
                                          session->start();
                                  });
                                  accept(listener);
                              });
    }

    // Too many open files, most likely: nothing to do but to wait until some are closed.
    void accept_later(asio::ip::tcp::acceptor& listener, const std::error_code& ec) {
        if (ec == asio::error::operation_aborted) return;
        report(std::make_exception_ptr(std::system_error(ec, "roompp: cannot accept connections just now")));
        const auto pause =
            std::make_shared<asio::steady_timer>(shards_.front()->context(), std::chrono::milliseconds(100));
        pause->async_wait([this, &listener, pause](const std::error_code&) {
            if (listener.is_open()) accept(listener);
        });
    }

    void stop_accepting() {
        std::error_code ignored;
        for (auto& one : listeners_) one.close(ignored);
        if (signals_) signals_->cancel(ignored);
    }

    void report(const std::exception_ptr& what) {
        if (failed_) return failed_(what);
        try {
            std::rethrow_exception(what);
        } catch (const std::exception& e) {
            std::fprintf(stderr, "roompp: a handler failed: %s\n", e.what());
        } catch (...) {
            std::fprintf(stderr, "roompp: a handler failed\n");
        }
    }

    roompp::limits bounds_;
    std::size_t threads_ = 1;
    handler<void(std::exception_ptr)> failed_;
    std::deque<websocket_route<connection>> websockets_;  // references to them are given away
    std::vector<detail::http_route> http_;
    std::vector<folder> folders_;
    page_source source_;
    std::string policy_ =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    std::vector<std::function<void(const std::vector<loop*>&)>> attach_;
    std::vector<std::unique_ptr<wire::shard>> shards_;
    std::deque<asio::ip::tcp::acceptor> listeners_;  // outlived by the shards
    std::optional<asio::signal_set> signals_;
    std::size_t next_shard_ = 0;
    std::atomic<bool> stopping_{false};
};

}  // namespace roompp
