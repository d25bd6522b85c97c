#pragma once
// Polling: a connection that lives from one request to the next.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/turn.hpp>
#include <roompp/config.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/session.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/transports/closing_frame.hpp>

ROOMPP_NAMESPACE_BEGIN

/// What stands behind a poll_connection: the room's side, which knows what was said. Called on the connection's loop,
/// which is the room's as well.
class poll_source : public net::session {
public:
    /// Whether somebody who was in the room until then has missed no message.
    [[nodiscard]] virtual bool is_up_to_date(const resume_point& at) = 0;
    /// The first frame of an answer: the messages after that point, or, without one or from too far back, the last ones.
    [[nodiscard]] virtual std::string history(const resume_point* at, std::size_t last) = 0;
    /// A frame that says who is there now, for a client that has missed who came and went; empty if the room does not tell.
    [[nodiscard]] virtual std::string presence() = 0;
    /// What the application sends, as JSON.
    [[nodiscard]] virtual std::string as_frame(payload message) = 0;
};

/// What one poll asks for.
struct poll_request {
    std::shared_ptr<const resume_point> after;  ///< where the client is; null: it is new
    std::size_t history_limit = 0;              ///< how many messages it wants if it can't go on from there
    std::chrono::seconds wait{0};               ///< how long it may be held until there is news
};

/// A client that polls, as a connection: a member of rooms like any other, over many requests. Messages are answered from
/// the room's history, so that none is lost or doubled, whatever becomes of an answer on its way; a batch (see encoding)
/// has a line break for each of them, and the other events as JSON, each after a comma. These wait for the next poll, up to
/// a bound. It ends when no poll comes for limits::poll_grace.
///
/// Lives on one loop, whatever the requests' connections are on. Counts as a connection of the server.
class poll_connection final : public connection, private net::shard::shard_connection {
public:
    /// For the server. @param peer_address of the first request. @param its_place among those of its address, if they are
    /// counted; given back when it ends.
    poll_connection(net::shard& host, std::string peer_address, bool secure,
                    std::unique_ptr<net::connection_limiter::place> its_place = nullptr)
        : connection(host.home()),
          shard_connection(host),
          peer_address_(std::move(peer_address)),
          is_secure_(secure),
          place_(std::move(its_place)),
          answer_later_([this] { answer_if_news(); }),
          silent_since_(host.now()) {}

    /// For the server: begins. `open` makes what stands behind it, `over` is called when it has ended, `failed` is told of
    /// exceptions.
    void start(const std::function<std::unique_ptr<poll_source>()>& open, std::function<void()> over,
               std::function<void(std::exception_ptr)> failed) {
        over_ = std::move(over);
        failed_ = std::move(failed);
        now_open();
        guarded([&] { source_ = open(); });
    }

    /// A poll has come. It is answered at once if there is something to tell, or held if it may be. A poll that is still
    /// held is answered as it is: a client has one at a time.
    void poll(poll_request asked, responder later) {
        silent_since_ = host().now();
        // More than once: an answer may bring the next poll of the connection that it goes to.
        while (held_) answer(*std::exchange(held_, std::nullopt));
        if (!is_open()) {
            later.answer(closed_response(how_));
            return end();
        }
        const auto until = host().deadline(asked.wait);
        held request{std::move(asked), std::move(later), until};
        if (request.asked.wait.count() <= 0 || has_news(request))
            answer(request);
        else
            held_ = std::move(request);
    }

    /// The client of this poll has gone, or closed its half of the connection. In case it still reads, it gets an answer
    /// without news: in case it does not, what waits here is kept for its next poll.
    void forget(const responder& gone) {
        if (!held_ || held_->to != gone) return;
        const auto poll = std::exchange(held_, std::nullopt);
        silent_since_ = host().now();
        if (!source_ || !poll->to.is_open()) return;
        guarded([&] {
            const std::string history = source_->history(poll->asked.after.get(), poll->asked.history_limit);
            poll->to.answer(history.empty() ? closed_response(how_) : response::json('[' + history + "]\n"));
        });
    }

    /// The client has been heard of, in another way than by a poll.
    void touch() { silent_since_ = host().now(); }

    /// Ends it now, as if it had not polled for long.
    void leave() { end_with({close_code::normal, {}}); }

    /// How it was closed, once it is not open any more.
    [[nodiscard]] const close_event& how_it_was_closed() const noexcept { return how_; }

    /// What a client of a connection that was closed is answered.
    [[nodiscard]] static response closed_response(const close_event& how) {
        const bool for_good = how.code == close_code::policy_violation || how.code >= 4000;
        response told(for_good ? 403 : 503, "application/json", closing_frame(how));
        if (!for_good) told.headers = {{"Retry-After", "5"}};
        return told;
    }

private:
    struct held {
        poll_request asked;
        responder to;
        net::shard::clock::time_point until;
    };

