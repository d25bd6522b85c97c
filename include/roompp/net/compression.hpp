#pragma once
// The interface to permessage-deflate (RFC 7692). The implementation, which needs zlib, is an add-on:
// <roompp/deflate.hpp>.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Decompresses the messages of clients, one message at a time. Not thread-safe.
class inflater {
public:
    inflater() = default;
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;
    virtual ~inflater() = default;

    /// Outcome of inflate().
    enum class outcome : unsigned char {
        good,       ///< all bytes were decompressed
        malformed,  ///< the bytes are not compressed data
        too_big     ///< the message would be larger than the limit
    };

    /// Decompresses the next bytes of a message and appends the result to `out`.
    /// @param max_size the limit on the size of `out`, in bytes.
    virtual outcome inflate(std::string_view bytes, std::string& out, std::size_t max_size) = 0;
    /// Whether the bytes so far end at the end of a block: with the empty block that ends each message (RFC 7692, section
    /// 7.2.2) they must.
    [[nodiscard]] virtual bool is_between_blocks() const noexcept = 0;
    /// Starts a new message, which refers to nothing of those before it.
    virtual void restart() noexcept = 0;
};

/// Per-message compression without context takeover in either direction: one compressed message serves all members, and
/// a connection keeps no state between messages.
///
/// Thread-safety: every function may be called in several threads at once.
class compression {
public:
    compression() = default;
    compression(const compression&) = delete;
    compression& operator=(const compression&) = delete;
    virtual ~compression() = default;

    /// Answers a client's offers (RFC 7692, section 5).
    /// @param offers value of the request's Sec-WebSocket-Extensions.
    /// @returns value of the response's Sec-WebSocket-Extensions; empty if no offer is acceptable.
    [[nodiscard]] virtual std::string negotiate(std::string_view offers) const = 0;
    /// Makes a decompressor; a server has about one for each of its loops.
    [[nodiscard]] virtual std::unique_ptr<inflater> make_inflater() const = 0;
    /// Appends the compressed message to `out`, ready to be the payload of a frame.
    /// @returns false, with `out` unchanged, if the message does not get smaller.
    virtual bool deflate(std::string_view message, std::string& out) const = 0;
};

}  // namespace net
ROOMPP_NAMESPACE_END
