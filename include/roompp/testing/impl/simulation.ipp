#pragma once
// Drives a server in a test: definitions.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/server/serve.hpp>
#include <roompp/testing/failure.hpp>
#include <roompp/testing/memory_link.hpp>
#include <roompp/testing/memory_stream.hpp>
#include <roompp/testing/simulation.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

namespace detail {

/// Sets a flag for a scope.
class flag_guard {
public:
    explicit flag_guard(bool& flag) : flag_(flag) { flag_ = true; }
    ~flag_guard() { flag_ = false; }
    flag_guard(const flag_guard&) = delete;
    flag_guard& operator=(const flag_guard&) = delete;

private:
    bool& flag_;
};

/// Makes the calling thread a loop's for a scope.
class loop_scope {
public:
    explicit loop_scope(loop& home) : home_(home) { home_.enter(); }
    ~loop_scope() { home_.suspend(); }
    loop_scope(const loop_scope&) = delete;
    loop_scope& operator=(const loop_scope&) = delete;

private:
    loop& home_;
};

[[nodiscard]] ROOMPP_DECL std::string error_text(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception that is not derived from std::exception";
    }
}

[[nodiscard]] ROOMPP_DECL bool is_standard_exception(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception&) {
        return true;
    } catch (...) {
        return false;
    }
}

}  // namespace detail

// ---- Start and end

ROOMPP_DECL std::shared_ptr<simulation> simulation::start(server& target, std::uint64_t seed) {
    if (access::driver(target))
        throw std::logic_error("roompp: this server is in another roompp::testing::world; use that one");
    auto sim = std::make_shared<simulation>(target, seed);
    sim->attach();
    return sim;
}

ROOMPP_DECL std::shared_ptr<simulation> simulation::find_or_start(server& target) {
    auto sim = std::dynamic_pointer_cast<simulation>(access::driver(target));
    return sim ? sim : start(target, 0);
}

ROOMPP_DECL void simulation::attach() {
    shards_ = access::attach_driver(*server_, shared_from_this());
    now_ = start_ = shards_.front()->now();
    for (net::shard* shard : shards_) shard->home().suspend();
    move_clock({});
    while (!ticks_.empty()) tick(0);
}

ROOMPP_DECL void simulation::end() {
    if (!server_) return;
    run_quietly();
    const auto links = live_links();
    for (const auto& link : links) link->vanish();
    run_quietly();
    // A client that floods is not read from until a later tick: only then the server notices that it has vanished.
    constexpr int max_ticks = 10'000;
    const auto is_closed = [](const link_ptr& link) { return link->is_closed(); };
    for (int i = 0; i < max_ticks && !std::all_of(links.begin(), links.end(), is_closed); ++i) {
        move_clock(std::chrono::seconds(1));
        run_quietly();
    }
    for (const auto& link : links) link->detach();
    for (const auto& error : errors_)
        std::fprintf(stderr, "roompp: a handler failed as its test ended: %s\n", detail::error_text(error).c_str());
    access::detach_driver(*server_);
    server_ = nullptr;
    shards_.clear();
    busy_.clear();
    ticks_.clear();
}

// ---- What clients and the world call

ROOMPP_DECL void simulation::set_wall_time(std::chrono::system_clock::time_point now) {
    wall_now_ = now;
    for (net::shard* shard : shards_) shard->home().set_wall_time(wall_now_);
}

ROOMPP_DECL std::vector<std::string> simulation::errors() {
    run();
    std::vector<std::string> texts;
    for (const auto& error : std::exchange(errors_, {})) texts.push_back(detail::error_text(error));
    return texts;
}

ROOMPP_DECL std::shared_ptr<memory_link> simulation::connect(std::size_t client_number, std::size_t capacity) {
    require_server();
    net::shard& host = *shards_[next_shard_++ % shards_.size()];
    memory_link::observer& network = *this;
    auto peer_address = "192.0.2." + std::to_string(1 + (client_number - 1) % 254);  // reserved by RFC 5737
    auto link = std::make_shared<memory_link>(host, network, std::move(peer_address), capacity);
    host.home().post([target = server_, &host, link] {
        roompp::detail::serve(access::loops(*target), access::routes(*target), host, memory_stream(link));
    });
    track(link);
    return link;
}

