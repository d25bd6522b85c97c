#pragma once
// Deferred and streamed responses.

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
#include <roompp/base/slow_consumer.hpp>
#include <roompp/config.hpp>
#include <roompp/http/response.hpp>
#include <roompp/net/frame_batch.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Why a pending response was cut short, or is about to be.
enum class abort_reason : unsigned char {
    /// The client has closed the connection, or its half of it: the two look alike until something is sent. What is
    /// still answered is sent, for a client that has only finished sending waits for it (RFC 9112, section 9.6); once
    /// the connection turns out to be lost, the response is not open any more. Also if a HEAD was answered with a
    /// stream.
    client_gone,
    server_stops,  ///< the server stops: a last answer may be given within the hook
    timed_out,     ///< limits::answer_timeout is over: likewise
    too_slow       ///< more than limits::queue_bytes would have to wait for the client
};

/// How the end of a streamed body is marked.
enum class body_framing : unsigned char {
    chunk,      ///< by a last chunk (RFC 9112, section 7.1): the connection serves on. To HTTP/1.0, by the next way
    connection  ///< by the connection's end (RFC 9112, section 6.3): for what ends only when the client goes
};

namespace detail {

/// The session of a pending response, as responders use it. On its loop.
class http_exchange {
public:
    virtual void add_headers(const header_list& more) = 0;
    virtual void answer(const response& whole) = 0;
    virtual void begin(const response& head, body_framing framing) = 0;
    virtual void write(std::string_view piece, when_slow slow) = 0;
    virtual void write(const std::shared_ptr<const net::frame_batch>& batch, when_slow slow) = 0;
    virtual void end() = 0;
    /// No handle is left that could answer, or end what has begun.
    virtual void abandon() = 0;
    /// The number of bytes that wait to be sent.
    [[nodiscard]] virtual std::size_t queued_bytes() const noexcept = 0;

protected:
    ~http_exchange() = default;
};

/// Shared state of one pending response. Keeps the HTTP session alive until the response is complete.
class pending_response {
public:
    using handle = std::shared_ptr<pending_response>;

    /// @param home the loop of the session.
    /// @param session may be null: then the response is over.
    pending_response(loop& home, std::shared_ptr<http_exchange> session) : home_(home), session_(std::move(session)) {}
    pending_response(const pending_response&) = delete;
    pending_response& operator=(const pending_response&) = delete;
    ~pending_response();

    [[nodiscard]] loop& home() const noexcept { return home_; }
    /// Whether it is still owed, or its body has not ended. Safe from any thread.
    [[nodiscard]] bool is_open() const noexcept { return open_.load(std::memory_order_acquire); }
    /// Takes the right to answer, which only the first gets. Safe from any thread.
    [[nodiscard]] bool claim() noexcept { return is_open() && !claimed_.exchange(true); }

    // On the loop only:

    /// Null once the response is complete.
    [[nodiscard]] http_exchange* session() const noexcept { return session_.get(); }

    // The hooks are given a handle, so that they need not hold one: it would keep the response from being abandoned.

    /// Sets the hook of notify_end(), or calls it if that has been called and the response is over.
    static void on_end(const handle& self, std::function<void(const handle&, abort_reason)> hook);
    static void on_drained(const handle& self, std::function<void(const handle&)> hook);
    static void notify_drained(const handle& self);
    /// Calls the hook of on_end(), once.
    /// @returns whether there was one.
    static bool notify_end(const handle& self, abort_reason reason);
    /// The response is over. Drops the hooks, since they may hold this.
    void close();

private:
    loop& home_;
    std::shared_ptr<http_exchange> session_;
    std::atomic<bool> open_{true};
    std::atomic<bool> claimed_{false};
    std::function<void(const handle&, abort_reason)> end_hook_;
    std::function<void(const handle&)> drained_hook_;
    abort_reason abort_reason_ = abort_reason::client_gone;
    bool is_aborted_ = false;
};

/// Runs `action(http_exchange&)` on the loop of a response, unless it is over: now if called there. Looks at the
/// response first: if it is over, the loop may have gone with the server.
template <class Action>
void with_session(const pending_response::handle& response, Action&& action) {
    if (!response->is_open()) return;
    const auto run = [](const pending_response::handle& pending, auto& act) {
        if (http_exchange* const session = pending->session()) act(*session);
    };
    if (response->home().running_here()) return run(response, action);
    response->home().post([response, run, action = std::forward<Action>(action)]() mutable { run(response, action); });
}

}  // namespace detail

