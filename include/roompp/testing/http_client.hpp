#pragma once
// An HTTP client for tests.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/testing/event_reader.hpp>
#include <roompp/testing/http_reply.hpp>

ROOMPP_NAMESPACE_BEGIN

class server;

namespace testing {

class simulation;

/// A client for pages, polling routes and event streams, of a server in the same program. One connection, kept alive
/// and reopened as needed; one request at a time. When it is destroyed, what it has sent still arrives, and then the
/// connection ends. After the end of its world, or of its server, it throws a failure. Movable; single-threaded, as its
/// world.
class http_client {
public:
    /// Headers of a request: names and values.
    using headers = std::vector<std::pair<std::string, std::string>>;

    /// A client of this server, in the world that the server is in, or a new one with seed 0.
    explicit http_client(server& target);
    /// For world::http().
    explicit http_client(std::shared_ptr<simulation> sim);
    http_client(http_client&&) noexcept;
    http_client& operator=(http_client&&) noexcept;
    ~http_client();

    /// request() with the method GET.
    http_reply get(std::string_view target, const headers& more = {});
    /// request() with the method POST.
    http_reply post(std::string_view target, std::string_view body, const headers& more = {});
    /// Sends a request, and returns the response.
    /// @throws failure if it does not come at once: see start() for those that take time.
    http_reply request(std::string_view method, std::string_view target, std::string_view body = {},
                       const headers& more = {});

    /// Sends a request without looking at the response: for a request that is held until there is news. A request that
    /// is pending is abandoned, and its connection closed.
    http_client& start(std::string_view method, std::string_view target, std::string_view body = {},
                       const headers& more = {});
    /// Sends bytes that are no request, or part of one, or several: each reply() is the next response.
    http_client& send_bytes(std::string_view bytes);
    /// Whether the response is pending, or incomplete. Of several requests that send_bytes() has sent in one piece, the
    /// first is meant: see reply_so_far() for the others.
    [[nodiscard]] bool is_waiting();
    /// The response to what was started.
    /// @throws failure if it is pending, incomplete or malformed.
    [[nodiscard]] http_reply reply();
    /// The part of the response that has come, such as of an event stream; a status of 0 if not even its head has come.
    /// Valid until the client is used again.
    [[nodiscard]] const http_reply& reply_so_far();
    /// The status of a response that is incomplete, such as an event stream; 0 if not even its head has come.
    [[nodiscard]] int status_so_far();
    /// The part of the response's body that has come since the last call.
    [[nodiscard]] std::string more_body();
    /// The next event of an event stream. Reads by more_body(), so use the one or the other.
    /// @throws failure if none has come.
    [[nodiscard]] server_event receive_event();
    /// All further events that have come, in order.
    [[nodiscard]] std::vector<server_event> receive_events();
    /// The bytes since the last call that follow a response with which the connection changed its protocol (101).
    [[nodiscard]] std::string more_bytes();
    /// Vanishes: the connection is lost, with what is in flight.
    http_client& drop();
    /// Takes nothing more from the server.
    http_client& pause_reading();
    http_client& resume_reading();
    /// Whether its connection is open.
    [[nodiscard]] bool is_connected();

private:
    class connection;

    [[nodiscard]] std::optional<server_event> next_event();

    std::unique_ptr<connection> connection_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/http_client.ipp>
#endif
