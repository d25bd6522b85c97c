#pragma once
// What a test may demand of a client: definitions.

#include <string>
#include <string_view>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/testing/client_endpoint.hpp>
#include <roompp/testing/expectations.hpp>
#include <roompp/testing/readable.hpp>
#include <roompp/testing/simulation.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {
namespace detail {

/// The next message, still in the inbox. @throws failure if none has come.
[[nodiscard]] ROOMPP_DECL const received_message& first_message(client_endpoint& endpoint,
                                                                const std::string& expectation) {
    endpoint.sim->settle();
    if (endpoint.inbox.empty()) endpoint.fail("expected " + expectation + ", but nothing came");
    return endpoint.inbox.front();
}

[[nodiscard]] ROOMPP_DECL received_message take_first_message(client_endpoint& endpoint) {
    auto message = std::move(endpoint.inbox.front());
    endpoint.inbox.pop_front();
    return message;
}

ROOMPP_DECL void expect_reply(client_endpoint& endpoint) {
    endpoint.sim->settle();
    if (!endpoint.reader.complete()) endpoint.fail("expected an answer to its handshake");
}

ROOMPP_DECL void expect_connected(client_endpoint& endpoint) {
    expect_reply(endpoint);
    const http_reply& reply = endpoint.reader.reply();
    if (reply.status != 101)
        endpoint.fail("expected to be connected to " + endpoint.path + ", but was refused with " +
                      std::to_string(reply.status) + ": " + readable(reply.body));
    if (!endpoint.error.empty()) endpoint.fail("expected to be connected to " + endpoint.path);
}

ROOMPP_DECL received_message expect_message(client_endpoint& endpoint) {
    (void)first_message(endpoint, "a message");
    return take_first_message(endpoint);
}

ROOMPP_DECL received_message expect_message(client_endpoint& endpoint, payload_kind kind) {
    const std::string expectation = kind == payload_kind::text ? "a text message" : "a binary message";
    const received_message& next = first_message(endpoint, expectation);
    if (next.kind != kind)
        endpoint.fail("expected " + expectation + ", but one of the other kind came: " + readable(next.data));
    return take_first_message(endpoint);
}

ROOMPP_DECL void expect_text(client_endpoint& endpoint, std::string_view text) {
    const received_message& next = first_message(endpoint, readable(text));
    if (next.kind == payload_kind::binary)
        endpoint.fail("expected " + readable(text) + ", but binary " + readable(next.data) + " came");
    if (next.data != text)
        endpoint.fail("expected " + readable(text) + ", but " + readable(next.data) + " came" +
                      difference(text, next.data));
    endpoint.inbox.pop_front();
}

ROOMPP_DECL void expect_nothing(client_endpoint& endpoint) {
    endpoint.sim->settle();
    if (!endpoint.inbox.empty())
        endpoint.fail("expected nothing, but " + readable(endpoint.inbox.front().data) + " came");
    require_link(endpoint, "receive");
    if (!endpoint.is_connected() && !endpoint.end_is_expected)
        endpoint.fail("expected to be connected, and to receive nothing");
}

ROOMPP_DECL close_event expect_close(client_endpoint& endpoint) {
    endpoint.sim->settle();
    require_link(endpoint, "be closed");
    if (!endpoint.has_ended && !endpoint.close_received) endpoint.fail("expected the connection to be closed");
    endpoint.end_is_expected = true;
    return endpoint.close_reply;
}

ROOMPP_DECL void require_link(const client_endpoint& endpoint, std::string_view action) {
    if (!endpoint.link) endpoint.fail("can't " + std::string(action) + " before it connects: call connect() first");
    if (endpoint.sim->has_ended()) endpoint.fail("can't " + std::string(action) + " any more: its world has ended");
}

ROOMPP_DECL void require_no_link(const client_endpoint& endpoint, std::string_view call) {
    if (endpoint.link) endpoint.fail("has connected already: call " + std::string(call) + " before connect()");
}

}  // namespace detail
}  // namespace testing
ROOMPP_NAMESPACE_END
