#pragma once
// The server: routes, listens, runs its loops, stops.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/response.hpp>
#include <roompp/http/router.hpp>
#include <roompp/http/static_files.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/net/gathered_sends.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/server/room_route.hpp>
#include <roompp/server/routing_table.hpp>
#include <roompp/server/websocket_route.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace net {
class shard;
}
namespace detail {
class listeners;
class loop_driver;
class loop_group;
class secure_transport;
class server_access;
}  // namespace detail

/// An HTTP and WebSocket server. Set it up, listen(), run(). Setters return the server, so that they can be chained.
///
/// Thread-safety: stop() may be called from any thread; everything else from one, before run().
class server {
public:
    server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server();

    /// Runs on this many event loops, each in a thread of its own; 1 by default. Before listen().
    /// @throws std::invalid_argument for 0.
    server& threads(std::size_t n);
    /// The server's limits. Before listen().
    server& limits(const roompp::limits& limits);
    /// How the messages of rooms are sent to their members; by default with one `send` each. For io_uring, include
    /// <roompp/io_uring.hpp>: `server.fan_out_writer(roompp::io_uring())`. Before listen().
    server& fan_out_writer(net::fan_out_policy policy);
    /// Compresses messages (permessage-deflate, RFC 7692) for clients that offer it; by default none are. Include
    /// <roompp/deflate.hpp>: `server.compression(roompp::deflate())`. Before listen().
    server& compression(std::shared_ptr<const net::compression> algorithm);
    /// Receives exceptions of handlers that have no hook of their own for them: `(std::exception_ptr)`. By default they
    /// are written to the standard error output. May be called in several threads at once.
    template <class F>
    server& on_error(F&& f) {
        routes_.on_error(std::forward<F>(f));
        return *this;
    }

    /// A WebSocket route whose connections join a room: the one that the path's named part says, as in
    /// `/ws/chat/{room}/`; one for all if the path has none.
    /// @param protocols how clients may speak with the rooms, such as `roompp::v1_protocol()` (see protocol_concept); for each
    /// client the first is taken whose subprotocol it offers, or the one without a subprotocol. Without any, messages go both
    /// ways as they are: see raw_protocol.
    /// @throws std::invalid_argument if the path is no template (see path_template) or is taken.
    template <class Room, class... Protocols>
    websocket_route& websocket(const std::string& path, const rooms<Room>& directory, Protocols... protocols) {
        static_assert(std::is_same_v<typename Room::connection_type, connection>,
                      "roompp: these rooms are for another type of member than this server's connections");
        attach(directory);
        return routes_.add_websocket(path, detail::room_route<Room, Protocols...>(directory, std::move(protocols)...),
                                     {}, {});
    }
    /// Gives rooms the server's loops and limits, for those that no route is for. Before run().
    template <class Room>
    server& attach(const rooms<Room>& directory) {
        attach_hooks_.push_back([this, directory = directory](const std::vector<loop*>& homes) mutable {
            directory.attach(homes);
            directory.set_defaults(limits_, [this](const std::exception_ptr& error) { routes_.report(error); });
        });
        detach_hooks_.push_back(
            [directory = directory](const std::vector<loop*>& homes) mutable { directory.detach(homes); });
        return *this;
    }
    /// A WebSocket route with hooks of its own, such as echo().
    /// @throws std::invalid_argument if the path is no template (see path_template) or is taken.
    websocket_route& websocket(std::string path, websocket_handler hooks);

    /// A route for plain GET (and HEAD) requests: `response(const request&, responder&)`; a string does for the response.
    /// A handler that takes a responder may respond through it, at any time and from any thread, and then returns nothing.
    /// Runs on the connection's loop, in several threads at once if there are several.
    template <class F>
    server& get(const std::string& path, F&& handler) {
        routes_.plain().add(path, "GET", detail::make_route_handler(std::forward<F>(handler)));
        return *this;
    }
    /// A route for POST requests, as get().
    /// @param options how large the body may be, and the response to a larger one: see route_options.
    template <class F>
    server& post(const std::string& path, F&& handler, const route_options& options = {}) {
        routes_.plain().add(path, "POST", detail::make_route_handler(std::forward<F>(handler)), options);
        return *this;
    }
    template <class F>
    [[deprecated("use post() with route_options")]] server& post_messages(
        const std::string& path, F&& handler, const std::function<response(const request&)>& too_large) {
        route_options options;
        options.takes_messages = true;
        options.on_too_large = too_large;
        return post(path, std::forward<F>(handler), options);
    }
    /// A route for OPTIONS requests, as get(): what a browser asks before it lets another site's page do something.
    template <class F>
    server& options(const std::string& path, F&& handler) {
        routes_.plain().add(path, "OPTIONS", detail::make_route_handler(std::forward<F>(handler)));
        return *this;
    }

    /// Receives the status and size of each response to a plain request when it is complete, or the client has
    /// disconnected: `(request, response_info)`. For a log, or to count. Named parts of the path are not in the request then.
    /// May be called in several threads at once.
    template <class F>
    server& on_response(F&& f) {
        routes_.on_response(std::forward<F>(f));
        return *this;
    }
    template <class F>
    [[deprecated("use on_response()")]] server& on_answered(F&& f) {
        return on_response(std::forward<F>(f));
    }
    /// Extension point for add-ons with state of each loop: `on_start` runs before the first connection is accepted,
    /// `on_end` before the loops are destroyed.
    server& on_start(std::function<void(const std::vector<net::shard*>&)> on_start, std::function<void()> on_end = {});

