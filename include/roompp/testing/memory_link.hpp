#pragma once
// The network between one client of a test and the server: two bounded pipes in memory.

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/testing/fault.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {
class shard;
}

namespace testing {

/// A connection without a socket. The uplink carries the client's bytes: sent bytes are in flight until the network
/// carries them into the server's receive buffer. The downlink is the server's send buffer, from which the network
/// carries bytes to the client. Each end finishes with a FIN, as in TCP, which arrives after the last byte.
/// Single-threaded.
class memory_link : public std::enable_shared_from_this<memory_link> {
public:
    /// Notified when there is something to carry.
    class observer {
    public:
        virtual void on_uplink_ready(memory_link&) = 0;
        virtual void on_downlink_ready(memory_link&) = 0;

    protected:
        ~observer() = default;
    };

    /// @param host the server's loop of this connection; outlives the link, or its detach().
    /// @param network notified until detach().
    /// @param capacity the size of each receive and send buffer, in bytes.
    memory_link(net::shard& host, observer& network, std::string peer_address, std::size_t capacity)
        : host_(host), network_(&network), peer_address_(std::move(peer_address)), capacity_(capacity) {}
    memory_link(const memory_link&) = delete;
    memory_link& operator=(const memory_link&) = delete;

    [[nodiscard]] net::shard& host() const noexcept { return host_; }
    /// Whether the server has closed its end.
    [[nodiscard]] bool is_closed() const noexcept { return is_closed_; }
    [[nodiscard]] const std::string& peer_address() const noexcept { return peer_address_; }

    // The client's end

    /// Sends bytes to the server.
    void send(std::string_view bytes);
    /// Sends the FIN: the client sends nothing more.
    void send_fin();
    /// Ends as a program that exits: what was sent arrives, then the FIN; what comes back is dropped.
    void leave();
    /// Vanishes: what is in flight is lost.
    void vanish();
    /// While paused, the client takes nothing from the downlink.
    void pause(bool paused);
    /// Has the fault happen to the next write of the server that has none yet.
    void add_fault(const fault& next) { faults_.push_back(next); }
    /// The client's callback for what arrives: `(bytes, whether nothing more comes)`. Set by the client, and reset
    /// before the client is destroyed.
    std::function<void(std::string_view, bool)> on_receive;

    // The network

    static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

    /// How many bytes could be carried to the server now.
    [[nodiscard]] std::size_t uplink_bytes() const noexcept {
        return (std::min)(in_flight_.size(), capacity_ - (std::min)(capacity_, receive_buffer_.size()));
    }
    /// Whether bytes or the FIN could be carried to the server.
    [[nodiscard]] bool is_uplink_ready() const noexcept {
        return !is_closed_ && (uplink_bytes() != 0 || (in_flight_.empty() && uplink_fin_sent_ && !uplink_fin_arrived_));
    }
    /// Carries bytes to the server, and the FIN after the last of them.
    void carry_uplink(std::size_t max_bytes);

    /// How many bytes the client could take now.
    [[nodiscard]] std::size_t downlink_bytes(loop::clock::time_point now) const noexcept;
    /// Whether bytes or the FIN could be carried to the client.
    [[nodiscard]] bool is_downlink_ready(loop::clock::time_point now) const noexcept {
        return !client_vanished_ && !is_paused_ &&
               (send_buffer_.empty() ? downlink_fin_sent_ && !downlink_fin_arrived_ : downlink_bytes(now) != 0);
    }
    /// Whether bytes for the client are delayed until later.
    [[nodiscard]] bool has_delayed_bytes(loop::clock::time_point now) const noexcept {
        return !client_vanished_ && downlink_bytes(now) < send_buffer_.size();
    }
    /// Carries bytes to the client, and the FIN after the last of them.
    void carry_downlink(std::size_t max_bytes, loop::clock::time_point now);
    /// The test is over: notifies nobody any more, and drops the handlers, so that the server may be destroyed.
    void detach();

    // Marks of the network: whether it has the link in a queue.
    bool is_uplink_queued = false;
    bool is_downlink_queued = false;

    // The server's end, as memory_stream uses it

    using wait_handler = std::function<void(const std::error_code&)>;

    /// Reads what has arrived. @returns how many bytes, or 0 and an error.
    std::size_t read(char* buffer, std::size_t size, std::error_code& ec);
    /// Begins a write, which meets the next fault. @returns how many of the bytes are taken: append() them, then
    /// finish_write(); or 0 and an error.
    std::size_t start_write(std::size_t bytes, std::error_code& ec);
    void append(std::string_view bytes) { send_buffer_.append(bytes); }
    void finish_write() { notify_downlink(); }
    /// Calls the handler once, from the loop, when a read would not block.
    void wait_readable(wait_handler handler);
    /// Calls the handler once, from the loop, when a write would not block.
    void wait_writable(wait_handler handler);
    /// Calls `handler` once when the connection may have been lost.
    void wait_lost(wait_handler handler);
    /// Sends the FIN: the server writes nothing more.
    void shut_down();
    /// Closes the server's end; its waits end with an error.
    void close();

private:
    // Of the send buffer, the bytes from an offset on stay invisible until a time.
    struct delay {
        std::size_t offset;
        loop::clock::time_point end;
    };

    void add_delay(loop::clock::time_point end);
    void lose();
    void wake(wait_handler& handler);
    void notify_uplink() {
        if (network_) network_->on_uplink_ready(*this);
    }
    void notify_downlink() {
        if (network_) network_->on_downlink_ready(*this);
    }
    // Whether the server has noticed that the client has vanished.
    [[nodiscard]] bool is_reset() const noexcept { return client_vanished_ && uplink_fin_arrived_; }

    net::shard& host_;
    observer* network_;  // null after detach()
    std::string peer_address_;
    std::size_t capacity_;
    std::deque<fault> faults_;
    std::string in_flight_;       // sent by the client, not arrived
    std::string receive_buffer_;  // arrived, not read by the server
    std::string send_buffer_;     // written by the server, not taken by the client
    std::deque<delay> delays_;    // in the order of their ends and offsets
    wait_handler readable_handler_;
    wait_handler writable_handler_;
    wait_handler lost_handler_;
    bool uplink_fin_sent_ = false;
    bool uplink_fin_arrived_ = false;
    bool downlink_fin_sent_ = false;
    bool downlink_fin_arrived_ = false;
    bool client_vanished_ = false;
    bool is_paused_ = false;
    bool is_closed_ = false;  // the server's end
    bool is_lost_ = false;
};

}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/memory_link.ipp>
#endif