    // More of what was not a message than this is not kept for the next poll.
    static constexpr std::size_t most_waiting = 64 * 1024;

    [[nodiscard]] std::shared_ptr<poll_connection> keep() {
        return std::static_pointer_cast<poll_connection>(shared_from_this());
    }

    // connection
    void send_message(payload message) override {
        if (message.is_text() && source_) put(',' + source_->as_frame(message));  // bytes can't be said in JSON
    }
    void send_batch(const std::shared_ptr<const batch_type>& batch, when_slow) override {
        for (std::string_view rest = batch->bytes(); !rest.empty();) {
            const std::size_t end = rest.find('\n');
            if (end != 0) put(rest.substr(0, end));
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        }
        if (held_) home().current_turn().add(answer_later_);  // within a fan-out: the room can't be asked now
    }
    void start_closing(std::uint16_t code, const std::string& reason) override {
        now_closing();
        how_ = {code, reason};
        silent_since_ = host().now();
        // Not within what the application does now. A client that does not wait now is told with its next poll.
        home().post([self = keep()] {
            self->end_source();
            const auto last = std::exchange(self->held_, std::nullopt);
            if (!last) return;
            last->to.answer(closed_response(self->how_));
            self->end();
        });
    }
    void do_fail(const std::exception_ptr& what) override {
        if (is_open()) start_closing(close_code::internal_error, "internal error");
        if (failed_) failed_(what);
    }
    [[nodiscard]] std::string find_peer_address() const override { return peer_address_; }
    [[nodiscard]] const std::string& agreed_subprotocol() const override {
        static const std::string none;
        return none;
    }
    [[nodiscard]] bool has_secure_transport() const noexcept override { return is_secure_; }

    // shard::guest
    void not_written(const std::shared_ptr<const net::frame_batch>&, std::size_t, int) override {}  // nothing is
    void tick(net::shard::clock::time_point now) override {
        if (held_) {
            if (now < held_->until) return;
            silent_since_ = now;
            return answer(*std::exchange(held_, std::nullopt));
        }
        if (now - silent_since_ >= host().limits().poll_grace) end_with({close_code::abnormal, {}});
    }
    void stop() override {
        if (held_) held_->to.answer(closed_response({close_code::going_away, "server stops"}));
        held_.reset();
        end_with({close_code::going_away, "server stops"});
    }
    void abort() override { stop(); }

    void put(std::string_view frames) {
        if (frames_.size() + frames.size() > most_waiting) {
            frames_ = {};
            has_missed_ = true;
        }
        if (!has_missed_) frames_.append(frames);
    }

    [[nodiscard]] bool has_news(const held& request) {
        if (!frames_.empty() || has_missed_ || !request.asked.after) return true;
        bool up_to_date = true;
        guarded([&] { up_to_date = !source_ || source_->is_up_to_date(*request.asked.after); });
        return !up_to_date;
    }

    void answer_if_news() {
        if (!is_open()) return;  // who closed it answers
        if (held_ && has_news(*held_)) answer(*std::exchange(held_, std::nullopt));
    }

    void answer(const held& request) {
        if (!is_open() || !source_) {
            request.to.answer(closed_response(how_));
            return;
        }
        guarded([&] {
            const std::string history = source_->history(request.asked.after.get(), request.asked.history_limit);
            if (history.empty()) {  // it has failed, and closed this
                request.to.answer(closed_response(how_));
                return;
            }
            std::string text = '[' + history;
            if (std::exchange(has_missed_, false)) {
                const std::string people = source_->presence();
                if (!people.empty()) text.append(",").append(people);
            }
            text.append(frames_).append("]\n");
            frames_.clear();
            request.to.answer(response::json(std::move(text)));
        });
        silent_since_ = host().now();
    }

    void end_with(const close_event& how) {
        if (is_open()) {
            now_closing();
            how_ = how;
        }
        const auto self = keep();
        end_source();
        end();
    }
    void end_source() {
        if (const auto last = std::move(source_)) guarded([&] { last->on_close(how_); });
    }
    void end() {
        const auto self = keep();
        unregister();
        place_.reset();
        if (const auto over = std::exchange(over_, {})) over();
    }

    template <class Action>
    void guarded(Action&& action) {
        try {
            action();
        } catch (...) {
            do_fail(std::current_exception());
        }
    }

    std::string peer_address_;
    bool is_secure_;
    std::unique_ptr<poll_source> source_;
    std::function<void()> over_;
    std::unique_ptr<net::connection_limiter::place> place_;
    std::function<void(std::exception_ptr)> failed_;
    std::optional<held> held_;
    std::string frames_;       // since the last answer, each after a comma
    bool has_missed_ = false;  // there were too many of them
    turn::task answer_later_;
    net::shard::clock::time_point silent_since_;
    close_event how_;
};

ROOMPP_NAMESPACE_END
