// expect: roompp: a member type needs deliver(const std::shared_ptr<const batch_type>&)
#include <cstdint>
#include <string_view>

#include <roompp/rooms/rooms.hpp>

#include "support/fake_member.hpp"

struct mute {
    using batch_type = fake::batch;
    void close(std::uint16_t, std::string_view) {}
    roompp::loop& home();
};

void misuse(roompp::loop& home) {
    roompp::rooms<roompp::basic_room<roompp::of_members<mute>>> rooms(home);
    const auto membership = rooms.join(nullptr, "tea");
}
