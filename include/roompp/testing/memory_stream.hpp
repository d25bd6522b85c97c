#pragma once
// The server's end of a connection in memory, with the interface of net::tcp_stream.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <roompp/testing/memory_link.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// The server's end of a memory_link. Meets the stream concept of net::tcp_stream; like a socket, its destructor closes
/// it. Movable. Internal: includes Asio.
class memory_stream {
public:
    explicit memory_stream(std::shared_ptr<memory_link> link) : link_(std::move(link)) {}
    memory_stream(memory_stream&&) noexcept = default;
    memory_stream& operator=(memory_stream&&) = delete;
    ~memory_stream() {
        if (link_) link_->close();
    }

    std::size_t read_some(char* buffer, std::size_t size, std::error_code& ec) { return link_->read(buffer, size, ec); }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, std::error_code& ec) {
        const std::size_t taken = link_->start_write(asio::buffer_size(buffers), ec);
        if (ec) return 0;
        std::size_t remaining = taken;
        const auto end = asio::buffer_sequence_end(buffers);
        for (auto it = asio::buffer_sequence_begin(buffers); it != end && remaining != 0; ++it) {
            const asio::const_buffer buffer(*it);
            const std::string_view bytes(static_cast<const char*>(buffer.data()), buffer.size());
            link_->append(bytes.substr(0, remaining));
            remaining -= (std::min)(remaining, bytes.size());
        }
        link_->finish_write();
        return taken;
    }
    template <class Handler>
    void wait_readable(Handler&& handler) {
        link_->wait_readable(std::forward<Handler>(handler));
    }
    template <class Handler>
    void wait_writable(Handler&& handler) {
        link_->wait_writable(std::forward<Handler>(handler));
    }
    template <class Handler>
    void wait_lost(Handler&& handler) {
        link_->wait_lost(std::forward<Handler>(handler));
    }
    void end_writing() { link_->shut_down(); }
    void close() { link_->close(); }
    [[nodiscard]] std::string peer_address() const { return link_ ? link_->peer_address() : std::string(); }
    [[nodiscard]] static constexpr bool is_secure() noexcept { return false; }
    [[nodiscard]] static bool is_would_block(const std::error_code& ec) noexcept {
        return ec == asio::error::would_block;
    }

private:
    std::shared_ptr<memory_link> link_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
