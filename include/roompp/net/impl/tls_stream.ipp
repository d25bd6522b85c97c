#pragma once
// TLS between the socket and the channel, by OpenSSL.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <roompp/net/openssl_handles.hpp>
#include <roompp/net/tcp_stream.hpp>
#include <roompp/net/tls_context.hpp>
#include <roompp/net/tls_stream.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The state of a tls_stream. Stays where it was made: the BIO points to it.
struct tls_session {
    tls_session(net::tcp_stream stream, std::shared_ptr<const net::tls_context> loaded)
        : socket(std::move(stream)), context(std::move(loaded)) {}
    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;
    ~tls_session() = default;

    void make_ssl() {
        ssl.reset(context->make_session());
        BIO* const bio = BIO_new(context->bio());
        if (!bio) throw std::bad_alloc();
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl.get(), bio, bio);
        SSL_set_accept_state(ssl.get());
    }

    // Before each call of OpenSSL, whose errors are in a queue of the thread.
    void start_call() noexcept {
        ERR_clear_error();
        read_was_refused = false;
    }
    // Why a call has failed: what the socket reported, or else that the peer breaks the protocol.
    [[nodiscard]] std::error_code failure() const {
        ERR_clear_error();
        return error ? error : std::make_error_code(std::errc::protocol_error);
    }

    // Sends what is kept encrypted. @returns whether all of it went; else ec says why not.
    bool flush(std::error_code& ec) {
        ec.clear();
        while (unsent_offset != unsent.size()) {
            const std::size_t sent =
                socket.write_some(asio::const_buffer(unsent.data() + unsent_offset, unsent.size() - unsent_offset), ec);
            if (ec) return false;
            unsent_offset += sent;
        }
        if (!unsent.empty()) unsent = {};  // an idle connection keeps no buffer
        unsent_offset = 0;
        return true;
    }

    // Whether OpenSSL may send a record by itself: an alert, a key update. A peer that has it send many, or that takes none of
    // them, is given up, so that neither a turn nor the memory is its own to spend.
    [[nodiscard]] bool may_reply(std::size_t bytes) noexcept {
        constexpr int max_replies = 32;  // to one read
        constexpr std::size_t max_unsent = 128 * 1024;
        return ++replies <= max_replies && unsent.size() - unsent_offset + bytes <= max_unsent;
    }

    net::tcp_stream socket;
    std::shared_ptr<const net::tls_context> context;
    ssl_pointer ssl;     // null before the client has sent something
    std::string unsent;  // encrypted, and not taken by the socket
    std::size_t unsent_offset = 0;
    std::string client_certificate;
    std::error_code error;  // of the socket
    std::error_code end;    // of the input, once it has ended or failed
    char first_byte = 0;
    int replies = 0;  // of OpenSSL, in this read
    bool is_reading = false;
    bool has_read = false;
    bool socket_is_empty = false;   // as far as this read or handshake is concerned
    bool read_was_refused = false;  // in this call of OpenSSL, which has used all that the socket had
    bool is_gathering = false;      // records leave together
    bool owes_byte = false;         // the first byte of the next write has been encrypted already
    bool may_have_unread = false;
};

[[nodiscard]] ROOMPP_DECL tls_session& session_of(BIO* bio) { return *static_cast<tls_session*>(BIO_get_data(bio)); }

ROOMPP_DECL int read_tls_input(BIO* bio, char* into, int size) {
    tls_session& session = session_of(bio);
    BIO_clear_retry_flags(bio);
    if (session.error) return -1;
    std::error_code ec = asio::error::would_block;
    std::size_t count = 0;
    if (!session.socket_is_empty) {
        count = session.socket.read_some(into, static_cast<std::size_t>(size), ec);
        session.socket_is_empty = ec || count < static_cast<std::size_t>(size);
    }
    if (net::tcp_stream::is_would_block(ec)) {
        session.read_was_refused = true;
        BIO_set_retry_read(bio);
        return -1;
    }
    if (ec) {
        session.error = ec == asio::error::eof ? asio::error::connection_aborted : ec;  // without a close_notify
        return -1;
    }
    if (!std::exchange(session.has_read, true)) session.first_byte = *into;
    return static_cast<int>(count);
}

