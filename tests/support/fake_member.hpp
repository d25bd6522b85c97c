#pragma once
// A loop with a thread, and members that count encoded messages: beside those of roompp/testing/fake_member.hpp.

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
              [this](roompp::loop::task task) {
                  {
                      const std::lock_guard lock(mutex_);
                      tasks_.push_back(std::move(task));
                  }
                  news_.notify_one();
              },
              index) {
        std::promise<void> entered;
        thread_ = std::thread([this, &entered] {
            loop_.enter();
            entered.set_value();
            run_tasks();
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
    /// Runs the tasks that are left, then ends the thread; the loop belongs to no thread again.
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
    void run_tasks() {
        std::unique_lock lock(mutex_);
        for (;;) {
            news_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            {
                auto task = std::move(tasks_.front());
                tasks_.pop_front();
                lock.unlock();
                task();
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

/// A batch without encoding that counts the messages that would have been encoded.
class batch : public roompp::testing::recorded_messages {
public:
    using recorded_messages::append;
    void append(roompp::payload content) {
        ++encoded();
        recorded_messages::append(content);
    }

    /// How many messages were encoded, in all batches.
    [[nodiscard]] static std::atomic<std::size_t>& encoded() {
        static std::atomic<std::size_t> count{0};
        return count;
    }
};

using strings = std::vector<std::string>;

/// The texts of a batch.
inline strings texts_of(const batch& messages) {
    strings texts;
    for (const auto& message : messages.messages()) texts.push_back(message.data);
    return texts;
}

using member = roompp::testing::basic_recording_member<batch>;

/// A new connection on a loop.
inline std::shared_ptr<member> connect(roompp::loop& home) { return std::make_shared<member>(home); }

}  // namespace fake
