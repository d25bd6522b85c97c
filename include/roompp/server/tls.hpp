#pragma once
// The certificates of a server's TLS ports.

#include <memory>
#include <string>

#include <roompp/config.hpp>
#include <roompp/server/secure_transport.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {
class tls_transport;
}

/// Whether clients must have a certificate: see tls::verify_clients().
enum class client_certificates : unsigned char {
    required,  ///< clients without one are refused
    optional   ///< clients without one are served, and request::client_certificate() is empty
};

/// What server::listen_tls() needs: certificates, and what is asked of clients. A handle: copies share one state, so that a
/// kept copy can reload() what a server uses.
///
/// TLS 1.2 and 1.3, ciphers with forward secrecy (ECDHE with AES-GCM or ChaCha20), ALPN `http/1.1`, resumption by tickets,
/// no renegotiation, no early data.
///
/// Thread-safety: any function may be called from any thread, at any time; new connections use what was loaded last.
class tls {
public:
    /// Loads a certificate.
    /// @param certificate a PEM file: the certificate, then those of its issuers, but for the root.
    /// @param key a PEM file, not encrypted.
    /// @param ocsp_response a DER file, which is stapled to handshakes of clients that ask for it; empty: none.
    /// @throws std::runtime_error that names the file which can't be used, and the reason.
    tls(std::string certificate, std::string key, std::string ocsp_response = {});

    /// Adds a certificate for further names: a client gets the first whose names match the one that it asks for (SNI, RFC
    /// 6066), or else that of the constructor. @throws as the constructor, and adds nothing then.
    tls& certificate(std::string certificate, std::string key, std::string ocsp_response = {});
    /// Asks clients for a certificate of these issuers. Others fail the handshake.
    /// @param ca a PEM file with the issuers' certificates.
    /// @throws as the constructor, and changes nothing then.
    tls& verify_clients(std::string ca, client_certificates demand = client_certificates::required);

    /// Loads all files again, for connections from now on; present ones go on undisturbed. Tickets of earlier sessions are
    /// not valid any more: those clients make a whole handshake.
    /// @throws as the constructor, and changes nothing then.
    void reload();

    /// For server::listen_tls().
    [[nodiscard]] operator std::shared_ptr<const detail::secure_transport>() const;

private:
    std::shared_ptr<detail::tls_transport> transport_;
};

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/server/impl/tls.ipp>
#endif
