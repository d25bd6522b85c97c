#pragma once
// A log in memory, which outlives its rooms but not the process.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/epoch.hpp>
#include <roompp/rooms/key_window.hpp>
#include <roompp/rooms/log.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The messages of one room in a memory_log.
struct memory_log_room {
    std::string epoch;
    std::uint64_t last_id = 0;
    std::deque<log_entry> entries;
    key_window keys;
};

/// Appends to a room's messages at once.
[[nodiscard]] inline append_outcome append_to(memory_log_room& room, const log_entry& entry, const std::string& key,
                                              loop::clock::time_point now, std::size_t max_messages) {
    if (!key.empty())
        if (const auto known = room.keys.find(key, now)) return {*known, true, {}};
    room.entries.push_back(entry);
    room.entries.back().id = ++room.last_id;
    if (room.entries.size() > max_messages) room.entries.pop_front();
    if (!key.empty()) room.keys.add(key, room.last_id, now);
    return {room.last_id, false, {}};
}

[[nodiscard]] inline read_outcome read_from(const memory_log_room& room, std::uint64_t after, std::size_t max_count,
                                            std::size_t max_bytes) {
    read_outcome outcome;
    std::size_t bytes = 0;
    for (const log_entry& entry : room.entries) {
        if (entry.id <= after) continue;
        bytes += entry.bytes.size();
        if (outcome.entries.size() == max_count || (!outcome.entries.empty() && bytes > max_bytes)) break;
        outcome.entries.push_back(entry);
    }
    return outcome;
}

[[nodiscard]] inline std::vector<log_entry> latest_of(const memory_log_room& room, std::size_t max_count,
                                                      std::size_t max_bytes) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (auto it = room.entries.rbegin(); it != room.entries.rend() && count < max_count; ++it, ++count) {
        bytes += it->bytes.size();
        if (bytes > max_bytes) break;
    }
    return {room.entries.end() - static_cast<std::ptrdiff_t>(count), room.entries.end()};
}

}  // namespace detail

/// A log in memory: rooms that were destroyed, as nobody was in them, go on where they were when somebody comes back. All is
/// lost with the process. Memory: `max_messages` of every room that there ever was.
class memory_log final : public log_engine {
public:
    explicit memory_log(std::size_t max_messages = 10'000) : rooms_(std::make_shared<shared_rooms>()) {
        rooms_->max_messages = max_messages;
    }

    void open(const std::string& room, loop& home, std::size_t max_latest, std::size_t max_bytes,
              std::function<void(opened_log)> on_open) override {
        home.post([rooms = rooms_, room, &home, max_latest, max_bytes, on_open = std::move(on_open)] {
            opened_log opened;
            {
                const std::lock_guard lock(rooms->mutex);
                detail::memory_log_room& found = rooms->by_name[room];
                if (found.epoch.empty()) found.epoch = new_epoch(home);
                opened.epoch = found.epoch;
                opened.last_id = found.last_id;
                opened.latest = detail::latest_of(found, max_latest, max_bytes);
                opened.log = std::make_unique<one_room>(rooms, found, home);
            }
            on_open(std::move(opened));
        });
    }

private:
    struct shared_rooms {
        std::mutex mutex;  // guards by_name; a room belongs to its loop
        std::map<std::string, detail::memory_log_room> by_name;
        std::size_t max_messages = 0;
    };

    class one_room final : public room_log {
    public:
        one_room(std::shared_ptr<shared_rooms> rooms, detail::memory_log_room& room, loop& home)
            : rooms_(std::move(rooms)), room_(room), home_(home) {}

        void append(std::shared_ptr<const log_entry> entry, std::string key,
                    std::function<void(const append_outcome&)> on_outcome) override {
            auto outcome = detail::append_to(room_, *entry, key, home_.now(), rooms_->max_messages);
            home_.post([outcome = std::move(outcome), on_outcome = std::move(on_outcome)] { on_outcome(outcome); });
        }
        void read(std::uint64_t after, std::size_t max_count, std::size_t max_bytes,
                  std::function<void(const read_outcome&)> on_outcome) override {
            home_.post([outcome = detail::read_from(room_, after, max_count, max_bytes),
                        on_outcome = std::move(on_outcome)] { on_outcome(outcome); });
        }

    private:
        std::shared_ptr<shared_rooms> rooms_;
        detail::memory_log_room& room_;
        loop& home_;
    };

    std::shared_ptr<shared_rooms> rooms_;
};

ROOMPP_NAMESPACE_END
