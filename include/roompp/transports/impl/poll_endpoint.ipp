#pragma once
// Definitions of <roompp/transports/poll_endpoint.hpp>.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/text.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/transports/client_request.hpp>
#include <roompp/transports/http_rooms_state.hpp>
#include <roompp/transports/poll_connection.hpp>
#include <roompp/transports/poll_endpoint.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

// A poll must be answered, if only without news, before the server aborts it. The margin covers the coarse clock of the loops,
// see net::shard::deadline().
[[nodiscard]] ROOMPP_DECL std::chrono::seconds max_poll_wait(const limits& limits) {
    constexpr std::chrono::seconds margin{3};
    return (std::max)(std::chrono::seconds(0), (std::min)(limits.poll_wait, limits.answer_timeout - margin));
}

ROOMPP_DECL void poll_endpoint::operator()(const request& req, const responder& reply) const {
    auto client = read_client_request(state_->settings(), req, reply);
    if (!client) return;
    const auto seconds = whole_number(req.query("wait").value_or("0"));
    if (!seconds) {
        reply.answer({400, "'wait' must be a whole number: for how many seconds the answer may be held.\n"});
        return;
    }
    if (req.method() == "HEAD") {
        reply.answer(response::json({}));
        return;
    }
    poll_request poll{client->join.resume, client->join.history_limit, {}};
    const auto max_seconds = static_cast<std::uint64_t>(max_poll_wait(state_->limits()).count());
    poll.wait = std::chrono::seconds((std::min)(*seconds, max_seconds));
    loop& home = state_->directory().home_of(client->room);
    reply.on_end([state = state_, &home, room = client->room, key = client->client_key](const responder& ended,
                                                                                        abort_reason reason) {
        if (reason == abort_reason::server_stops)
            ended.answer(poll_connection::closed_response({close_code::going_away, "server stops"}));
        home.dispatch([state, &home, room, key, ended] {
            if (const auto conn = state->find_polling(home, room, key)) conn->drop_poll(ended);
        });
    });
    home.dispatch([endpoint = *this, &home, client = std::move(*client), poll = std::move(poll), reply]() mutable {
        endpoint.handle_poll(home, client, std::move(poll), reply);
    });
}

ROOMPP_DECL void poll_endpoint::handle_poll(loop& home, const client_request& client, poll_request poll,
                                            const responder& reply) const {
    if (client.client_key.empty()) {
        const auto deadline = state_->deadline(home, poll.wait);
        handle_anonymous_poll(home, {client.room, std::move(poll), reply, deadline});
    } else if (const auto conn = state_->find_or_add_polling(home, client, {}, reply)) {
        conn->poll(std::move(poll), reply);
    }
}

ROOMPP_DECL void poll_endpoint::handle_anonymous_poll(loop& home, anonymous_poll poll) const {
    if (poll.request.wait.count() <= 0 || !poll.request.resume || has_news(poll)) return answer(poll);
    auto& polls = state_->local(home).anonymous_polls;
    polls.push_back(std::move(poll));
    if (polls.size() == 1) schedule_recheck(home);
}

// No member tells of news: they are found within a second.
ROOMPP_DECL void poll_endpoint::schedule_recheck(loop& home) const {
    state_->local(home).recheck_timer =
        home.after(std::chrono::seconds(1), [endpoint = *this, &home] { endpoint.recheck_polls(home); });
}

ROOMPP_DECL void poll_endpoint::recheck_polls(loop& home) const {
    auto& polls = state_->local(home).anonymous_polls;
    // Taken out meanwhile: a response may bring the next poll of the HTTP connection.
    for (anonymous_poll& poll : std::exchange(polls, {})) {
        if (!poll.reply.is_open()) continue;
        if (home.now() < poll.deadline && !has_news(poll))
            polls.push_back(std::move(poll));
        else
            answer(poll);
    }
    if (!polls.empty()) schedule_recheck(home);
}

ROOMPP_DECL bool poll_endpoint::has_news(const anonymous_poll& poll) const {
    return !state_->directory().is_up_to_date(poll.room, *poll.request.resume);
}

ROOMPP_DECL void poll_endpoint::answer(const anonymous_poll& poll) const {
    const poll_request& request = poll.request;
    const auto frame = state_->directory().history(poll.room, request.resume.get(), request.history_limit);
    poll.reply.answer(response::json('[' + frame + "]\n"));
}

}  // namespace detail
ROOMPP_NAMESPACE_END
