#pragma once
// Running a loop on Asio, with a tick each second, and ending it.

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>
#include <roompp/net/tcp_types.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/coroutine.hpp>
#include <roompp/net/gathered_sends.hpp>
#include <roompp/net/shard.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

struct shard::reactor {
    asio::io_context context{1};
    std::optional<net::loop_timer> timer;  // while run() keeps the time
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
};

ROOMPP_DECL shard::shard_connection::shard_connection(shard& host)
    : host_(host), previous_(host.last_), next_(nullptr) {
    (previous_ ? previous_->next_ : host.first_) = this;
    host.last_ = this;
    ++host.connection_count_;
}

ROOMPP_DECL void shard::shard_connection::unregister() noexcept {
    if (unregistered_) return;
    unregistered_ = true;
    (previous_ ? previous_->next_ : host_.first_) = next_;
    (next_ ? next_->previous_ : host_.last_) = previous_;
    if (host_.next_visited_ == this) host_.next_visited_ = next_;
    --host_.connection_count_;
    host_.end_if_done();
}

ROOMPP_DECL shard::shard(std::size_t index, const roompp::limits& limits)
    : home_([this](loop::task work) { asio::post(reactor_->context, std::move(work)); }, index),
      limits_(limits),
      read_buffer_(std::make_unique<char[]>(read_buffer_size)),
      queue_memory_(std::make_shared<queue_budget>(limits.all_queue_bytes)),
      reactor_(std::make_unique<reactor>()) {
    home_.set_executor(reactor_->context.get_executor());
    home_.set_alarm([this](clock::duration delay, loop::task work) { wake_after(delay, std::move(work)); });
}

// Connections that end with the reactor's handlers do not end the loop any more.
ROOMPP_DECL shard::~shard() {
    home_.end_handles();
    ended_ = true;
}

ROOMPP_DECL asio::io_context& shard::context() noexcept { return reactor_->context; }

ROOMPP_DECL void shard::run(const std::function<void(std::exception_ptr)>& failed, std::function<void()> ended) {
    home_.enter();
    on_end_ = std::move(ended);
    if (make_writer_) sends_.emplace(make_writer_());  // in this thread: a writer may be bound to it
    tick_length_ = std::chrono::seconds(1);
    reactor_->timer.emplace(reactor_->context);
    home_.advance(clock::now());
    for (;;) {
        try {
            if (!tick_is_scheduled_ && !ended_) schedule_tick();
            if (reactor_->work.owns_work()) reactor_->context.run();
            reactor_->context.restart();
            reactor_->context.run_until(stop_by_);  // the coroutines that are left
            break;
        } catch (...) {
            failed(std::current_exception());
            // Memory is short: the time must go on, and until then nothing would end by itself.
            if (!tick_is_scheduled_) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }
    sends_.reset();
    home_.suspend();
}

ROOMPP_DECL void shard::leave_run() {
    reactor_->work.reset();
    reactor_->context.stop();  // run() restarts it for the coroutines that are left
}

ROOMPP_DECL bool shard::poll_one() { return reactor_->context.poll_one() != 0; }

ROOMPP_DECL void shard::stop() {
    if (stopping_) return;
    stopping_ = true;
    stop_by_ = deadline(limits_.stop_timeout);
    try {
        for_each_connection([](shard_connection& connection) { connection.stop(); });
    } catch (...) {
        end_if_done();
        throw;
    }
    end_if_done();
}

ROOMPP_DECL void shard::use(fan_out_policy make_writer, std::shared_ptr<const compression> algorithm) {
    make_writer_ = std::move(make_writer);
    compression_ = std::move(algorithm);
}

// What one throws costs the others nothing; the first exception is thrown at the end.
template <class Visitor>
void shard::for_each_connection(Visitor&& visit) {
    std::exception_ptr error;
    for (shard_connection* connection = first_; connection; connection = next_visited_) {
        next_visited_ = connection->next_;
        try {
            visit(*connection);
        } catch (...) {
            if (!error) error = std::current_exception();
        }
    }
    next_visited_ = nullptr;
    if (error) std::rethrow_exception(error);
}

ROOMPP_DECL void shard::schedule_tick() {
    reactor_->timer->expires_after(tick_length_);
    reactor_->timer->async_wait([this](const std::error_code& ec) {
        tick_is_scheduled_ = false;
        if (ec || ended_) return;
        schedule_tick();  // before the tick, which may throw
        if (on_tick_) on_tick_();
        advance(clock::now());
    });
    tick_is_scheduled_ = true;
}

ROOMPP_DECL void shard::advance(clock::time_point now) {
    try {
        home_.advance(now);
    } catch (...) {
        tick();  // the timeouts of connections do not depend on a timer of the application
        throw;
    }
    tick();
}

ROOMPP_DECL void shard::wake_after(clock::duration delay, loop::task work) {
    if (reactor_->timer) {
        const auto alarm = std::make_shared<loop_timer>(reactor_->context, delay);
        alarm->async_wait([alarm, work = std::move(work)](const std::error_code& ec) {
            if (!ec) work();
        });
    } else {  // a driver keeps the time
        const auto alarm = std::make_shared<loop::timer>();
        *alarm = home_.after(delay, [alarm, work = std::move(work)] { work(); });
    }
}

ROOMPP_DECL void shard::tick() {
    if (stopping_ && now() >= stop_by_)
        for_each_connection([](shard_connection& connection) { connection.abort(); });
    else
        for_each_connection([this](shard_connection& connection) { connection.tick(now()); });
}

ROOMPP_DECL void shard::end_if_done() noexcept {
    if (!stopping_ || connection_count_ != 0 || ended_) return;
    ended_ = true;
    if (!reactor_->timer) return reactor_->work.reset();
    reactor_->timer->cancel();
    // In a later turn: the last connection may be about to post its leave to the loop of its room.
    home_.post([this] { on_end_(); });
}

}  // namespace net
ROOMPP_NAMESPACE_END
