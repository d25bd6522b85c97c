#pragma once
// One event loop with what its connections share: read buffer, write buffer, and the clock that ends the silent ones.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/coroutine.hpp>
#include <roompp/net/gathered_sends.hpp>
#include <roompp/websocket/frame_reader.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// An event loop. Connections belong to one shard and are touched only on its thread; buffers that only serve while one
/// of them is handled are the shard's, so that an idle connection costs little.
class shard {
public:
    using clock = loop::clock;

    /// Something that lives on the shard: a connection in one of its forms. Counted until its stream has ended.
    class shard_connection : public fan_out_target {
    public:
        explicit shard_connection(shard& host) : host_(host), previous_(host.last_), next_(nullptr) {
            (previous_ ? previous_->next_ : host.first_) = this;
            host.last_ = this;
            ++host.guests_;
        }
        shard_connection(const shard_connection&) = delete;
        shard_connection& operator=(const shard_connection&) = delete;

        [[nodiscard]] shard& host() const noexcept { return host_; }

    protected:
        ~shard_connection() { unregister(); }

        /// Its stream has ended: the shard no longer counts it, whoever still holds it.
        void unregister() noexcept {
            if (retired_) return;
            retired_ = true;
            (previous_ ? previous_->next_ : host_.first_) = next_;
            (next_ ? next_->previous_ : host_.last_) = previous_;
            if (host_.visiting_ == this) host_.visiting_ = next_;
            --host_.guests_;
            host_.end_if_done();
        }
        /// Called about once a second: what took too long ends here.
        virtual void tick(clock::time_point now) = 0;
        /// The server stops: end soon, and politely.
        virtual void stop() = 0;
        /// The server's patience is over: end now.
        virtual void abort() = 0;

    private:
        friend class shard;
        shard& host_;
        shard_connection* previous_;
        shard_connection* next_;
        bool retired_ = false;
    };

    /// Is counted as long as it lives: a guest of some kind.
    class counter_guard {
    public:
        explicit counter_guard(std::size_t& kind) noexcept : kind_(kind) { ++kind_; }
        counter_guard(const counter_guard&) = delete;
        counter_guard& operator=(const counter_guard&) = delete;
        ~counter_guard() { --kind_; }

    private:
        std::size_t& kind_;
    };

