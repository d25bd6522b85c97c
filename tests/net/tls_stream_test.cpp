// The server's side of TLS over a real socket of 127.0.0.1, against OpenSSL's client, whose bytes each test moves itself.

#include <openssl/bio.h>
#include <openssl/core.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/tcp.hpp>

#include <roompp/net/tls_context.hpp>
#include <roompp/net/tls_stream.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using asio::ip::tcp;
using roompp::net::tls_stream;
using state = tls_stream::handshake_state;

namespace {

// A certificate of localhost for one day, which it has signed itself.
void write_certificate(const temporary_folder& folder) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24L * 60 * 60);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), name);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    const auto write = [&](const std::string& file, auto&& print) {
        const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
        print(text.get());
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(text.get(), &bytes);
        folder.write(file, {bytes, static_cast<std::size_t>(size)});
    };
    write("cert.pem", [&](BIO* out) { PEM_write_bio_X509(out, certificate.get()); });
    write("key.pem",
          [&](BIO* out) { PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

std::shared_ptr<const roompp::net::tls_context> make_context() {
    static const auto context = [] {
        const temporary_folder folder;
        write_certificate(folder);
        roompp::net::tls_settings settings;
        settings.certificates.push_back(
            {(folder.path() / "cert.pem").string(), (folder.path() / "key.pem").string(), {}});
        return std::make_shared<const roompp::net::tls_context>(settings);
    }();
    return context;
}

// A connection; neither side does anything by itself.
class connected {
public:
    explicit connected(int max_version = TLS1_3_VERSION, int buffer_bytes = 0)
        : listener_(context_, {asio::ip::address_v4::loopback(), 0}),
          peer_(context_),
          client_context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
          client_(nullptr, SSL_free) {
        peer_.connect(listener_.local_endpoint());
        auto accepted = listener_.accept();
        if (buffer_bytes != 0) {
            accepted.set_option(asio::socket_base::send_buffer_size(buffer_bytes));
            peer_.set_option(asio::socket_base::receive_buffer_size(buffer_bytes));
        }
        peer_.non_blocking(true);
        peer_.set_option(tcp::no_delay(true));
        server_ = std::make_unique<tls_stream>(roompp::net::tcp_stream(std::move(accepted)), make_context());
        SSL_CTX_set_max_proto_version(client_context_.get(), max_version);
        SSL_CTX_set_cipher_list(client_context_.get(), "ECDHE-ECDSA-AES128-GCM-SHA256");
        client_.reset(SSL_new(client_context_.get()));
        SSL_set_bio(client_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(client_.get());
    }

    [[nodiscard]] tls_stream& server() { return *server_; }
    [[nodiscard]] SSL* client() { return client_.get(); }
    [[nodiscard]] tcp::socket& peer() { return peer_; }

    // What the client has to send.
    std::string client_bytes() {
        std::string bytes(BIO_pending(SSL_get_wbio(client_.get())), '\0');
        if (!bytes.empty()) BIO_read(SSL_get_wbio(client_.get()), bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }
    // Sends bytes as they are. @returns false if the socket takes no more.
    bool send_raw(std::string_view bytes) {
        std::error_code ec;
        while (!bytes.empty()) {
            bytes.remove_prefix(peer_.write_some(asio::buffer(bytes.data(), bytes.size()), ec));
            if (ec) return false;
        }
        return true;
    }
    // Gives the client what has come for it. @returns the number of bytes.
    std::size_t receive() {
        std::array<char, 65536> bytes;
        std::error_code ec;
        const std::size_t size = peer_.read_some(asio::buffer(bytes), ec);
        if (size != 0) BIO_write(SSL_get_rbio(client_.get()), bytes.data(), static_cast<int>(size));
        end_ = ec;
        return size;
    }
    // Why receive() got nothing.
    [[nodiscard]] const std::error_code& end() const { return end_; }

    // Both sides go on until the server's handshake has an end.
    state shake_hands() {
        for (int i = 0; i < 10'000; ++i) {
            receive();
            ERR_clear_error();
            SSL_do_handshake(client_.get());
            if (const auto bytes = client_bytes(); !bytes.empty()) send_raw(bytes);
            const state reached = server_->handshake();
            if (reached != state::reading && reached != state::writing) return reached;
        }
        throw std::runtime_error("the handshake does not end");
    }
    void write(std::string_view text) {
        std::size_t written = 0;
        if (SSL_write_ex(client_.get(), text.data(), text.size(), &written) != 1 || written != text.size())
            throw std::runtime_error("the client cannot write");
        send_raw(client_bytes());
    }
    // What the server reads, until it would block or it ends.
    std::string read_all(std::error_code& ec) {
        std::string text;
        for (;;) {
            std::array<char, 4096> bytes;
            const std::size_t size = server_->read_some(bytes.data(), bytes.size(), ec);
            if (ec) return text;
            text.append(bytes.data(), size);
        }
    }
    // Until something has come for the client, or a minute has passed.
    void await_input() {
        pollfd input{peer_.native_handle(), POLLIN, 0};
        if (::poll(&input, 1, 60'000) != 1) throw std::runtime_error("nothing comes for the client");
    }
    // What the client can read, as long as something comes.
    std::string client_text() {
        std::string text;
        for (;;) {
            std::array<char, 16384> bytes;
            std::size_t size = 0;
            ERR_clear_error();
            if (SSL_read_ex(client_.get(), bytes.data(), bytes.size(), &size) == 1)
                text.append(bytes.data(), size);
            else if (receive() == 0)
                return text;
        }
    }

private:
    asio::io_context context_;
    roompp::net::tcp_acceptor listener_;
    tcp::socket peer_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> client_context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> client_;
    std::unique_ptr<tls_stream> server_;
    std::error_code end_;
};

std::size_t write(tls_stream& stream, std::string_view text, std::error_code& ec) {
    return stream.write_some(asio::buffer(text.data(), text.size()), ec);
}

std::string numbers(std::size_t bytes) {
    std::string text;
    for (int i = 0; text.size() < bytes; ++i) text += std::to_string(i) + ' ';
    return text;
}

}  // namespace

TEST_CASE("A TLS stream carries bytes both ways, with TLS 1.2 and 1.3", "[tls_stream]") {
    connected both(GENERATE(TLS1_2_VERSION, TLS1_3_VERSION));
    REQUIRE(both.shake_hands() == state::done);
    both.receive();
    SSL_do_handshake(both.client());
    std::error_code ec;
    CHECK(both.read_all(ec).empty());
    CHECK(tls_stream::is_would_block(ec));
    both.write("hello");
    CHECK(both.read_all(ec) == "hello");
    CHECK(write(both.server(), "welcome", ec) == 7);
    CHECK(both.client_text() == "welcome");
}

TEST_CASE("A TLS handshake that comes byte by byte is made", "[tls_stream]") {
    connected both;
    for (int i = 0; i < 10'000; ++i) {
        both.receive();
        SSL_do_handshake(both.client());
        const auto bytes = both.client_bytes();
        if (bytes.empty()) FAIL("the client has nothing to say");
        auto reached = state::reading;
        for (const char byte : bytes) {
            both.send_raw({&byte, 1});
            reached = both.server().handshake();
        }
        if (reached == state::done) {
            SUCCEED();
            return;
        }
        REQUIRE(reached == state::reading);
    }
}

TEST_CASE("A TLS handshake may be cut at every byte, and fails", "[tls_stream]") {
    connected sample;
    SSL_do_handshake(sample.client());
    const auto hello = sample.client_bytes();
    for (std::size_t size = 0; size < hello.size(); size += size < 50 ? 1 : 37) {
        connected both;
        both.send_raw(std::string_view(hello).substr(0, size));
        CHECK(both.server().handshake() == state::reading);
        both.peer().shutdown(tcp::socket::shutdown_send);
        CHECK(both.server().handshake() == state::failed);
    }
}

TEST_CASE("A TLS handshake of bytes that are none fails, and that of plain HTTP is known as such", "[tls_stream]") {
    connected both;
    both.send_raw(std::string("\x16\x03\x01\xff\xff", 5) + std::string(1000, '\xff'));
    CHECK(both.server().handshake() == state::failed);
    connected plain;
    plain.send_raw("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(plain.server().handshake() == state::plain_http);
}

TEST_CASE("What a TLS stream does not take is written later, once and in order", "[tls_stream]") {
    connected both(TLS1_3_VERSION, 65536);
    REQUIRE(both.shake_hands() == state::done);
    const auto text = numbers(3'000'000);
    std::string_view rest = text;
    std::string received;
    int blocked = 0;
    while (!rest.empty()) {
        std::error_code ec;
        const std::size_t taken = write(both.server(), rest, ec);
        REQUIRE(taken <= rest.size());
        rest.remove_prefix(taken);
        if (!ec && !rest.empty()) continue;
        if (!rest.empty()) {
            REQUIRE(tls_stream::is_would_block(ec));
            ++blocked;
            both.await_input();
        }
        received += both.client_text();
    }
    while (received.size() < text.size()) {
        both.await_input();
        received += both.client_text();
    }
    CHECK((received == text));
    CHECK(blocked > 0);
}

TEST_CASE("Short buffers go as one TLS record, long ones in records of 16 KiB", "[tls_stream]") {
    connected both;
    REQUIRE(both.shake_hands() == state::done);
    (void)both.client_text();  // the tickets
    const std::array<std::string, 4> parts{"one ", "", "two ", std::string(20'000, 'x')};
    std::array<asio::const_buffer, 4> buffers;
    for (std::size_t i = 0; i < parts.size(); ++i) buffers[i] = asio::buffer(parts[i]);
    std::error_code ec;
    CHECK(both.server().write_some(buffers, ec) == 20'008);
    constexpr std::size_t overhead = 5 + 1 + 16;  // of a record: its head, the kind of content, the tag
    CHECK(both.receive() == 20'008 + 2 * overhead);
    CHECK(both.client_text() == "one two " + parts[3]);
}

TEST_CASE("A TLS stream ends with close_notify; without it, it is cut off", "[tls_stream]") {
    connected both;
    REQUIRE(both.shake_hands() == state::done);
    both.write("last");
    std::error_code ec;
    SECTION("with") {
        SSL_shutdown(both.client());
        both.send_raw(both.client_bytes());
        CHECK(both.read_all(ec) == "last");
        CHECK(ec == asio::error::eof);
    }
    SECTION("without") {
        both.peer().shutdown(tcp::socket::shutdown_send);
        CHECK(both.read_all(ec) == "last");
        CHECK(ec == asio::error::connection_aborted);
    }
    SECTION("with bytes that no key has made") {
        both.send_raw(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
        CHECK(both.read_all(ec) == "last");
        CHECK(ec == std::errc::protocol_error);
    }
}

TEST_CASE("The server's end of a TLS stream is a close_notify and the end of the connection", "[tls_stream]") {
    connected both;
    REQUIRE(both.shake_hands() == state::done);
    std::error_code ec;
    CHECK(write(both.server(), "bye", ec) == 3);
    both.server().end_writing();
    CHECK(both.client_text() == "bye");
    CHECK(both.end() == asio::error::eof);
    CHECK((SSL_get_shutdown(both.client()) & SSL_RECEIVED_SHUTDOWN) != 0);
}

namespace {

// Makes records of TLS 1.2 with AES-128-GCM (RFC 5288) from the keys of a client's connection, so that a test may send what
// OpenSSL's client would not. The client itself must not write any more.
class record_maker {
public:
    explicit record_maker(SSL* client) {
        std::array<unsigned char, 48> secret;
        SSL_SESSION_get_master_key(SSL_get_session(client), secret.data(), secret.size());
        const std::string label = "key expansion";
        std::string seed(label.size() + 64, '\0');
        seed.replace(0, label.size(), label);
        auto* const random = reinterpret_cast<unsigned char*>(seed.data()) + label.size();
        SSL_get_server_random(client, random, 32);
        SSL_get_client_random(client, random + 32, 32);
        const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr),
                                                                    EVP_KDF_free);
        const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> derivation(EVP_KDF_CTX_new(kdf.get()),
                                                                                   EVP_KDF_CTX_free);
        std::string digest = "SHA256";
        const std::array<OSSL_PARAM, 4> parameters{
            OSSL_PARAM_construct_utf8_string("digest", digest.data(), 0),
            OSSL_PARAM_construct_octet_string("secret", secret.data(), secret.size()),
            OSSL_PARAM_construct_octet_string("seed", seed.data(), seed.size()), OSSL_PARAM_construct_end()};
        std::array<unsigned char, 40>
            keys;  // the client's key, the server's key, the client's nonce, the server's nonce
        if (EVP_KDF_derive(derivation.get(), keys.data(), keys.size(), parameters.data()) != 1)
            throw std::runtime_error("cannot derive the keys");
        key_.assign(reinterpret_cast<const char*>(keys.data()), 16);
        nonce_.assign(reinterpret_cast<const char*>(keys.data()) + 32, 4);
    }

    std::string make(char type, std::string_view content) {
        std::string sequence(8, '\0');
        for (std::size_t i = 0; i < 8; ++i) sequence[i] = static_cast<char>(number_ >> (8 * (7 - i)) & 0xffU);
        ++number_;
        const auto bytes_of = [](const std::string& text) {
            return reinterpret_cast<const unsigned char*>(text.data());
        };
        const auto size_of = [](std::size_t size) {
            return std::string{static_cast<char>(size >> 8U), static_cast<char>(size & 0xffU)};
        };
        const std::string nonce = nonce_ + sequence;
        const std::string head = sequence + type + "\x03\x03" + size_of(content.size());
        std::string sealed(content.size() + 16, '\0');
        auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
        int size = 0;
        const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                                     EVP_CIPHER_CTX_free);
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, bytes_of(key_), bytes_of(nonce));
        EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(head), static_cast<int>(head.size()));
        EVP_EncryptUpdate(cipher.get(), out, &size, reinterpret_cast<const unsigned char*>(content.data()),
                          static_cast<int>(content.size()));
        EVP_EncryptFinal_ex(cipher.get(), out + content.size(), &size);
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, 16, out + content.size());
        return std::string{type} + "\x03\x03" + size_of(sequence.size() + sealed.size()) + sequence + sealed;
    }

private:
    std::string key_, nonce_;
    std::uint64_t number_ = 1;  // the handshake's last message was record 0
};

constexpr char handshake_record = 22;
constexpr char data_record = 23;

}  // namespace

// OpenSSL answers a renegotiation of TLS 1.2 by an alert, as it is not allowed.
TEST_CASE("A client that has OpenSSL answer, and takes no answer, is given up", "[tls_stream]") {
    connected both(TLS1_2_VERSION, 4096);
    REQUIRE(both.shake_hands() == state::done);
    both.receive();
    SSL_do_handshake(both.client());
    record_maker maker(both.client());
    std::error_code ec;
    both.send_raw(maker.make(data_record, "hello"));
    REQUIRE(both.read_all(ec) == "hello");
    SECTION("as it has asked for many at once") {
        std::string flood;
        for (int i = 0; i < 200; ++i) flood += maker.make(handshake_record, std::string("\x01\0\0\0", 4));
        both.send_raw(flood);
        (void)both.read_all(ec);
        CHECK(ec == std::errc::protocol_error);
    }
    SECTION("as it has asked for many, and read none") {
        const std::string filling(1 << 20, 'x');
        do (void)write(both.server(), filling, ec);
        while (!ec);
        REQUIRE(tls_stream::is_would_block(ec));
        int requests = 0;
        for (; requests < 100'000 && tls_stream::is_would_block(ec); ++requests) {
            both.send_raw(maker.make(handshake_record, std::string("\x01\0\0\0", 4)));
            both.send_raw(maker.make(data_record, "x"));
            (void)both.read_all(ec);
        }
        CHECK(requests > 1000);
        CHECK(requests < 100'000);
    }
}

TEST_CASE("A client that updates its keys, and takes no answer, costs no memory", "[tls_stream]") {
    connected both(TLS1_3_VERSION, 4096);
    REQUIRE(both.shake_hands() == state::done);
    SSL_do_handshake(both.client());
    std::error_code ec;
    const std::string filling(1 << 20, 'x');
    do (void)write(both.server(), filling, ec);
    while (!ec);
    REQUIRE(tls_stream::is_would_block(ec));
    // OpenSSL answers all of them with the next write.
    for (int i = 0; i < 1000; ++i) {
        SSL_key_update(both.client(), SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(both.client());
        both.write("x");
        CHECK(both.read_all(ec) == "x");
    }
    CHECK(tls_stream::is_would_block(ec));
    std::string received;
    do {
        both.await_input();
        received += both.client_text();
        (void)write(both.server(), "still here", ec);
    } while (received.find("still here") == std::string::npos && (!ec || tls_stream::is_would_block(ec)));
    CHECK_FALSE(ec);
}
