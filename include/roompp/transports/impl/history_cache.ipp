#pragma once
// Definitions of <roompp/transports/history_cache.hpp>.

#include <cstdint>
#include <string>
#include <string_view>

#include <roompp/config.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/transports/history_cache.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL bool history_cache::holds(std::string_view epoch, std::uint64_t last_id,
                                      const resume_point& point) const noexcept {
    return !text_.empty() && epoch == epoch_ && last_id == last_id_ && point.id == resume_id_;
}

ROOMPP_DECL void history_cache::store(join_snapshot snapshot, const resume_point& point) {
    static constexpr std::string_view self_key = R"("you":)";
    snapshot.self = nullptr;
    text_ = v1_frames::history(snapshot);
    epoch_ = snapshot.epoch;
    last_id_ = snapshot.last_id;
    resume_id_ = point.id;
    person_position_ = text_.find(self_key) + self_key.size();  // the first one: the epoch before it has no quotes
}

ROOMPP_DECL std::string history_cache::frame(const person* self) const {
    static constexpr std::string_view nobody = "null";
    std::string text = text_;
    if (self) text.replace(person_position_, nobody.size(), v1_frames::person_object(self));
    return text;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
