#pragma once
// The server: listens, routes, runs the loops, stops.

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
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

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/ip/tcp.hpp>
#include <asio/signal_set.hpp>

#include <roompp/base/limits.hpp>
#include <roompp/http/http_session.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/response.hpp>
#include <roompp/http/router.hpp>
#include <roompp/http/static_files.hpp>
#include <roompp/net/acceptor.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/gathered_sends.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/net/tcp_stream.hpp>
#include <roompp/protocols/raw.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/server/routing_table.hpp>
#include <roompp/server/upgrade.hpp>
#include <roompp/server/websocket_route.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN

/// An HTTP and WebSocket server. Set it up, listen(), run(). Setters return the server, so that they can be chained, and
/// belong before run(); stop() may be called from any thread, everything else from one.
class server {
public:
    server() = default;
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server() {
        if (const auto by = driver_.lock()) by->on_server_end();
        for (const auto& over : ends_) over();
        for (const auto& detach : detach_) detach(homes());
    }

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
        router_.plain().max_name_length(bounds.name_length);
        return *this;
    }
    /// Who sends what a room says to its members; by default each gets a `send` of its own. For io_uring, include
    /// <roompp/io_uring.hpp>: `server.fan_out_writer(roompp::io_uring())`. Before listen().
    server& fan_out_writer(net::fan_out_policy policy) {
        not_after_listen("fan_out_writer()");
        make_writer_ = std::move(policy);
        return *this;
    }
    /// Compresses messages (permessage-deflate, RFC 7692) for clients that offer it; by default none are. Include
    /// <roompp/deflate.hpp>: `server.compression(roompp::deflate())`. Before listen().
    server& compression(std::shared_ptr<const net::compression> how) {
        not_after_listen("compression()");
        compression_ = std::move(how);
        return *this;
    }
    /// Told of exceptions in handlers that have no hook of their own for them: `(std::exception_ptr)`. By default they
    /// are written to the standard error output. May be called in several threads at once.
    template <class F>
    server& on_error(F&& f) {
        router_.on_error(std::forward<F>(f));
        return *this;
    }

    /// A WebSocket route whose connections join a room: the one that the path's named part says, as in
    /// `/ws/chat/{room}/`; one for all if the path has none.
    /// @param protocols how clients may speak with the rooms, such as `roompp::v1_protocol()`; for each client the first is taken whose
    /// subprotocol it offers, or the one without a subprotocol. Without any, messages go both ways as they are: see
    /// raw_protocol.
    /// @throws std::invalid_argument if the path is no template (see path_template) or is taken.
    template <class Room, class... Protocols>
    websocket_route& websocket(const std::string& path, const rooms<Room>& directory, Protocols... protocols) {
        static_assert(std::is_same_v<typename Room::connection_type, connection>,
                      "roompp: these rooms are for another type of member than this server's connections");
        attach(directory);
        return router_.add_websocket(path, detail::room_route<Room, Protocols...>(directory, std::move(protocols)...),
                                     {}, {});
    }
    /// Gives rooms the server's loops and limits, for those that no route is for. Before run().
    template <class Room>
    server& attach(const rooms<Room>& directory) {
        attach_.push_back([this, directory = directory](const std::vector<loop*>& homes) mutable {
            directory.attach(homes);
            directory.set_defaults(bounds_, [this](const std::exception_ptr& what) { router_.report(what); });
        });
        detach_.push_back(
            [directory = directory](const std::vector<loop*>& homes) mutable { directory.detach(homes); });
        return *this;
    }
    /// A WebSocket route with hooks of its own, such as echo().
    /// @throws std::invalid_argument if the path is no template (see path_template) or is taken.
    websocket_route& websocket(std::string path, websocket_handler hooks) {
        auto shared = std::make_shared<const websocket_handler>(std::move(hooks));
        return router_.add_websocket(
            std::move(path),
            [shared](const request&, connect_reply&) -> websocket_route::session_factory {
                return [shared](const std::shared_ptr<connection>& opened, const person&) {
                    return websocket_handler::open(shared, *opened);
                };
            },
            shared->connect_hook(), shared->error_hook());
    }

    /// A route for plain GET (and HEAD) requests: `response(const request&, responder&)`; a string does for the response.
    /// A handler that takes a responder may answer through it, later and from any thread, and then returns nothing. Runs
    /// on the connection's loop, in several threads at once if there are several.
    template <class F>
    server& get(const std::string& path, F&& answer) {
        router_.plain().add(path, "GET", detail::make_route_handler(std::forward<F>(answer)));
        return *this;
    }
    /// A route for POST requests, as get().
    /// @param options how large the body may be, and the response to a larger one: see route_options.
    template <class F>
    server& post(const std::string& path, F&& answer, const route_options& options = {}) {
        router_.plain().add(path, "POST", detail::make_route_handler(std::forward<F>(answer)), options);
        return *this;
    }
    template <class F>
    [[deprecated("use post() with route_options")]] server& post_messages(
        const std::string& path, F&& answer, const std::function<response(const request&)>& too_large) {
        route_options options;
        options.takes_messages = true;
        options.on_too_large = too_large;
        return post(path, std::forward<F>(answer), options);
    }
    /// A route for OPTIONS requests, as get(): what a browser asks before it lets another site's page do something.
    template <class F>
    server& options(const std::string& path, F&& answer) {
        router_.plain().add(path, "OPTIONS", detail::make_route_handler(std::forward<F>(answer)));
        return *this;
    }

    /// Told of each answer to a plain request when it is whole, or the client has gone: `(request, answered)`. For a log,
    /// or to count. Named parts of the path are not in the request then. May be called in several threads at once.
    template <class F>
    server& on_response(F&& f) {
        router_.on_response(std::forward<F>(f));
        return *this;
    }
    template <class F>
    [[deprecated("use on_response()")]] server& on_answered(F&& f) {
        return on_response(std::forward<F>(f));
    }
    /// For add-ons that bring routes and keep something on the loops: `ready` is called with the loops before anything is
    /// served, `over` before they go.
    server& on_start(std::function<void(const std::vector<net::shard*>&)> ready, std::function<void()> over = {}) {
        starts_.push_back(std::move(ready));
        if (over) ends_.push_back(std::move(over));
        return *this;
    }
    /// For add-ons, as the test harness: an exception that nobody else is told of. Safe from any thread.
    void report(const std::exception_ptr& what) { router_.report(what); }

    /// Where page() finds its pages: a folder, or files compiled into the program. Before page().
    server& pages_from(page_source source) {
        router_.plain().files().source(std::move(source));
        return *this;
    }
    /// Serves one page, found by its name (see pages_from(); by default from the current folder).
    /// @throws std::runtime_error if there is no such page, std::invalid_argument if the path is no template or is taken.
    server& page(std::string path, std::string name) {
        router_.plain().add_page(std::move(path), std::move(name));
        return *this;
    }
    /// Serves the files below a folder under a prefix such as `/static/`. Nothing outside the folder, and no file or
    /// folder whose name starts with a dot, is served.
    /// @throws std::runtime_error if the folder is not there, std::invalid_argument if the prefix has no '/' at its ends.
    server& pages(std::string prefix, const std::filesystem::path& root_folder) {
        router_.plain().files().add_folder(std::move(prefix), root_folder);
        return *this;
    }
    /// The Content-Security-Policy of pages; empty for none. The default keeps out everything from other sites and
    /// forbids framing, but lets a page have its scripts and styles within it.
    server& content_security_policy(std::string policy) {
        router_.plain().files().content_security_policy(std::move(policy));
        return *this;
    }

    /// Listens on a port of all of this machine's addresses, IPv4 and IPv6, or of one; may be called for several.
    /// @param port 0 picks a free one: port() tells which.
    /// @param address an IP address, or `localhost`.
    /// @throws std::system_error if the port can't be had; std::invalid_argument if the address is none.
    server& listen(std::uint16_t port, const std::string& address = {}) {
        make_shards();
        ports_.emplace_back(shards_.front()->context(), address, port);
        return *this;
    }
    /// The port of the first listen().
    [[nodiscard]] std::uint16_t port() const {
        if (ports_.empty()) throw std::logic_error("roompp: the server does not listen yet: call listen()");
        return ports_.front().endpoint().port();
    }
    /// The address of the first listen(), for a browser on this machine.
    [[nodiscard]] std::string url() const {
        const auto number = std::to_string(port());
        const auto address = ports_.front().endpoint().address();
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
        if (ports_.empty()) throw std::logic_error("roompp: the server does not listen: call listen() before run()");
        get_ready();
        // A loop whose thread is not there yet, or has ended, is nobody's: what is meant for it waits.
        for (const auto& one : shards_) one->home().suspend();
        for (auto& one : ports_) accept(one);

        std::atomic<std::size_t> going{shards_.size()};
        const auto failed = [this](const std::exception_ptr& what) { router_.report(what); };
        const auto ended = [this, &going] {
            if (--going != 0) return;
            for (const auto& one : shards_) one->home().post([shard = one.get()] { shard->leave_run(); });
        };
        std::vector<std::thread> others;
        for (std::size_t i = 1; i < shards_.size(); ++i)
            others.emplace_back([this, i, failed, ended] { shards_[i]->run(failed, ended); });
        shards_.front()->run(failed, ended);
        for (auto& one : others) one.join();
        for (const auto& one : shards_) one->home().leave();
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

    /// Serves one stream, of any type (see net::tcp_stream), on one of the server's loops; on that loop.
    /// @param has_place whether its peer may have one more connection.
    template <class Stream>
    void serve(net::shard& host, Stream stream, bool has_place = true) {
        if (host.stopping()) return;
        const bool full = !has_place || host.connections() >= share_of(bounds_.connections) + host.rejected() ||
                          host.handshaking() >= share_of(bounds_.handshakes);
        if (full && host.rejected() >= max_rejected) return stream.close();
        const auto session =
            std::make_shared<detail::http_session<Stream, detail::routing_table>>(host, std::move(stream), router_);
        if (full)
            session->reject();
        else
            session->start();
    }

    /// For the test harness: who runs the loops in place of run().
    class loop_driver {
    public:
        loop_driver() = default;
        loop_driver(const loop_driver&) = delete;
        loop_driver& operator=(const loop_driver&) = delete;
        virtual ~loop_driver() = default;
        /// A random number, see loop::random().
        [[nodiscard]] virtual std::uint64_t random() = 0;
        /// An exception that no on_error() takes.
        virtual void failed(const std::exception_ptr& what) = 0;
        /// The server is about to go, with its loops.
        virtual void on_server_end() = 0;
    };
    /// For the test harness, in place of listen() and run(): the loops, which `by` runs (net::shard::poll_one() and
    /// advance()), in one thread, until detach_driver().
    [[nodiscard]] std::vector<net::shard*> attach_driver(const std::shared_ptr<loop_driver>& by) {
        make_shards();
        driver_ = by;
        for (const auto& one : shards_) one->home().set_random([its = by.get()] { return its->random(); });
        router_.default_error_handler([its = by.get()](const std::exception_ptr& what) { its->failed(what); });
        get_ready();
        return all_shards();
    }
    /// For the test harness: nobody runs the loops any more.
    void detach_driver() {
        driver_.reset();
        for (const auto& one : shards_) {
            one->home().set_random({});
            one->home().leave();
        }
        router_.default_error_handler({});
    }
    /// For the test harness: who drives it now, if anybody does.
    [[nodiscard]] std::shared_ptr<loop_driver> driven_by() const noexcept { return driver_.lock(); }

private:
    // How many may wait, on each loop, for the client to have read that there is no place for it.
    static constexpr std::size_t max_rejected = 100;

    void not_after_listen(const char* what) const {
        if (!shards_.empty()) throw std::logic_error(std::string("roompp: call ") + what + " before listen()");
    }
    void make_shards() {
        while (shards_.size() < threads_) {
            shards_.push_back(std::make_unique<net::shard>(shards_.size(), bounds_));
            shards_.back()->use(make_writer_, compression_);
        }
    }

    // What of a bound one loop may have.
    [[nodiscard]] std::size_t share_of(std::size_t bound) const {
        return std::max<std::size_t>(1, bound / shards_.size());
    }

    [[nodiscard]] std::vector<net::shard*> all_shards() const {
        std::vector<net::shard*> all;
        for (const auto& one : shards_) all.push_back(one.get());
        return all;
    }
    [[nodiscard]] std::vector<loop*> homes() const {
        std::vector<loop*> all;
        for (const auto& one : shards_) all.push_back(&one->home());
        return all;
    }

    // What can only be done when the loops are there, and before anything is served.
    void get_ready() {
        loop& first = shards_.front()->home();
        router_.secret(std::to_string(first.random()) + '.' + std::to_string(first.random()) + '.');
        router_.loops(shards_.size());
        for (const auto& attach : attach_) attach(homes());
        for (const auto& ready : starts_) ready(all_shards());
    }

    void accept(detail::acceptor& port) {
        port.start({[this]() -> net::shard& { return *shards_[next_shard_++ % shards_.size()]; },
                    [this](net::shard& host, asio::ip::tcp::socket arrived) {
                        net::tcp_stream stream(std::move(arrived));
                        stream.give_up_after(bounds_.ping_interval + bounds_.ping_timeout);
                        const bool has_place = stream.take_place(connection_limiter_, bounds_.connections_per_address);
                        serve(host, std::move(stream), has_place);
                    },
                    [this](const std::exception_ptr& what) { router_.report(what); }});
    }

    void stop_accepting() {
        std::error_code ignored;
        for (auto& one : ports_) one.stop();
        if (signals_) signals_->cancel(ignored);
    }

    roompp::limits bounds_;
    std::size_t threads_ = 1;
    net::fan_out_policy make_writer_;
    std::shared_ptr<const net::compression> compression_;
    detail::routing_table router_;
    std::vector<std::function<void(const std::vector<loop*>&)>> attach_;
    std::vector<std::function<void(const std::vector<loop*>&)>> detach_;
    std::vector<std::function<void(const std::vector<net::shard*>&)>> starts_;
    std::vector<std::function<void()>> ends_;
    net::connection_limiter connection_limiter_;  // outlives the connections on the shards
    std::vector<std::unique_ptr<net::shard>> shards_;
    std::deque<detail::acceptor> ports_;  // outlived by the shards
    std::optional<asio::signal_set> signals_;
    std::size_t next_shard_ = 0;
    std::weak_ptr<loop_driver> driver_;
    std::atomic<bool> stopping_{false};
};

ROOMPP_NAMESPACE_END
