#pragma once
// The threads of an SQLite log. Internal.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/log.hpp>
#include <roompp/storage/sqlite_store.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Writes what rooms append, in transactions of all that waits, and reads for them beside that.
class sqlite_engine final : public log_engine, public std::enable_shared_from_this<sqlite_engine> {
public:
    /// Opens the database. @throws as sqlite_store.
    explicit sqlite_engine(const sqlite_settings& settings);
    /// Writes what waits, and ends the threads.
    ~sqlite_engine() override;

    [[nodiscard]] const std::string& secret() const noexcept { return secret_; }
    void open(const std::string& room, loop& home, std::size_t max_latest, std::size_t max_bytes,
              std::function<void(opened_log)> on_open) override;
    void forget_room(std::string name, std::function<void(const std::string& error)> on_done);
    void forget_person(std::string person_id, std::function<void(const std::string& error)> on_done);
    void export_lines(std::string_view room, const std::function<void(std::string_view line)>& write) const;

private:
    class one_room;

    // A room that is open. Its state is the writer's alone.
    struct open_room {
        std::string name;
        stored_room stored;
        bool is_touched = false;  // in this transaction
    };
    struct append_job {
        std::shared_ptr<open_room> room;
        std::shared_ptr<const log_entry> entry;
        std::string key;
        loop::handle home;
        const loop* home_id;
        std::function<void(const append_outcome&)> on_outcome;
        append_outcome outcome;
    };
    // Tasks for a thread, in order.
    class task_thread {
    public:
        task_thread() = default;
        // `on_idle` is called when there is no task, and says when to call it again if none comes before.
        void start(std::function<std::chrono::steady_clock::time_point()> on_idle);
        void post(std::function<void()> task);
        void stop();

    private:
        void run(const std::function<std::chrono::steady_clock::time_point()>& on_idle);
        std::mutex mutex_;
        std::condition_variable wake_;
        std::deque<std::function<void()>> tasks_;
        bool is_stopping_ = false;
        std::thread thread_;
    };

    [[nodiscard]] std::shared_ptr<open_room> find_or_make_room(const std::string& name);
    void append(append_job job);
    [[nodiscard]] std::chrono::steady_clock::time_point write_when_gathered();
    void write_waiting();
    void expire();
    // In a transaction of its own. @returns why it failed.
    [[nodiscard]] std::string change(const std::function<void()>& action);
    void close(const std::shared_ptr<open_room>& room);

    sqlite_settings settings_;
    sqlite_store store_;  // the writer's
    std::string secret_;
    sqlite_reader reader_;                                     // the reader's
    std::vector<append_job> waiting_;                          // the writer's: for the next transaction
    std::map<std::string, std::shared_ptr<open_room>> rooms_;  // the writer's
    std::chrono::steady_clock::time_point next_expiry_;        // the writer's
    std::chrono::steady_clock::time_point gathering_until_;    // the writer's: see write_when_gathered()
    task_thread writing_;
    task_thread reading_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/storage/impl/sqlite_engine.ipp>
#endif
