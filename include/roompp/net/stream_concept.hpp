#pragma once
// The requirements on a stream, written down and checked.

#include <cstddef>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// A type can carry connections (server::serve(), channel) if it is movable and has
/// - `std::size_t read_some(char* into, std::size_t size, std::error_code&)`: reads the bytes that have come, at most
///   `size`; sets the error to "would block", `asio::error::eof` or another one, and then returns 0. Must not block;
/// - `std::size_t write_some(buffers, std::error_code&)`: writes as much as the stream takes of an Asio buffer
///   sequence. Must not block;
/// - `wait_readable(handler)`, `wait_writable(handler)`: call `handler(std::error_code)` once, from the loop, when a
///   read or write would no longer block, or has an error to report. Must not call it before they return;
/// - `end_writing()`: tells the peer that nothing more comes;
/// - `close()`: ends both directions; pending waits are called with an error;
/// - `std::string peer_address()`: the peer's address without the port, as text;
/// - `static bool is_secure()`: whether the bytes are encrypted;
/// - `static bool is_would_block(const std::error_code&)`: whether an error only means "not now".
///
/// It may have `wait_lost(handler)`, as wait_readable(): the connection may be lost, as by a reset, after the end of its input
/// has been read; then a peer that has closed only its half of the connection still gets what is queued for it.
///
/// It may have `receive(char* into, std::size_t size, handler)`: reads into a buffer that stays where it is, and calls
/// `handler(std::error_code, std::size_t)` once, as wait_readable() does, with how many bytes have come; for streams that
/// this costs less than to wait and then to read.
///
/// It may have `native_handle()`, a socket of the system: then a fan_out_writer may send to it directly.
///
/// It may have `const std::string& client_certificate()`: see request::client_certificate(). The reference is valid as long
/// as the stream, even if that is moved.
///
/// A stream is used by one thread, and moves with its connection.
template <class Stream>
struct stream_concept {
private:
    using wait_handler = void (*)(const std::error_code&);
    using receive_handler = void (*)(const std::error_code&, std::size_t);

    template <class S>
    using read_some_of = std::enable_if_t<std::is_convertible_v<
        decltype(std::declval<S&>().read_some(std::declval<char*>(), std::size_t{}, std::declval<std::error_code&>())),
        std::size_t>>;
    template <class S>
    using write_some_of = std::enable_if_t<
        std::is_convertible_v<decltype(std::declval<S&>().write_some(std::declval<const asio::const_buffer&>(),
                                                                     std::declval<std::error_code&>())),
                              std::size_t>>;
    template <class S>
    using waits_of = decltype(std::declval<S&>().wait_readable(std::declval<wait_handler>()),
                              std::declval<S&>().wait_writable(std::declval<wait_handler>()));
    template <class S>
    using ends_of = decltype(std::declval<S&>().end_writing(), std::declval<S&>().close());
    template <class S>
    using peer_address_of =
        std::enable_if_t<std::is_convertible_v<decltype(std::declval<const S&>().peer_address()), std::string>>;
    template <class S>
    using is_secure_of = std::enable_if_t<std::is_convertible_v<decltype(S::is_secure()), bool>>;
    template <class S>
    using is_would_block_of = std::enable_if_t<
        std::is_convertible_v<decltype(S::is_would_block(std::declval<const std::error_code&>())), bool>>;
    template <class S>
    using wait_lost_of = decltype(std::declval<S&>().wait_lost(std::declval<wait_handler>()));
    template <class S>
    using receive_of =
        decltype(std::declval<S&>().receive(std::declval<char*>(), std::size_t{}, std::declval<receive_handler>()));
    template <class S>
    using client_certificate_of = decltype(std::declval<const S&>().client_certificate());
    template <class S>
    using native_handle_of = decltype(std::declval<S&>().native_handle());

    template <template <class> class Has, class S, class = void>
    struct has : std::false_type {};
    template <template <class> class Has, class S>
    struct has<Has, S, std::void_t<Has<S>>> : std::true_type {};

public:
    /// Whether a fan_out_writer may send to the stream.
    static constexpr bool has_native_handle = has<native_handle_of, Stream>::value;
    /// Whether the stream can tell that its connection is lost after the end of its input has been read.
    static constexpr bool has_wait_lost = has<wait_lost_of, Stream>::value;
    /// Whether the stream can receive into a buffer that is given to it beforehand.
    static constexpr bool has_receive = has<receive_of, Stream>::value;
    /// Whether the stream knows who its peer is.
    static constexpr bool has_client_certificate = has<client_certificate_of, Stream>::value;

    static constexpr bool conforms() {
        static_assert(std::is_move_constructible_v<Stream>,
                      "roompp: a stream must be movable (see net::stream_concept)");
        static_assert(has<read_some_of, Stream>::value,
                      "roompp: a stream needs std::size_t read_some(char*, std::size_t, std::error_code&)");
        static_assert(has<write_some_of, Stream>::value,
                      "roompp: a stream needs std::size_t write_some(buffers, std::error_code&)");
        static_assert(has<waits_of, Stream>::value,
                      "roompp: a stream needs wait_readable(handler) and wait_writable(handler)");
        static_assert(has<ends_of, Stream>::value, "roompp: a stream needs end_writing() and close()");
        static_assert(has<peer_address_of, Stream>::value, "roompp: a stream needs std::string peer_address() const");
        static_assert(has<is_secure_of, Stream>::value, "roompp: a stream needs static bool is_secure()");
        static_assert(has<is_would_block_of, Stream>::value,
                      "roompp: a stream needs static bool is_would_block(const std::error_code&)");
        return true;
    }
};

}  // namespace net
ROOMPP_NAMESPACE_END
