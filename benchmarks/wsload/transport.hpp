// The bytes of one connection: plain, or over TLS where wsload is built with WSLOAD_TLS (link with -lssl -lcrypto).
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>

#ifdef WSLOAD_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

namespace wsload {

// Does not verify certificates: it measures servers of one's own.
class transport {
public:
    // Whether connections made from now on are encrypted.
    static void use_tls() {
#ifdef WSLOAD_TLS
        context() = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_read_ahead(context(), 1);  // one system call for several records
        SSL_CTX_set_mode(context(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
#else
        std::fprintf(stderr, "wsload: this one is built without TLS: define WSLOAD_TLS, and link with OpenSSL\n");
        std::exit(2);
#endif
    }

    // The scheme of pages on such a server.
    static const char* scheme() {
#ifdef WSLOAD_TLS
        if (context()) return "https";
#endif
        return "http";
    }

    void open(int fd) {
        fd_ = fd;
#ifdef WSLOAD_TLS
        if (!context()) return;
        ssl_.reset(SSL_new(context()));
        SSL_set_fd(ssl_.get(), fd);
        SSL_set_connect_state(ssl_.get());
#endif
    }

    // As recv() and send(): -1 with EAGAIN if it must be tried again.
    ssize_t read(char* into, std::size_t size) {
#ifdef WSLOAD_TLS
        if (ssl_) {
            std::size_t count = 0;
            ERR_clear_error();
            const int outcome = SSL_read_ex(ssl_.get(), into, size, &count);
            return result(outcome, count);
        }
#endif
        return recv(fd_, into, size, 0);
    }
    ssize_t write(const char* bytes, std::size_t size) {
#ifdef WSLOAD_TLS
        if (ssl_) {
            std::size_t count = 0;
            ERR_clear_error();
            const int outcome = SSL_write_ex(ssl_.get(), bytes, size, &count);
            return result(outcome, count);
        }
#endif
        return send(fd_, bytes, size, MSG_NOSIGNAL);
    }

    // Whether a write waits for bytes of the peer: those of the handshake.
    bool write_awaits_input() const {
#ifdef WSLOAD_TLS
        if (ssl_) return SSL_want_read(ssl_.get()) != 0 && SSL_is_init_finished(ssl_.get()) == 0;
#endif
        return false;
    }
    // Whether a read of less than was asked for tells nothing about what is left.
    bool reads_records() const {
#ifdef WSLOAD_TLS
        return ssl_ != nullptr;
#else
        return false;
#endif
    }

private:
    int fd_ = -1;
#ifdef WSLOAD_TLS
    struct deleter {
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    };
    static SSL_CTX*& context() {
        static SSL_CTX* shared = nullptr;
        return shared;
    }
    ssize_t result(int outcome, std::size_t count) {
        if (outcome == 1) return static_cast<ssize_t>(count);
        const int reason = SSL_get_error(ssl_.get(), outcome);
        if (reason == SSL_ERROR_ZERO_RETURN) return 0;
        errno = reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
        return -1;
    }
    std::unique_ptr<SSL, deleter> ssl_;
#endif
};

}  // namespace wsload
