#pragma once
// A connection and event loops for tests: no sockets, no waiting.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <roompp/core/loop.hpp>
#include <roompp/core/member_concept.hpp>
#include <roompp/core/payload.hpp>

namespace fake {

/// Waits for everything that is done meanwhile: tasks that a loop runs when it is told to.
class manual_loop {
public:
    explicit manual_loop(std::size_t index = 0)
        : loop_(
              [this](roompp::loop::task work) {
                  const std::lock_guard lock(mutex_);
                  tasks_.push_back(std::move(work));
              },
              index) {}

    operator roompp::loop&() noexcept { return loop_; }
    [[nodiscard]] roompp::loop& get() noexcept { return loop_; }

    /// From now on the loop belongs to another thread, as seen from outside of run().
    void belong_to_another_thread() {
        elsewhere_ = true;
        std::thread([this] { loop_.enter(); }).join();
    }

    /// Runs a single task, if one waits.
    bool run_one() {
        roompp::loop::task next;
        {
            const std::lock_guard lock(mutex_);
            if (tasks_.empty()) return false;
            next = std::move(tasks_.front());
            tasks_.pop_front();
        }
        if (elsewhere_) loop_.enter();
        next();
        next = nullptr;
        if (elsewhere_) belong_to_another_thread();
        return true;
    }

    /// Runs what waits, and what comes of it; says how many tasks that were.
    std::size_t run() {
        std::size_t n = 0;
        while (run_one()) ++n;
        return n;
    }

    [[nodiscard]] std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return tasks_.size();
    }

private:
    mutable std::mutex mutex_;
    std::deque<roompp::loop::task> tasks_;
    bool elsewhere_ = false;
    roompp::loop loop_;
};

/// A loop with a thread of its own.
class threaded_loop {
public:
    explicit threaded_loop(std::size_t index = 0)
        : loop_(
              [this](roompp::loop::task work) {
                  {
                      const std::lock_guard lock(mutex_);
                      tasks_.push_back(std::move(work));
                  }
                  news_.notify_one();
              },
              index) {
        std::promise<void> entered;
        thread_ = std::thread([this, &entered] {
            loop_.enter();
            entered.set_value();
            work();
        });
        entered.get_future().wait();
    }
    ~threaded_loop() { stop(); }
    threaded_loop(const threaded_loop&) = delete;
    threaded_loop& operator=(const threaded_loop&) = delete;

    operator roompp::loop&() noexcept { return loop_; }
    [[nodiscard]] roompp::loop& get() noexcept { return loop_; }

    /// Runs the action on the loop's thread and returns when it has run.
    template <class Action>
    void run(Action&& action) {
        std::promise<void> done;
        loop_.post([&] {
            action();
            done.set_value();
        });
        done.get_future().wait();
    }
    /// Returns when everything posted so far has run.
    void drain() {
        run([] {});
    }
    /// Runs what is left, then ends the thread; the loop is everybody's again.
    void stop() {
        if (!thread_.joinable()) return;
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        news_.notify_one();
        thread_.join();
        loop_.leave();
    }

private:
    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            news_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            {
                auto next = std::move(tasks_.front());
                tasks_.pop_front();
                lock.unlock();
                next();
            }
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable news_;
    std::deque<roompp::loop::task> tasks_;
    bool stopping_ = false;
    roompp::loop loop_;
    std::thread thread_;
};

/// Messages that are not encoded at all, and a count of how often they would have been.
class batch {
public:
    struct message {
        std::string data;
        roompp::payload_kind kind;
    };

    void append(roompp::payload one) {
        ++encoded();
        messages_.push_back({std::string(one.data()), one.kind()});
    }
    void append(const batch& other, std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) messages_.push_back(other.messages_[i]);
    }
    [[nodiscard]] std::size_t size() const noexcept { return messages_.size(); }
    void clear() noexcept { messages_.clear(); }
    [[nodiscard]] const std::vector<message>& messages() const noexcept { return messages_; }

    /// How many messages were encoded, in all batches.
    [[nodiscard]] static std::atomic<std::size_t>& encoded() {
        static std::atomic<std::size_t> count{0};
        return count;
    }

private:
    std::vector<message> messages_;
};

using strings = std::vector<std::string>;

/// What a batch holds.
inline strings texts_of(const batch& messages) {
    strings texts;
    for (const auto& one : messages.messages()) texts.push_back(one.data);
    return texts;
}

/// A connection that remembers what was done to it.
class member {
public:
    using batch_type = batch;

    explicit member(roompp::loop& home) : home_(&home) {}

    void deliver(const std::shared_ptr<const batch>& messages) {
        ++deliveries;
        if (!home_->running_here()) on_own_loop = false;
        for (const auto& one : messages->messages()) {
            received.push_back(one.data);
            kinds.push_back(one.kind);
        }
    }
    void close(std::uint16_t code, std::string_view reason) {
        const std::lock_guard lock(mutex_);
        close_codes_.push_back(code);
        close_reason_ = reason;
    }
    [[nodiscard]] roompp::loop& home() const noexcept { return *home_; }

    /// With what it was closed, each time.
    [[nodiscard]] std::vector<std::uint16_t> close_codes() const {
        const std::lock_guard lock(mutex_);
        return close_codes_;
    }
    [[nodiscard]] std::string close_reason() const {
        const std::lock_guard lock(mutex_);
        return close_reason_;
    }
    [[nodiscard]] bool closed() const { return !close_codes().empty(); }

    strings received;
    std::vector<roompp::payload_kind> kinds;
    std::size_t deliveries = 0;
    bool on_own_loop = true;

private:
    roompp::loop* home_;
    mutable std::mutex mutex_;
    std::vector<std::uint16_t> close_codes_;
    std::string close_reason_;
};

/// A new connection on a loop.
inline std::shared_ptr<member> connect(roompp::loop& home) { return std::make_shared<member>(home); }

}  // namespace fake
