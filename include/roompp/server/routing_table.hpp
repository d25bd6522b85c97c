#pragma once
// All that a server answers: plain routes, pages, folders and WebSocket routes.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/handler.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/rate_limiter.hpp>
#include <roompp/config.hpp>
#include <roompp/http/http_date.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/http/router.hpp>
#include <roompp/net/session.hpp>
#include <roompp/server/websocket_route.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {
class shard;
}
namespace detail {

struct request_head;

/// The Router of a server's http_sessions: routes requests to plain routes or to WebSocket routes, and reports errors.
/// Configure before the server runs; const access is thread-safe after that. Stays where it was made.
class routing_table {
public:
    /// Plain routes, pages and folders.
    [[nodiscard]] router& plain() noexcept { return plain_; }

    /// Adds a WebSocket route; the reference is valid as long as this.
    /// @throws std::invalid_argument if the path is no template or is taken.
    websocket_route& add_websocket(std::string path, websocket_route::route_factory open,
                                   handler<void(const request&, connect_reply&)> connect,
                                   handler<void(std::exception_ptr)> failed);

    /// The hook for exceptions that no other hook takes.
    void on_error(handler<void(std::exception_ptr)> hook) { error_hook_ = std::move(hook); }
    /// Receives exceptions if there is no on_error(); the standard error output if empty.
    void default_error_handler(std::function<void(std::exception_ptr)> receiver) {
        default_error_handler_ = std::move(receiver);
    }
    /// The hook for responses that are complete or cut short.
    void on_response(handler<void(const request&, const response_info&)> hook) { response_hook_ = std::move(hook); }
    /// What request::server_secret() returns.
    void secret(std::string bytes) { secret_ = std::move(bytes); }
    /// How many loops use this. Before the server runs.
    void loops(std::size_t count) { dates_.resize(count); }

    // Router, see http_session

    using upgrade_options = net::accept_options;

    [[nodiscard]] std::uint64_t max_body(const request& request, const limits& limits) const {
        return plain_.max_body(request, limits);
    }
    [[nodiscard]] std::optional<response> refuse_body(const request& request) const {
        return plain_.refuse_body(request);
    }
    [[nodiscard]] std::optional<response> respond(request& request, responder& deferred);
    [[nodiscard]] bool takes_upgrade(const request& request) const;
    [[nodiscard]] std::optional<response> accept_upgrade(request& request, net::shard& host, upgrade_options& options);
    /// Defined in server/upgrade.hpp.
    template <class Stream>
    void start_upgrade(net::shard& host, Stream stream, const request_head& head, std::string_view rest,
                       upgrade_options options);
    [[nodiscard]] std::string_view date(loop& home) { return dates_[home.index()].at(home.wall_now()); }
    [[nodiscard]] bool observes_responses() const noexcept { return static_cast<bool>(response_hook_); }
    void notify_response(const request& request, const response_info& info) const { response_hook_(request, info); }
    [[nodiscard]] const std::string& secret() const noexcept { return secret_; }
    /// Reports an exception that no other hook takes. Safe from any thread.
    void report(const std::exception_ptr& error) noexcept;

private:
    // Counts an upgrade of this address. Safe from any thread.
    [[nodiscard]] bool allows_join(const std::string& peer_address, const limits& limits, const loop& home);
    void report_by_default(const std::exception_ptr& error) const;

    router plain_;
    std::deque<websocket_route> websockets_;  // references to them are given out
    std::vector<http_date_cache> dates_{1};   // of each loop
    handler<void(std::exception_ptr)> error_hook_;
    std::function<void(std::exception_ptr)> default_error_handler_;
    handler<void(const request&, const response_info&)> response_hook_;
    std::string secret_;
    std::mutex joins_mutex_;
    address_rate_limiter joins_;  // of all loops
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/server/impl/routing_table.ipp>
#endif
