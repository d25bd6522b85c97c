#pragma once
// Definitions of <roompp/transports/encodings.hpp>.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/transports/encodings.hpp>
#include <roompp/transports/event_stream.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

class event_encoding final : public encoding<net::frame_batch> {
public:
    void append(net::frame_batch& batch, const room_event& event) const override {
        batch.append_bytes(
            event_text(v1_frames::event(event), event.id != 0 ? event_id(event.epoch, event.id) : std::string()));
    }
    void append(net::frame_batch& batch, const join_snapshot& snapshot) const override {
        batch.append_bytes(event_text(v1_frames::history(snapshot), event_id(snapshot.epoch, snapshot.last_id)));
        if (snapshot.has_presence) append_people(batch, snapshot.people_count, *snapshot.people);
    }
    void append_people(net::frame_batch& batch, std::size_t count,
                       const std::vector<presence_entry>& people) const override {
        batch.append_bytes(event_text(v1_frames::presence(count, people)));
    }
    void append_frame(net::frame_batch& batch, payload frame) const override {
        if (frame.is_text()) batch.append_bytes(event_text(frame));
    }

private:
    static std::string event_id(std::string_view epoch, std::uint64_t number) {
        return std::string(epoch) + ':' + std::to_string(number);
    }
};

class poll_encoding final : public encoding<net::frame_batch> {
public:
    void append(net::frame_batch& batch, const room_event& event) const override {
        batch.append_bytes(event.kind == event_kind::message ? "\n" : ',' + v1_frames::event(event));
    }
    void append(net::frame_batch& batch, const join_snapshot& snapshot) const override {
        if (snapshot.has_presence) append_people(batch, snapshot.people_count, *snapshot.people);
    }
    void append_people(net::frame_batch& batch, std::size_t count,
                       const std::vector<presence_entry>& people) const override {
        batch.append_bytes(',' + v1_frames::presence(count, people));
    }
    void append_frame(net::frame_batch& batch, payload frame) const override {
        if (frame.is_text()) batch.append_bytes(',' + v1_frames::json_value(frame));
    }
};

ROOMPP_DECL std::shared_ptr<const encoding<net::frame_batch>> make_event_encoding() {
    return std::make_shared<const event_encoding>();
}
ROOMPP_DECL std::shared_ptr<const encoding<net::frame_batch>> make_poll_encoding() {
    return std::make_shared<const poll_encoding>();
}

}  // namespace detail
ROOMPP_NAMESPACE_END
