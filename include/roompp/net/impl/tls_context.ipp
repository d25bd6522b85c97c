#pragma once
// Loading certificates into OpenSSL.

#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <roompp/config.hpp>
#include <roompp/net/openssl_handles.hpp>
#include <roompp/net/tls_context.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

struct tls_context::loaded_files {
    struct certificate {
        detail::ssl_context_pointer context;
        std::string ocsp_response;
    };
    std::vector<certificate> certificates;  // not changed any more when OpenSSL has pointers to them
    detail::bio_method_pointer bio = detail::make_tls_bio_method();
};

}  // namespace net

namespace detail {

[[noreturn]] ROOMPP_DECL void fail_tls_file(const std::string& kind, const std::string& name) {
    const unsigned long error = ERR_peek_last_error();
    const char* reason = error != 0 ? ERR_reason_error_string(error) : nullptr;
    std::string text = "roompp: cannot use the " + kind + " '" + name + "': " + (reason ? reason : "malformed");
    ERR_clear_error();
    throw std::runtime_error(text);
}

[[nodiscard]] ROOMPP_DECL std::string read_tls_file(const std::string& kind, const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file.is_open() || file.bad() || content.empty())
        throw std::runtime_error("roompp: cannot read the " + kind + " '" + name +
                                 "': check that the file exists, is not empty, and may be read");
    return content;
}

// RFC 7301, section 3.2: a client that wants only other protocols is refused. It also keeps a client's words for another
// service from being taken for HTTP.
ROOMPP_DECL int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offers,
                            unsigned int size, void*) {
    static const unsigned char http_1_1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, out_size, http_1_1, sizeof http_1_1, offers, size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = selected;
    return SSL_TLSEXT_ERR_OK;
}

ROOMPP_DECL int staple_ocsp(SSL* session, void* response) {
    const auto& bytes = *static_cast<const std::string*>(response);
    if (bytes.empty()) return SSL_TLSEXT_ERR_NOACK;
    void* const copy = OPENSSL_memdup(bytes.data(), bytes.size());  // OpenSSL frees it
    if (!copy) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(session, copy, static_cast<long>(bytes.size()));
    return SSL_TLSEXT_ERR_OK;
}

// Without a password callback OpenSSL asks on the terminal.
ROOMPP_DECL int give_no_password(char*, int, int, void*) { return 0; }

ROOMPP_DECL void load_client_ca(SSL_CTX* context, const net::tls_settings& settings) {
    if (settings.client_ca.empty()) return;
    const std::string kind = "issuers of clients' certificates";
    (void)read_tls_file(kind, settings.client_ca);
    if (SSL_CTX_load_verify_file(context, settings.client_ca.c_str()) != 1) fail_tls_file(kind, settings.client_ca);
    STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(settings.client_ca.c_str());
    if (!names) fail_tls_file(kind, settings.client_ca);
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(
        context,
        SSL_VERIFY_PEER | (settings.requires_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE),
        nullptr);
}

ROOMPP_DECL void load_certificate(SSL_CTX* context, const net::tls_settings::certificate_files& files) {
    (void)read_tls_file("certificate", files.certificate);
    (void)read_tls_file("key", files.key);
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        fail_tls_file("certificate", files.certificate);
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        fail_tls_file("key", files.key);
}

[[nodiscard]] ROOMPP_DECL std::string load_ocsp_response(const std::string& name) {
    if (name.empty()) return {};
    std::string bytes = read_tls_file("OCSP response", name);
    const auto* position = reinterpret_cast<const unsigned char*>(bytes.data());
    OCSP_RESPONSE* const parsed = d2i_OCSP_RESPONSE(nullptr, &position, static_cast<long>(bytes.size()));
    if (!parsed) fail_tls_file("OCSP response", name);
    OCSP_RESPONSE_free(parsed);
    return bytes;
}

[[nodiscard]] ROOMPP_DECL ssl_context_pointer make_ssl_context(const net::tls_settings& settings) {
    ERR_clear_error();
    ssl_context_pointer made(SSL_CTX_new(TLS_server_method()));
    if (!made) throw std::bad_alloc();
    SSL_CTX* const context = made.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    // AES-128 first: it costs less for each message, and is as good as it needs to be. CHACHA20 comes first for clients that
    // prefer it, which have no AES instructions.
    if (SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
        SSL_CTX_set_ciphersuites(context,
                                 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") != 1)
        throw std::runtime_error("roompp: this OpenSSL has none of the ciphers for TLS");
    // Moving: the queue may hold the bytes elsewhere when the write is tried again.
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);  // else OpenSSL bounds no run of records without data
    SSL_CTX_set_read_ahead(context, 1);                // one system call for several records
    // Sessions are in the clients' tickets, whose keys are this context's: none is kept here.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    static const unsigned char name[] = {'r', 'o', 'o', 'm', 'p', 'p'};
    SSL_CTX_set_session_id_context(context, name, sizeof name);
    SSL_CTX_set_default_passwd_cb(context, give_no_password);
    SSL_CTX_set_alpn_select_cb(context, select_alpn, nullptr);
    load_client_ca(context, settings);
    return made;
}

// SNI (RFC 6066, section 3).
template <class LoadedFiles>
int select_certificate(SSL* session, const LoadedFiles& loaded) {
    const char* const name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
    if (!name) return SSL_TLSEXT_ERR_NOACK;
    const std::string_view text(name);
    for (const auto& entry : loaded.certificates) {
        X509* const certificate = SSL_CTX_get0_certificate(entry.context.get());
        if (X509_check_host(certificate, text.data(), text.size(), 0, nullptr) != 1) continue;
        SSL_set_SSL_CTX(session, entry.context.get());
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace detail

namespace net {

ROOMPP_DECL tls_context::tls_context(const tls_settings& settings) : loaded_(std::make_unique<loaded_files>()) {
    for (const auto& files : settings.certificates) {
        auto context = detail::make_ssl_context(settings);
        detail::load_certificate(context.get(), files);
        loaded_->certificates.push_back({std::move(context), detail::load_ocsp_response(files.ocsp_response)});
    }
    for (auto& entry : loaded_->certificates) {
        SSL_CTX_set_tlsext_status_cb(entry.context.get(), detail::staple_ocsp);
        SSL_CTX_set_tlsext_status_arg(entry.context.get(), &entry.ocsp_response);
    }
    int (*const on_server_name)(SSL*, int*, void*) = [](SSL* session, int*, void* loaded) {
        return detail::select_certificate(session, *static_cast<const loaded_files*>(loaded));
    };
    SSL_CTX* const first = loaded_->certificates.front().context.get();
    SSL_CTX_set_tlsext_servername_callback(first, on_server_name);
    SSL_CTX_set_tlsext_servername_arg(first, loaded_.get());
}

ROOMPP_DECL tls_context::~tls_context() = default;

ROOMPP_DECL ssl_st* tls_context::make_session() const {
    SSL* const made = SSL_new(loaded_->certificates.front().context.get());
    if (!made) throw std::bad_alloc();
    return made;
}

ROOMPP_DECL const bio_method_st* tls_context::bio() const noexcept { return loaded_->bio.get(); }

}  // namespace net
ROOMPP_NAMESPACE_END
