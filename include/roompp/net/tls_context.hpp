#pragma once
// The certificates of a TLS port, loaded. Internal; its definitions use OpenSSL 3.

#include <memory>
#include <string>
#include <vector>

#include <roompp/config.hpp>

struct bio_method_st;
struct ssl_st;

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// What a tls_context is loaded from.
struct tls_settings {
    /// One certificate. All are names of files.
    struct certificate_files {
        std::string certificate;    ///< PEM: the certificate, then those of its issuers
        std::string key;            ///< PEM, not encrypted
        std::string ocsp_response;  ///< DER, stapled to handshakes (RFC 6066, section 8); empty: none
    };
    std::vector<certificate_files> certificates;  ///< the first is for clients that ask for no name, or an unknown one
    std::string client_ca;                     ///< PEM: who issues certificates to clients; empty: they are not asked
    bool requires_client_certificate = false;  ///< clients without a certificate are refused
};

/// The loaded certificates with the parameters of TLS: versions 1.2 and 1.3, AEAD ciphers with forward secrecy, ALPN
/// `http/1.1`, tickets for resumption, no renegotiation, no early data. Immutable, so that it may be used in several
/// threads; must outlive what make_session() returns.
class tls_context {
public:
    /// Loads the files. @throws std::runtime_error that names the file that can't be used, and the reason.
    explicit tls_context(const tls_settings& settings);
    tls_context(const tls_context&) = delete;
    tls_context& operator=(const tls_context&) = delete;
    ~tls_context();

    /// Makes the server's side of one connection, which the caller frees. @throws std::bad_alloc.
    [[nodiscard]] ssl_st* make_session() const;
    /// The BIO of streams: see tls_stream.
    [[nodiscard]] const bio_method_st* bio() const noexcept;

private:
    struct loaded_files;
    std::unique_ptr<loaded_files> loaded_;
};

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/tls_context.ipp>
#endif
