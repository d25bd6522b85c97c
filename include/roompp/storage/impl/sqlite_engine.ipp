#pragma once
// Definitions of <roompp/storage/sqlite_engine.hpp>.

#include <chrono>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <roompp/base/text.hpp>
#include <roompp/storage/sqlite_engine.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

// ---- threads

ROOMPP_DECL void sqlite_engine::task_thread::start(std::function<std::chrono::steady_clock::time_point()> on_idle) {
    thread_ = std::thread([this, on_idle = std::move(on_idle)] { run(on_idle); });
}

ROOMPP_DECL void sqlite_engine::task_thread::post(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
}

ROOMPP_DECL void sqlite_engine::task_thread::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

ROOMPP_DECL void sqlite_engine::task_thread::run(
    const std::function<std::chrono::steady_clock::time_point()>& on_idle) {
    constexpr std::chrono::hours long_enough(1);
    auto next = std::chrono::steady_clock::now();
    for (;;) {
        std::deque<std::function<void()>> tasks;
        {
            std::unique_lock lock(mutex_);
            wake_.wait_until(lock, next, [this] { return !tasks_.empty() || is_stopping_; });
            if (tasks_.empty() && is_stopping_) return;
            tasks.swap(tasks_);
        }
        for (auto& task : tasks) task();
        tasks.clear();
        next = on_idle ? on_idle() : std::chrono::steady_clock::now() + long_enough;
    }
}

// ---- the rooms' side

/// What a room has of the engine.
class sqlite_engine::one_room final : public room_log {
public:
    one_room(std::shared_ptr<sqlite_engine> engine, std::shared_ptr<open_room> room, loop& home)
        : engine_(std::move(engine)), room_(std::move(room)), home_(home) {}
    ~one_room() override {
        engine_->writing_.post([engine = engine_.get(), room = std::move(room_)] { engine->close(room); });
    }

    void append(std::shared_ptr<const log_entry> entry, std::string key,
                std::function<void(const append_outcome&)> on_outcome) override {
        engine_->append(
            {room_, std::move(entry), std::move(key), home_.get_handle(), &home_, std::move(on_outcome), {}});
    }
    void read(std::uint64_t after, std::size_t max_count, std::size_t max_bytes,
              std::function<void(const read_outcome&)> on_outcome) override {
        // The room's number is the writer's to know.
        engine_->writing_.post([engine = engine_.get(), room = room_, home = home_.get_handle(), after, max_count,
                                max_bytes, on_outcome = std::move(on_outcome)] {
            engine->reading_.post(
                [engine, number = room->stored.number, home, after, max_count, max_bytes, on_outcome] {
                    read_outcome outcome;
                    try {
                        outcome.entries = engine->reader_.read(number, after, max_count, max_bytes);
                    } catch (const std::exception& e) {
                        outcome.error = e.what();
                    }
                    home.post([on_outcome, outcome = std::move(outcome)] { on_outcome(outcome); });
                });
        });
    }

private:
    std::shared_ptr<sqlite_engine> engine_;
    std::shared_ptr<open_room> room_;
    loop& home_;
};

// ---- the engine

ROOMPP_DECL sqlite_engine::sqlite_engine(const sqlite_settings& settings)
    : settings_(settings), store_(settings), secret_(store_.secret()), reader_(settings.path) {
    reading_.start({});
    writing_.start([this] { return write_when_gathered(); });
}

ROOMPP_DECL sqlite_engine::~sqlite_engine() {
    writing_.stop();
    write_waiting();
    reading_.stop();
}

// Only the rooms' threads own the engine: the last owner ends its threads, and none of these may be that.
ROOMPP_DECL void sqlite_engine::open(const std::string& room, loop& home, std::size_t max_latest, std::size_t max_bytes,
                                     std::function<void(opened_log)> on_open) {
    const auto give = [on_open = std::move(on_open), handle = home.get_handle(), &home, weak = weak_from_this()](
                          std::shared_ptr<open_room> opened_room, opened_log opened) {
        auto result = std::make_shared<opened_log>(std::move(opened));
        handle.post([on_open, result, &home, weak, opened_room = std::move(opened_room)] {
            if (const auto engine = weak.lock(); engine && result->error.empty())
                result->log = std::make_unique<one_room>(engine, opened_room, home);
            on_open(std::move(*result));
        });
    };
    writing_.post([this, room, max_latest, max_bytes, give] {
        write_waiting();  // of one that was closed before
        auto opened = std::make_shared<opened_log>();
        auto& known = rooms_[room];
        try {
            if (!known) known = find_or_make_room(room);
            opened->epoch = known->stored.epoch;
            opened->last_id = known->stored.last_id;
        } catch (const std::exception& e) {
            rooms_.erase(room);
            opened->error = e.what();
            return give(nullptr, std::move(*opened));
        }
        reading_.post([this, known, number = known->stored.number, max_latest, max_bytes, opened, give] {
            try {
                if (opened->last_id != 0) opened->latest = reader_.read_latest(number, max_latest, max_bytes);
            } catch (const std::exception& e) {
                opened->error = e.what();
                writing_.post([this, known] { close(known); });
            }
            give(known, std::move(*opened));
        });
    });
}

