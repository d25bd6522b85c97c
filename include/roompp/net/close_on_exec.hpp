#pragma once
// Keeping sockets from the programs that the server starts.

#include <roompp/config.hpp>

#if __has_include(<fcntl.h>) && !defined(_WIN32)
#include <fcntl.h>
#endif

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Has a socket closed in programs that this process starts: they would keep the port in use, and connections open. Asio
/// has no option for it. A socket of Windows is not inherited unless a program asks for that, so nothing is done there.
template <class Handle>
void close_on_exec([[maybe_unused]] Handle socket) noexcept {
#if defined(FD_CLOEXEC) && !defined(_WIN32)
    const int flags = ::fcntl(socket, F_GETFD);
    if (flags != -1) (void)::fcntl(socket, F_SETFD, flags | FD_CLOEXEC);
#endif
}

}  // namespace net
ROOMPP_NAMESPACE_END
