#pragma once
// The buffer into which a busy connection's next bytes come.

#include <cstddef>
#include <memory>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Decides how a connection awaits its next bytes. To be told that there are some, and then to read them into the loop's
/// buffer, costs no memory, but Asio registers such a wait with the system each time (`epoll_ctl`). A receive that is
/// pending needs no call, but a buffer of its own, until bytes come. So only a connection that sends often, and little at a
/// time, has one; it goes with the first large or rare read. Not thread-safe.
class receive_buffer {
public:
    /// The size of the buffer in bytes; reads of fewer are small.
    static constexpr std::size_t size = 2048;
    /// So many small reads, each in the same second as the one before, make a connection busy.
    static constexpr unsigned busy_reads = 8;

    /// Whether the next bytes are to be received into data().
    [[nodiscard]] bool is_wanted() const noexcept { return reads_ >= busy_reads; }

    /// The buffer, allocated if it is not. Valid until note_read() is called.
    [[nodiscard]] char* data() {
        if (!bytes_) bytes_.reset(new char[size]);
        return bytes_.get();
    }
    /// Whether the buffer is allocated.
    [[nodiscard]] bool is_allocated() const noexcept { return bytes_ != nullptr; }

    /// Counts a read; when its bytes have been used.
    /// @param bytes how many came.
    /// @param is_frequent whether it came in the same second as the one before.
    void note_read(std::size_t bytes, bool is_frequent) noexcept {
        if (is_frequent && bytes < size) {
            if (reads_ < busy_reads) ++reads_;
        } else {
            reads_ = 0;
            bytes_.reset();
        }
    }

private:
    std::unique_ptr<char[]> bytes_;
    unsigned reads_ = 0;
};

}  // namespace net
ROOMPP_NAMESPACE_END