ROOMPP_DECL void simulation::settle() {
    run();
    throw_errors();
}

ROOMPP_DECL void simulation::stop() {
    require_idle();
    server_->stop();
    settle();
}

ROOMPP_DECL void simulation::advance(clock::duration time) {
    require_idle();
    if (seed_ == 0 || time <= clock::duration::zero()) run();
    while (time > clock::duration::zero()) {
        const auto step = std::min<clock::duration>(time, std::chrono::seconds(1));
        time -= step;
        move_clock(step);
        run();
    }
    throw_errors();
}

// ---- Conditions and errors

ROOMPP_DECL void simulation::require_server() const {
    if (!server_)
        throw failure("roompp::testing: the world has ended, or its server: keep both for as long as their clients");
}

// A hook runs within run(): the server can't continue before the hook has returned.
ROOMPP_DECL void simulation::require_idle() const {
    require_server();
    if (is_running_)
        throw failure(
            "roompp::testing: a hook of the server can't look at what comes of it, nor let time pass: the server "
            "would have to go on before the hook has returned. Do so after it, or only send here");
}

ROOMPP_DECL void simulation::throw_errors() {
    if (errors_.empty()) return;
    std::string story = "the server's hooks have thrown what no on_error() takes:";
    for (const auto& error : std::exchange(errors_, {})) {
        // A test framework's own exception must reach it as it is.
        if (!detail::is_standard_exception(error)) std::rethrow_exception(error);
        story += "\n  " + detail::error_text(error);
    }
    throw hook_failure(story +
                       "\n  A test that expects this asks world.errors() first, or gives the server an on_error()");
}

// ---- Steps

ROOMPP_DECL void simulation::run() {
    require_idle();
    const detail::flag_guard running(is_running_);
    const auto self = weak_from_this().lock();  // a hook may destroy the last client; null in the destructor
    busy_.assign(shards_.size(), true);
    for (std::size_t steps = 0; seed_ == 0 ? step_in_order() : step_at_random(); ++steps)
        if (steps == max_steps_)
            throw failure("the server does not come to rest: after " + std::to_string(max_steps_) +
                          " steps there still is something to do; does a handler post itself, or answer itself?");
}

ROOMPP_DECL void simulation::run_quietly() noexcept {
    try {
        run();
    } catch (...) {  // the test is over: nothing can fail any more
    }
}

ROOMPP_DECL bool simulation::step_in_order() {
    if (!ticks_.empty()) {
        tick(0);
        return true;
    }
    for (std::size_t i = 0; i < shards_.size(); ++i)
        if (busy_[i] && poll(i)) return true;
    if (!downlinks_.empty()) {
        carry_downlink(0, memory_link::unlimited);
        return true;
    }
    if (!uplinks_.empty()) {
        carry_uplink(0, memory_link::unlimited);
        return true;
    }
    return false;
}

ROOMPP_DECL bool simulation::step_at_random() {
    const auto busy = static_cast<std::size_t>(std::count(busy_.begin(), busy_.end(), true));
    const std::size_t choices = ticks_.size() + busy + downlinks_.size() + uplinks_.size();
    if (choices == 0) return false;
    std::size_t choice = random_.below(choices);
    if (choice < ticks_.size()) {
        tick(choice);
    } else if ((choice -= ticks_.size()) < busy) {
        std::size_t i = 0;
        while (!busy_[i] || choice-- != 0) ++i;
        poll(i);
    } else if ((choice -= busy) < downlinks_.size()) {
        carry_downlink(choice, random_part(downlinks_[choice]->downlink_bytes(now_)));
    } else {
        choice -= downlinks_.size();
        carry_uplink(choice, random_part(uplinks_[choice]->uplink_bytes()));
    }
    return true;
}

