#pragma once
// The log of a room: where its messages get their numbers and are kept, and where members resume from.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/epoch.hpp>
#include <roompp/rooms/history_budget.hpp>
#include <roompp/rooms/key_window.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The log of one room, in memory. A room hands every message to append() and sends it to its members when the log
/// calls back: here before append() returns, in a log elsewhere once the message is numbered and kept there. So a
/// room's order is that of its log. Belongs to the room's home loop.
///
/// @tparam History which messages are kept: a policy of the kind history_policy.
template <class History>
class publication_log {
public:
    /// @param home the room's loop, which must outlive the log.
    explicit publication_log(loop& home) : home_(home), epoch_(new_epoch(home)) { history_.attach(share_); }
    publication_log(const publication_log&) = delete;
    publication_log& operator=(const publication_log&) = delete;

    /// The epoch of the message numbers: no other room has the same, nor the same room after it was destroyed.
    /// Constant: safe from any thread.
    [[nodiscard]] const std::string& epoch() const noexcept { return epoch_; }
    /// The number of the latest message; 0: there was none.
    [[nodiscard]] std::uint64_t last_id() const noexcept { return last_id_; }

    /// Numbers a message and keeps it, then calls `deliver(const room_event&)`.
    /// @param event everything but the number.
    /// @param sender the person of event.sender; null: the server.
    /// @returns the number.
    template <class Deliver>
    std::uint64_t append(room_event event, const std::shared_ptr<const person>& sender, Deliver&& deliver) {
        event.id = ++last_id_;
        history_.forget_before(event.at);
        history_.push(event, sender);
        std::forward<Deliver>(deliver)(std::as_const(event));
        return event.id;
    }

    /// The number of the message that was said under this key; empty if the key is not recognised.
    [[nodiscard]] std::optional<std::uint64_t> find_key(const std::string& key) {
        return keys_ ? keys_->find(key, home_.now()) : std::nullopt;
    }
    /// Has a key recognised for a while, see key_window.
    void add_key(std::string key, std::uint64_t id) {
        if (!keys_) keys_ = std::make_unique<detail::key_window>();
        keys_->add(std::move(key), id, home_.now());
    }

    /// Whether all messages after this position are still kept. A position without an epoch is one of the present
    /// epoch.
    [[nodiscard]] bool reaches(const resume_point& position) {
        history_.forget_before(home_.wall_now());
        return (position.epoch.empty() || position.epoch == epoch_) &&
               (position.id == last_id_ || history_.reaches(position.id, last_id_));
    }

    /// The messages after a position; or, if it is null or can't be resumed from, the latest ones, at most `max_count`.
    /// @returns a snapshot with the messages, last_id, epoch and recovery. Its views are valid until the next change.
    [[nodiscard]] join_snapshot catch_up(const resume_point* position, std::size_t max_count) {
        expire();
        join_snapshot snapshot;
        snapshot.epoch = epoch_;
        snapshot.last_id = last_id_;
        if (position) snapshot.recovery = reaches(*position) ? recovery::resumed : recovery::reset;
        const std::uint64_t after = snapshot.recovery == recovery::resumed
                                        ? position->id
                                        : last_id_ - std::min<std::uint64_t>(max_count, last_id_);
        snapshot.messages = history_.after(after);
        return snapshot;
    }

    /// Forgets the messages that are too old.
    void expire() {
        history_.forget_before(home_.wall_now());
        share_.set(history_.memory());
    }
    /// Whether no messages are kept.
    [[nodiscard]] bool empty() const noexcept { return history_.empty(); }

    /// Makes the history a part of a budget.
    void attach(const std::shared_ptr<history_budget>& budget) {
        share_.attach(budget, [this] { forget_encoded(); });
    }
    /// Counts the history's memory. @returns whether the budget is exceeded: then shrink() must follow.
    [[nodiscard]] bool exceeds_budget() noexcept {
        share_.set(history_.memory());
        return share_.is_exceeded();
    }
    /// Has all histories forget the encoded forms of their messages, then empty rooms destroyed, then forgets the oldest
    /// messages, until the budget is not exceeded. The room of this log may be an empty one: the caller keeps it alive.
    void shrink() {
        if (share_.is_exceeded()) share_.forget_encoded();
        while (share_.is_exceeded() && share_.evict()) {}
        while (share_.is_exceeded() && !history_.empty()) {
            history_.forget_oldest();
            share_.set(history_.memory());
        }
    }

    /// Forgets the encoded forms of the messages, see room_event::encoded.
    void forget_encoded() noexcept {
        history_.forget_encoded();
        share_.set(history_.memory());
    }

private:
    loop& home_;
    history_share share_;
    History history_;
    std::string epoch_;
    std::uint64_t last_id_ = 0;
    std::unique_ptr<detail::key_window> keys_;  // null before the first
};

ROOMPP_NAMESPACE_END
