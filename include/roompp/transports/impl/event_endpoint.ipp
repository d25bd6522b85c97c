#pragma once
// Definitions of <roompp/transports/event_endpoint.hpp>.

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include <roompp/base/loop.hpp>
#include <roompp/base/text.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/transports/client_request.hpp>
#include <roompp/transports/event_endpoint.hpp>
#include <roompp/transports/event_stream.hpp>
#include <roompp/transports/http_member.hpp>
#include <roompp/transports/http_rooms_state.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

// Resumes from the Last-Event-ID of a browser that reconnects (HTML, section 9.2.4): it has precedence over the query, which
// is that of the first request.
ROOMPP_DECL void read_last_event_id(const request& req, join_options<net::frame_batch>& options) {
    const std::string& last_event_id = req.header("Last-Event-ID");
    const std::size_t colon = last_event_id.find(':');
    if (colon == std::string::npos) return;
    const auto id = whole_number(last_event_id.substr(colon + 1));
    if (!id) return;
    options.resume = std::make_shared<const resume_point>(resume_point{last_event_id.substr(0, colon), *id});
    options.history_limit = (std::numeric_limits<std::size_t>::max)();
}

ROOMPP_DECL void event_endpoint::operator()(const request& req, const responder& reply) const {
    auto client = read_client_request(state_->settings(), req, reply);
    if (!client) return;
    read_last_event_id(req, client->join);
    const auto stream = std::make_shared<event_stream>(req, reply);
    stream->start(
        [&] {
            loop& home = state_->directory().home_of(client->room);
            const auto member = state_->make_member(true);
            client->join.encoding = state_->event_encoding();
            member->join(stream, client->room, std::move(client->join));
            // After joining: if that throws, no session would remove the sender.
            if (!client->client_key.empty())
                home.dispatch([state = state_, &home, room = client->room, key = client->client_key, member,
                               stream_home = &stream->home()] {
                    state->add_sender(home, room, key, {member, stream_home});
                });
            return make_stream_session(member, [state = state_, &home, room = client->room, key = client->client_key,
                                                leaving = member.get()] {
                home.dispatch([state, &home, room, key, leaving] { state->remove_sender(home, room, key, leaving); });
            });
        },
        state_->error_reporter());
}

}  // namespace detail
ROOMPP_NAMESPACE_END
