#pragma once
// websocketpp's configuration and transport policies: its connection does the protocol, ours does the bytes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <websocketpp/common/connection_hdl.hpp>
#include <websocketpp/concurrency/none.hpp>
#include <websocketpp/connection_base.hpp>
#include <websocketpp/extensions/permessage_deflate/disabled.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/message_buffer/message.hpp>
#include <websocketpp/random/none.hpp>
#include <websocketpp/transport/base/connection.hpp>

#include <roompp/wire/message_store.hpp>
#include <roompp/wire/null_log.hpp>

namespace roompp::wire {

/// websocketpp's transport policy, by which its protocol code reads and writes through the connection that owns it
/// (`Owner`, see websocket_connection). It has no timers: the owner ends what takes too long.
template <class Owner>
class transport_bridge {
public:
    using ptr = std::shared_ptr<transport_bridge>;
    struct no_timer {
        void cancel() const noexcept {}
    };
    using timer_ptr = std::shared_ptr<no_timer>;

    transport_bridge(bool, const std::shared_ptr<null_log>&, const std::shared_ptr<null_log>&) {}

    /// Says whose bytes these are; before anything else.
    void belong_to(Owner& owner) noexcept { owner_ = &owner; }

    /// Whether the protocol waits for bytes.
    [[nodiscard]] bool wants_bytes() const noexcept { return handler_ != nullptr; }

    /// Hands bytes to the protocol, as many as its buffer holds at a time, while it wants them.
    void feed(std::string_view bytes) {
        do {
            const std::size_t n = bytes.copy(buffer_, std::min(size_, bytes.size()));
            bytes.remove_prefix(n);
            if (handler_ == &once_) {
                const auto now = std::move(once_);
                handler_ = nullptr;
                now(std::error_code(), n);
            } else {
                const auto& always = *handler_;
                handler_ = nullptr;
                always(std::error_code(), n);
            }
        } while (!bytes.empty() && wants_bytes());
    }

protected:
    using buffer_list = std::vector<websocketpp::transport::buffer>;

    ptr get_shared() { return ptr(owner_->shared_from_this(), this); }
    void init(const websocketpp::transport::init_handler& ready) { ready(std::error_code()); }

    // A handler that is a temporary serves once; one that has a name is a member of the websocketpp connection and stays.
    void async_read_at_least(std::size_t, char* buffer, std::size_t size,
                             websocketpp::transport::read_handler&& handler) {
        once_ = std::move(handler);
        expect(buffer, size, once_);
    }
    void async_read_at_least(std::size_t, char* buffer, std::size_t size,
                             websocketpp::transport::read_handler& handler) {
        expect(buffer, size, handler);
    }

    // What is written is sent or copied before these return.
    void async_write(const char* bytes, std::size_t size, const websocketpp::transport::write_handler& done) {
        owner_->write_protocol(std::string_view(bytes, size));
        done(std::error_code());
    }
    void async_write(const buffer_list& buffers, const websocketpp::transport::write_handler& done) {
        for (const auto& one : buffers) owner_->write_protocol(std::string_view(one.buf, one.len));
        done(std::error_code());
    }

    void set_handle(const websocketpp::connection_hdl&) const noexcept {}
    timer_ptr set_timer(long, const websocketpp::transport::timer_handler&) const noexcept { return nullptr; }
    [[nodiscard]] static std::string get_remote_endpoint() { return {}; }
    [[nodiscard]] bool is_secure() const noexcept { return owner_->is_secure(); }
    std::error_code interrupt(const websocketpp::transport::interrupt_handler& handler) {
        handler();
        return {};
    }
    std::error_code dispatch(const websocketpp::transport::dispatch_handler& handler) {
        handler();
        return {};
    }
    void async_shutdown(const websocketpp::transport::shutdown_handler& done) {
        owner_->finish_protocol();
        done(std::error_code());
    }

private:
    void expect(char* buffer, std::size_t size, const websocketpp::transport::read_handler& handler) {
        buffer_ = buffer;
        size_ = size;
        handler_ = &handler;
    }

    Owner* owner_ = nullptr;
    char* buffer_ = nullptr;
    std::size_t size_ = 0;
    const websocketpp::transport::read_handler* handler_ = nullptr;
    websocketpp::transport::read_handler once_;
};

/// The policies with which this library instantiates websocketpp::connection.
template <class Owner>
struct websocket_config {
    using concurrency_type = websocketpp::concurrency::none;  // a connection is used by one thread
    using request_type = websocketpp::http::parser::request;
    using response_type = websocketpp::http::parser::response;
    using message_type = websocketpp::message_buffer::message<message_store>;
    using con_msg_manager_type = message_store<message_type>;
    using elog_type = null_log;
    using alog_type = null_log;
    using rng_type = websocketpp::random::none::int_generator<std::uint32_t>;  // only clients mask
    using connection_base = websocketpp::connection_base;

    struct transport_type {
        using transport_con_type = transport_bridge<Owner>;
    };

    // The owner keeps all times.
    static constexpr long timeout_open_handshake = 0;
    static constexpr long timeout_close_handshake = 0;
    static constexpr long timeout_pong = 0;

    static constexpr int client_version = 13;
    static constexpr bool drop_on_protocol_error = false;
    static constexpr bool silent_close = false;
    static constexpr bool enable_extensions = true;
    static constexpr std::size_t connection_read_buffer_size = 512;  // in every connection; bytes wait in the shard's
    static constexpr std::size_t max_message_size = 1024 * 1024;     // limits::message_bytes takes its place
    static constexpr std::size_t max_http_body_size = 0;

    struct permessage_deflate_config {
        using request_type = websocketpp::http::parser::request;
        static constexpr bool allow_disabling_context_takeover = true;
        static constexpr std::uint8_t minimum_outgoing_window_bits = 8;
    };
    using permessage_deflate_type = websocketpp::extensions::permessage_deflate::disabled<permessage_deflate_config>;
};

}  // namespace roompp::wire
