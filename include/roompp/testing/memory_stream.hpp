#pragma once
// A stream within the program: two bounded pipes between a client of a test and the server.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <roompp/base/loop.hpp>
#include <roompp/net/shard.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// Something that happens to the next write of the server to a client.
struct fault {
    enum kind_type : unsigned char { short_write, refused, delayed, broken };

    /// Only so many bytes are taken, 0 or more.
    [[nodiscard]] static fault only(std::size_t bytes) { return {short_write, bytes, {}}; }
    /// Nothing is taken, as if the socket were full; the next write finds it free again.
    [[nodiscard]] static fault refuse() { return {refused, 0, {}}; }
    /// It takes that long until the client sees these bytes, and what comes after them. What was written before is not
    /// held up, and an earlier delay is not made shorter.
    [[nodiscard]] static fault delay(loop::clock::duration by) { return {delayed, 0, by}; }
    /// The connection turns out to be lost.
    [[nodiscard]] static fault lose() { return {broken, 0, {}}; }

    kind_type kind = refused;
    std::size_t bytes = 0;
    loop::clock::duration by{};
};

/// The network between one client and the server. Bytes that the client sends are on their way until they arrive; bytes
/// that the server sends wait in a bounded pipe until the client takes them. Used by one thread.
class memory_link : public std::enable_shared_from_this<memory_link> {
public:
    /// Told when there is something to carry.
    struct listener {
        virtual void bytes_on_their_way(memory_link&) = 0;
        virtual void bytes_for_client(memory_link&) = 0;

    protected:
        ~listener() = default;
    };

    /// @param capacity the most bytes that a side may send before the other one has read them, as with a socket.
    memory_link(net::shard& host, listener& told, std::string peer, std::size_t capacity)
        : host_(host), told_(&told), peer_(std::move(peer)), capacity_(capacity) {}
    memory_link(const memory_link&) = delete;
    memory_link& operator=(const memory_link&) = delete;

    [[nodiscard]] net::shard& host() const noexcept { return host_; }

    // The client's end

    void send(std::string_view bytes) {
        if (client_gone_) return;
        on_their_way_.append(bytes);
        tell_of_way_to_server();
    }
    /// Nothing more comes from the client after what it has sent.
    void end_sending() {
        end_on_its_way_ = true;
        tell_of_way_to_server();
    }
    /// The client goes, as a program that ends: what it has sent arrives, and then the end; what still comes for it is
    /// thrown away.
    void leave() {
        if (client_gone_) return;
        on_news = nullptr;
        pause(false);
        end_sending();
    }
    /// The client vanishes: what is on its way is lost.
    void vanish() {
        if (client_gone_) return;
        client_gone_ = true;
        on_their_way_.clear();
        end_sending();
        if (end_arrived_) wake(on_lost_);
    }
    /// Whether the client leaves what comes where it is.
    void pause(bool paused) {
        paused_ = paused;
        tell_of_way_to_client();
    }
    void add_fault(const fault& one) { faults_.push_back(one); }

    // The network

