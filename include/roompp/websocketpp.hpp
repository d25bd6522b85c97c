#pragma once
// Add-on: rooms and broadcasters for a websocketpp::server that is already there. Not part of the umbrella header.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <websocketpp/common/connection_hdl.hpp>

#include <roompp/base/close.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/rooms/broadcaster.hpp>
#include <roompp/rooms/rooms.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A connection of a stock websocketpp endpoint (`websocketpp::server<websocketpp::config::asio>`, also with TLS) as a
/// member of rooms and broadcasters. A broadcast is encoded once and sent by websocketpp.
///
/// Thread-safety: the endpoint must run in one thread, the loop's. The endpoint's connections must not have negotiated
/// compression: what is broadcast is not compressed.
template <class Endpoint>
class websocketpp_member {
    using connection_ptr = typename Endpoint::connection_ptr;

public:
    using batch_type = net::frame_batch;

    /// @param its the connection, from `endpoint.get_con_from_hdl(hdl)`.
    /// @param home the loop made with run_on().
    /// @param max_queued the most bytes that may wait to be sent; a slower member is closed with 1013.
    websocketpp_member(connection_ptr its, loop& home, std::size_t max_queued = 4 * 1024 * 1024)
        : connection_(std::move(its)), home_(home), most_queued_(max_queued) {}

    void deliver(const std::shared_ptr<const batch_type>& batch) {
        websocketpp_member* const self = this;
        deliver_all(&self, &self + 1, batch, when_slow::disconnect);
    }
    static void deliver_all(websocketpp_member* const* first, websocketpp_member* const* last,
                            const std::shared_ptr<const batch_type>& batch, when_slow) {
        // Marked as prepared, so websocketpp writes the bytes as they are, and the same object for everyone.
        const auto message = (*first)->connection_->get_message(websocketpp::frame::opcode::binary, batch->size());
        message->set_prepared(true);
        message->set_payload(std::string(batch->bytes()));
        for (; first != last; ++first) (*first)->send(message);
    }

    void close(std::uint16_t code, std::string_view reason) {
        home_.dispatch([connection = connection_, code, text = std::string(reason)] {
            websocketpp::lib::error_code ignored;  // it is closing already
            connection->close(code, text, ignored);
        });
    }

    [[nodiscard]] loop& home() const noexcept { return home_; }
    /// The websocketpp connection.
    [[nodiscard]] const connection_ptr& connection() const noexcept { return connection_; }

private:
    template <class MessagePtr>
    void send(const MessagePtr& message) {
        if (connection_->get_buffered_amount() + message->get_payload().size() > most_queued_)
            return close(close_code::try_again_later, "too slow: too much waits to be sent");
        connection_->send(message);
    }

    connection_ptr connection_;
    loop& home_;
    std::size_t most_queued_;
};

namespace detail {

// websocketpp 0.8.3 has another name for it than 0.8.2.
template <class Endpoint>
auto io_context_of(Endpoint& endpoint, int) -> decltype(endpoint.get_io_context()) {
    return endpoint.get_io_context();
}
template <class Endpoint>
auto io_context_of(Endpoint& endpoint, long) -> decltype(endpoint.get_io_service()) {
    return endpoint.get_io_service();
}

}  // namespace detail

/// What makes a loop of an endpoint's io_context: `roompp::loop loop(roompp::run_on(endpoint));`. The endpoint must
/// outlive the loop.
template <class Endpoint>
[[nodiscard]] auto run_on(Endpoint& endpoint) {
    // Asio's post(), or Boost.Asio's: whichever the endpoint is made of.
    return [&endpoint](loop::task work) { post(detail::io_context_of(endpoint, 0), std::move(work)); };
}

ROOMPP_NAMESPACE_END
