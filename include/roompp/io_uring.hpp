#pragma once
// Add-on for Linux: a turn's sends submitted together through io_uring. Uses liburing 2.3 or later (link with -luring);
// not part of the umbrella header.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <liburing.h>
#include <sys/socket.h>

#include <roompp/base/integer_cast.hpp>
#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/gathered_sends.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

/// Sends through io_uring: one system call for as many sends as the ring has entries.
class io_uring_writer final : public net::fan_out_writer {
public:
    /// @returns null if the kernel is too old, or does not allow io_uring, as in many containers.
    [[nodiscard]] static std::unique_ptr<net::fan_out_writer> make() {
        auto made = std::make_unique<io_uring_writer>();
        if (!made->open_) return nullptr;
        return made;
    }

    io_uring_writer() {
        // From the cheapest set of flags to that of the first kernels with io_uring.
        for (const unsigned flags : {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL,
                                     IORING_SETUP_SUBMIT_ALL, 0U}) {
            if (io_uring_queue_init(entries, &ring_, flags) != 0) continue;
            open_ = true;
            // Saves a file look-up in each system call. Kernels without this refuse, which does no harm.
            io_uring_register_ring_fd(&ring_);
            if ((ring_.features & IORING_FEAT_CQE_SKIP) == 0) close();
            return;
        }
    }
    ~io_uring_writer() override { close(); }

    void write(const std::vector<net::fan_out_send>& sends, const batches& gathered) override {
        std::size_t next = 0;
        if (sends.size() >= min_submission)
            while (open_ && next < sends.size()) next = submit(sends, next, gathered);
        for (; next < sends.size(); ++next) send_alone(sends[next], gathered);
    }

private:
    static constexpr unsigned entries = 4096;
    static constexpr std::size_t min_submission = 4;  // fewer sends are cheaper one by one
    // For submissions of which the kernel takes nothing, for want of memory.
    static constexpr int max_tries = 100;

    // Closes the ring unless the submission is complete: nothing may stay in it that refers to these sends.
    struct submission {
        explicit submission(io_uring_writer& writer) noexcept : self(writer) {}
        submission(const submission&) = delete;
        submission& operator=(const submission&) = delete;
        ~submission() {
            if (!complete) self.close();
        }
        io_uring_writer& self;
        bool complete = false;
    };

    // Submits as many sends, from `first` on, as the ring has entries. Closes the ring if that fails.
    // @returns the index of the first send that is left to make.
    std::size_t submit(const std::vector<net::fan_out_send>& sends, std::size_t first, const batches& gathered) {
        submission current(*this);
        const std::size_t last = std::min<std::size_t>(sends.size(), first + entries);
        for (std::size_t i = first; i < last; ++i) prepare(sends[i], i, *gathered[sends[i].batch]);
        for (int tries = 0; io_uring_sq_ready(&ring_) != 0;) {
            const int submitted = io_uring_submit(&ring_);
            report_incomplete(sends, gathered);
            if (submitted > 0) {
                tries = 0;
            } else {
                const bool is_temporary =
                    submitted == 0 || submitted == -EINTR || submitted == -EAGAIN || submitted == -EBUSY;
                if (!is_temporary || ++tries == max_tries) return last - io_uring_sq_ready(&ring_);
            }
        }
        current.complete = true;
        return last;
    }

    void prepare(const net::fan_out_send& send, std::size_t index, const net::frame_batch& batch) {
        io_uring_sqe* const entry = io_uring_get_sqe(&ring_);
        // MSG_DONTWAIT: the send is tried once, within the submission, so the bytes may be freed afterwards and no
        // kernel worker thread is ever needed. MSG_WAITALL: a partial send counts as a failure, so that skipping the
        // completions of successes hides nothing.
        io_uring_prep_send(entry, send.socket, batch.bytes().data(), batch.size(),
                           MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL);
        entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
        entry->user_data = index;
    }

    void close() noexcept {
        if (std::exchange(open_, false)) io_uring_queue_exit(&ring_);
    }

    static void send_alone(const net::fan_out_send& send, const batches& gathered) {
        const auto& batch = gathered[send.batch];
        const ssize_t n = ::send(send.socket, batch->bytes().data(), batch->size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n != static_cast<ssize_t>(batch->size())) report(send, batch, static_cast<int>(n < 0 ? -errno : n));
    }

    // @param result as in io_uring: a number of bytes, or a negative errno.
    static void report(const net::fan_out_send& send, const std::shared_ptr<const net::frame_batch>& batch,
                       int result) {
        const bool no_room =
            result == -EAGAIN || result == -EWOULDBLOCK || result == -EINTR || result == -ENOBUFS || result == -ENOMEM;
        send.target->on_incomplete_send(batch, result > 0 ? static_cast<std::size_t>(result) : 0,
                                        result >= 0 || no_room ? 0 : -result);
    }

    // Only sends that did not go out whole have a completion.
    void report_incomplete(const std::vector<net::fan_out_send>& sends, const batches& gathered) {
        io_uring_cqe* completion = nullptr;
        while (io_uring_peek_cqe(&ring_, &completion) == 0) {
            const auto& send = sends[detail::integer_cast<std::size_t>(completion->user_data)];
            report(send, gathered[send.batch], completion->res);
            io_uring_cqe_seen(&ring_, completion);
        }
    }

    io_uring ring_{};
    bool open_ = false;
};

}  // namespace detail

/// The policy for server::fan_out_writer(): where the kernel allows io_uring, the sends of a turn are submitted
/// together; else they are made one by one, as without the policy. No kernel threads are started.
[[nodiscard]] inline net::fan_out_policy io_uring() {
    return [] { return detail::io_uring_writer::make(); };
}

/// Whether the kernel allows io_uring in this process.
[[nodiscard]] inline bool io_uring_works() { return detail::io_uring_writer::make() != nullptr; }

ROOMPP_NAMESPACE_END
