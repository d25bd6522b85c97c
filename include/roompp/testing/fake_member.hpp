#pragma once
// Event loops and members for testing a room or a policy alone: no server, no connection.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/member_concept.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// A loop whose tasks wait until the test runs them, and whose time passes when the test says so. Tasks may be posted
/// from any thread, everything else is for the test's.
class manual_loop {
public:
    /// @param index its place among the loops of a test, from 0.
    explicit manual_loop(std::size_t index = 0)
        : loop_(
              [this](loop::task work) {
                  const std::lock_guard lock(mutex_);
                  tasks_.push_back(std::move(work));
              },
              index) {}

    operator loop&() noexcept { return loop_; }
    [[nodiscard]] loop& get() noexcept { return loop_; }

    /// From now on the loop belongs to another thread, as seen from outside of run().
    void belong_to_another_thread() {
        elsewhere_ = true;
        loop_.suspend();
    }

    /// Runs a single task, if one waits.
    bool run_one() {
        loop::task next;
        {
            const std::lock_guard lock(mutex_);
            if (tasks_.empty()) return false;
            next = std::move(tasks_.front());
            tasks_.pop_front();
        }
        as_owner([&] {
            next();
            next = nullptr;
        });
        return true;
    }
    /// Runs what waits, and what comes of it.
    /// @returns how many tasks that were.
    std::size_t run() {
        std::size_t n = 0;
        while (run_one()) ++n;
        return n;
    }
    /// Lets time pass, both the loop's and, if set_wall_time() was called, that of the day; runs the timers that are due.
    void advance(loop::clock::duration by) {
        if (wall_set_) {
            wall_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
            loop_.set_wall_time(wall_);
        }
        as_owner([&] { loop_.advance(loop_.now() + by); });
    }
    void set_wall_time(std::chrono::system_clock::time_point now) {
        wall_ = now;
        wall_set_ = true;
        loop_.set_wall_time(now);
    }

    /// How many tasks wait.
    [[nodiscard]] std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return tasks_.size();
    }

private:
    template <class Action>
    void as_owner(Action&& action) {
        if (elsewhere_) loop_.enter();
        action();
        if (elsewhere_) loop_.suspend();
    }

    mutable std::mutex mutex_;
    std::deque<loop::task> tasks_;
    std::chrono::system_clock::time_point wall_{};
    bool elsewhere_ = false;
    bool wall_set_ = false;
    loop loop_;
};

/// A batch whose messages are not encoded at all.
class recorded_messages {
public:
    struct message {
        std::string data;
        payload_kind kind;
    };

    void append(payload one) { messages_.push_back({std::string(one.data()), one.kind()}); }
    void append(const recorded_messages& other, std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) messages_.push_back(other.messages_[i]);
    }
    [[nodiscard]] std::size_t size() const noexcept { return messages_.size(); }
    void clear() noexcept { messages_.clear(); }
    [[nodiscard]] const std::vector<message>& messages() const noexcept { return messages_; }

private:
    std::vector<message> messages_;
};

/// A connection that remembers what was done to it: `roompp::basic_room<roompp::of_members<recording_member>>`. The
/// recorded values are for the loop's thread, but for those of the closing.
template <class Batch>
class basic_recording_member {
public:
    using batch_type = Batch;

    explicit basic_recording_member(loop& home) : home_(&home) {}

    void deliver(const std::shared_ptr<const Batch>& messages) {
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
    void pause_reading() { ++holds; }
    void resume_reading() { --holds; }
    [[nodiscard]] loop& home() const noexcept { return *home_; }

    /// With what it was closed, each time. Safe from any thread.
    [[nodiscard]] std::vector<std::uint16_t> close_codes() const {
        const std::lock_guard lock(mutex_);
        return close_codes_;
    }
    [[nodiscard]] std::string close_reason() const {
        const std::lock_guard lock(mutex_);
        return close_reason_;
    }
    [[nodiscard]] bool closed() const { return !close_codes().empty(); }

    std::vector<std::string> received;  ///< the messages that were delivered, in order
    std::vector<payload_kind> kinds;    ///< and of what kind each was
    std::size_t deliveries = 0;         ///< in how many batches they came
    int holds = 0;                      ///< how often it was held and not yet told to go on
    bool on_own_loop = true;            ///< whether all came on the loop that it lives on

private:
    loop* home_;
    mutable std::mutex mutex_;
    std::vector<std::uint16_t> close_codes_;
    std::string close_reason_;
};

/// A member whose messages are not encoded.
using recording_member = basic_recording_member<recorded_messages>;

}  // namespace testing
ROOMPP_NAMESPACE_END