/// The body of a response, sent piece by piece: see responder::stream(). A handle: copies are the same body. If all of
/// them go before end(), the connection is cut, so that the client can tell that something is missing. A hook that
/// holds a handle keeps it from going: use the one that it is given.
///
/// Thread-safety: a handle may be used in any thread; pieces from other threads than the connection's loop are copied
/// and sent in the order in which they get to it.
class response_stream {
public:
    /// Sends a piece. If more than limits::queue_bytes would then wait, the client is too slow, and is cut off; where
    /// nothing waits, a piece may be of any size.
    /// @param slow whether batches that wait are forgotten before that, to make room.
    void write(std::string_view piece, when_slow slow = when_slow::disconnect) const;
    /// Sends a batch; what the socket does not take now waits as a share of it, not as a copy.
    /// @param slow what becomes of a client that takes too little: cut off, or batches that wait are forgotten, the
    /// oldest first. A body in chunks forgets nothing: its client is cut off.
    void write(const std::shared_ptr<const net::frame_batch>& batch, when_slow slow = when_slow::disconnect) const;
    /// Ends the body; nothing that is written afterwards is sent.
    void end() const;
    /// The client has gone, the server stops or the client is too slow: `(response_stream, abort_reason)`. Called once,
    /// on the connection's loop, unless the body has been ended before; at once if it already is so. On `server_stops`
    /// and `client_gone`, what is written is still sent as far as possible. To be set on the connection's loop.
    template <class F>
    const response_stream& on_end(F&& f) const {
        using hook_type = handler<void(const response_stream&, abort_reason)>;
        detail::pending_response::on_end(
            response_, [hook = hook_type(std::forward<F>(f))](const auto& response, abort_reason reason) {
                hook(response_stream(response), reason);
            });
        return *this;
    }
    /// All that waited has been handed to the system: time for the next pieces of something long: `(response_stream)`.
    /// Called on the connection's loop, and only if something had to wait (see queued()). To be set there.
    template <class F>
    const response_stream& on_drained(F&& f) const {
        using hook_type = handler<void(const response_stream&)>;
        detail::pending_response::on_drained(response_, [hook = hook_type(std::forward<F>(f))](const auto& response) {
            hook(response_stream(response));
        });
        return *this;
    }
    /// The number of bytes that wait to be sent. On the connection's loop.
    [[nodiscard]] std::size_t queued() const noexcept;
    /// Whether more can be sent, as far as is known. Safe from any thread.
    [[nodiscard]] bool is_open() const noexcept { return response_->is_open(); }
    /// The loop of the connection. Safe from any thread.
    [[nodiscard]] loop& home() const noexcept { return response_->home(); }

private:
    friend class responder;
    explicit response_stream(detail::pending_response::handle response) : response_(std::move(response)) {}
    detail::pending_response::handle response_;
};

/// The response to one request, to be given when it is ready: a handler that takes a responder may keep it and return.
/// Until then no further request of that connection is handled; others are. A handle: copies are the same response, and
/// the first to answer counts. If all of them go unanswered, the client gets 500. A hook that holds a handle keeps it
/// from going: use the one that it is given.
///
/// Thread-safety: a handle may be used in any thread.
class responder {
public:
    /// Internal, for the server.
    explicit responder(detail::pending_response::handle response) : response_(std::move(response)) {}

    /// Headers of the response, whoever gives it: the server's own, such as the 503 after a timeout, has them too. To
    /// be called on the connection's loop, in the handler, before the response.
    const responder& add_headers(const std::vector<std::pair<std::string, std::string>>& more) const;
    /// Answers.
    /// @returns whether this is the response: false if there was one before, or the connection is known to be lost.
    bool answer(response whole) const;
    /// Begins a response whose body comes piece by piece.
    /// @param head status, type and headers; its body is the first piece.
    /// @returns the body: one that is not open if there was a response before, or the connection is known to be lost.
    [[nodiscard]] response_stream stream(response head, body_framing framing = body_framing::chunk) const;
    /// The response is cut short: `(responder, abort_reason)`. Called once, on the connection's loop, unless it has
    /// been answered before. The hook may still answer. If it does not, the client gets 503 when the server stops or
    /// the time is over; a client that has gone gets what is answered later, and nothing if all handles go. To be set
    /// on the connection's loop, in the handler.
    template <class F>
    const responder& on_end(F&& f) const {
        using hook_type = handler<void(const responder&, abort_reason)>;
        detail::pending_response::on_end(
            response_, [hook = hook_type(std::forward<F>(f))](const auto& response, abort_reason reason) {
                hook(responder(response), reason);
            });
        return *this;
    }
    /// Whether a response is still expected, as far as is known. Safe from any thread.
    [[nodiscard]] bool is_open() const noexcept { return response_->is_open(); }
    /// The loop of the connection. Safe from any thread.
    [[nodiscard]] loop& home() const noexcept { return response_->home(); }
    /// Whether both are handles of one response.
    friend bool operator==(const responder& a, const responder& b) noexcept { return a.response_ == b.response_; }
    friend bool operator!=(const responder& a, const responder& b) noexcept { return !(a == b); }

private:
    detail::pending_response::handle response_;
};

/// The name of abort_reason before 0.2; goes with 0.3.
using hold_end [[deprecated("use roompp::abort_reason")]] = abort_reason;

/// The name of body_framing before 0.2; goes with 0.3.
using body_end [[deprecated("use roompp::body_framing")]] = body_framing;

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/responder.ipp>
#endif
