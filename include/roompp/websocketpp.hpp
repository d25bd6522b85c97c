#pragma once
// Add-on: rooms and broadcasters for a websocketpp::server that is already there. Not part of the umbrella header.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <websocketpp/common/connection_hdl.hpp>
#include <websocketpp/common/system_error.hpp>
#include <websocketpp/frame.hpp>

#include <roompp/base/close.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/utf8_text.hpp>
#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/rooms/broadcaster.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/rooms.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A connection of a stock websocketpp endpoint (`websocketpp::server<websocketpp::config::asio>`, also with TLS) as a
/// member of rooms and broadcasters. A broadcast is encoded once and sent by websocketpp, 0.8.2 or 0.8.3.
///
/// Thread-safety: the endpoint must run in one thread, the loop's. The endpoint's connections must not have negotiated
/// compression: broadcasts are not compressed.
template <class Endpoint>
class websocketpp_member {
    using connection_ptr = typename Endpoint::connection_ptr;

public:
    using batch_type = net::frame_batch;

    /// @param client the connection, from `endpoint.get_con_from_hdl(hdl)`.
    /// @param home the loop made with run_on().
    /// @param max_queued limit of the bytes queued for sending; a slower member is closed with 1013.
    websocketpp_member(connection_ptr client, loop& home, std::size_t max_queued = 4 * 1024 * 1024)
        : connection_(std::move(client)), home_(home), max_queued_(max_queued) {}

    /// Sends a room's messages: part of the member concept.
    void deliver(const std::shared_ptr<const batch_type>& batch) {
        websocketpp_member* const self = this;
        deliver_all(&self, &self + 1, batch, when_slow::disconnect);
    }
    /// Sends a room's messages to many members of the loop.
    static void deliver_all(websocketpp_member* const* first, websocketpp_member* const* last,
                            const std::shared_ptr<const batch_type>& batch, when_slow) {
        // Marked as prepared, so that websocketpp writes the bytes as they are, and all members share the object.
        const auto message = (*first)->connection_->get_message(websocketpp::frame::opcode::binary, batch->size());
        message->set_prepared(true);
        message->set_payload(std::string(batch->bytes()));
        for (; first != last; ++first) (*first)->send(message);
    }

    /// Starts the closing handshake. A reason that is not UTF-8 is repaired with U+FFFD, and cut off after 123 bytes. Safe
    /// from any thread.
    void close(std::uint16_t code, std::string_view reason) {
        home_.dispatch([connection = connection_, code, text = detail::repair_close_reason(reason)] {
            websocketpp::lib::error_code ignored;  // the connection may be closing already
            connection->close(code, text, ignored);
        });
    }

    /// The endpoint's loop.
    [[nodiscard]] loop& home() const noexcept { return home_; }
    /// The websocketpp connection.
    [[nodiscard]] const connection_ptr& connection() const noexcept { return connection_; }

private:
    template <class MessagePtr>
    void send(const MessagePtr& message) {
        if (connection_->get_buffered_amount() + message->get_payload().size() > max_queued_)
            return close(close_code::try_again_later, "slow consumer: send queue full");
        connection_->send(message);
    }

    connection_ptr connection_;
    loop& home_;
    std::size_t max_queued_;
};

namespace detail {

template <class Endpoint, class = void>
struct has_io_context : std::false_type {};
template <class Endpoint>
struct has_io_context<Endpoint, std::void_t<decltype(std::declval<Endpoint&>().get_io_context())>> : std::true_type {};

// The Asio context that runs an endpoint: get_io_context() since websocketpp 0.8.3, get_io_service() before.
template <class Endpoint>
[[nodiscard]] auto& context_of(Endpoint& endpoint) {
    if constexpr (has_io_context<Endpoint>::value)
        return endpoint.get_io_context();
    else
        return endpoint.get_io_service();
}

}  // namespace detail

/// Makes a loop of an endpoint's Asio context: `roompp::loop loop(roompp::run_on(endpoint));`. The endpoint must
/// outlive the loop.
template <class Endpoint>
[[nodiscard]] auto run_on(Endpoint& endpoint) {
    // The post() of Asio, standalone or Boost's, found by its argument: newer versions have no such member function.
    return [&endpoint](loop::task work) { post(detail::context_of(endpoint), std::move(work)); };
}

ROOMPP_NAMESPACE_END
