#pragma once
// Running several loops, and ending them when the last connection of all has ended.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/server/loop_group.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL loop_group::loop_group(std::size_t count, const roompp::limits& limits,
                                   const net::fan_out_policy& make_writer,
                                   const std::shared_ptr<const net::compression>& compression) {
    while (shards_.size() < count) {
        shards_.push_back(std::make_unique<net::shard>(shards_.size(), limits));
        shards_.back()->use(make_writer, compression);
        shards_.back()->share_queue_budget(first());
    }
}

ROOMPP_DECL std::vector<net::shard*> loop_group::shards() const {
    std::vector<net::shard*> shards;
    for (const auto& shard : shards_) shards.push_back(shard.get());
    return shards;
}

ROOMPP_DECL std::vector<loop*> loop_group::loops() const {
    std::vector<loop*> loops;
    for (const auto& shard : shards_) loops.push_back(&shard->home());
    return loops;
}

ROOMPP_DECL std::size_t loop_group::share_of(std::size_t limit) const noexcept {
    return (std::max<std::size_t>)(1, limit / shards_.size());
}

ROOMPP_DECL void loop_group::suspend() {
    for (const auto& shard : shards_) shard->home().suspend();
}

ROOMPP_DECL void loop_group::run(const std::function<void(std::exception_ptr)>& on_error) {
    std::atomic<std::size_t> running{shards_.size()};
    // A loop whose connections have ended may still get a leave from another one: all return together.
    const auto on_end = [this, &running] {
        if (--running != 0) return;
        for (const auto& shard : shards_) shard->home().post([shard = shard.get()] { shard->leave_run(); });
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < shards_.size(); ++i)
        threads.emplace_back([this, i, &on_error, on_end] { shards_[i]->run(on_error, on_end); });
    first().run(on_error, on_end);
    for (auto& thread : threads) thread.join();
    for (const auto& shard : shards_) shard->home().leave();
}

ROOMPP_DECL void loop_group::stop(std::function<void()> on_stop) {
    first().home().post([this, on_stop = std::move(on_stop)] {
        on_stop();
        first().stop();
    });
    for (std::size_t i = 1; i < shards_.size(); ++i)
        shards_[i]->home().post([shard = shards_[i].get()] { shard->stop(); });
}

}  // namespace detail
ROOMPP_NAMESPACE_END
