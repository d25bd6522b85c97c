#pragma once
// The responses to POST requests: frames of roompp.v1 with an HTTP status.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <roompp/config.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// A frame as a response: 200 for an acknowledgement, 4xx for an error. Safe from any thread.
[[nodiscard]] response post_response(const std::string& frame);

/// The response to a message that is larger than limits::message_bytes: 413. `number` is its `ack`, if that could be read.
[[nodiscard]] response message_too_large_response(std::optional<std::uint64_t> number = std::nullopt);

/// Answers one POST request, once. Shared by the tasks that lead to the response; if the last of them goes without an answer,
/// because the member has left the room meanwhile, the client gets 503. Safe from any thread.
class post_reply {
public:
    /// @param on_end called when the last owner goes, on its thread; may be empty.
    explicit post_reply(responder reply, std::function<void()> on_end = {});
    post_reply(const post_reply&) = delete;
    post_reply& operator=(const post_reply&) = delete;
    ~post_reply();

    /// Answers with a frame; does nothing if there was an answer before.
    void send(const std::string& frame);

private:
    responder responder_;
    std::function<void()> on_end_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/post_reply.ipp>
#endif
