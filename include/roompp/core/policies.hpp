#pragma once
// How a room's template parameters are told apart.

#include <type_traits>

namespace roompp {

/// The policy kinds that basic_room knows; a policy names its kind as `policy_kind`.
struct connection_policy {};

/// Policy: the room's members are connections of this type (see member_concept). Needed only where the members are not
/// this library's own connections: a fake in a unit test, or a plain `websocketpp::server`'s.
template <class Connection>
struct of_members {
    using policy_kind = connection_policy;
    using connection_type = Connection;
};

/// What a room's members are if no policy says so; the wire layer specialises it for `void`.
template <class Unnamed>
struct default_members {
    static_assert(
        !std::is_void_v<Unnamed>,
        "roompp: say what the members are with roompp::of_members<Connection>, or include <roompp/roompp.hpp>");
};

namespace detail {

template <class T, class = void>
struct is_policy : std::false_type {};
template <class T>
struct is_policy<T, std::void_t<typename T::policy_kind>> : std::true_type {};

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

}  // namespace roompp
