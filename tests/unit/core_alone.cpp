// The core knows nothing of sockets: every header of it compiles and works without Asio and websocketpp.

#include <roompp/core/async.hpp>
#include <roompp/core/audience.hpp>
#include <roompp/core/batch.hpp>
#include <roompp/core/broadcaster.hpp>
#include <roompp/core/close.hpp>
#include <roompp/core/epoch.hpp>
#include <roompp/core/fan_out.hpp>
#include <roompp/core/handler.hpp>
#include <roompp/core/history.hpp>
#include <roompp/core/history_budget.hpp>
#include <roompp/core/limits.hpp>
#include <roompp/core/loop.hpp>
#include <roompp/core/member.hpp>
#include <roompp/core/member_concept.hpp>
#include <roompp/core/payload.hpp>
#include <roompp/core/person.hpp>
#include <roompp/core/person_index.hpp>
#include <roompp/core/policies.hpp>
#include <roompp/core/presence.hpp>
#include <roompp/core/room.hpp>
#include <roompp/core/room_event.hpp>
#include <roompp/core/room_hooks.hpp>
#include <roompp/core/rooms.hpp>
#include <roompp/core/token_bucket.hpp>
#include <roompp/core/turn.hpp>

#include "fake_member.hpp"

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
