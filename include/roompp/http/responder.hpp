#pragma once
// Answers that are given later, or piece by piece.

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/handler.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/http/response.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/rooms/policies.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Why nobody waits for an answer any longer, or not for much longer.
enum class abort_reason : unsigned char {
    client_gone,   ///< the client has closed the connection, or its half of it; or it takes no body (HEAD)
    server_stops,  ///< the server stops: a last answer may be given within the hook
    timed_out,     ///< limits::answer_timeout is over: likewise
    too_slow       ///< more than limits::queue_bytes waited to be sent
};

/// How the end of a streamed body is told.
enum class body_framing : unsigned char {
    chunk,      ///< by a last chunk (RFC 9112, section 7.1): the connection serves on. To HTTP/1.0, by the next way
    connection  ///< by the connection's end (RFC 9112, section 6.3): for what ends only when the client goes
};

namespace detail {

/// What responders speak to: the HTTP session, on its loop.
class http_exchange {
public:
    virtual void add_headers(const header_list& more) = 0;
    virtual void answer(const response& what) = 0;
    virtual void begin(const response& head, body_framing how) = 0;
    virtual void write(std::string_view piece, when_slow slow) = 0;
    virtual void write(const std::shared_ptr<const net::frame_batch>& pieces, when_slow slow) = 0;
    virtual void end() = 0;
    /// Nobody is left who could answer, or end what has begun.
    virtual void abandon() = 0;
    [[nodiscard]] virtual std::size_t waiting_bytes() const noexcept = 0;

protected:
    ~http_exchange() = default;
};

/// One request's answer, shared by those who may give it. Keeps the session while it is owed.
class pending_response {
public:
    using handle = std::shared_ptr<pending_response>;

    pending_response(loop& where, std::shared_ptr<http_exchange> session)
        : home_(where), session_(std::move(session)) {}
    pending_response(const pending_response&) = delete;
    pending_response& operator=(const pending_response&) = delete;
    ~pending_response() {
        if (session_) home_.post([session = std::move(session_)] { session->abandon(); });
    }

    [[nodiscard]] loop& home() const noexcept { return home_; }
    /// Whether it is still owed, or its body has not ended. Safe from any thread.
    [[nodiscard]] bool is_open() const noexcept { return open_.load(std::memory_order_acquire); }
    /// Takes the right to answer, which only the first gets. Safe from any thread.
    [[nodiscard]] bool claim() noexcept { return is_open() && !claimed_.exchange(true); }

    // The rest is the loop's.

    [[nodiscard]] http_exchange* session() const noexcept { return session_.get(); }

    // The hooks get a handle, so that they need not hold one: it would keep the answer from being given up.
    static void on_end(const handle& self, std::function<void(const handle&, abort_reason)> hook) {
        if (self->session_)
            self->ended_ = std::move(hook);
        else if (self->cut_short_)
            hook(self, self->how_it_ended_);
    }
    static void on_drained(const handle& self, std::function<void(const handle&)> hook) {
        if (self->session_) self->drained_ = std::move(hook);
    }
    static void tell_drained(const handle& self) {
        if (const auto hook = self->drained_) hook(self);  // a copy: it may set another one
    }
    /// Calls the hook, once.
    static void tell_end(const handle& self, abort_reason why) {
        self->cut_short_ = true;
        self->how_it_ended_ = why;
        if (const auto hook = std::exchange(self->ended_, {})) hook(self, why);
    }
    /// Nothing more can be said. The hooks go, since they may hold this.
    void close() {
        open_.store(false, std::memory_order_release);
        const auto hooks = std::make_pair(std::exchange(ended_, {}), std::exchange(drained_, {}));
        session_ = nullptr;
    }

private:
    loop& home_;
    std::shared_ptr<http_exchange> session_;  // null once the answer is complete
    std::atomic<bool> open_{true};
    std::atomic<bool> claimed_{false};
    std::function<void(const handle&, abort_reason)> ended_;
    std::function<void(const handle&)> drained_;
    abort_reason how_it_ended_ = abort_reason::client_gone;
    bool cut_short_ = false;
};

// Runs `action(answer)` on the answer's loop: now if called there.
template <class Action>
void with_answer(const std::shared_ptr<pending_response>& answer, Action&& action) {
    if (!answer->is_open()) return;
    if (answer->home().running_here()) return action(*answer);
    answer->home().post([answer, action = std::forward<Action>(action)]() mutable { action(*answer); });
}

}  // namespace detail

