#pragma once
// Handlers that continue after they have returned, such as coroutines.

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// How work of type T is started on a loop. Specialised for the coroutine types that handlers may return (net/ does so
/// for `asio::awaitable<void>`): `static void start(loop&, T, std::function<void(std::exception_ptr)> on_done)`.
template <class T>
struct async_work {
    static constexpr bool is_async = false;
};

/// The result of a handler: nothing if it is done, or work that continues on a loop.
class pending {
public:
    using completion = std::function<void(std::exception_ptr)>;

    pending() = default;
    /// @param work of a type for which async_work is specialised.
    template <class T, class = std::enable_if_t<async_work<T>::is_async>>
    pending(T work)
        : start_([shared = std::make_shared<T>(std::move(work))](loop& home, completion on_done) {
              async_work<T>::start(home, std::move(*shared), std::move(on_done));
          }) {}

    /// Whether the handler was done when it returned.
    [[nodiscard]] bool done() const noexcept { return !start_; }
    /// Starts the work, at most once. `on_done` is called on the loop when it has ended, with its exception if it
    /// threw.
    void start(loop& home, completion on_done) { start_(home, std::move(on_done)); }

private:
    std::function<void(loop&, completion)> start_;
};

/// The messages of one connection for a handler that continues after it has returned: each is handled when the one
/// before is done, so that their order is preserved. Belongs to one loop; owned by a std::shared_ptr.
class message_queue : public std::enable_shared_from_this<message_queue> {
public:
    /// Starts to handle a message; the payload's bytes are valid until the returned work is done.
    using message_handler = std::function<pending(payload)>;

    /// How many messages may wait. A client with more sends faster than its handler works.
    static constexpr std::size_t max_messages = 1024;
    /// How many bytes of messages may wait: 4 MiB.
    static constexpr std::size_t max_bytes = 4 * 1024 * 1024;

    /// @param home the loop on which messages are handled; must outlive the queue.
    explicit message_queue(loop& home) : home_(home) {}

    /// Handles a message when its turn comes: now if none is being handled. Copies the bytes.
    /// @param on_done called when that is done, with the exception that the handler threw, if any.
    /// @returns false if max_messages or max_bytes would be exceeded; then neither is called.
    [[nodiscard]] bool put(payload message, message_handler handle, pending::completion on_done);

    /// Drops the messages that wait; the one that is being handled goes on.
    void clear() noexcept;

private:
    struct item {
        std::string bytes;  // at one address until the handler is done
        payload_kind kind;
        message_handler handle;
        pending::completion on_done;
    };

    void run();

    loop& home_;
    std::deque<std::shared_ptr<item>> items_;
    std::size_t bytes_ = 0;
    bool busy_ = false;
};

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/base/impl/async_handler.ipp>
#endif
