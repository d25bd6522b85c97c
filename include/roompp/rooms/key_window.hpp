#pragma once
// The keys of a room's latest messages, which tell a message that is sent again.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Recognises keys for a time. Memory: at most `max_keys` keys.
class key_window {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit key_window(std::chrono::seconds age = std::chrono::minutes(5), std::size_t max_keys = 10'000)
        : age_(age), max_keys_(max_keys) {}

    /// The number of the message that had this key; empty if it is not recognised.
    [[nodiscard]] std::optional<std::uint64_t> find(const std::string& key, time_point now) {
        expire(now);
        const auto found = ids_.find(key);
        if (found == ids_.end()) return std::nullopt;
        return found->second;
    }
    /// Remembers a key that find() does not know.
    void add(std::string key, std::uint64_t id, time_point now) {
        if (ids_.size() >= max_keys_) forget_oldest();
        ids_.emplace(key, id);
        order_.emplace_back(now, std::move(key));
    }

private:
    void expire(time_point now) {
        while (!order_.empty() && now - order_.front().first > age_) forget_oldest();
    }
    void forget_oldest() {
        if (order_.empty()) return;
        ids_.erase(order_.front().second);
        order_.pop_front();
    }

    std::chrono::seconds age_;
    std::size_t max_keys_;
    std::unordered_map<std::string, std::uint64_t> ids_;
    std::deque<std::pair<time_point, std::string>> order_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
