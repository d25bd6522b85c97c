// The core knows nothing of sockets: every header of it compiles and works without Asio and websocketpp.

#include <roompp/base/async_handler.hpp>
#include <roompp/base/close.hpp>
#include <roompp/base/guarded.hpp>
#include <roompp/base/handler.hpp>
#include <roompp/base/integer_cast.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/rate_limiter.hpp>
#include <roompp/base/sha1.hpp>
#include <roompp/base/slow_consumer.hpp>
#include <roompp/base/text.hpp>
#include <roompp/base/turn.hpp>
#include <roompp/rooms/audience.hpp>
#include <roompp/rooms/batch.hpp>
#include <roompp/rooms/broadcaster.hpp>
#include <roompp/rooms/encoded_message.hpp>
#include <roompp/rooms/epoch.hpp>
#include <roompp/rooms/fan_out.hpp>
#include <roompp/rooms/history.hpp>
#include <roompp/rooms/history_budget.hpp>
#include <roompp/rooms/idle_rooms.hpp>
#include <roompp/rooms/key_window.hpp>
#include <roompp/rooms/log.hpp>
#include <roompp/rooms/logged.hpp>
#include <roompp/rooms/member.hpp>
#include <roompp/rooms/member_concept.hpp>
#include <roompp/rooms/membership.hpp>
#include <roompp/rooms/memory_log.hpp>
#include <roompp/rooms/message_dispatch.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/person_index.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/presence.hpp>
#include <roompp/rooms/publication_log.hpp>
#include <roompp/rooms/room.hpp>
#include <roompp/rooms/room_directory.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/room_hooks.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/rooms/roster.hpp>

#include "support/fake_member.hpp"

#ifdef ASIO_VERSION
#error "the core includes Asio"
#endif
#ifdef ASIO_STANDALONE
#error "the core sets up Asio, or this file is compiled with its definitions"
#endif
#if defined(WEBSOCKETPP_VERSION_HPP) || defined(WEBSOCKETPP_FRAME_HPP) || defined(WEBSOCKETPP_CONNECTION_HPP)
#error "the core includes websocketpp"
#endif

int core_alone();

// How many messages a fake member has got from a room: 1.
int core_alone() {
    fake::manual_loop home;
    roompp::rooms<roompp::basic_room<roompp::of_members<fake::member>>> rooms(home);
    const auto connection = fake::connect(home);
    auto membership = rooms.join(connection, "tea");
    membership.receive("hello");
    home.run();
    return static_cast<int>(connection->received.size());
}
