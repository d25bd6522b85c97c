#pragma once
// An event loop that a test runs by hand: definitions.

#include <chrono>
#include <cstddef>
#include <mutex>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/testing/manual_loop.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

ROOMPP_DECL manual_loop::manual_loop(std::size_t index)
    : loop_([this](loop::task task) { post(std::move(task)); }, index) {}

ROOMPP_DECL void manual_loop::post(loop::task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
}

ROOMPP_DECL void manual_loop::belong_to_another_thread() {
    is_foreign_ = true;
    loop_.suspend();
}

ROOMPP_DECL bool manual_loop::run_one() {
    loop::task task;
    {
        const std::lock_guard lock(mutex_);
        if (tasks_.empty()) return false;
        task = std::move(tasks_.front());
        tasks_.pop_front();
    }
    run_as_owner([&task] {
        task();
        task = nullptr;
    });
    return true;
}

ROOMPP_DECL std::size_t manual_loop::run() {
    std::size_t n = 0;
    while (run_one()) ++n;
    return n;
}

ROOMPP_DECL void manual_loop::advance(loop::clock::duration time) {
    if (has_wall_time_) {
        wall_now_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(time);
        loop_.set_wall_time(wall_now_);
    }
    run_as_owner([this, time] { loop_.advance(loop_.now() + time); });
}

ROOMPP_DECL void manual_loop::set_wall_time(std::chrono::system_clock::time_point now) {
    wall_now_ = now;
    has_wall_time_ = true;
    loop_.set_wall_time(now);
}

ROOMPP_DECL std::size_t manual_loop::waiting() const {
    const std::lock_guard lock(mutex_);
    return tasks_.size();
}

}  // namespace testing
ROOMPP_NAMESPACE_END
