#pragma once
// The rooms by name: how they are found, created, entered and destroyed.

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/close.hpp>
#include <roompp/base/guarded.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/history_budget.hpp>
#include <roompp/rooms/idle_rooms.hpp>
#include <roompp/rooms/log.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_hooks.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A room as listed by rooms::list().
struct room_info {
    std::string name;
    std::size_t members = 0;
};

namespace detail {

/// What the handles of class rooms share. A room is added and removed only on its home loop; the mutex is for those who
/// read from other loops. It is never held while a hook runs, and not touched by a broadcast.
///
/// Thread-safety: attach(), detach() and what is set before the first join belong to one thread, while no loop runs;
/// enter() to the room's home loop; find(), list(), size() and home_of() to any.
template <class Room>
class room_directory : public std::enable_shared_from_this<room_directory<Room>> {
    using member = typename Room::member;

public:
    /// See rooms::attach().
    void attach(const std::vector<loop*>& homes) {
        if (!homes_.empty() && homes_ != homes)
            throw std::logic_error(
                "roompp: these rooms already belong to another server; make a rooms object for each");
        if (Room::is_logged && !log_)
            throw std::logic_error(
                "roompp: these rooms have the policy logged, and no log: set it with rooms.log(...) before the server runs");
        homes_ = homes;
        while (shares_.size() < homes.size()) {
            const auto& share = shares_.emplace_back(std::make_shared<loop_share>());
            share->histories = std::make_shared<history_budget>(
                [weak = this->weak_from_this(), weak_share = std::weak_ptr<loop_share>(share)] {
                    const auto self = weak.lock();
                    const auto locked_share = weak_share.lock();
                    return self && locked_share && self->evict(*locked_share);
                });
        }
    }
    /// See rooms::detach(). @returns whether the directory can belong to other loops now.
    bool detach(const std::vector<loop*>& homes) {
        if (homes_ != homes) return false;
        std::vector<std::shared_ptr<Room>> removed;  // their destructors may call anything: not under the lock
        const std::lock_guard lock(mutex_);
        for (auto it = by_name_.begin(); it != by_name_.end();) {
            if (it->second->size() != 0) {
                ++it;
                continue;
            }
            --share_of(it->first).room_count;
            removed.push_back(std::move(it->second));
            it = by_name_.erase(it);
        }
        for (const auto& share : shares_) share->idle.clear();
        if (!by_name_.empty()) return false;
        homes_.clear();
        shares_.clear();
        return true;
    }

    /// See rooms::log().
    void set_log(std::shared_ptr<log_engine> log) { log_ = std::move(log); }

    [[nodiscard]] room_hooks<Room>& hooks() noexcept { return *hooks_; }
    [[nodiscard]] const roompp::limits& limits() const noexcept { return limits_; }
    void set_limits(const roompp::limits& limits) {
        limits_ = limits;
        has_own_limits_ = true;
    }
    /// Sets limits for a directory that has none of its own.
    void set_default_limits(const roompp::limits& limits) {
        if (!has_own_limits_) limits_ = limits;
    }

    /// The loop of the room of this name, whether it exists or not.
    /// @throws std::logic_error if the directory has no loop yet.
    [[nodiscard]] loop& home_of(const std::string& name) const { return *homes_[index_of(name)]; }

    /// The room of this name; null if there is none.
    [[nodiscard]] std::shared_ptr<Room> find(std::string_view name) const {
        const std::lock_guard lock(mutex_);
        const auto found = by_name_.find(name);
        return found == by_name_.end() ? nullptr : found->second;
    }
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return by_name_.size();
    }
    [[nodiscard]] std::vector<room_info> list(std::size_t max_count) const {
        const std::lock_guard lock(mutex_);
        std::vector<room_info> infos;
        for (const auto& [name, room] : by_name_) {
            if (infos.size() == max_count) break;
            infos.push_back({name, room->size()});
        }
        return infos;
    }