    /// Where page() finds its pages: a folder, or files compiled into the program. Before page().
    server& pages_from(page_source source);
    /// Serves one page, found by its name (see pages_from(); by default from the current folder).
    /// @throws std::runtime_error if there is no such page, std::invalid_argument if the path is no template or is taken.
    server& page(std::string path, std::string name);
    /// Serves the files below a folder under a prefix such as `/static/`. Nothing outside the folder, and no file or
    /// folder whose name starts with a dot, is served.
    /// @throws std::runtime_error if the folder is not there, std::invalid_argument if the prefix has no '/' at its ends.
    server& pages(std::string prefix, const std::filesystem::path& folder);
    /// The Content-Security-Policy of pages; empty for none. The default keeps out everything from other sites and
    /// forbids framing, but lets a page have its scripts and styles within it.
    server& content_security_policy(std::string policy);

    /// Listens on a port of all of this machine's addresses, IPv4 and IPv6, or of one; may be called for several.
    /// @param port 0 picks a free one: see port().
    /// @param address an IP address, or `localhost`, for 127.0.0.1 and ::1 on one port number.
    /// @throws std::system_error if the port can't be had; std::invalid_argument if the address is none.
    server& listen(std::uint16_t port, const std::string& address = {});
    /// As listen(), with TLS: include <roompp/tls.hpp>, `server.listen_tls(443, roompp::tls("cert.pem", "key.pem"))`. What
    /// comes there shares routes and rooms with the plain ports.
    server& listen_tls(std::uint16_t port, std::shared_ptr<const detail::secure_transport> transport,
                       const std::string& address = {});
    /// The port of the first listen(). @throws std::logic_error before listen().
    [[nodiscard]] std::uint16_t port() const;
    /// The port of the first listen_tls(). @throws std::logic_error before listen_tls().
    [[nodiscard]] std::uint16_t tls_port() const;
    /// The URL of the first listen(), or of the first listen_tls() if there is no plain port, for a browser on this
    /// machine. @throws std::logic_error before both.
    [[nodiscard]] std::string url() const;
    /// The URL of the first listen_tls(). @throws std::logic_error before listen_tls().
    [[nodiscard]] std::string tls_url() const;

    /// Plain ports answer each request with 308 and the URL with `https`, WebSocket handshakes too (which browsers do not
    /// follow). Before run().
    /// @param port the port of that URL; 0 means tls_port(). Another one if clients reach it through a forwarded port.
    server& redirect_to_tls(std::uint16_t port = 0);
    /// Responses over TLS tell browsers to use nothing else for this host (HSTS, RFC 6797). It can't be taken back before
    /// `max_age` has passed: begin with a short one. Before run().
    /// @throws std::invalid_argument for a negative time.
    server& hsts(std::chrono::seconds max_age, bool include_subdomains = false);

    /// Stops on SIGINT (Ctrl-C) and SIGTERM; a second one, while connections end, ends the process. Before run(), after
    /// listen().
    server& stop_on_signals();
    /// Sets what request::server_secret() returns, in place of random bytes of each run: the ids of clients of roompp.v1 are made
    /// from it, and with rooms that outlive the process they must, too: `server.secret(log.secret())`. At least 16 bytes that
    /// nobody can guess. Before run().
    /// @throws std::invalid_argument for fewer.
    server& secret(std::string bytes);
    /// Calls `handler` on the first loop each time this signal comes, such as SIGHUP to load certificates anew, until the
    /// server stops. What it throws goes to on_error(). Before run(), after listen().
    /// @throws std::system_error for a signal that can't be handled.
    server& on_signal(int signal, std::function<void()> handler);

    /// Serves, in this thread and as many more as threads() says, until stop(); returns soon if it was stopped before.
    /// @throws std::logic_error if the server does not listen, or has run already: it can't be started again.
    void run();

    /// Stops: accepts nothing more, closes WebSockets with 1001, and lets run() return when all connections have ended,
    /// at the latest after limits::stop_timeout. Safe from any thread; does nothing the second time.
    void stop();

private:
    friend class detail::server_access;

    void require_before_listen(const char* setter) const;
    void require_port() const;
    void require_tls_port() const;
    void make_loops();
    // Prepares what needs the loops, before anything is served.
    void prepare();

    roompp::limits limits_;
    std::size_t thread_count_ = 1;
    net::fan_out_policy make_writer_;
    std::shared_ptr<const net::compression> compression_;
    detail::routing_table routes_;
    std::vector<std::function<void(const std::vector<loop*>&)>> attach_hooks_;
    std::vector<std::function<void(const std::vector<loop*>&)>> detach_hooks_;
    std::vector<std::function<void(const std::vector<net::shard*>&)>> start_hooks_;
    std::vector<std::function<void()>> end_hooks_;
    net::connection_limiter limiter_;               // outlives the connections on the loops
    std::unique_ptr<detail::loop_group> loops_;     // null before listen()
    std::unique_ptr<detail::listeners> listeners_;  // with the loops, which outlive it
    std::weak_ptr<detail::loop_driver> driver_;
    std::atomic<bool> stopping_{false};
    std::string secret_;  // empty: random
    bool redirects_to_tls_ = false;
    std::uint16_t redirect_port_ = 0;  // 0: tls_port()
    bool has_run_ = false;
};

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/server/impl/server.ipp>
#endif
