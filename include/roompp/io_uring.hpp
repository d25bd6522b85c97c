#pragma once
// Add-on for Linux: a room's sends submitted together through io_uring. Uses liburing 2.3 or later (link with -luring);
// not part of the umbrella header.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <liburing.h>
#include <sys/socket.h>

#include <roompp/config.hpp>
#include <roompp/net/gathered_sends.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

/// Sends by io_uring: one system call for as many members as the ring has entries.
class io_uring_writer final : public net::fan_out_writer {
public:
    /// @returns null if the kernel is too old or refuses, as it does in many containers.
    [[nodiscard]] static std::unique_ptr<net::fan_out_writer> make() {
        auto made = std::make_unique<io_uring_writer>();
        if (!made->open_) return nullptr;
        return made;
    }

    io_uring_writer() {
        // From the cheapest set of flags to what the first kernels with io_uring know.
        for (const unsigned flags : {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL,
                                     IORING_SETUP_SUBMIT_ALL, 0U}) {
            if (io_uring_queue_init(entries, &ring_, flags) != 0) continue;
            open_ = true;
            // Spares a file look-up in each system call; where the kernel does not know it, nothing is lost.
            io_uring_register_ring_fd(&ring_);
            if ((ring_.features & IORING_FEAT_CQE_SKIP) == 0) close();
            return;
        }
    }
    ~io_uring_writer() override { close(); }

    void write(const std::vector<net::fan_out_send>& sends, const batches& what) override {
        std::size_t next = 0;
        if (sends.size() >= worth_a_submission)
            while (open_ && next < sends.size()) next = submit(sends, next, what);
        for (; next < sends.size(); ++next) send_alone(sends[next], what);
    }

private:
    static constexpr unsigned entries = 4096;
    static constexpr std::size_t worth_a_submission = 4;
    // A submission of which the kernel takes nothing, for want of memory, is tried so often.
    static constexpr int most_tries = 100;

    // The ring is for use again, or it is closed: nothing may be left in it that refers to these sends.
    struct use {
        explicit use(io_uring_writer& writer) noexcept : its(writer) {}
        use(const use&) = delete;
        use& operator=(const use&) = delete;
        ~use() {
            if (!done) its.close();
        }
        io_uring_writer& its;
        bool done = false;
    };

    // Submits as many sends, from `first` on, as the ring has entries. If it does not work any more, it is closed.
    // @returns the first of the sends that are left to make.
    std::size_t submit(const std::vector<net::fan_out_send>& sends, std::size_t first, const batches& what) {
        use ring(*this);
        const std::size_t last = std::min<std::size_t>(sends.size(), first + entries);
        for (std::size_t i = first; i < last; ++i) prepare(sends[i], i, *what[sends[i].batch]);
        for (int tries = 0; io_uring_sq_ready(&ring_) != 0;) {
            const int submitted = io_uring_submit(&ring_);
            tell_refused(sends, what);
            if (submitted > 0) {
                tries = 0;
            } else {
                const bool may_pass =
                    submitted == 0 || submitted == -EINTR || submitted == -EAGAIN || submitted == -EBUSY;
                if (!may_pass || ++tries == most_tries) return last - io_uring_sq_ready(&ring_);
            }
        }
        ring.done = true;
        return last;
    }

    void prepare(const net::fan_out_send& one, std::size_t index, const net::frame_batch& batch) {
        io_uring_sqe* const entry = io_uring_get_sqe(&ring_);
        // MSG_DONTWAIT: the send is tried once, within the submission, so the bytes may go afterwards and no kernel
        // worker thread is ever needed. MSG_WAITALL: a partial send counts as a failure, so that skipping the
        // completions of successes hides nothing.
        io_uring_prep_send(entry, one.socket, batch.bytes().data(), batch.size(),
                           MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL);
        entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
        entry->user_data = index;
    }

    void close() noexcept {
        if (std::exchange(open_, false)) io_uring_queue_exit(&ring_);
    }

    static void send_alone(const net::fan_out_send& one, const batches& what) {
        const auto& batch = what[one.batch];
        const ssize_t n = ::send(one.socket, batch->bytes().data(), batch->size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n != static_cast<ssize_t>(batch->size())) tell(one, batch, static_cast<int>(n < 0 ? -errno : n));
    }

    // @param result as io_uring has it: a number of bytes, or a negative errno.
    static void tell(const net::fan_out_send& one, const std::shared_ptr<const net::frame_batch>& batch, int result) {
        const bool no_room =
            result == -EAGAIN || result == -EWOULDBLOCK || result == -EINTR || result == -ENOBUFS || result == -ENOMEM;
        one.to->not_written(batch, result > 0 ? static_cast<std::size_t>(result) : 0,
                            result >= 0 || no_room ? 0 : -result);
    }

    // Only sends that did not go out whole have a completion.
    void tell_refused(const std::vector<net::fan_out_send>& sends, const batches& what) {
        io_uring_cqe* completion = nullptr;
        while (io_uring_peek_cqe(&ring_, &completion) == 0) {
            const auto& one = sends[static_cast<std::size_t>(completion->user_data)];
            tell(one, what[one.batch], completion->res);
            io_uring_cqe_seen(&ring_, completion);
        }
    }

    io_uring ring_{};
    bool open_ = false;
};

}  // namespace detail

/// For server::fan_out_writer(): where the kernel allows it, what a turn has to send to many members is submitted together,
/// through io_uring; else it is sent one by one, as without this. No kernel threads are started.
[[nodiscard]] inline net::fan_out_policy io_uring() {
    return [] { return detail::io_uring_writer::make(); };
}

/// Whether the kernel allows it here.
[[nodiscard]] inline bool io_uring_works() { return detail::io_uring_writer::make() != nullptr; }

ROOMPP_NAMESPACE_END
