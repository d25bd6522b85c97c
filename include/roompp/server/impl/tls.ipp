#pragma once
// Loading certificates, and exchanging them while the server runs.

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/net/tcp_stream.hpp>
#include <roompp/net/tls_context.hpp>
#include <roompp/net/tls_stream.hpp>
#include <roompp/server/loop_group.hpp>
#include <roompp/server/routing_table.hpp>
#include <roompp/server/tls.hpp>
#include <roompp/server/tls_handshake.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

class tls_transport final : public secure_transport {
public:
    /// Loads what `change` makes of the settings. @throws as tls_context, and nothing is changed then.
    template <class Change>
    void load(Change&& change) {
        const std::lock_guard loading(load_mutex_);
        net::tls_settings settings = settings_;
        change(settings);
        auto loaded = std::make_shared<const net::tls_context>(settings);
        settings_ = std::move(settings);
        const std::lock_guard lock(mutex_);
        context_.swap(loaded);
    }

    void serve(const loop_group& loops, routing_table& routes, net::shard& host, net::tcp_stream stream,
               bool has_slot) const override {
        // A response that says why would cost a handshake, which is what a flood is after.
        const bool is_full = !has_slot || host.handshaking() >= loops.share_of(host.limits().handshakes);
        if (is_full || host.stopping()) return stream.close();
        std::make_shared<tls_handshake>(loops, routes, host, net::tls_stream(std::move(stream), context()))->start();
    }

private:
    [[nodiscard]] std::shared_ptr<const net::tls_context> context() const {
        const std::lock_guard lock(mutex_);
        return context_;
    }

    std::mutex load_mutex_;  // held while files are read
    net::tls_settings settings_;
    mutable std::mutex mutex_;  // guards context_ only: connections are made meanwhile
    std::shared_ptr<const net::tls_context> context_;
};

}  // namespace detail

ROOMPP_DECL tls::tls(std::string certificate, std::string key, std::string ocsp_response)
    : transport_(std::make_shared<detail::tls_transport>()) {
    this->certificate(std::move(certificate), std::move(key), std::move(ocsp_response));
}

ROOMPP_DECL tls& tls::certificate(std::string certificate, std::string key, std::string ocsp_response) {
    transport_->load([&](net::tls_settings& settings) {
        settings.certificates.push_back({std::move(certificate), std::move(key), std::move(ocsp_response)});
    });
    return *this;
}

ROOMPP_DECL tls& tls::verify_clients(std::string ca, client_certificates demand) {
    transport_->load([&](net::tls_settings& settings) {
        settings.client_ca = std::move(ca);
        settings.requires_client_certificate = demand == client_certificates::required;
    });
    return *this;
}

ROOMPP_DECL void tls::reload() {
    transport_->load([](const net::tls_settings&) {});
}

ROOMPP_DECL tls::operator std::shared_ptr<const detail::secure_transport>() const { return transport_; }

ROOMPP_NAMESPACE_END
