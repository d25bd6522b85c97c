#pragma once
// A room's latest messages, for those who missed them.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Policy (the default): nothing is kept.
struct no_history {
    using policy_kind = history_policy;
    static constexpr bool keeps = false;

    void push(const room_event&, const std::shared_ptr<const person>&) noexcept {}
    void forget_before(std::chrono::system_clock::time_point) noexcept {}
    void forget_oldest() noexcept {}
    [[nodiscard]] static constexpr std::size_t memory() noexcept { return 0; }
    [[nodiscard]] static constexpr bool empty() noexcept { return true; }
    [[nodiscard]] static constexpr bool reaches(std::uint64_t, std::uint64_t) noexcept { return false; }
    [[nodiscard]] static std::vector<room_event> after(std::uint64_t) { return {}; }
};

/// Policy: the room keeps its latest messages, at most `Messages` of them, `Bytes` bytes in all, and, if `Seconds` is not
/// 0, none that is older than that. A room with a history stays for a while after its last member has left, see
/// limits::empty_room.
///
/// Takes as much memory as the messages that are kept, at most about `Bytes`, and nothing while there are none. All rooms
/// together: see limits::history_bytes.
template <std::size_t Messages, long Seconds = 0, std::size_t Bytes = 1024 * 1024>
class ring_history {
    static_assert(Messages > 0, "roompp: a history of no messages is roompp::no_history");
    static_assert(Seconds >= 0, "roompp: the age of a history's messages is in seconds, 0 for any age");

public:
    using policy_kind = history_policy;
    static constexpr bool keeps = true;

    /// Keeps a message; forgets the oldest to make room for it. A message larger than `Bytes` is not kept, and nothing
    /// that came before it: there would be a gap.
    void push(const room_event& event, const std::shared_ptr<const person>& from) {
        if (event.message.size() > Bytes) return clear();
        while (count_ == Messages || (count_ != 0 && bytes_ + event.message.size() > Bytes)) pop();
        if (count_ == ring_.size()) grow();
        kept& place = ring_[(first_ + count_) % ring_.size()];
        place.id = event.id;
        place.at = event.at;
        place.from = from;
        place.kind = event.message.kind();
        heap_ -= heap_of(place.bytes);
        place.bytes.assign(event.message.data());
        heap_ += heap_of(place.bytes);
        bytes_ += event.message.size();
        ++count_;
    }

    /// Forgets what is too old at this time.
    void forget_before([[maybe_unused]] std::chrono::system_clock::time_point now) noexcept {
        if constexpr (Seconds != 0)
            while (count_ != 0 && ring_[first_].at < now - std::chrono::seconds(Seconds)) pop();
    }

    /// Forgets the oldest message, which there must be, and gives its memory back.
    void forget_oldest() {
        pop(0);
        if (count_ <= ring_.size() / 4) resize(count_ == 0 ? 0 : ring_.size() / 2);
    }

    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

    /// How many bytes of memory it takes: the messages', and some for each of them.
    [[nodiscard]] std::size_t memory() const noexcept { return ring_.size() * sizeof(kept) + heap_; }

    /// Whether every message after `id` is still there, when `last` is the number of the latest one.
    [[nodiscard]] bool reaches(std::uint64_t id, std::uint64_t last) const noexcept {
        return id == last || (id < last && count_ != 0 && ring_[first_].id <= id + 1);
    }

    /// The messages after `id`, in order; views that are valid until the next change.
    [[nodiscard]] std::vector<room_event> after(std::uint64_t id) const {
        std::vector<room_event> events;
        for (std::size_t i = 0; i < count_; ++i) {
            const kept& one = ring_[(first_ + i) % ring_.size()];
            if (one.id > id)
                events.push_back({event_kind::message, one.id, one.at, one.from.get(), {}, {one.bytes, one.kind}});
        }
        return events;
    }

private:
    struct kept {
        std::uint64_t id = 0;
        std::chrono::system_clock::time_point at;
        std::shared_ptr<const person> from;
        payload_kind kind = payload_kind::text;
        std::string bytes;
    };
    static constexpr std::size_t worth_keeping = 256;  // memory of a forgotten message that serves the next one

    // What a string takes besides itself.
    static std::size_t heap_of(const std::string& text) noexcept {
        return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
    }

    void grow() { resize((std::min)(Messages, std::max<std::size_t>(8, 2 * ring_.size()))); }
    // In order from the start.
    void resize(std::size_t places) {
        std::vector<kept> other(places);
        heap_ = 0;
        for (std::size_t i = 0; i < count_; ++i) {
            other[i] = std::move(ring_[(first_ + i) % ring_.size()]);
            heap_ += heap_of(other[i].bytes);
        }
        ring_.swap(other);
        first_ = 0;
    }
    void pop(std::size_t worth = worth_keeping) noexcept {
        kept& oldest = ring_[first_];
        bytes_ -= oldest.bytes.size();
        oldest.from.reset();
        if (oldest.bytes.capacity() > worth) {
            heap_ -= heap_of(oldest.bytes);
            std::string().swap(oldest.bytes);
        }
        first_ = (first_ + 1) % ring_.size();
        --count_;
    }
    void clear() noexcept {
        while (count_ != 0) pop();
    }

    std::vector<kept> ring_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;  // of the messages
    std::size_t heap_ = 0;   // of their strings, and of those that serve the next messages
};

/// Policy: the room keeps the messages of the last `Seconds` seconds, at most `Messages` of them.
template <long Seconds, std::size_t Messages = 1000>
using recent_history = ring_history<Messages, Seconds>;

ROOMPP_NAMESPACE_END
