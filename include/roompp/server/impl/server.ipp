#pragma once
// Assembling a server: its loops, its ports, its routes.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/net/coroutine.hpp>
#include <roompp/server/listeners.hpp>
#include <roompp/server/loop_driver.hpp>
#include <roompp/server/loop_group.hpp>
#include <roompp/server/server.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL server::server() = default;

ROOMPP_DECL server::~server() {
    if (const auto driver = driver_.lock()) driver->on_server_end();
    for (const auto& on_end : end_hooks_) on_end();
    const auto homes = loops_ ? loops_->loops() : std::vector<loop*>();
    for (const auto& detach : detach_hooks_) detach(homes);
}

ROOMPP_DECL server& server::threads(std::size_t n) {
    if (n == 0) throw std::invalid_argument("roompp: a server needs at least one thread");
    require_before_listen("threads()");
    thread_count_ = n;
    return *this;
}

ROOMPP_DECL server& server::limits(const roompp::limits& limits) {
    require_before_listen("limits()");
    limits_ = limits;
    routes_.plain().names({limits.name_length, limits.name_characters});
    return *this;
}

ROOMPP_DECL server& server::fan_out_writer(net::fan_out_policy policy) {
    require_before_listen("fan_out_writer()");
    make_writer_ = std::move(policy);
    return *this;
}

ROOMPP_DECL server& server::compression(std::shared_ptr<const net::compression> algorithm) {
    require_before_listen("compression()");
    compression_ = std::move(algorithm);
    return *this;
}

ROOMPP_DECL websocket_route& server::websocket(std::string path, websocket_handler hooks) {
    const auto shared = std::make_shared<const websocket_handler>(std::move(hooks));
    return routes_.add_websocket(
        std::move(path),
        [shared](const request&, connect_reply&) -> websocket_route::session_factory {
            return [shared](const std::shared_ptr<connection>& opened, const person&) {
                return websocket_handler::open(shared, *opened);
            };
        },
        shared->connect_hook(), shared->error_hook());
}

ROOMPP_DECL server& server::on_start(std::function<void(const std::vector<net::shard*>&)> on_start,
                                     std::function<void()> on_end) {
    start_hooks_.push_back(std::move(on_start));
    if (on_end) end_hooks_.push_back(std::move(on_end));
    return *this;
}

ROOMPP_DECL server& server::pages_from(page_source source) {
    routes_.plain().files().source(std::move(source));
    return *this;
}

ROOMPP_DECL server& server::page(std::string path, std::string name) {
    routes_.plain().add_page(std::move(path), std::move(name));
    return *this;
}

ROOMPP_DECL server& server::pages(std::string prefix, const std::filesystem::path& folder) {
    routes_.plain().files().add_folder(std::move(prefix), folder);
    return *this;
}

ROOMPP_DECL server& server::content_security_policy(std::string policy) {
    routes_.plain().files().content_security_policy(std::move(policy));
    return *this;
}

ROOMPP_DECL server& server::listen(std::uint16_t port, const std::string& address) {
    make_loops();
    listeners_->open(port, address, nullptr);
    return *this;
}

ROOMPP_DECL server& server::listen_tls(std::uint16_t port, std::shared_ptr<const detail::secure_transport> transport,
                                       const std::string& address) {
    make_loops();
    listeners_->open(port, address, std::move(transport));
    return *this;
}

ROOMPP_DECL std::uint16_t server::port() const {
    require_port();
    return listeners_->port();
}

ROOMPP_DECL std::uint16_t server::tls_port() const {
    require_tls_port();
    return listeners_->tls_port();
}

ROOMPP_DECL std::string server::url() const {
    if (!listeners_ || !listeners_->has_plain_port()) {
        if (listeners_ && listeners_->has_tls_port()) return tls_url();
        require_port();
    }
    return listeners_->url();
}

ROOMPP_DECL std::string server::tls_url() const {
    require_tls_port();
    return listeners_->tls_url();
}

ROOMPP_DECL server& server::redirect_to_tls(std::uint16_t port) {
    redirects_to_tls_ = true;
    redirect_port_ = port;
    return *this;
}

ROOMPP_DECL server& server::hsts(std::chrono::seconds max_age, bool include_subdomains) {
    if (max_age.count() < 0)
        throw std::invalid_argument("roompp: the max_age of hsts() must not be negative; 0 ends it");
    routes_.strict_transport_security("max-age=" + std::to_string(max_age.count()) +
                                      (include_subdomains ? "; includeSubDomains" : ""));
    return *this;
}

ROOMPP_DECL server& server::stop_on_signals() {
    make_loops();
    listeners_->stop_on_signals([this] { stop(); });
    return *this;
}

ROOMPP_DECL server& server::secret(std::string bytes) {
    constexpr std::size_t min_bytes = 16;
    if (bytes.size() < min_bytes)
        throw std::invalid_argument("roompp: the server's secret has " + std::to_string(bytes.size()) +
                                    " bytes: it must have 16 or more that nobody can guess");
    secret_ = std::move(bytes);
    return *this;
}

ROOMPP_DECL server& server::on_signal(int signal, std::function<void()> handler) {
    make_loops();
    listeners_->on_signal(signal, std::move(handler));
    return *this;
}

ROOMPP_DECL void server::run() {
    if (!listeners_ || !(listeners_->has_plain_port() || listeners_->has_tls_port()))
        throw std::logic_error("roompp: the server does not listen: call listen() before run()");
    if (std::exchange(has_run_, true))
        throw std::logic_error("roompp: the server has run and was stopped: make another one to serve again");
    prepare();
    loops_->suspend();
    listeners_->start();
    loops_->run([this](const std::exception_ptr& error) { routes_.report(error); });
}

ROOMPP_DECL void server::stop() {
    if (stopping_.exchange(true)) return;
    make_loops();
    loops_->stop([this] { listeners_->stop(); });
}

ROOMPP_DECL void server::require_before_listen(const char* setter) const {
    if (loops_) throw std::logic_error(std::string("roompp: call ") + setter + " before listen()");
}

ROOMPP_DECL void server::require_port() const {
    if (!listeners_ || !listeners_->has_plain_port())
        throw std::logic_error("roompp: the server does not listen yet: call listen()");
}

ROOMPP_DECL void server::require_tls_port() const {
    if (!listeners_ || !listeners_->has_tls_port())
        throw std::logic_error("roompp: the server does not listen with TLS yet: call listen_tls()");
}

ROOMPP_DECL void server::make_loops() {
    if (loops_) return;
    loops_ = std::make_unique<detail::loop_group>(thread_count_, limits_, make_writer_, compression_);
    listeners_ = std::make_unique<detail::listeners>(*loops_, routes_, limits_, limiter_);
}

ROOMPP_DECL void server::prepare() {
    loop& first = loops_->first().home();
    routes_.secret(secret_.empty() ? std::to_string(first.random()) + '.' + std::to_string(first.random()) + '.'
                                   : secret_);
    routes_.loops(loops_->size());
    if (redirects_to_tls_) routes_.redirect_to_tls(redirect_port_ != 0 ? redirect_port_ : tls_port());
    for (const auto& attach : attach_hooks_) attach(loops_->loops());
    for (const auto& on_start : start_hooks_) on_start(loops_->shards());
}

ROOMPP_NAMESPACE_END
