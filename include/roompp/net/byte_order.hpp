#pragma once
// Keeps a data race of websocketpp's from coming up.

#include <websocketpp/common/network.hpp>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// To be called before websocketpp reads or writes the length of a frame: it finds out the machine's byte order when it
/// first needs it, and keeps that in a variable of the program without a lock, in whichever threads are first. Safe from
/// any thread.
inline void find_byte_order() { [[maybe_unused]] static const auto found = websocketpp::lib::net::_htonll(1); }

}  // namespace net
ROOMPP_NAMESPACE_END