// The loops see it one after the other, as run() continues.
ROOMPP_DECL void simulation::move_clock(clock::duration step) {
    now_ += step;
    wall_now_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(step);
    for (std::size_t i = 0; i < shards_.size(); ++i) ticks_.push_back(i);
    for (const auto& link : std::exchange(delayed_links_, {})) on_downlink_ready(*link);
}

ROOMPP_DECL void simulation::tick(std::size_t index) {
    net::shard& shard = *shards_[ticks_[index]];
    ticks_.erase(ticks_.begin() + static_cast<std::ptrdiff_t>(index));
    run_guarded(shard, [&] {
        shard.home().set_wall_time(wall_now_);
        shard.advance(now_);
    });
    std::fill(busy_.begin(), busy_.end(), true);
}

ROOMPP_DECL bool simulation::poll(std::size_t index) {
    bool has_run = true;
    run_guarded(*shards_[index], [&] { has_run = shards_[index]->poll_one(); });
    if (has_run && shards_.size() > 1) std::fill(busy_.begin(), busy_.end(), true);  // others may have got work
    busy_[index] = has_run;
    return has_run;
}

template <class Action>
void simulation::run_guarded(net::shard& shard, Action&& action) {
    try {
        const detail::loop_scope scope(shard.home());
        action();
    } catch (...) {
        access::report(*server_, std::current_exception());
    }
}

// ---- The network

ROOMPP_DECL void simulation::on_uplink_ready(memory_link& link) {
    if (std::exchange(link.is_uplink_queued, true)) return;
    uplinks_.push_back(link.shared_from_this());
}

ROOMPP_DECL void simulation::on_downlink_ready(memory_link& link) {
    if (std::exchange(link.is_downlink_queued, true)) return;
    downlinks_.push_back(link.shared_from_this());
}

ROOMPP_DECL void simulation::carry_uplink(std::size_t index, std::size_t max_bytes) {
    const auto link = take_link(uplinks_, index);
    link->is_uplink_queued = false;
    if (!link->is_uplink_ready()) return;
    link->carry_uplink(max_bytes);
    busy_[link->host().home().index()] = true;
    if (link->is_uplink_ready()) on_uplink_ready(*link);
}

ROOMPP_DECL void simulation::carry_downlink(std::size_t index, std::size_t max_bytes) {
    const auto link = take_link(downlinks_, index);
    link->is_downlink_queued = false;
    if (link->is_downlink_ready(now_)) {
        link->carry_downlink(max_bytes, now_);
        busy_[link->host().home().index()] = true;
    }
    if (link->is_downlink_ready(now_))
        on_downlink_ready(*link);
    else if (link->has_delayed_bytes(now_))
        delayed_links_.push_back(link);
}

// All bytes half of the time, else a part.
ROOMPP_DECL std::size_t simulation::random_part(std::size_t bytes) {
    return bytes < 2 || random_.below(2) == 0 ? memory_link::unlimited : 1 + random_.below(bytes);
}

ROOMPP_DECL simulation::link_ptr simulation::take_link(std::deque<link_ptr>& queue, std::size_t index) {
    if (index != 0) queue[index].swap(queue.front());
    auto link = std::move(queue.front());
    queue.pop_front();
    return link;
}

ROOMPP_DECL void simulation::track(const link_ptr& link) {
    if (links_.size() == links_.capacity())  // before it grows, so that ended connections do not pile up
        links_.erase(std::remove_if(links_.begin(), links_.end(), [](const auto& weak) { return weak.expired(); }),
                     links_.end());
    links_.push_back(link);
}

ROOMPP_DECL std::vector<simulation::link_ptr> simulation::live_links() const {
    std::vector<link_ptr> links;
    for (const auto& weak : links_)
        if (auto link = weak.lock()) links.push_back(std::move(link));
    return links;
}

}  // namespace testing
ROOMPP_NAMESPACE_END