    shard(std::size_t index, const roompp::limits& limits)
        : home_([this](loop::task work) { asio::post(context_, std::move(work)); }, index),
          limits_(limits),
          read_buffer_(std::make_unique<char[]>(read_buffer_size)),
          work_(asio::make_work_guard(context_)) {
        home_.set_executor(context_.get_executor());
    }

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }
    [[nodiscard]] loop& home() noexcept { return home_; }
    [[nodiscard]] const roompp::limits& limits() const noexcept { return limits_; }
    [[nodiscard]] std::size_t connections() const noexcept { return guests_; }
    /// The connections that have not said yet what they want; see limits::handshakes.
    [[nodiscard]] std::size_t& handshaking() noexcept { return newcomers_; }
    /// The connections that are there only to be told that there is no place for them.
    [[nodiscard]] std::size_t& rejected() noexcept { return rejected_; }

    /// Runs the loop in this thread until its connections have ended after stop(), and leave_run() was called: other loops may
    /// have a last word for this one. Afterwards the loop is nobody's.
    /// @param failed is told of exceptions that got this far; must not throw.
    /// @param ended is called when the connections have ended.
    void run(const std::function<void(std::exception_ptr)>& failed, std::function<void()> ended) {
        home_.enter();
        when_ended_ = std::move(ended);
        if (make_writer_) sends_.emplace(make_writer_());  // here: a writer may be bound to its thread
        tick_length_ = std::chrono::seconds(1);
        timer_.emplace(context_);
        home_.advance(clock::now());
        tick_later();
        for (;;) {
            try {
                if (work_.owns_work()) context_.run();
                context_.restart();
                context_.run_until(stop_by_);  // what is left: coroutines that wait
                break;
            } catch (...) {
                failed(std::current_exception());
            }
        }
        sends_.reset();
        home_.suspend();
    }
    /// Lets run() return. On the loop's thread.
    void leave_run() {
        work_.reset();
        context_.stop();  // for now: see run()
    }

    /// For who drives the loop by itself instead of calling run(), on whatever time it likes: runs one thing that is
    /// ready. What that throws is thrown.
    /// @returns whether there was one.
    bool poll_one() { return context_.poll_one() != 0; }

    /// For who drives the loop by itself: says what time it is, and does what is due by then.
    void advance(clock::time_point now) {
        home_.advance(now);
        tick();
    }

    /// Ends the connections and then the loop: politely, and after the stop timeout at once. On the loop's thread.
    void stop() {
        if (stopping_) return;
        stopping_ = true;
        stop_by_ = deadline(limits_.stop_timeout);
        visit([](shard_connection& one) { one.stop(); });
        end_if_done();
    }

    /// Whether it takes no new connections any more.
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }

    /// The time of the last tick: exact to the second, and free.
    [[nodiscard]] clock::time_point now() const noexcept { return home_.now(); }

    /// The time by which at least this long has passed, however coarse the ticks are.
    [[nodiscard]] clock::time_point deadline(clock::duration from_now) const noexcept {
        return now() + tick_length_ + from_now;
    }

    static constexpr std::size_t read_buffer_size = 64 * 1024;
    /// Room for one read; whoever reads uses the bytes before it returns to the loop.
    [[nodiscard]] char* read_buffer() noexcept { return read_buffer_.get(); }

    /// What the guest that is being handled has written so far: one write at the end instead of one for each reply.
    struct cork {
        const shard_connection* whose = nullptr;
        std::string bytes;
    };
    [[nodiscard]] cork& corked() noexcept { return cork_; }

    /// How batches are sent, and whether they are compressed; before run().
    void use(fan_out_policy make_writer, std::shared_ptr<const compression> compressing) {
        make_writer_ = std::move(make_writer);
        compression_ = std::move(compressing);
    }
    /// Where a turn's sends of batches are gathered; null if they are to be made one by one.
    [[nodiscard]] gathered_sends* gathering() noexcept { return sends_ && sends_->gathers() ? &*sends_ : nullptr; }
    /// Null if messages are not to be compressed.
    [[nodiscard]] const compression* compressing() const noexcept { return compression_.get(); }

    /// A reader for the bytes of one connection; given back when it is idle.
    [[nodiscard]] std::unique_ptr<frame_reader> take_reader() {
        return spare_reader_ ? std::move(spare_reader_) : std::make_unique<frame_reader>();
    }
    void give_back(std::unique_ptr<frame_reader> reader) noexcept { spare_reader_ = std::move(reader); }

private:
    template <class Visit>
    void visit(Visit&& each) {
        for (shard_connection* one = first_; one; one = visiting_) {
            visiting_ = one->next_;
            each(*one);
        }
        visiting_ = nullptr;
    }

    void tick_later() {
        timer_->expires_after(tick_length_);
        timer_->async_wait([this](const std::error_code& ec) {
            if (ec || ended_) return;
            tick_later();  // first: what runs below may throw
            advance(clock::now());
        });
    }

    void tick() {
        if (stopping_ && now() >= stop_by_)
            visit([](shard_connection& one) { one.abort(); });
        else
            visit([this](shard_connection& one) { one.tick(now()); });
    }

    void end_if_done() noexcept {
        if (!stopping_ || guests_ != 0 || ended_) return;
        ended_ = true;
        if (!timer_) return work_.reset();
        timer_->cancel();
        // Not at once: its last guest may, in this very moment, hand its leave to the loop of its room.
        home_.post([this] { when_ended_(); });
    }

    loop home_;  // outlives what waits in the context
    asio::io_context context_{1};
    roompp::limits limits_;
    std::unique_ptr<char[]> read_buffer_;
    cork cork_;
    std::unique_ptr<frame_reader> spare_reader_;
    std::shared_ptr<const compression> compression_;
    fan_out_policy make_writer_;
    std::optional<gathered_sends> sends_;
    std::optional<asio::steady_timer> timer_;  // while run() keeps the time
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::function<void()> when_ended_;  // while run() keeps the time
    clock::duration tick_length_{};     // none if somebody else keeps the time
    clock::time_point stop_by_{};
    shard_connection* first_ = nullptr;
    shard_connection* last_ = nullptr;
    shard_connection* visiting_ = nullptr;  // the next to visit; moved on if it goes meanwhile
    std::size_t guests_ = 0;
    std::size_t newcomers_ = 0;
    std::size_t rejected_ = 0;
    bool stopping_ = false;
    bool ended_ = false;
};

}  // namespace net
ROOMPP_NAMESPACE_END
