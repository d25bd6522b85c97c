#pragma once
// The events of rooms as the text of event streams and of polls.

#include <cstddef>
#include <memory>
#include <string_view>

#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Encodes events as frames of roompp.v1 in `text/event-stream`: ready to be sent by event_stream. The id of an event is
/// `epoch:number`.
[[nodiscard]] std::shared_ptr<const encoding<net::frame_batch>> make_event_encoding();

/// Encodes events for poll_connection: a line break for each message, which is read from the room's history; any other event
/// as a frame of roompp.v1 after a comma, ready to be appended to a JSON array.
[[nodiscard]] std::shared_ptr<const encoding<net::frame_batch>> make_poll_encoding();

/// Reads a batch of make_poll_encoding(): `visit(std::string_view)` gets each run of frames between messages, a comma before
/// each frame. The frames themselves contain no line break.
template <class Visit>
void for_each_poll_frames(std::string_view batch, Visit&& visit) {
    while (!batch.empty()) {
        const std::size_t end = batch.find('\n');
        if (end != 0) visit(batch.substr(0, end));
        batch.remove_prefix(end == std::string_view::npos ? batch.size() : end + 1);
    }
}

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/encodings.ipp>
#endif
