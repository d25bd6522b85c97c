#pragma once
// Definitions of <roompp/transports/post_reply.hpp>.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/config.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/protocols/json.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/transports/closing_frame.hpp>
#include <roompp/transports/post_reply.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

[[nodiscard]] ROOMPP_DECL int post_status(const std::string& frame) {
    const auto code = json_string(frame, "error");
    if (!code) return 200;
    if (*code == "rate_limited") return 429;
    if (*code == "too_large") return 413;
    if (*code == "no_such_person") return 404;
    if (*code == "dropped") return 409;
    if (*code == "unavailable") return 503;
    return 400;
}

ROOMPP_DECL response post_response(const std::string& frame) {
    return {post_status(frame), "application/json", frame + '\n'};
}

ROOMPP_DECL response message_too_large_response(std::optional<std::uint64_t> number) {
    return post_response(v1_frames::error("too_large", "This message is larger than the server allows.", number));
}

ROOMPP_DECL post_reply::post_reply(responder reply, std::function<void()> on_end)
    : responder_(std::move(reply)), on_end_(std::move(on_end)) {}

ROOMPP_DECL post_reply::~post_reply() {
    if (responder_.is_open()) {
        const close_event left{close_code::abnormal, "You are no longer in this room."};
        responder_.answer({503, "application/json", closing_frame(left) + '\n'});
    }
    if (on_end_) on_end_();
}

ROOMPP_DECL void post_reply::send(const std::string& frame) { responder_.answer(post_response(frame)); }

}  // namespace detail
ROOMPP_NAMESPACE_END
