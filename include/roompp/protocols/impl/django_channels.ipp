#pragma once
// Definitions of <roompp/protocols/django_channels.hpp>.

#include <memory>
#include <optional>
#include <string>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/protocols/django_channels.hpp>
#include <roompp/protocols/json.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

class django_encoding final : public encoding<net::frame_batch> {
public:
    void append(net::frame_batch& batch, const room_event& event) const override {
        if (event.kind == event_kind::message || event.kind == event_kind::direct)
            batch.append(payload('{' + v1_frames::message_member(event.message) + '}'));
    }
    void append(net::frame_batch&, const join_snapshot&) const override {}
};

ROOMPP_DECL std::optional<std::string> read_django_message(payload frame) { return json_string(frame, "message"); }

ROOMPP_DECL std::string django_rate_limit_frame() {
    return R"({"error": ")" + std::string(v1_frames::rate_limit_text) + "\"}";
}

}  // namespace detail

ROOMPP_DECL django_channels_protocol::django_channels_protocol()
    : encoding_(std::make_shared<const detail::django_encoding>()) {}

ROOMPP_NAMESPACE_END
