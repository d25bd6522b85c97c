#pragma once
// A log for tests of rooms that are logged: late, unavailable, or short of its last messages when the test says so.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/log.hpp>
#include <roompp/rooms/memory_log.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// A log in memory with faults by plan and by seed, for one test: give it to `rooms.log(...)`, and to the rooms of another
/// server when the first one has ended, as after a restart. Everything happens in virtual time.
///
/// Thread-safety: none; a test and its world run in one thread.
class simulated_log final : public log_engine {
public:
    /// @param seed decides how late each answer is, see delay().
    explicit simulated_log(std::uint64_t seed = 1) : shared_(std::make_shared<shared_state>(seed)) {}

    /// From now on every answer comes after at most this long, in the order of the calls. 0: in the next turn.
    void delay(loop::clock::duration max_delay) { shared_->max_delay = max_delay; }
    /// While it is unavailable, nothing is kept, and every call is answered with an error.
    void unavailable(bool is_unavailable) { shared_->is_unavailable = is_unavailable; }
    /// The next messages that come are not kept.
    void refuse_next(std::size_t count) { shared_->refusals = count; }
    /// Loses a room's last messages, as a log may whose system has crashed: the room has another epoch when it is opened next.
    void lose_tail(const std::string& room, std::size_t count) {
        auto& known = shared_->rooms[room];
        for (; count != 0 && !known.entries.empty(); --count) known.entries.pop_back();
        known.last_id = known.entries.empty() ? 0 : known.entries.back().id;
        known.keys = roompp::detail::key_window();
        known.epoch.clear();
    }
    /// The texts of the messages that are kept of a room, in order.
    [[nodiscard]] std::vector<std::string> texts(const std::string& room) const {
        std::vector<std::string> all;
        for (const log_entry& entry : shared_->rooms[room].entries) all.push_back(entry.bytes);
        return all;
    }

    void open(const std::string& room, loop& home, std::size_t max_latest, std::size_t max_bytes,
              std::function<void(opened_log)> on_open) override {
        shared_->answer(home, [shared = shared_, room, &home, max_latest, max_bytes, on_open = std::move(on_open)] {
            opened_log opened;
            if (shared->is_unavailable) {
                opened.error = "the simulated log is unavailable";
                return on_open(std::move(opened));
            }
            auto& known = shared->rooms[room];
            if (known.epoch.empty()) known.epoch = "epoch-" + std::to_string(++shared->epochs);
            opened.epoch = known.epoch;
            opened.last_id = known.last_id;
            opened.latest = roompp::detail::latest_of(known, max_latest, max_bytes);
            opened.log = std::make_unique<one_room>(shared, room, home);
            on_open(std::move(opened));
        });
    }

private:
    struct shared_state : std::enable_shared_from_this<shared_state> {
        explicit shared_state(std::uint64_t seed) : random(seed) {}

        // After a random delay, but never before an earlier answer.
        void answer(loop& home, std::function<void()> work) {
            loop::clock::duration delay{};
            if (max_delay.count() > 0)
                delay = loop::clock::duration(static_cast<loop::clock::duration::rep>(
                    random() % (static_cast<std::uint64_t>(max_delay.count()) + 1)));
            auto& last = last_answers[&home];
            last = (std::max)(last, home.now() + delay);
            if (last <= home.now()) return home.post(std::move(work));
            const auto alarm = std::make_shared<loop::timer>();
            *alarm = home.after(last - home.now(), [alarm, work = std::move(work)] { work(); });
        }

        std::mt19937_64 random;
        loop::clock::duration max_delay{};
        bool is_unavailable = false;
        std::size_t epochs = 0;
        std::size_t refusals = 0;
        std::map<std::string, roompp::detail::memory_log_room> rooms;
        std::map<const loop*, loop::clock::time_point> last_answers;
    };

    class one_room final : public room_log {
    public:
        one_room(std::shared_ptr<shared_state> shared, std::string name, loop& home)
            : shared_(std::move(shared)), name_(std::move(name)), home_(home) {}

        void append(std::shared_ptr<const log_entry> entry, std::string key,
                    std::function<void(const append_outcome&)> on_outcome) override {
            shared_->answer(home_, [shared = shared_, name = name_, &home = home_, entry = std::move(entry),
                                    key = std::move(key), on_outcome = std::move(on_outcome)] {
                if (shared->refusals != 0) {
                    --shared->refusals;
                    return on_outcome({0, false, "the simulated log refuses this message"});
                }
                if (shared->is_unavailable) return on_outcome({0, false, "the simulated log is unavailable"});
                constexpr std::size_t max_messages = 1'000'000;
                on_outcome(roompp::detail::append_to(shared->rooms[name], *entry, key, home.now(), max_messages));
            });
        }
        void read(std::uint64_t after, std::size_t max_count, std::size_t max_bytes,
                  std::function<void(const read_outcome&)> on_outcome) override {
            shared_->answer(home_, [shared = shared_, name = name_, after, max_count, max_bytes,
                                    on_outcome = std::move(on_outcome)] {
                if (shared->is_unavailable) return on_outcome({{}, "the simulated log is unavailable"});
                on_outcome(roompp::detail::read_from(shared->rooms[name], after, max_count, max_bytes));
            });
        }

    private:
        std::shared_ptr<shared_state> shared_;
        std::string name_;
        loop& home_;
    };

    std::shared_ptr<shared_state> shared_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
