#pragma once
// The requirements on a connection that is a member, checked with readable messages.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A connection type can be a member of rooms and broadcasters if it has
/// - `batch_type`: messages encoded for the wire, one after the other: default-constructible, with `append(payload)`,
///   `append(const batch_type&, begin, end)` (the part between two earlier values of `size()`), `size()`, `clear()`;
/// - `deliver(const std::shared_ptr<const batch_type>&)`: sends a batch; must not block, must not throw, must not call
///   back into the room before it returns; called only on the connection's loop;
/// - `close(std::uint16_t code, std::string_view reason)`: starts to close the connection; callable from any thread;
/// - `home()`: the loop on which it lives.
///
/// It may have
/// - `deliver(batch, when_slow)` instead, which says what to do if too much is queued already; without it, a room's
///   policy for slow members has no effect;
/// - `deliver_own(batch, when_slow)`, for batches that are for this member alone: nothing of them is ever dropped;
/// - `pause_reading()` and `resume_reading()`: between them, nothing more that its client sends is read. Calls are
///   counted: reading continues after as many resumes as pauses. Called on the connection's loop, by a task of its own
///   or while a message of it is handled. Without them, what is queued for a room on another loop is not bounded;
/// - `static deliver_all(Connection* const* first, Connection* const* last, batch, when_slow)`, which replaces one
///   `deliver` each (a writer that submits many sends together);
/// - `room_count()`: a reference to the number of rooms that it is in, for limits::rooms_per_connection. Belongs to the
///   connection's loop.
template <class Connection>
struct member_concept {
private:
    template <class C>
    using batch_of = typename C::batch_type;
    template <class C>
    using deliver_of = decltype(std::declval<C&>().deliver(std::declval<const std::shared_ptr<const batch_of<C>>&>()));
    template <class C>
    using close_of = decltype(std::declval<C&>().close(std::uint16_t{}, std::string_view{}));
    template <class C>
    using home_of = std::enable_if_t<std::is_convertible_v<decltype(std::declval<C&>().home()), loop&>>;
    template <class C>
    using append_of = decltype(std::declval<batch_of<C>&>().append(payload{}));
    template <class C>
    using append_part_of =
        decltype(std::declval<batch_of<C>&>().append(std::declval<const batch_of<C>&>(), std::size_t{}, std::size_t{}));

    template <template <class> class Has, class C, class = void>
    struct has : std::false_type {};
    template <template <class> class Has, class C>
    struct has<Has, C, std::void_t<Has<C>>> : std::true_type {};

public:
    static constexpr bool conforms() {
        static_assert(has<batch_of, Connection>::value,
                      "roompp: a member type needs a batch_type (see member_concept)");
        static_assert(has<append_of, Connection>::value && has<append_part_of, Connection>::value,
                      "roompp: a member's batch_type needs append(payload) and append(batch, from, to)");
        static_assert(has<deliver_of, Connection>::value,
                      "roompp: a member type needs deliver(const std::shared_ptr<const batch_type>&)");
        static_assert(has<close_of, Connection>::value,
                      "roompp: a member type needs close(std::uint16_t code, std::string_view reason)");
        static_assert(has<home_of, Connection>::value,
                      "roompp: a member type needs home(), the roompp::loop it lives on");
        return true;
    }
};

ROOMPP_NAMESPACE_END