    /// Lets a member into the room of this name, which is created if need be, or closes its connection.
    void enter(const std::shared_ptr<member>& joining, std::string name) {
        if (joining->membership_ != member::joining) return;  // it left before this was run
        auto room = find(name);
        if (!room) room = create(*joining, std::move(name));
        if (!room) return;  // the member was refused
        if constexpr (Room::is_logged) {
            if (room->is_opening()) return await_opening(*room, joining);
        }
        admit(room, joining);
    }

private:
    using join_guard = typename idle_rooms<Room>::join_guard;

    void admit(const std::shared_ptr<Room>& room, const std::shared_ptr<member>& joining) {
        auto& idle = share_of(room->name()).idle;
        idle.remove(*room);
        {
            const join_guard guard(idle, *room);
            room->guard(joining.get(), [&] {
                if (room->size() >= limits_.members_per_room)
                    return refuse(*joining, {close_code::try_again_later, "the room is full"});
                if (const auto refused = ask_to_admit(*room, *joining)) return refuse(*joining, *refused);
                room->add(joining);
                if (hooks_->on_join) hooks_->on_join(*room, *joining);
            });
        }
        if (joining->membership_ == member::joining) refuse(*joining, {close_code::internal_error, "internal error"});
        if (room->size() == 0) on_empty(*room);
        if constexpr (Room::is_logged) {
            if (const auto work = std::move(joining->early_work_)) work->run();
        }
    }

    // The log of the room is being opened: the member joins when it is.
    void await_opening(Room& room, const std::shared_ptr<member>& joining) {
        if (room.newcomers().size() >= limits_.members_per_room)
            return refuse(*joining, {close_code::try_again_later, "the room is full"});
        joining->early_work_ = std::make_unique<early_work>();
        room.newcomers().push_back(joining);
    }
    // The log's answer owns neither the room nor its newcomers: it may be destroyed on another thread, and later than the loop.
    void open(Room& opening) {
        opening.open_log(*log_, [weak = this->weak_from_this(), &opening](const std::string& error) {
            if (const auto self = weak.lock()) self->on_log_opened(opening.shared_from_this(), error);
        });
    }
    void on_log_opened(const std::shared_ptr<Room>& room, const std::string& error) {
        const auto newcomers = room->take_newcomers();
        const bool is_ready = error.empty() && announce(*room);
        for (const auto& joining : newcomers) {
            if (joining->membership_ == member::joining) {
                if (is_ready)
                    admit(room, joining);
                else
                    refuse(*joining, error.empty()
                                         ? close_event{close_code::internal_error, "internal error"}
                                         : close_event{close_code::try_again_later, "the room is unavailable"});
            }
            joining->early_work_.reset();  // which keeps it alive
        }
        if (!error.empty())
            report_error(hooks_->default_error_handler,
                         std::make_exception_ptr(std::runtime_error("roompp: the log of the room '" + room->name() +
                                                                    "' cannot be opened: " + error)));
        if (!is_ready)
            forget(*room);
        else if (room->size() == 0)
            on_empty(*room);
    }
    // Calls the hook of a new room. @returns whether it has not thrown.
    bool announce(Room& room) {
        bool is_ready = false;
        const join_guard guard(share_of(room.name()).idle, room);
        room.guard(nullptr, [&] {
            if (hooks_->on_create) hooks_->on_create(room);
            is_ready = true;
        });
        return is_ready;
    }

    // The rooms of one loop. Belongs to that loop, which need not ask another.
    struct loop_share {
        idle_rooms<Room> idle;
        std::size_t room_count = 0;
        std::shared_ptr<history_budget> histories;
    };

    std::size_t index_of(const std::string& name) const {
        if (homes_.empty())
            throw std::logic_error(
                "roompp: these rooms have no event loop: give them to server.websocket(...) or construct "
                "them with a roompp::loop");
        return std::hash<std::string>{}(name) % homes_.size();
    }
    loop_share& share_of(const std::string& name) { return *shares_[index_of(name)]; }

