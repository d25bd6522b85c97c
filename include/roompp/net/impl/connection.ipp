#pragma once
// Sending and closing from any thread.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/utf8_text.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL void connection::close(std::uint16_t code, std::string_view reason) {
    if (!close_code::is_sendable(code))
        throw std::invalid_argument("roompp: close code " + std::to_string(code) +
                                    " must not be sent; use 1000 to 1003, 1007 to 1014, or 3000 to 4999");
    home_.dispatch([self = shared_from_this(), code, text = detail::repair_close_reason(reason)] {
        if (self->open_) self->start_closing(code, text);
    });
}

ROOMPP_DECL void connection::send_from_other_thread(payload message) {
    home_.post([self = shared_from_this(), copy = std::string(message.data()), kind = message.kind()] {
        self->send(payload(copy, kind));
    });
}

ROOMPP_NAMESPACE_END
