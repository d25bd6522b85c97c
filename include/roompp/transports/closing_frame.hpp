#pragma once
// How a client without a WebSocket learns why its connection was closed.

#include <string>

#include <roompp/base/close.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// What a close code and reason are as a frame of roompp.v1, for transports that have no closing handshake:
/// `{"type":"error","error":"closed","code":4000,"message":"..."}`. What JSON can't hold as it is becomes a space.
[[nodiscard]] inline std::string closing_frame(const close_event& how) {
    std::string reason = how.reason;
    for (char& c : reason)
        if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) c = ' ';
    return R"({"type":"error","error":"closed","code":)" + std::to_string(how.code) + R"(,"message":")" + reason +
           "\"}";
}

ROOMPP_NAMESPACE_END
