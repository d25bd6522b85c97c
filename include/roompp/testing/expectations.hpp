#pragma once
// What a test may demand of a client, and the failures if it is not so.

#include <string_view>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/testing/client_endpoint.hpp>
#include <roompp/testing/received_message.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {
namespace detail {

// Each settles the world first, and throws a failure that names what was expected and what came instead. What was not
// as expected stays in the inbox.

/// Expects the whole answer to the handshake, whatever it is.
void expect_reply(client_endpoint& endpoint);
/// Expects the handshake to have succeeded.
void expect_connected(client_endpoint& endpoint);
/// Expects a message, and takes it.
[[nodiscard]] received_message expect_message(client_endpoint& endpoint);
/// Expects the next message to be of this kind, and takes it.
[[nodiscard]] received_message expect_message(client_endpoint& endpoint, payload_kind kind);
/// Expects the next message to be this text, and takes it.
void expect_text(client_endpoint& endpoint, std::string_view text);
/// Expects no message although one could have come: the client is connected, or its end is expected.
void expect_nothing(client_endpoint& endpoint);
/// Expects the end of the connection.
[[nodiscard]] close_event expect_close(client_endpoint& endpoint);

// These settle nothing.

/// @throws failure unless the client has connected and its world lasts. @param action what the test wants of the
/// client.
void require_link(const client_endpoint& endpoint, std::string_view action);
/// @throws failure if the client has connected. @param call the function that belongs before connect().
void require_no_link(const client_endpoint& endpoint, std::string_view call);

}  // namespace detail
}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/expectations.ipp>
#endif
