// The bare room server with the sends of a batch submitted together: one system call for thousands of members. Where
// the kernel refuses io_uring (containers often do), it sends as bare_send does and says so.
#include <liburing.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "bare/server.hpp"

namespace {

class uring_fanout {
public:
    uring_fanout() {
        // From the cheapest set of flags to what the first kernels with io_uring know.
        for (const unsigned flags : {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL,
                                     IORING_SETUP_SUBMIT_ALL, 0u}) {
            const int result = io_uring_queue_init(entries, &ring_, flags);
            available_ = result == 0 && (ring_.features & IORING_FEAT_CQE_SKIP) != 0;
            if (available_) break;
            if (result == 0) io_uring_queue_exit(&ring_);
        }
        // Spares a file look-up in each system call; where the kernel does not know it, nothing is lost.
        if (available_) io_uring_register_ring_fd(&ring_);
        std::puts(available_ ? "writer: io_uring" : "writer: send, because the kernel refuses io_uring");
    }

    void opened(int) {}
    void closing(int) {}

    void send(const std::vector<bare::room*>& rooms) {
        for (bare::room* r : rooms) {
            for (bare::member* m : r->members) send(*m, r->batch);
        }
        if (available_) submit();
    }

    std::vector<bare::member*>& queued() { return queued_; }

private:
    static constexpr unsigned entries = 4096;

    void send(bare::member& m, std::string_view bytes) {
        if (!available_ || !m.unsent.empty()) {
            bare::send_or_queue(m, bytes);
            if (!m.unsent.empty()) queued_.push_back(&m);
            return;
        }
        io_uring_sqe* entry = io_uring_get_sqe(&ring_);
        if (entry == nullptr) {
            submit();
            entry = io_uring_get_sqe(&ring_);
        }
        // MSG_DONTWAIT: the send is tried once, within the submission, so the batch may change afterwards and no kernel
        // worker thread is ever needed. MSG_WAITALL: a partial send counts as a failure, so that skipping the
        // completions of successes hides nothing.
        io_uring_prep_send(entry, m.fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL);
        entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
        io_uring_sqe_set_data(entry, &m);
    }

    void submit() {
        while (io_uring_sq_ready(&ring_) != 0) {
            const int submitted = io_uring_submit(&ring_);
            if (submitted < 0 && submitted != -EINTR && submitted != -EAGAIN && submitted != -EBUSY) {
                std::fprintf(stderr, "io_uring_submit: %s\n", std::strerror(-submitted));
                std::exit(1);
            }
            queue_refused();
        }
    }

    // Only sends that did not go out whole have a completion. Each of them was the member's only one in this batch.
    void queue_refused() {
        io_uring_cqe* completion = nullptr;
        while (io_uring_peek_cqe(&ring_, &completion) == 0) {
            auto& m = *static_cast<bare::member*>(io_uring_cqe_get_data(completion));
            const std::size_t sent = completion->res > 0 ? static_cast<std::size_t>(completion->res) : 0;
            m.unsent.append(m.joined->batch, sent);
            queued_.push_back(&m);
            io_uring_cqe_seen(&ring_, completion);
        }
    }

    io_uring ring_{};
    bool available_ = false;
    std::vector<bare::member*> queued_;
};

}  // namespace

int main(int argc, char** argv) {
    uring_fanout fanout;
    bare::serve(argc, argv, fanout);
}
