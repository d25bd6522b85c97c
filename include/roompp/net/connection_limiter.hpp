#pragma once
// Limits the connections of each peer address.

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Counts connections by peer address. Safe from any thread. Must outlive its slots.
class connection_limiter {
public:
    /// The slot of one connection; released when it is destroyed.
    class slot {
    public:
        /// For connection_limiter::enter(), which has counted the address.
        slot(connection_limiter& limiter, std::string address) : limiter_(limiter), address_(std::move(address)) {}
        slot(const slot&) = delete;
        slot& operator=(const slot&) = delete;
        ~slot() { limiter_.leave(address_); }

    private:
        connection_limiter& limiter_;
        std::string address_;
    };

    /// Takes a slot for one more connection of an address.
    /// @returns null if the address has `max_connections` already.
    [[nodiscard]] std::unique_ptr<slot> enter(const std::string& address, std::size_t max_connections);

private:
    void leave(const std::string& address) noexcept;

    std::mutex mutex_;
    std::map<std::string, std::size_t> counts_;
};

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/connection_limiter.ipp>
#endif
