#pragma once
// A loop's timers and random numbers.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <utility>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

struct loop::timer_set {
    std::map<timer_key, task> tasks;
    std::uint64_t last_number = 0;  // of the timers ever made
};

ROOMPP_DECL loop::loop(std::function<void(task)> post, std::size_t index)
    : post_(std::move(post)),
      index_(index),
      turn_([this] { post_([this] { turn_.end(); }); }),
      timers_(std::make_shared<timer_set>()) {
    target_->reached = this;
}

ROOMPP_DECL bool loop::handle::post(task work) const {
    const std::lock_guard lock(target_->mutex);
    if (!target_->reached) return false;
    target_->reached->post(std::move(work));
    return true;
}

ROOMPP_DECL void loop::end_handles() noexcept {
    const std::lock_guard lock(target_->mutex);
    target_->reached = nullptr;
}

ROOMPP_DECL void loop::timer::cancel() noexcept {
    if (const auto timers = std::exchange(timers_, {}).lock()) timers->tasks.erase(key_);
}

ROOMPP_DECL loop::timer loop::after(clock::duration delay, task work) {
    const timer_key key{now_ + delay, ++timers_->last_number};
    timers_->tasks.emplace(key, std::move(work));
    return timer(timers_, key);
}

ROOMPP_DECL void loop::advance(clock::time_point now) {
    now_ = now;
    auto& tasks = timers_->tasks;
    const auto last_number = timers_->last_number;
    for (auto next = tasks.begin(); next != tasks.end() && next->first.first <= now;) {
        if (next->first.second > last_number) {
            ++next;
            continue;
        }
        const auto due = tasks.extract(next);
        due.mapped()();
        next = tasks.begin();  // the task may have changed anything
    }
}

ROOMPP_DECL std::uint64_t loop::random() {
    if (random_) return random_();
    thread_local std::random_device device;
    return std::uint64_t{device()} << 32U | device();
}

ROOMPP_NAMESPACE_END