ROOMPP_DECL int write_tls_output(BIO* bio, const char* bytes, int size) {
    tls_session& session = session_of(bio);
    BIO_clear_retry_flags(bio);
    const auto all = static_cast<std::size_t>(size);
    if (session.is_reading && !session.may_reply(all)) {
        session.error = std::make_error_code(std::errc::protocol_error);
        return -1;
    }
    std::size_t sent = 0;
    if (!session.is_gathering && session.unsent.empty()) {
        std::error_code ec;
        sent = session.socket.write_some(asio::const_buffer(bytes, all), ec);
        if (ec && !net::tcp_stream::is_would_block(ec)) {
            session.error = ec;
            return -1;
        }
        if (ec) sent = 0;
    }
    if (sent != all) session.unsent.append(bytes + sent, all - sent);
    return size;
}

ROOMPP_DECL long control_tls_bio(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

ROOMPP_DECL bio_method_pointer make_tls_bio_method() {
    bio_method_pointer made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "roompp socket"));
    if (!made) throw std::bad_alloc();
    BIO_meth_set_read(made.get(), read_tls_input);
    BIO_meth_set_write(made.get(), write_tls_output);
    BIO_meth_set_ctrl(made.get(), control_tls_bio);
    return made;
}

[[nodiscard]] ROOMPP_DECL std::string subject_of_peer(SSL* ssl) {
    X509* const certificate = SSL_get0_peer_certificate(ssl);
    if (!certificate || SSL_get_verify_result(ssl) != X509_V_OK) return {};
    BIO* const text = BIO_new(BIO_s_mem());
    if (!text) throw std::bad_alloc();
    // As UTF-8, not as escapes of its bytes.
    X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(text, &bytes);
    std::string subject(bytes, size > 0 ? static_cast<std::size_t>(size) : 0);
    BIO_free(text);
    return subject;
}

}  // namespace detail