    // @returns the refusal of the admit hook, if any.
    std::optional<close_event> ask_to_admit(Room& room, member& joining) {
        if (!hooks_->on_admit) return std::nullopt;
        join_reply reply;
        joining.room_ = &room;
        joining.person_ = std::make_shared<const person>(joining.options_.person);
        hooks_->on_admit(room, joining, reply);
        return reply.refused();
    }

    static void refuse(member& joining, const close_event& reason) {
        joining.membership_ = member::left;
        joining.room_ = nullptr;
        joining.close(reason.code, reason.reason);
    }

    // @returns null if there can be no such room: then its first member was refused.
    std::shared_ptr<Room> create(member& first, std::string name) {
        loop& home = home_of(name);
        loop_share& share = share_of(name);
        if (is_full(share) && !evict(share)) {
            refuse(first, {close_code::try_again_later, "there are too many rooms"});
            return nullptr;
        }
        std::shared_ptr<Room> room;
        run_guarded([&] { room = std::make_shared<Room>(std::move(name), home, hooks_); },
                    [&](const std::exception_ptr& error) {  // of the application's state
                        report_error(hooks_->default_error_handler, error);
                        refuse(first, {close_code::internal_error, "internal error"});
                    });
        if (!room) return nullptr;
        share.histories->set_limit(limits_.history_bytes / homes_.size());
        room->log_.attach(share.histories);
        room->news_interval_ = limits_.presence_interval;
        room->on_empty_ = [weak = this->weak_from_this()](Room& empty) {
            if (const auto self = weak.lock()) self->on_empty(empty);
        };
        {
            const std::lock_guard lock(mutex_);
            by_name_.emplace(room->name(), room);
        }
        ++share.room_count;
        if constexpr (Room::is_logged) {
            open(*room);
            return room;
        }
        if (announce(*room)) return room;
        refuse(first, {close_code::internal_error, "internal error"});
        if (room->size() == 0) forget(*room);
        return nullptr;
    }

    // Each loop has an equal share of the rooms.
    bool is_full(const loop_share& share) const {
        return share.room_count >= std::max<std::size_t>(1, limits_.rooms / homes_.size());
    }

    // The room has no members: it is destroyed, now or after a while.
    void on_empty(Room& empty) {
        auto& idle = share_of(empty.name()).idle;
        if (idle.is_being_joined(empty)) return;
        empty.log_.expire();
        if (Room::history_type::keeps && !empty.log_.empty() && limits_.empty_room.count() != 0)
            idle.add(empty.shared_from_this(), limits_.empty_room, [weak = this->weak_from_this(), &empty] {
                if (const auto self = weak.lock()) self->remove(empty);
            });
        else
            remove(empty);
    }

    // Removes the empty room that has waited longest. @returns whether there was one.
    bool evict(loop_share& share) {
        const auto oldest = share.idle.oldest();
        if (!oldest) return false;
        remove(*oldest);
        return true;
    }

    void remove(Room& empty) {
        const auto room = empty.shared_from_this();
        share_of(room->name()).idle.remove(*room);
        if (!forget(*room)) return;  // a leave hook has removed it already
        room->guard(nullptr, [&] {
            if (hooks_->on_destroy) hooks_->on_destroy(*room);
        });
    }
    // @returns whether the room was in the directory.
    bool forget(Room& removed) {
        std::shared_ptr<Room> last_owner;  // its destructor may call anything: not under the lock
        const std::lock_guard lock(mutex_);
        const auto found = by_name_.find(removed.name());
        if (found == by_name_.end() || found->second.get() != &removed) return false;
        last_owner = std::move(found->second);
        by_name_.erase(found);
        --share_of(last_owner->name()).room_count;
        return true;
    }

    std::shared_ptr<log_engine> log_;  // of rooms that are logged
    std::vector<loop*> homes_;
    std::vector<std::shared_ptr<loop_share>> shares_;  // by home
    roompp::limits limits_;
    bool has_own_limits_ = false;
    std::shared_ptr<room_hooks<Room>> hooks_ = std::make_shared<room_hooks<Room>>();
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Room>, std::less<>> by_name_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
