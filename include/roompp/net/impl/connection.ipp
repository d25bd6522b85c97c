#pragma once
// Sending and closing from any thread.

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

// The part of a reason that fits into a close frame: 123 bytes (RFC 6455, section 5.5), cut between characters.
[[nodiscard]] constexpr std::string_view cut_reason(std::string_view reason) noexcept {
    constexpr std::size_t max_size = 123;
    if (reason.size() <= max_size) return reason;
    std::size_t end = max_size;
    while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0U) == 0x80U) --end;
    return reason.substr(0, end);
}

}  // namespace detail

ROOMPP_DECL void connection::close(std::uint16_t code, std::string_view reason) {
    if (!close_code::is_sendable(code))
        throw std::invalid_argument("roompp: close code " + std::to_string(code) +
                                    " must not be sent; use 1000 to 1003, 1007 to 1014, or 3000 to 4999");
    home_.dispatch([self = shared_from_this(), code, text = std::string(detail::cut_reason(reason))] {
        if (self->open_) self->start_closing(code, text);
    });
}

ROOMPP_DECL void connection::send_from_other_thread(payload message) {
    home_.post([self = shared_from_this(), copy = std::string(message.data()), kind = message.kind()] {
        self->send(payload(copy, kind));
    });
}

ROOMPP_NAMESPACE_END
