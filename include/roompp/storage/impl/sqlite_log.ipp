#pragma once
// Definitions of <roompp/storage/sqlite_log.hpp>.

#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <utility>

#include <roompp/storage/sqlite_engine.hpp>
#include <roompp/storage/sqlite_log.hpp>

ROOMPP_NAMESPACE_BEGIN

struct sqlite_log::shared_state {
    sqlite_settings settings;
    std::mutex mutex;
    std::shared_ptr<detail::sqlite_engine> engine;

    std::shared_ptr<detail::sqlite_engine> start() {
        const std::lock_guard lock(mutex);
        if (!engine) engine = std::make_shared<detail::sqlite_engine>(settings);
        return engine;
    }
};

ROOMPP_DECL sqlite_log::sqlite_log(std::string path) : state_(std::make_shared<shared_state>()) {
    state_->settings.path = std::move(path);
}
ROOMPP_DECL sqlite_log& sqlite_log::durability(roompp::durability level) {
    state_->settings.durability = level;
    return *this;
}
ROOMPP_DECL sqlite_log& sqlite_log::keep_messages(std::uint64_t count) {
    state_->settings.room_messages = count;
    return *this;
}
ROOMPP_DECL sqlite_log& sqlite_log::keep_bytes(std::uint64_t bytes) {
    state_->settings.room_bytes = bytes;
    return *this;
}
ROOMPP_DECL sqlite_log& sqlite_log::keep_bytes_of_all(std::uint64_t bytes) {
    state_->settings.all_bytes = bytes;
    return *this;
}
ROOMPP_DECL sqlite_log& sqlite_log::keep_for(std::chrono::seconds age) {
    state_->settings.message_age = age;
    return *this;
}
ROOMPP_DECL sqlite_log& sqlite_log::keep_keys(std::chrono::seconds age, std::uint64_t count) {
    state_->settings.key_age = age;
    state_->settings.room_keys = count;
    return *this;
}

ROOMPP_DECL void sqlite_log::start() const { (void)state_->start(); }

ROOMPP_DECL std::string sqlite_log::secret() const { return state_->start()->secret(); }

ROOMPP_DECL void sqlite_log::forget_room(std::string name,
                                         std::function<void(const std::string& error)> on_done) const {
    state_->start()->forget_room(std::move(name), std::move(on_done));
}
ROOMPP_DECL void sqlite_log::forget_person(std::string person_id,
                                           std::function<void(const std::string& error)> on_done) const {
    state_->start()->forget_person(std::move(person_id), std::move(on_done));
}
ROOMPP_DECL void sqlite_log::export_to(std::ostream& out, std::string_view room) const {
    state_->start()->export_lines(room, [&out](std::string_view line) { out << line << '\n'; });
}

ROOMPP_DECL sqlite_log::operator std::shared_ptr<log_engine>() const { return state_->start(); }

ROOMPP_NAMESPACE_END
