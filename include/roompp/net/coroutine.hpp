#pragma once
// Message hooks that are coroutines (C++20): `asio::awaitable<void>`.

#include <exception>
#include <functional>
#include <stdexcept>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/detail/config.hpp>

#if defined(ASIO_HAS_CO_AWAIT)
#include <any>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <roompp/base/async_handler.hpp>
#include <roompp/base/loop.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Starts a coroutine on a server's loop: within it, `co_await asio::this_coro::executor` is that loop's.
template <class Executor>
struct async_work<asio::awaitable<void, Executor>> {
    static constexpr bool is_async = true;

    /// @param done is called on the loop with the coroutine's exception, or null.
    /// @throws std::logic_error if the loop does not run on Asio.
    static void start(loop& home, asio::awaitable<void, Executor> work, std::function<void(std::exception_ptr)> done) {
        const auto* const executor = std::any_cast<asio::io_context::executor_type>(&home.executor());
        if (!executor)
            throw std::logic_error("roompp: a coroutine as a hook needs a loop that runs on Asio, as a server's does");
        asio::co_spawn(*executor, std::move(work), std::move(done));
    }
};

ROOMPP_NAMESPACE_END

#endif