ROOMPP_DECL std::shared_ptr<sqlite_engine::open_room> sqlite_engine::find_or_make_room(const std::string& name) {
    auto room = std::make_shared<open_room>();
    room->name = name;
    if (auto stored = store_.find_room(name)) {
        room->stored = std::move(*stored);
    } else {
        std::random_device random;
        room->stored.epoch = to_hex((std::uint64_t{random()} << 32U) | random(), 16);
    }
    return room;
}

ROOMPP_DECL void sqlite_engine::close(const std::shared_ptr<open_room>& room) {
    write_waiting();
    const auto found = rooms_.find(room->name);
    if (found != rooms_.end() && found->second == room) rooms_.erase(found);
}

ROOMPP_DECL void sqlite_engine::append(append_job job) {
    writing_.post(
        [this, job = std::make_shared<append_job>(std::move(job))]() mutable { waiting_.push_back(std::move(*job)); });
}

// Those who were answered by a commit say something again in a moment, all together: the next one waits for them, an eighth of
// what it takes. Else they would be spread over two commits for ever.
ROOMPP_DECL std::chrono::steady_clock::time_point sqlite_engine::write_when_gathered() {
    constexpr std::chrono::seconds max_sleep(10);
    const auto now = std::chrono::steady_clock::now();
    if (!waiting_.empty() && now < gathering_until_) return gathering_until_;
    if (!waiting_.empty()) {
        write_waiting();
        const auto end = std::chrono::steady_clock::now();
        gathering_until_ = end + (end - now) / 8;
    }
    expire();
    return now + max_sleep;
}

// One transaction for all of them: the messages are there together, or none is.
ROOMPP_DECL void sqlite_engine::write_waiting() {
    if (waiting_.empty()) return;
    auto jobs = std::exchange(waiting_, {});
    std::vector<std::pair<std::shared_ptr<open_room>, stored_room>> touched;  // with their state before
    const auto now = std::chrono::system_clock::now();
    std::string error = change([&] {
        for (append_job& job : jobs) {
            open_room& room = *job.room;
            if (!room.is_touched) {
                touched.emplace_back(job.room, room.stored);
                room.is_touched = true;
            }
            if (!job.key.empty()) {
                if (const auto known = store_.find_key(room.stored, job.key, now)) {
                    job.outcome = {*known, true, {}};
                    continue;
                }
            }
            if (room.stored.number == 0) store_.add_room(room.name, room.stored);
            log_entry numbered = *job.entry;
            numbered.id = room.stored.last_id + 1;
            store_.append(room.stored, numbered, job.key, now);
            job.outcome = {numbered.id, false, {}};
        }
        for (auto& [room, before] : touched)
            if (room->stored.last_id != before.last_id) store_.update(room->stored, now);
    });
    for (auto& [room, before] : touched) {
        room->is_touched = false;
        if (!error.empty()) room->stored = std::move(before);
    }
    // One task for each loop, in order.
    std::unordered_map<const loop*, std::vector<append_job>> by_home;
    for (append_job& job : jobs) {
        if (!error.empty()) job.outcome = {0, false, error};
        by_home[job.home_id].push_back(std::move(job));
    }
    for (auto& [id, done] : by_home) {
        const loop::handle home = done.front().home;
        home.post([done = std::make_shared<std::vector<append_job>>(std::move(done))] {
            for (append_job& job : *done) job.on_outcome(job.outcome);
        });
    }
}

ROOMPP_DECL std::string sqlite_engine::change(const std::function<void()>& action) {
    try {
        store_.begin();
        action();
        store_.commit();
        return {};
    } catch (const std::exception& e) {
        store_.roll_back();
        const std::string text = e.what();
        return text.empty() ? "the database of messages failed" : text;
    }
}

ROOMPP_DECL void sqlite_engine::expire() {
    constexpr std::chrono::seconds interval(30);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_expiry_) return;
    next_expiry_ = now + interval;
    std::vector<std::pair<std::string, stored_room>> changed;
    const auto error = change([&] {
        store_.expire(std::chrono::system_clock::now(),
                      [&](const std::string& name, const stored_room& room) { changed.emplace_back(name, room); });
    });
    if (!error.empty()) return;  // tried again
    for (auto& [name, room] : changed)
        if (const auto known = rooms_.find(name); known != rooms_.end()) known->second->stored = std::move(room);
}

ROOMPP_DECL void sqlite_engine::forget_room(std::string name, std::function<void(const std::string& error)> on_done) {
    writing_.post([this, name = std::move(name), on_done = std::move(on_done)] {
        write_waiting();
        if (rooms_.count(name) != 0) return on_done("roompp: the room '" + name + "' is in use");
        on_done(change([&] { (void)store_.forget_room(name); }));
    });
}

ROOMPP_DECL void sqlite_engine::forget_person(std::string person_id,
                                              std::function<void(const std::string& error)> on_done) {
    writing_.post([this, person_id = std::move(person_id), on_done = std::move(on_done)] {
        write_waiting();
        const auto error = change([&] { (void)store_.forget_person(person_id); });
        for (auto& [name, room] : rooms_)
            if (auto stored = store_.find_room(name)) room->stored = std::move(*stored);
        on_done(error);
    });
}

ROOMPP_DECL void sqlite_engine::export_lines(std::string_view room,
                                             const std::function<void(std::string_view line)>& write) const {
    sqlite_reader(settings_.path).export_lines(room, write);
}

}  // namespace detail
ROOMPP_NAMESPACE_END