/// The body of an answer, sent piece by piece: see responder::stream(). A handle: copies are the same body. If all of
/// them go before end(), the connection is cut, so that the client can tell that something is missing. A hook that holds
/// a handle keeps it from going: use the one that it is given.
///
/// Thread-safety: a handle may be used in any thread; pieces from elsewhere than the connection's loop are copied and
/// sent in the order in which they get there.
class response_stream {
public:
    /// Sends a piece. If more than limits::queue_bytes would then wait, the client is too slow, and is cut off; where
    /// nothing waits, a piece may be of any size.
    /// @param slow whether batches that wait are forgotten before that, so that there is room.
    void write(std::string_view piece, when_slow slow = when_slow::disconnect) const {
        if (!is_open()) return;  // before anything else: the loop may have gone with the server
        if (answer_->home().running_here()) {
            if (const auto session = answer_->session()) session->write(piece, slow);
        } else {
            detail::with_answer(answer_, [copy = std::string(piece), slow](detail::pending_response& its) {
                if (const auto session = its.session()) session->write(copy, slow);
            });
        }
    }
    /// Sends a batch; what the socket does not take now waits as a share of it, not as a copy.
    /// @param slow what becomes of a client that takes too little: cut off, or batches that wait are forgotten, the oldest
    /// first. A body in chunks forgets nothing: its client is cut off.
    void write(const std::shared_ptr<const net::frame_batch>& pieces, when_slow slow = when_slow::disconnect) const {
        detail::with_answer(answer_, [pieces, slow](detail::pending_response& its) {
            if (const auto session = its.session()) session->write(pieces, slow);
        });
    }
    /// Ends the body; nothing that is written afterwards is sent.
    void end() const {
        detail::with_answer(answer_, [](detail::pending_response& its) {
            if (const auto session = its.session()) session->end();
        });
    }
    /// The client has gone, the server stops or the client is too slow: `(response_stream, abort_reason)`. Called once, on
    /// the connection's loop, unless the body has been ended before; at once if it already is so. On `server_stops`,
    /// what the hook writes is still sent. To be set on the connection's loop.
    template <class F>
    const response_stream& on_end(F&& f) const {
        using hook_type = handler<void(const response_stream&, abort_reason)>;
        detail::pending_response::on_end(answer_,
                                         [hook = hook_type(std::forward<F>(f))](const auto& its, abort_reason why) {
                                             hook(response_stream(its), why);
                                         });
        return *this;
    }
    /// All that waited has been handed to the system: time for the next pieces of something long: `(response_stream)`.
    /// Called on the connection's loop, and only if something had to wait (see queued()). To be set there.
    template <class F>
    const response_stream& on_drained(F&& f) const {
        using hook_type = handler<void(const response_stream&)>;
        detail::pending_response::on_drained(
            answer_, [hook = hook_type(std::forward<F>(f))](const auto& its) { hook(response_stream(its)); });
        return *this;
    }
    /// The number of bytes that wait to be sent. On the connection's loop.
    [[nodiscard]] std::size_t queued() const noexcept {
        const auto session = answer_->session();
        return session ? session->waiting_bytes() : 0;
    }
    /// Whether more can be sent. Safe from any thread.
    [[nodiscard]] bool is_open() const noexcept { return answer_->is_open(); }
    /// The loop of the connection. Safe from any thread.
    [[nodiscard]] loop& home() const noexcept { return answer_->home(); }

private:
    friend class responder;
    explicit response_stream(std::shared_ptr<detail::pending_response> answer) : answer_(std::move(answer)) {}
    std::shared_ptr<detail::pending_response> answer_;
};

/// The answer to one request, to be given when there is one: a handler that takes a responder may keep it and return.
/// Until then no further request of that connection is handled; others are. A handle: copies are the same answer, and
/// the first to answer counts. If all of them go unanswered, the client gets 500. A hook that holds a handle keeps it
/// from going: use the one that it is given.
///
/// Thread-safety: a handle may be used in any thread.
class responder {
public:
    /// For the server.
    explicit responder(std::shared_ptr<detail::pending_response> answer) : answer_(std::move(answer)) {}

    /// Headers that the answer gets whoever gives it: the server's own, such as the 503 after a timeout, has them too. To be
    /// called on the connection's loop, where the handler runs, before the answer.
    const responder& add_headers(const std::vector<std::pair<std::string, std::string>>& more) const {
        if (const auto session = answer_->session()) session->add_headers(more);
        return *this;
    }
    /// Answers.
    /// @returns whether this is the answer: false if there was one before, or the client is known to have gone.
    bool answer(response what) const {
        if (!answer_->claim()) return false;
        detail::with_answer(answer_, [what = std::move(what)](detail::pending_response& its) {
            if (const auto session = its.session()) session->answer(what);
        });
        return true;
    }
    /// Begins an answer whose body comes piece by piece.
    /// @param head status, type and headers; its body is the first piece.
    /// @returns the body: one that is not open if there was an answer before, or the client is known to have gone.
    [[nodiscard]] response_stream stream(response head, body_framing how = body_framing::chunk) const {
        if (!answer_->claim()) {
            auto over = std::make_shared<detail::pending_response>(answer_->home(), nullptr);
            detail::pending_response::tell_end(over, abort_reason::client_gone);
            over->close();
            return response_stream(std::move(over));
        }
        detail::with_answer(answer_, [head = std::move(head), how](detail::pending_response& its) {
            if (const auto session = its.session()) session->begin(head, how);
        });
        return response_stream(answer_);
    }
    /// Nobody waits any longer: `(responder, abort_reason)`. Called once, on the connection's loop, unless it has been
    /// answered before. If the server stops or the time is over, the hook may still answer; if it does not, the client
    /// gets 503. To be set on the connection's loop, where the handler runs that is given the responder.
    template <class F>
    const responder& on_end(F&& f) const {
        using hook_type = handler<void(const responder&, abort_reason)>;
        detail::pending_response::on_end(
            answer_,
            [hook = hook_type(std::forward<F>(f))](const auto& its, abort_reason why) { hook(responder(its), why); });
        return *this;
    }
    /// Whether an answer is still waited for, as far as is known. Safe from any thread.
    [[nodiscard]] bool is_open() const noexcept { return answer_->is_open(); }
    /// The loop of the connection. Safe from any thread.
    [[nodiscard]] loop& home() const noexcept { return answer_->home(); }
    /// Whether both are handles of one answer.
    friend bool operator==(const responder& a, const responder& b) noexcept { return a.answer_ == b.answer_; }
    friend bool operator!=(const responder& a, const responder& b) noexcept { return !(a == b); }

private:
    std::shared_ptr<detail::pending_response> answer_;
};

/// The name of abort_reason before 0.2; goes with 0.3.
using hold_end [[deprecated("use roompp::abort_reason")]] = abort_reason;

/// The name of body_framing before 0.2; goes with 0.3.
using body_end [[deprecated("use roompp::body_framing")]] = body_framing;

ROOMPP_NAMESPACE_END
