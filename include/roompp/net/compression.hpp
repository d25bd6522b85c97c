#pragma once
// What a connection asks of permessage-deflate (RFC 7692); who implements it needs zlib, who asks does not.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Decompresses the messages of clients, one at a time.
class inflater {
public:
    inflater() = default;
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;
    virtual ~inflater() = default;

    enum class outcome : unsigned char { good, malformed, too_big };

    /// Decompresses the next bytes of a message and appends what they say to `out`, at most until that is `most` long.
    virtual outcome inflate(std::string_view bytes, std::string& out, std::size_t most) = 0;
    /// The next bytes are a new message, which refers to nothing that came before.
    virtual void restart() noexcept = 0;
};

/// Per-message compression, without memory from one message to the next in either direction, so that one compressed
/// message serves all members and nothing is kept for a connection. Called in several threads at once.
class compression {
public:
    compression() = default;
    compression(const compression&) = delete;
    compression& operator=(const compression&) = delete;
    virtual ~compression() = default;

    /// Answers what a client offers in Sec-WebSocket-Extensions.
    /// @returns the header of the response; empty if nothing that it offers can be accepted.
    [[nodiscard]] virtual std::string negotiate(const std::string& offer) const = 0;
    [[nodiscard]] virtual std::unique_ptr<inflater> make_inflater() const = 0;
    /// Appends the compressed message, ready to be the payload of a frame.
    /// @returns false, with `out` as it was, if compressing it gains nothing.
    virtual bool deflate(std::string_view message, std::string& out) const = 0;
};

}  // namespace net
ROOMPP_NAMESPACE_END
