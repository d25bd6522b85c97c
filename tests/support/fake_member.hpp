#pragma once
// What the tests have besides the public fakes: a loop with a thread, and a count of what is encoded.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/testing/fake_member.hpp>

namespace fake {

using roompp::testing::manual_loop;

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
class batch : public roompp::testing::recorded_messages {
public:
    using recorded_messages::append;
    void append(roompp::payload one) {
        ++encoded();
        recorded_messages::append(one);
    }

    /// How many messages were encoded, in all batches.
    [[nodiscard]] static std::atomic<std::size_t>& encoded() {
        static std::atomic<std::size_t> count{0};
        return count;
    }
};

using strings = std::vector<std::string>;

/// What a batch holds.
inline strings texts_of(const batch& messages) {
    strings texts;
    for (const auto& one : messages.messages()) texts.push_back(one.data);
    return texts;
}

using member = roompp::testing::basic_recording_member<batch>;

/// A new connection on a loop.
inline std::shared_ptr<member> connect(roompp::loop& home) { return std::make_shared<member>(home); }

}  // namespace fake