namespace net {

ROOMPP_DECL tls_stream::tls_stream(tcp_stream socket, std::shared_ptr<const tls_context> context)
    : session_(std::make_unique<detail::tls_session>(std::move(socket), std::move(context))) {}
ROOMPP_DECL tls_stream::tls_stream(tls_stream&& other) noexcept = default;
ROOMPP_DECL tls_stream::~tls_stream() = default;

ROOMPP_DECL tcp_stream& tls_stream::socket() noexcept { return session_->socket; }

ROOMPP_DECL bool tls_stream::may_have_unread() const noexcept { return session_->may_have_unread; }

ROOMPP_DECL std::string tls_stream::peer_address() const { return session_->socket.peer_address(); }

ROOMPP_DECL const std::string& tls_stream::client_certificate() const noexcept { return session_->client_certificate; }

ROOMPP_DECL tls_stream::handshake_state tls_stream::handshake() {
    detail::tls_session& session = *session_;
    if (!session.ssl) session.make_ssl();
    session.start_call();
    session.socket_is_empty = false;
    session.is_gathering = true;  // the flights, and an alert, which a client of plain HTTP must not get
    const int result = SSL_accept(session.ssl.get());
    const int reason = SSL_get_error(session.ssl.get(), result);
    session.is_gathering = false;
    ERR_clear_error();
    if (result != 1 && reason != SSL_ERROR_WANT_READ) {
        // No record of TLS begins with a letter, every method of HTTP does.
        const char first = session.first_byte;
        const bool is_letter = (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
        if (is_letter) return handshake_state::plain_http;
    }
    std::error_code ec;
    const bool is_flushed = session.flush(ec);
    if (result != 1 && reason != SSL_ERROR_WANT_READ) return handshake_state::failed;
    if (!is_flushed) return is_would_block(ec) ? handshake_state::writing : handshake_state::failed;
    if (result != 1) return handshake_state::reading;
    session.client_certificate = detail::subject_of_peer(session.ssl.get());
    session.may_have_unread = SSL_has_pending(session.ssl.get()) == 1;
    return handshake_state::done;
}

ROOMPP_DECL void tls_stream::write_plain(std::string_view bytes) noexcept {
    std::error_code ignored;
    (void)session_->socket.write_some(asio::const_buffer(bytes.data(), bytes.size()), ignored);
}

ROOMPP_DECL bool tls_stream::drop_input() noexcept {
    std::array<char, 4096> bytes;
    std::error_code ec;
    (void)session_->socket.read_some(bytes.data(), bytes.size(), ec);
    return !ec || is_would_block(ec);
}

ROOMPP_DECL std::size_t tls_stream::read_some(char* into, std::size_t size, std::error_code& ec) {
    // The turns of others must not wait for thousands of records with a byte each, or with none.
    constexpr int max_records = 64;
    constexpr int max_records_without_data = 32;
    detail::tls_session& session = *session_;
    SSL* const ssl = session.ssl.get();
    ec.clear();
    if (session.end == asio::error::eof) {  // OpenSSL does not look at the socket any more: it may have been reset
        char byte = 0;
        (void)session.socket.read_some(&byte, 1, ec);
        if (!ec || is_would_block(ec)) ec = asio::error::eof;
        return 0;
    }
    session.socket_is_empty = false;
    session.may_have_unread = false;
    session.is_reading = true;
    session.replies = 0;
    std::size_t total = 0;
    int records_without_data = 0;
    for (int records = 0; !session.end; ++records) {
        if (total == size || records == max_records) {
            session.may_have_unread = true;
            break;
        }
        session.start_call();
        std::size_t count = 0;
        if (SSL_read_ex(ssl, into + total, size - total, &count) == 1) {
            total += count;
            continue;
        }
        const int reason = SSL_get_error(ssl, 0);
        if (reason == SSL_ERROR_WANT_READ) {
            if (session.read_was_refused) break;
            if (++records_without_data > max_records_without_data)
                session.end = std::make_error_code(std::errc::protocol_error);
        } else {
            session.end = reason == SSL_ERROR_ZERO_RETURN ? std::error_code(asio::error::eof) : session.failure();
        }
    }
    session.is_reading = false;
    if (!session.end) session.end = session.error;  // OpenSSL goes on although a reply of its own has failed
    std::error_code
        flush_error;  // of what OpenSSL itself had to say: if the socket is full, it leaves with the next write
    (void)session.flush(flush_error);
    if (total != 0)
        session.may_have_unread = session.may_have_unread || session.end;
    else
        ec = session.end ? session.end : std::error_code(asio::error::would_block);
    return total;
}

ROOMPP_DECL std::size_t tls_stream::write(asio::const_buffer* buffers, std::size_t count, std::error_code& ec) {
    constexpr std::size_t max_record = SSL3_RT_MAX_PLAIN_LENGTH;
    constexpr std::size_t max_gathered = 4 * max_record;
    detail::tls_session& session = *session_;
    if (!session.flush(ec) || count == 0) return 0;
    std::size_t taken = 0;
    std::size_t left = 0;
    for (std::size_t i = 0; i != count; ++i) left += buffers[i].size();
    const auto consume = [&](std::size_t bytes) {
        taken += bytes;
        left -= bytes;
        while (bytes != 0 || (count != 0 && buffers->size() == 0)) {
            const std::size_t part = (std::min)(bytes, buffers->size());
            *buffers += part;
            bytes -= part;
            if (buffers->size() == 0) ++buffers, --count;
        }
    };
    if (std::exchange(session.owes_byte, false)) consume(1);
    std::array<char, max_record> joined;  // several short buffers go as one record
    while (left != 0) {
        session.is_gathering = left > max_record;
        for (std::size_t gathered = 0; left != 0 && gathered < max_gathered;) {
            const void* record = buffers->data();
            std::size_t size = (std::min)(max_record, left);
            if (buffers->size() < size) {
                size = asio::buffer_copy(asio::buffer(joined), buffers[0]);
                for (std::size_t i = 1; i != count && size != max_record; ++i)
                    size += asio::buffer_copy(asio::buffer(joined) + size, buffers[i]);
                record = joined.data();
            }
            session.start_call();
            std::size_t written = 0;
            if (SSL_write_ex(session.ssl.get(), record, size, &written) != 1) {
                session.is_gathering = false;
                ec = session.failure();
                return 0;
            }
            gathered += written;
            consume(written);
        }
        session.is_gathering = false;
        if (session.flush(ec)) continue;
        if (!is_would_block(ec)) return 0;
        ec.clear();
        session.owes_byte = true;
        return taken - 1;
    }
    return taken;
}

ROOMPP_DECL void tls_stream::end_writing() noexcept {
    detail::tls_session& session = *session_;
    std::error_code ignored;
    if (session.ssl && SSL_is_init_finished(session.ssl.get()) && !session.error && session.flush(ignored)) {
        session.start_call();
        (void)SSL_shutdown(session.ssl.get());
        ERR_clear_error();
    }
    session.socket.end_writing();
}

ROOMPP_DECL void tls_stream::close() noexcept { session_->socket.close(); }

}  // namespace net
ROOMPP_NAMESPACE_END
