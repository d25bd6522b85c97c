#pragma once
// How a client without a WebSocket is told why its connection was closed.

#include <string>

#include <roompp/base/close.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A close code and reason as a frame of roompp.v1, for transports that have no closing handshake:
/// `{"type":"error","error":"closed","code":4000,"message":"..."}`. Characters of the reason that would need an escape in
/// JSON become spaces. Safe from any thread.
[[nodiscard]] std::string closing_frame(const close_event& event);

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/closing_frame.ipp>
#endif
