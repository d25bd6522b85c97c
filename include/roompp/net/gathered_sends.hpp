#pragma once
// The sends of one turn, gathered and then made together.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <roompp/base/turn.hpp>
#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Receives the outcome of incomplete sends.
class fan_out_target {
public:
    /// Called when a send did not go out whole.
    /// @param written the number of bytes that went out.
    /// @param error an errno value; 0 if the socket only had no more room.
    virtual void on_incomplete_send(const std::shared_ptr<const frame_batch>& batch, std::size_t written,
                                    int error) = 0;

    /// The name of on_incomplete_send() before 0.2; goes with 0.3.
    [[deprecated("use on_incomplete_send()")]] void not_written(const std::shared_ptr<const frame_batch>& batch,
                                                                std::size_t written, int error) {
        on_incomplete_send(batch, written, error);
    }

protected:
    ~fan_out_target() = default;
};

/// One send of a batch to one socket.
struct fan_out_send {
    fan_out_target* target = nullptr;  ///< receives the outcome
    int socket = -1;                   ///< handle of a non-blocking socket
    std::size_t batch = 0;             ///< index into the batches that fan_out_writer::write() is given
};

/// Makes many sends at once. A policy: see server::fan_out_writer(). Each loop has its own object, used on its thread.
class fan_out_writer {
public:
    /// Batches that sends refer to by index.
    using batches = std::vector<std::shared_ptr<const frame_batch>>;

    fan_out_writer() = default;
    fan_out_writer(const fan_out_writer&) = delete;
    fan_out_writer& operator=(const fan_out_writer&) = delete;
    virtual ~fan_out_writer() = default;

    /// Tries every send once, without waiting, and calls the target of each that did not go out whole. No socket comes
    /// twice, so the sends may be made in any order. Must keep no reference to batches or sockets after it returns.
    virtual void write(const std::vector<fan_out_send>& sends, const batches& gathered) = 0;
};

/// Makes a loop's writer; null where the writer is not available: then sends are made one by one.
using fan_out_policy = std::function<std::unique_ptr<fan_out_writer>()>;

/// Gathers the sends of all rooms in one turn of a loop, and has them written at its end. Not thread-safe.
class gathered_sends {
public:
    /// @param writer null: nothing is gathered.
    explicit gathered_sends(std::unique_ptr<fan_out_writer> writer)
        : writer_(std::move(writer)), turn_end_([this] { write(); }) {}

    /// Whether there is a writer.
    [[nodiscard]] bool gathers() const noexcept { return writer_ != nullptr; }

    /// Identifies the sends added since the last write(). A target keeps it to know whether it has a send among them.
    using ticket = std::uint32_t;
    /// Whether the sends of a ticket are still gathered. False for 0, which is never a ticket.
    [[nodiscard]] bool holds(ticket number) const noexcept { return number == current_; }

    /// Adds a send. The caller must not add a second one for a socket before write().
    [[nodiscard]] ticket add(turn& current, fan_out_target& target, int socket,
                             const std::shared_ptr<const frame_batch>& batch) {
        if (batches_.empty() || batches_.back() != batch) batches_.push_back(batch);
        sends_.push_back({&target, socket, batches_.size() - 1});
        current.add(turn_end_);
        return current_;
    }

    /// Makes the sends now. Exceptions of the writer pass through; the sends are dropped then.
    void write();

private:
    std::unique_ptr<fan_out_writer> writer_;
    std::vector<fan_out_send> sends_;
    fan_out_writer::batches batches_;
    turn::task turn_end_;
    ticket current_ = 1;
};

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/gathered_sends.ipp>
#endif