    /// How many bytes can arrive now.
    [[nodiscard]] std::size_t can_arrive() const noexcept {
        return std::min(on_their_way_.size(), capacity_ - std::min(capacity_, arrived_.size()));
    }
    /// Whether something could be carried to the server: bytes, or the end.
    [[nodiscard]] bool has_news_for_server() const noexcept {
        return !closed_ && (can_arrive() != 0 || (on_their_way_.empty() && end_on_its_way_ && !end_arrived_));
    }
    static constexpr std::size_t everything = static_cast<std::size_t>(-1);
    /// Carries at most so many bytes to the server, and the end after the last of them.
    void arrive(std::size_t most) {
        const std::size_t bytes = std::min(most, can_arrive());
        arrived_.append(on_their_way_, 0, bytes);
        on_their_way_.erase(0, bytes);
        if (on_their_way_.empty() && end_on_its_way_) end_arrived_ = true;
        wake(on_readable_);
        if (client_gone_) {
            wake(on_writable_);
            wake(on_lost_);
        }
    }
    /// Whether something could be carried to the client.
    [[nodiscard]] bool has_news_for_client(loop::clock::time_point now) const noexcept {
        return !client_gone_ && !paused_ && (sent_.empty() ? server_ended_ && !end_taken_ : can_be_taken(now) != 0);
    }
    /// Whether there is something for the client whose time has not come.
    [[nodiscard]] bool holds_back(loop::clock::time_point now) const noexcept {
        return !client_gone_ && can_be_taken(now) < sent_.size();
    }
    /// How many bytes the client can take now.
    [[nodiscard]] std::size_t can_be_taken(loop::clock::time_point now) const noexcept {
        for (const delay& one : delays_)
            if (now < one.until) return one.from;
        return sent_.size();
    }
    /// Carries at most so many bytes to the client, and the end after the last of them.
    void deliver(std::size_t most, loop::clock::time_point now) {
        const std::string bytes = sent_.substr(0, std::min(most, can_be_taken(now)));
        sent_.erase(0, bytes.size());
        while (!delays_.empty() && delays_.front().until <= now) delays_.pop_front();
        for (delay& one : delays_) one.from -= bytes.size();
        if (!bytes.empty()) wake(on_writable_);
        end_taken_ = sent_.empty() && server_ended_;
        if (const auto told = on_news) told(bytes, end_taken_);  // a copy: it may be unset by what it calls
    }

    /// Forgets who waits and who is told: the test is over, and the server may go.
    void forget() {
        told_ = nullptr;
        client_gone_ = true;
        const auto readable = std::exchange(on_readable_, nullptr);
        const auto writable = std::exchange(on_writable_, nullptr);
        const auto lost = std::exchange(on_lost_, nullptr);
    }

    /// What the client's end does with what comes: `(bytes, whether it was the last)`. Set by the client, and unset
    /// before it goes.
    std::function<void(std::string_view, bool)> on_news;

    // Where the network keeps it in mind.
    bool listed_for_server = false;
    bool listed_for_client = false;

private:
    friend class memory_stream;
    using handler = std::function<void(const std::error_code&)>;

    std::size_t read(char* into, std::size_t size, std::error_code& ec) {
        ec.clear();
        if (closed_) return refuse(ec, asio::error::bad_descriptor);
        if (lost_ || (client_gone_ && end_arrived_)) return refuse(ec, asio::error::connection_reset);
        if (arrived_.empty()) {
            if (end_arrived_) return refuse(ec, asio::error::make_error_code(asio::error::eof));
            return refuse(ec, asio::error::would_block);
        }
        const std::size_t n = arrived_.copy(into, size);
        arrived_.erase(0, n);
        if (!on_their_way_.empty() || end_on_its_way_) tell_of_way_to_server();
        return n;
    }

    template <class Buffers>
    std::size_t write(const Buffers& buffers, std::error_code& ec) {
        ec.clear();
        if (lost_ || (client_gone_ && end_arrived_)) return refuse(ec, asio::error::broken_pipe);
        if (closed_ || server_ended_) return refuse(ec, asio::error::bad_descriptor);
        std::size_t room = capacity_ - std::min(capacity_, sent_.size());
        if (!faults_.empty()) {
            const fault now = faults_.front();
            faults_.pop_front();
            if (now.kind == fault::refused || (now.kind == fault::short_write && now.bytes == 0)) room = 0;
            if (now.kind == fault::short_write) room = std::min(room, now.bytes);
            if (now.kind == fault::delayed) add_delay(host_.now() + now.by);
            if (now.kind == fault::broken) {
                lose();
                return refuse(ec, asio::error::broken_pipe);
            }
        }
        if (room == 0 && asio::buffer_size(buffers) != 0) return refuse(ec, asio::error::would_block);
        std::size_t written = 0;
        for (auto one = asio::buffer_sequence_begin(buffers); one != asio::buffer_sequence_end(buffers); ++one) {
            const asio::const_buffer part(*one);
            const std::size_t n = std::min(room - written, part.size());
            sent_.append(static_cast<const char*>(part.data()), n);
            written += n;
        }
        tell_of_way_to_client();
        return written;
    }

