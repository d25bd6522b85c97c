#pragma once
// Rooms whose messages are numbered and kept by a log that is chosen at run time.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/history.hpp>
#include <roompp/rooms/history_budget.hpp>
#include <roompp/rooms/log.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/publication_log.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Policy: a log numbers and keeps the room's messages, see rooms::log(). The latest are in memory as well, for members that
/// join or come back: as many as `Messages`, and no more than `Bytes` of them.
///
/// Members see a message, and its sender gets the acknowledgement, when the log has kept it. So broadcast() returns 0, and
/// hooks do not wait. While the log is unavailable nothing is said in the room: senders are told `unavailable`.
template <std::size_t Messages, std::size_t Bytes = 1024 * 1024>
struct logged {
    static_assert(Messages != 0, "roompp: logged<N> has the latest N messages in memory: at least 1");
    using policy_kind = history_policy;
    using cache_type = ring_history<Messages, Bytes>;
    static constexpr bool keeps = true;
    static constexpr std::size_t max_messages = Messages;
    static constexpr std::size_t max_bytes = Bytes;
};

namespace detail {

template <class History>
struct is_logged : std::false_type {};
template <std::size_t Messages, std::size_t Bytes>
struct is_logged<logged<Messages, Bytes>> : std::true_type {};

}  // namespace detail

/// The log of one room that an engine keeps: see publication_log. A room hands every message to append(), and sends it to its
/// members when the log calls back. Belongs to the room's home loop.
template <std::size_t Messages, std::size_t Bytes>
class publication_log<logged<Messages, Bytes>> {
public:
    /// Called when a message is kept, with its number, before the outcome.
    using deliver_handler = std::function<void(const room_event&)>;
    using outcome_handler = std::function<void(const publication_outcome&)>;

    explicit publication_log(loop& home) : home_(home) { cache_.attach(share_); }
    publication_log(const publication_log&) = delete;
    publication_log& operator=(const publication_log&) = delete;

    /// Opens the room's log. @param on_open gets why it failed; empty: it is open.
    /// @param owner of this object: if it is gone by then, nothing is called.
    void open(log_engine& engine, const std::string& room, std::weak_ptr<void> owner,
              std::function<void(const std::string& error)> on_open) {
        engine.open(room, home_, Messages, Bytes,
                    [this, owner = std::move(owner), on_open = std::move(on_open)](opened_log opened) {
                        const auto alive = owner.lock();
                        if (!alive) return;
                        if (opened.log) {
                            log_ = std::move(opened.log);
                            epoch_ = std::move(opened.epoch);
                            last_id_ = opened.last_id;
                            for (const log_entry& entry : opened.latest) cache_.push(event_of(entry), entry.sender);
                        }
                        on_open(opened.error);
                    });
    }
    [[nodiscard]] bool is_open() const noexcept { return log_ != nullptr; }

    [[nodiscard]] const std::string& epoch() const noexcept { return epoch_; }
    [[nodiscard]] std::uint64_t last_id() const noexcept { return last_id_; }

    /// Hands a message to the log. Its text is copied.
    /// @param owner of this object: if it is gone by then, nothing is called.
    /// @returns false if too much is under way, or the log is not open: then no handler is called.
    bool append(const room_event& event, std::shared_ptr<const person> sender, const std::string& key,
                std::weak_ptr<void> owner, deliver_handler deliver, outcome_handler on_outcome) {
        const std::size_t size = event.message.size() + append_cost;
        if (!log_ || bytes_under_way_ + size > max_bytes_under_way) return false;
        bytes_under_way_ += size;
        auto entry = std::make_shared<log_entry>();
        entry->at = event.at;
        entry->sender = std::move(sender);
        entry->kind = event.message.kind();
        entry->bytes.assign(event.message.data());
        std::shared_ptr<const log_entry> message = entry;
        log_->append(std::move(entry), key,
                     [this, size, owner = std::move(owner), message, deliver = std::move(deliver),
                      on_outcome = std::move(on_outcome)](const append_outcome& outcome) {
                         const auto alive = owner.lock();
                         if (!alive) return;
                         bytes_under_way_ -= size;
                         if (!outcome.error.empty()) return on_outcome({0, false, true});
                         if (!outcome.is_repeated) keep(*message, outcome.id, deliver);
                         on_outcome({outcome.id, outcome.is_repeated, false});
                     });
        return true;
    }

    [[nodiscard]] bool reaches(const resume_point& position) const noexcept {
        return (position.epoch.empty() || position.epoch == epoch_) &&
               (position.id == last_id_ || cache_.reaches(position.id, last_id_));
    }

    /// As publication_log::catch_up(), from the messages in memory.
    [[nodiscard]] join_snapshot catch_up(const resume_point* position, std::size_t max_count) {
        join_snapshot snapshot;
        snapshot.epoch = epoch_;
        snapshot.last_id = last_id_;
        if (position) snapshot.recovery = reaches(*position) ? recovery::resumed : recovery::reset;
        const std::uint64_t after = snapshot.recovery == recovery::resumed
                                        ? position->id
                                        : last_id_ - std::min<std::uint64_t>(max_count, last_id_);
        snapshot.messages = cache_.after(after);
        return snapshot;
    }

    void expire() { share_.set(cache_.memory()); }
    [[nodiscard]] bool empty() const noexcept { return cache_.empty(); }

    void attach(const std::shared_ptr<history_budget>& budget) {
        share_.attach(budget, [this] { forget_encoded(); });
    }
    [[nodiscard]] bool exceeds_budget() noexcept {
        share_.set(cache_.memory());
        return share_.is_exceeded();
    }
    void shrink() {
        if (share_.is_exceeded()) share_.forget_encoded();
        while (share_.is_exceeded() && share_.evict()) {}
        while (share_.is_exceeded() && !cache_.empty()) {
            cache_.forget_oldest();
            share_.set(cache_.memory());
        }
    }
    void forget_encoded() noexcept {
        cache_.forget_encoded();
        share_.set(cache_.memory());
    }

private:
    // What waits for the log, and what each message costs besides its bytes.
    static constexpr std::size_t max_bytes_under_way = 8 * 1024 * 1024;
    static constexpr std::size_t append_cost = 256;

    [[nodiscard]] room_event event_of(const log_entry& entry) const {
        return {event_kind::message, entry.id, entry.at, entry.sender.get(), {}, {entry.bytes, entry.kind}, epoch_};
    }
    void keep(const log_entry& entry, std::uint64_t id, const deliver_handler& deliver) {
        room_event event = event_of(entry);
        event.id = last_id_ = id;
        cache_.push(event, entry.sender);
        deliver(event);
    }

    loop& home_;
    history_share share_;
    typename logged<Messages, Bytes>::cache_type cache_;
    std::string epoch_;
    std::uint64_t last_id_ = 0;
    std::unique_ptr<room_log> log_;
    std::size_t bytes_under_way_ = 0;
};

ROOMPP_NAMESPACE_END
