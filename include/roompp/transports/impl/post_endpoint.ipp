#pragma once
// Definitions of <roompp/transports/post_endpoint.hpp>.

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/http/cors.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/protocols/v1_commands.hpp>
#include <roompp/rooms/epoch.hpp>
#include <roompp/transports/client_request.hpp>
#include <roompp/transports/http_member.hpp>
#include <roompp/transports/http_rooms_state.hpp>
#include <roompp/transports/poll_connection.hpp>
#include <roompp/transports/post_endpoint.hpp>
#include <roompp/transports/post_reply.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL void post_endpoint::operator()(const request& req, const responder& reply) const {
    auto client = read_client_request(state_->settings(), req, reply);
    if (!client) return;
    if (req.body().size() > state_->limits().message_bytes) {
        reply.answer(message_too_large_response(parse_v1_ack_number(req.body())));
        return;
    }
    loop& home = state_->directory().home_of(client->room);
    home.dispatch([endpoint = *this, &home, client = std::move(*client), frame = req.body(), reply]() mutable {
        endpoint.post_to_room(home, std::move(client), std::move(frame), reply);
    });
}

ROOMPP_DECL response post_endpoint::too_large(const request& req) const {
    response reply = message_too_large_response();
    if (auto refusal = check_origin(req, state_->settings().origins, reply.headers)) return *refusal;
    return reply;
}

ROOMPP_DECL void post_endpoint::post_to_room(loop& home, client_request client, std::string frame,
                                             const responder& reply) const {
    const bool is_one_shot = client.client_key.empty();
    if (is_one_shot) client.client_key = '\n' + new_epoch(home);  // unique: no person's id begins with a line break
    const std::string& key = client.client_key;
    if (!state_->find_sender(home, client.room, key) && !state_->find_or_add_polling(home, client, frame, reply))
        return;
    const auto conn = state_->find_polling(home, client.room, key);
    if (conn && !conn->is_open()) {
        reply.answer(poll_connection::closed_response(conn->closing()));
        return conn->leave();
    }
    if (conn) conn->touch();
    std::function<void()> on_end;
    if (is_one_shot && conn) on_end = [&home, conn] { home.post([conn] { conn->leave(); }); };
    auto shared_reply = std::make_shared<post_reply>(reply, std::move(on_end));
    const http_sender* const sender = state_->find_sender(home, client.room, key);
    if (!sender) return;  // it was not admitted: the reply says so
    loop& member_home = *sender->home;
    member_home.dispatch(
        [member = sender->member.lock(), &member_home, frame = std::move(frame), reply = std::move(shared_reply)] {
            if (member) member->handle_post(frame, reply, member_home.now());
        });
}

}  // namespace detail
ROOMPP_NAMESPACE_END