    void wait_readable(handler told) {
        on_readable_ = std::move(told);
        if (closed_ || !arrived_.empty() || end_arrived_) wake(on_readable_);
    }
    void wait_writable(handler told) {
        on_writable_ = std::move(told);
        if (closed_ || lost_ || sent_.size() < capacity_ || (client_gone_ && end_arrived_)) wake(on_writable_);
    }
    void wait_lost(handler told) {
        on_lost_ = std::move(told);
        if (closed_ || lost_ || (client_gone_ && end_arrived_)) wake(on_lost_);
    }
    void end() {
        server_ended_ = true;
        tell_of_way_to_client();
    }
    // Both sides find out that the other one is gone.
    void lose() {
        lost_ = end_on_its_way_ = end_arrived_ = true;
        on_their_way_.clear();
        arrived_.clear();
        sent_.clear();
        delays_.clear();
        wake(on_readable_);
        wake(on_lost_);
        end();
    }
    void close() {
        if (closed_) return;
        closed_ = true;
        end();
        wake(on_readable_);
        wake(on_writable_);
        wake(on_lost_);
    }

    static std::size_t refuse(std::error_code& ec, const std::error_code& why) {
        ec = why;
        return 0;
    }
    void wake(handler& who) {
        if (!who) return;
        const auto why = closed_ ? asio::error::make_error_code(asio::error::operation_aborted) : std::error_code();
        asio::post(host_.context(), [woken = std::exchange(who, nullptr), why] { woken(why); });
    }

    // Of what is sent, the bytes from there on are not seen before that time.
    struct delay {
        std::size_t from;
        loop::clock::time_point until;
    };
    void add_delay(loop::clock::time_point until) {
        if (!delays_.empty()) until = std::max(until, delays_.back().until);
        delays_.push_back({sent_.size(), until});
    }

    void tell_of_way_to_server() {
        if (told_) told_->bytes_on_their_way(*this);
    }
    void tell_of_way_to_client() {
        if (told_) told_->bytes_for_client(*this);
    }

    net::shard& host_;
    listener* told_;
    std::string peer_;
    std::size_t capacity_;
    std::deque<fault> faults_;
    std::string on_their_way_;  // sent by the client
    std::string arrived_;       // and not read yet by the server
    std::string sent_;          // by the server, not taken yet by the client
    handler on_readable_;
    handler on_writable_;
    handler on_lost_;
    std::deque<delay> delays_;  // the first to end first
    bool end_on_its_way_ = false;
    bool end_arrived_ = false;
    bool client_gone_ = false;
    bool server_ended_ = false;
    bool end_taken_ = false;
    bool paused_ = false;
    bool closed_ = false;
    bool lost_ = false;
};

/// The server's end of a memory_link, as the channel wants its streams (see net::tcp_stream). Like a socket, it is closed
/// when it goes. Movable.
class memory_stream {
public:
    explicit memory_stream(std::shared_ptr<memory_link> link) : link_(std::move(link)) {}
    memory_stream(memory_stream&&) noexcept = default;
    memory_stream& operator=(memory_stream&&) = delete;
    ~memory_stream() {
        if (link_) link_->close();
    }

    std::size_t read_some(char* into, std::size_t size, std::error_code& ec) { return link_->read(into, size, ec); }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, std::error_code& ec) {
        return link_->write(buffers, ec);
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
    void end_writing() { link_->end(); }
    void close() { link_->close(); }
    [[nodiscard]] std::string peer_address() const { return link_ ? link_->peer_ : std::string(); }
    [[nodiscard]] static constexpr bool is_secure() noexcept { return false; }
    [[nodiscard]] static bool is_would_block(const std::error_code& ec) noexcept {
        return ec == asio::error::would_block;
    }

private:
    std::shared_ptr<memory_link> link_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
