#pragma once
// Definitions of <roompp/protocols/v1.hpp>.

#include <cstddef>
#include <memory>
#include <vector>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/protocols/v1.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/protocols/v1_identity.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/websocket/connect_reply.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

class v1_encoding final : public encoding<net::frame_batch> {
public:
    void append(net::frame_batch& batch, const room_event& event) const override {
        batch.append(payload(v1_frames::event(event)));
    }
    void append(net::frame_batch& batch, const join_snapshot& snapshot) const override {
        batch.append(payload(v1_frames::history(snapshot)));
        if (snapshot.has_presence) append_people(batch, snapshot.people_count, *snapshot.people);
    }
    void append_people(net::frame_batch& batch, std::size_t count,
                       const std::vector<presence_entry>& people) const override {
        batch.append(payload(v1_frames::presence(count, people)));
    }
};

}  // namespace detail

ROOMPP_DECL v1_protocol::v1_protocol() : encoding_(std::make_shared<const detail::v1_encoding>()) {}

ROOMPP_DECL void v1_protocol::ask(const request& req, connect_reply& reply, join_options_type& options) const {
    options.encoding = encoding_;
    detail::read_v1_resume(req, reply, options);
    // The application comes first: see connect_reply::identify().
    if (options.person.id.empty() && options.person.name.empty()) detail::read_v1_person(req, reply, options.person);
}

ROOMPP_NAMESPACE_END
