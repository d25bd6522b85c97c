// expect: roompp: this hook can't be a coroutine; message hooks can
// standard: c++20
#include <roompp/roompp.hpp>

#include <asio/awaitable.hpp>

#if !defined(ASIO_HAS_CO_AWAIT)
#error roompp: this hook can't be a coroutine; message hooks can (but not with this compiler, which has none)
#else
void misuse() {
    roompp::rooms<> rooms;
    rooms.on_join([](roompp::basic_room<>& joined) -> asio::awaitable<void> {
        joined.broadcast("hello");
        co_return;
    });
}
#endif
