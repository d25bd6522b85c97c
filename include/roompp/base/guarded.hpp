#pragma once
// Calls to the application's handlers, whose exceptions must not end a loop.

#include <exception>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Runs `action()`; an exception goes to `on_error(std::exception_ptr)`.
template <class Action, class OnError>
void run_guarded(Action&& action, OnError&& on_error) {
    try {
        std::forward<Action>(action)();
    } catch (...) {
        std::forward<OnError>(on_error)(std::current_exception());
    }
}

/// Calls an error handler. An exception of its own is dropped: nobody is left to report it to.
/// @param on_error a callable, or an empty handler or std::function, which is not called.
template <class OnError>
void report_error(const OnError& on_error, const std::exception_ptr& error) noexcept {
    try {
        if (on_error) on_error(error);
    } catch (...) {  // see above
    }
}

}  // namespace detail
ROOMPP_NAMESPACE_END
