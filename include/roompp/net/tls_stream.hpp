#pragma once
// A TLS connection over a TCP socket as a stream. Internal; its definitions use OpenSSL 3.

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/post.hpp>

#include <roompp/net/send_queue.hpp>
#include <roompp/net/tcp_stream.hpp>
#include <roompp/net/tls_context.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {
struct tls_session;
}
namespace net {

/// The server's side of a TLS connection: see stream_concept, which says what each function must do. Nothing may be read
/// or written before handshake() is done.
///
/// A write is encrypted in records of up to 16 KiB, and sent with one system call for up to 64 KiB. What the socket does
/// not take then, at most these 64 KiB, is kept encrypted, and one byte of the write counts as not taken, so that the
/// caller comes again when the socket is writable.
class tls_stream {
public:
    enum class handshake_state : unsigned char {
        done,
        reading,     ///< goes on when the socket is readable
        writing,     ///< goes on when the socket is writable
        plain_http,  ///< has failed: the client speaks HTTP without TLS
        failed
    };

    /// Takes over an accepted connection: its slot and its options stay as they are.
    tls_stream(tcp_stream socket, std::shared_ptr<const tls_context> context);
    tls_stream(tls_stream&& other) noexcept;
    tls_stream& operator=(tls_stream&&) = delete;
    ~tls_stream();

    /// Goes on with the handshake as far as the socket allows. Memory for it is taken when the client sends something.
    [[nodiscard]] handshake_state handshake();
    /// Sends bytes without encryption, as far as the socket takes them: to a client that speaks plain HTTP.
    void write_plain(std::string_view bytes) noexcept;
    /// Reads bytes without decrypting them, and drops them: after a handshake that has failed.
    /// @returns whether more may come.
    [[nodiscard]] bool drop_input() noexcept;

    std::size_t read_some(char* into, std::size_t size, std::error_code& ec);
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, std::error_code& ec) {
        std::array<asio::const_buffer, send_queue::max_buffers> filled;
        std::size_t count = 0;
        const auto end = asio::buffer_sequence_end(buffers);
        for (auto it = asio::buffer_sequence_begin(buffers); it != end && count != filled.size(); ++it) {
            const asio::const_buffer buffer(*it);
            if (buffer.size() != 0) filled[count++] = buffer;
        }
        return write(filled.data(), count, ec);
    }
    template <class Handler>
    void wait_readable(Handler&& handler) {
        if (!may_have_unread()) return socket().wait_readable(std::forward<Handler>(handler));
        // Of what OpenSSL has read from the socket already, the socket tells nothing.
        asio::post(socket().get_executor(),
                   [handler = std::forward<Handler>(handler)]() mutable { handler(std::error_code()); });
    }
    template <class Handler>
    void wait_writable(Handler&& handler) {
        socket().wait_writable(std::forward<Handler>(handler));
    }
    template <class Handler>
    void wait_lost(Handler&& handler) {
        socket().wait_lost(std::forward<Handler>(handler));
    }
    /// Sends a close_notify (RFC 8446, section 6.1), and then the end of the TCP stream.
    void end_writing() noexcept;
    void close() noexcept;
    [[nodiscard]] std::string peer_address() const;
    /// The subject of the client's certificate, which has been verified, as RFC 4514 writes it, such as
    /// `CN=Ann,O=Example`; empty without one.
    [[nodiscard]] const std::string& client_certificate() const noexcept;
    [[nodiscard]] static constexpr bool is_secure() noexcept { return true; }
    [[nodiscard]] static bool is_would_block(const std::error_code& ec) noexcept {
        return tcp_stream::is_would_block(ec);
    }

private:
    [[nodiscard]] tcp_stream& socket() noexcept;
    // Whether a read might give something although the socket has nothing to read.
    [[nodiscard]] bool may_have_unread() const noexcept;
    std::size_t write(asio::const_buffer* buffers, std::size_t count, std::error_code& ec);

    std::unique_ptr<detail::tls_session> session_;
};

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/tls_stream.ipp>
#endif
