#pragma once
// A room's latest messages, for members who missed them.

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
#include <roompp/rooms/encoded_message.hpp>
#include <roompp/rooms/history_budget.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Policy (the default): the room has no history.
struct no_history {
    using policy_kind = history_policy;
    static constexpr bool keeps = false;

    void attach(history_share&) noexcept {}
    void push(const room_event&, const std::shared_ptr<const person>&) noexcept {}
    void forget_before(std::chrono::system_clock::time_point) noexcept {}
    void forget_oldest() noexcept {}
    void forget_encoded() noexcept {}
    [[nodiscard]] static constexpr std::size_t memory() noexcept { return 0; }
    [[nodiscard]] static constexpr bool empty() noexcept { return true; }
    [[nodiscard]] static constexpr bool reaches(std::uint64_t, std::uint64_t) noexcept { return false; }
    [[nodiscard]] static std::vector<room_event> after(std::uint64_t) { return {}; }
};

/// Policy: the room keeps its latest messages, at most `Messages` of them, `Bytes` bytes in all, and, if `Seconds` is
/// not 0, none that is older than that. A room with a history stays for a while after its last member has left, see
/// limits::empty_room.
///
/// Takes as much memory as the messages in it, at most about `Bytes`, and nothing while it is empty; and as much as the
/// encoded forms of those that were sent to members who joined, unless limits::history_bytes has no room for them. All
/// rooms together: see there.
template <std::size_t Messages, long Seconds = 0, std::size_t Bytes = 1024 * 1024>
class ring_history {
    static_assert(Messages > 0, "roompp: a history of no messages is roompp::no_history");
    static_assert(Seconds >= 0, "roompp: the age of a history's messages is in seconds, 0 for any age");

public:
    using policy_kind = history_policy;
    static constexpr bool keeps = true;

    /// Makes the encoded forms of messages count against a share, which outlives the history.
    void attach(history_share& share) noexcept { share_ = &share; }

    /// Stores a message; forgets the oldest ones if need be. A message larger than `Bytes` is not stored, and the
    /// history is empty afterwards: there would be a gap. O(1) amortised.
    void push(const room_event& event, const std::shared_ptr<const person>& sender) {
        if (event.message.size() > Bytes) return clear();
        while (count_ == Messages || (count_ != 0 && bytes_ + event.message.size() > Bytes)) pop();
        if (count_ == ring_.size()) grow();
        stored_message& slot = ring_[(first_ + count_) % ring_.size()];
        slot.id = event.id;
        slot.at = event.at;
        slot.sender = sender;
        slot.kind = event.message.kind();
        heap_ -= heap_of(slot.bytes);
        slot.bytes.assign(event.message.data());
        heap_ += heap_of(slot.bytes);
        bytes_ += event.message.size();
        ++count_;
    }

    /// Forgets the messages that are too old at this time.
    void forget_before([[maybe_unused]] std::chrono::system_clock::time_point now) noexcept {
        if constexpr (Seconds != 0)
            while (count_ != 0 && ring_[first_].at < now - std::chrono::seconds(Seconds)) pop();
    }

    /// Forgets the oldest message and frees its memory. The history must not be empty.
    void forget_oldest() {
        pop(0);
        if (count_ <= ring_.size() / 4) resize(count_ == 0 ? 0 : ring_.size() / 2);
    }

    /// Forgets the encoded forms of the messages.
    void forget_encoded() noexcept {
        if (encoded_bytes_ == 0) return;
        for (stored_message& message : ring_) encoded_bytes_ -= message.encoded.clear();
    }

    /// Whether there are no messages.
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

    /// The memory that it takes, in bytes: the messages, their encoded forms, and a cost for each.
    [[nodiscard]] std::size_t memory() const noexcept {
        return ring_.size() * sizeof(stored_message) + heap_ + encoded_bytes_;
    }

    /// Whether every message after `id` is stored, when `last_id` is the number of the latest one.
    [[nodiscard]] bool reaches(std::uint64_t id, std::uint64_t last_id) const noexcept {
        return id == last_id || (id < last_id && count_ != 0 && ring_[first_].id <= id + 1);
    }

    /// The messages after `id`, in order; views that are valid until the next change. O(messages).
    [[nodiscard]] std::vector<room_event> after(std::uint64_t id) const {
        std::vector<room_event> events;
        for (std::size_t i = 0; i < count_; ++i) {
            const stored_message& message = ring_[(first_ + i) % ring_.size()];
            if (message.id > id)
                events.push_back({event_kind::message,
                                  message.id,
                                  message.at,
                                  message.sender.get(),
                                  {},
                                  {message.bytes, message.kind},
                                  {},
                                  {message.encoded, encoded_bytes_, share_}});
        }
        return events;
    }

private:
    struct stored_message {
        std::uint64_t id = 0;
        std::chrono::system_clock::time_point at;
        std::shared_ptr<const person> sender;
        payload_kind kind = payload_kind::text;
        std::string bytes;
        mutable encoded_forms encoded;  // a cache
    };
    static constexpr std::size_t max_reusable_bytes = 256;  // of a forgotten message, for the next one in its slot

    // The memory that a string takes besides itself.
    static std::size_t heap_of(const std::string& text) noexcept {
        return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
    }

    void grow() { resize((std::min)(Messages, std::max<std::size_t>(8, 2 * ring_.size()))); }
    // Moves the messages, in order from the start.
    void resize(std::size_t slot_count) {
        std::vector<stored_message> resized(slot_count);
        heap_ = 0;
        for (std::size_t i = 0; i < count_; ++i) {
            resized[i] = std::move(ring_[(first_ + i) % ring_.size()]);
            heap_ += heap_of(resized[i].bytes);
        }
        ring_.swap(resized);
        first_ = 0;
    }
    void pop(std::size_t reusable_bytes = max_reusable_bytes) noexcept {
        stored_message& oldest = ring_[first_];
        bytes_ -= oldest.bytes.size();
        oldest.sender.reset();
        encoded_bytes_ -= oldest.encoded.clear();
        if (oldest.bytes.capacity() > reusable_bytes) {
            heap_ -= heap_of(oldest.bytes);
            std::string().swap(oldest.bytes);
        }
        first_ = (first_ + 1) % ring_.size();
        --count_;
    }
    void clear() noexcept {
        while (count_ != 0) pop();
    }

    std::vector<stored_message> ring_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;  // of the messages
    std::size_t heap_ = 0;   // of their strings, and of those that serve the next messages
    mutable std::size_t encoded_bytes_ = 0;
    history_share* share_ = nullptr;
};

/// Policy: the room keeps the messages of the last `Seconds` seconds, at most `Messages` of them.
template <long Seconds, std::size_t Messages = 1000>
using recent_history = ring_history<Messages, Seconds>;

ROOMPP_NAMESPACE_END
