#pragma once
// Definitions of <roompp/transports/closing_frame.hpp>.

#include <string>

#include <roompp/base/close.hpp>
#include <roompp/config.hpp>
#include <roompp/transports/closing_frame.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL std::string closing_frame(const close_event& event) {
    std::string reason = event.reason;
    for (char& c : reason)
        if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) c = ' ';
    return R"({"type":"error","error":"closed","code":)" + std::to_string(event.code) + R"(,"message":")" + reason +
           "\"}";
}

ROOMPP_NAMESPACE_END
