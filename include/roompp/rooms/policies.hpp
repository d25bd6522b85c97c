#pragma once
// The policies of a room: its template parameters, each of a kind.

#include <cstddef>
#include <type_traits>

#include <roompp/base/payload.hpp>
#include <roompp/base/slow_consumer.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The kinds of policies that basic_room knows; a policy names its kind as `policy_kind`.
struct connection_policy {};  ///< the type of the members: of_members
struct history_policy {};     ///< which messages are kept: ring_history, recent_history, no_history
struct presence_policy {};  ///< whether members see each other come and go: presence, presence_with_grace, no_presence
struct slow_policy {};      ///< what becomes of slow members: disconnect_slow, skip_to_latest, drop_oldest
struct room_state_policy {};    ///< the application's state of a room: room_state
struct member_state_policy {};  ///< the application's state of a member: member_state
struct message_policy {};       ///< the type of messages: see roompp/typed.hpp

/// Policy: the room's members are connections of this type (see member_concept). Needed only for members that are not
/// this library's own connections: a fake in a unit test, or those of a plain `websocketpp::server`.
template <class Connection>
struct of_members {
    using policy_kind = connection_policy;
    using connection_type = Connection;
};

/// Policy (the default): a slow member is closed with 1013.
struct disconnect_slow {
    using policy_kind = slow_policy;
    static constexpr when_slow action = when_slow::disconnect;
};
/// Policy: a slow member loses all that is queued for it, and goes on with the newest message: for states of which only
/// the latest matters.
struct skip_to_latest {
    using policy_kind = slow_policy;
    static constexpr when_slow action = when_slow::skip_to_latest;
};
/// Policy: a slow member loses as many of its oldest queued messages as the new ones need.
struct drop_oldest {
    using policy_kind = slow_policy;
    static constexpr when_slow action = when_slow::drop_oldest;
};

/// Policy: every room has a `State`, constructed and destroyed with the room: `room.state()`. Only the room's hooks use
/// it, on its home loop, so it needs no lock.
template <class State>
struct room_state {
    using policy_kind = room_state_policy;
    using state_type = State;
};
/// Policy: every member has a `State` while it is in the room: `member.state()`.
template <class State>
struct member_state {
    using policy_kind = member_state_policy;
    using state_type = State;
};

/// The type of a room's members without a policy of_members; net/ specialises it for `void`.
template <class Unnamed>
struct default_members {
    static_assert(
        !std::is_void_v<Unnamed>,
        "roompp: say what the members are with roompp::of_members<Connection>, or include <roompp/roompp.hpp>");
};

namespace detail {

struct no_state {};

/// Messages as bare payloads.
struct bare_messages {
    using policy_kind = message_policy;
    using message_type = payload;
    static const payload* read(const payload& message) noexcept { return &message; }
};

// Enables the overloads that take a message as a value, in rooms whose messages are values.
template <class Message, class Messages>
using enable_for_values =
    std::enable_if_t<std::is_same_v<Message, typename Messages::message_type> && !std::is_same_v<Message, payload>>;

template <class T, class = void>
struct is_policy : std::false_type {};
template <class T>
struct is_policy<T, std::void_t<typename T::policy_kind>> : std::true_type {};

// The number of policies of a kind.
template <class Kind, class... Policies>
inline constexpr std::size_t count_policies = (std::size_t{0} + ... +
                                               std::size_t{std::is_same_v<typename Policies::policy_kind, Kind>});

// The first policy of a kind, or the default.
template <class Kind, class Default, class... Policies>
struct find_policy {
    using type = Default;
};
template <class Kind, class Default, class First, class... Rest>
struct find_policy<Kind, Default, First, Rest...>
    : std::conditional_t<std::is_same_v<typename First::policy_kind, Kind>, std::enable_if<true, First>,
                         find_policy<Kind, Default, Rest...>> {};

}  // namespace detail

ROOMPP_NAMESPACE_END
