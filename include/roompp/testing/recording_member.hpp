#pragma once
// Members that record what a room does to them.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/member_concept.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// A batch that keeps its messages without encoding them.
class recorded_messages {
public:
    struct message {
        std::string data;
        payload_kind kind;
    };

    void append(payload content) { messages_.push_back({std::string(content.data()), content.kind()}); }
    /// Appends the messages of another batch from the index `begin` up to `end`.
    void append(const recorded_messages& other, std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) messages_.push_back(other.messages_[i]);
    }
    [[nodiscard]] std::size_t size() const noexcept { return messages_.size(); }
    void clear() noexcept { messages_.clear(); }
    [[nodiscard]] const std::vector<message>& messages() const noexcept { return messages_; }

private:
    std::vector<message> messages_;
};

/// A connection that records what is done to it: `roompp::basic_room<roompp::of_members<recording_member>>`. The public
/// members belong to its loop's thread; the closes may be read from any thread.
/// @tparam Batch derived from recorded_messages, or with its functions.
template <class Batch>
class basic_recording_member {
public:
    using batch_type = Batch;

    /// @param home its loop; outlives it.
    explicit basic_recording_member(loop& home) : home_(&home) {}

    void deliver(const std::shared_ptr<const Batch>& messages) {
        ++deliveries;
        if (!home_->running_here()) on_own_loop = false;
        for (const auto& message : messages->messages()) {
            received.push_back(message.data);
            kinds.push_back(message.kind);
        }
    }
    void close(std::uint16_t code, std::string_view reason) {
        const std::lock_guard lock(mutex_);
        close_codes_.push_back(code);
        close_reason_ = reason;
    }
    void pause_reading() { ++holds; }
    void resume_reading() { --holds; }
    [[nodiscard]] loop& home() const noexcept { return *home_; }

    /// The code of each close so far. Safe from any thread.
    [[nodiscard]] std::vector<std::uint16_t> close_codes() const {
        const std::lock_guard lock(mutex_);
        return close_codes_;
    }
    /// The reason of the last close. Safe from any thread.
    [[nodiscard]] std::string close_reason() const {
        const std::lock_guard lock(mutex_);
        return close_reason_;
    }
    /// Whether it was closed. Safe from any thread.
    [[nodiscard]] bool closed() const { return !close_codes().empty(); }

    std::vector<std::string> received;  ///< the messages that were delivered, in order
    std::vector<payload_kind> kinds;    ///< the kind of each
    std::size_t deliveries = 0;         ///< the number of batches in which they came
    int holds = 0;                      ///< the number of pause_reading() without a resume_reading()
    bool on_own_loop = true;            ///< whether all came on its own loop

private:
    loop* home_;
    mutable std::mutex mutex_;
    std::vector<std::uint16_t> close_codes_;
    std::string close_reason_;
};

/// A member whose messages are not encoded.
using recording_member = basic_recording_member<recorded_messages>;

}  // namespace testing
ROOMPP_NAMESPACE_END
