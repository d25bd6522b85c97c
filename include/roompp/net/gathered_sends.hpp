#pragma once
// The sends of one turn, gathered to be made together.

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

/// Who gets to know of a send that did not go out whole.
class fan_out_target {
public:
    /// @param written the number of bytes that went out.
    /// @param error an errno value; 0 if the socket only had no more room.
    virtual void not_written(const std::shared_ptr<const frame_batch>& batch, std::size_t written, int error) = 0;

protected:
    ~fan_out_target() = default;
};

/// One send of a batch to one socket.
struct fan_out_send {
    fan_out_target* to = nullptr;
    int socket = -1;
    std::size_t batch = 0;  // index into what was gathered
};

/// Makes many sends at once. A policy: see server::fan_out_writer(). One object for each loop, used on its thread.
class fan_out_writer {
public:
    using batches = std::vector<std::shared_ptr<const frame_batch>>;

    fan_out_writer() = default;
    fan_out_writer(const fan_out_writer&) = delete;
    fan_out_writer& operator=(const fan_out_writer&) = delete;
    virtual ~fan_out_writer() = default;

    /// Tries every send once, without waiting, and tells the target of each that did not go out whole. No socket comes
    /// twice, so the order of the sends is of no matter. Afterwards nothing refers to the batches or sockets.
    virtual void write(const std::vector<fan_out_send>& sends, const batches& what) = 0;
};

/// Makes a loop's writer; null where it does not work, and sends are made one by one.
using fan_out_policy = std::function<std::unique_ptr<fan_out_writer>()>;

/// Gathers the sends of all rooms of a loop's turn, and has them written at its end.
class gathered_sends {
public:
    /// @param writer null: nothing is to be gathered.
    explicit gathered_sends(std::unique_ptr<fan_out_writer> writer)
        : writer_(std::move(writer)), at_turn_end_([this] { write(); }) {}

    [[nodiscard]] bool gathers() const noexcept { return writer_ != nullptr; }

    /// Names what was added since the last write(): a target keeps it, to know whether it has a send in there.
    using ticket = std::uint32_t;
    [[nodiscard]] bool holds(ticket its) const noexcept { return its == current_; }

    /// Adds a send; the caller sees to it that a socket has one at most.
    [[nodiscard]] ticket add(turn& now, fan_out_target& to, int socket,
                             const std::shared_ptr<const frame_batch>& batch) {
        if (batches_.empty() || batches_.back() != batch) batches_.push_back(batch);
        sends_.push_back({&to, socket, batches_.size() - 1});
        now.add(at_turn_end_);
        return current_;
    }

    /// Makes the sends now.
    void write() {
        if (sends_.empty()) return;
        if (++current_ == 0) current_ = 1;
        // However it ends: the targets and sockets may be gone afterwards.
        struct forget {
            gathered_sends& its;
            ~forget() {
                its.sends_.clear();
                its.batches_.clear();
            }
        } const at_end{*this};
        writer_->write(sends_, batches_);
    }

private:
    std::unique_ptr<fan_out_writer> writer_;
    std::vector<fan_out_send> sends_;
    fan_out_writer::batches batches_;
    turn::task at_turn_end_;
    ticket current_ = 1;
};

}  // namespace net
ROOMPP_NAMESPACE_END
