#pragma once
// Owning pointers to objects of OpenSSL. For definitions only.

#include <memory>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

template <class T, void (*Free)(T*)>
struct openssl_deleter {
    void operator()(T* object) const noexcept { Free(object); }
};
using ssl_context_pointer = std::unique_ptr<SSL_CTX, openssl_deleter<SSL_CTX, SSL_CTX_free>>;
using ssl_pointer = std::unique_ptr<SSL, openssl_deleter<SSL, SSL_free>>;
using bio_method_pointer = std::unique_ptr<BIO_METHOD, openssl_deleter<BIO_METHOD, BIO_meth_free>>;

/// Makes the BIO by which a tls_stream lets OpenSSL read and write its socket. @throws std::bad_alloc.
[[nodiscard]] bio_method_pointer make_tls_bio_method();

}  // namespace detail
ROOMPP_NAMESPACE_END
