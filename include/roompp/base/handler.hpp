#pragma once
// Handlers that take a subset of a hook's parameters.

#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <roompp/base/async_handler.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

template <class F, class Chosen, class... Args>
struct invocable_with;
template <class F, std::size_t... I, class... Args>
struct invocable_with<F, std::index_sequence<I...>, Args...>
    : std::is_invocable<F&, std::tuple_element_t<I, std::tuple<Args...>>...> {};

// The parameters that the bit mask `Mask` of N selects, in order, as an index sequence.
template <std::size_t Mask, std::size_t N, std::size_t... Chosen>
constexpr auto chosen_by_mask() {
    if constexpr (N == 0)
        return std::index_sequence<Chosen...>{};
    else if constexpr ((Mask >> (N - 1)) & 1U)
        return chosen_by_mask<Mask, N - 1, N - 1, Chosen...>();
    else
        return chosen_by_mask<Mask, N - 1, Chosen...>();
}

constexpr std::size_t count_bits(std::size_t mask) {
    std::size_t n = 0;
    for (; mask != 0; mask &= mask - 1) ++n;
    return n;
}

template <class F, class = void>
struct can_be_empty : std::false_type {};
template <class F>
struct can_be_empty<F, std::void_t<decltype(std::declval<const F&>().operator bool())>> : std::true_type {};

struct no_choice {};

// The largest subset of the arguments that F takes; among equals, the one with the earlier arguments (a handler of one
// `auto&` parameter gets the first, the room). Smaller subsets are tried only if no larger one fits, so that the body
// of a generic lambda is not instantiated with types that it was not written for.
template <class F, std::size_t Count, std::size_t Mask, class... Args>
constexpr auto choose_arguments();

template <class F, std::size_t Count, std::size_t Mask, class... Args>
constexpr auto choose_next() {
    if constexpr (Mask + 1 < (std::size_t{1} << sizeof...(Args)))
        return choose_arguments<F, Count, Mask + 1, Args...>();
    else if constexpr (Count > 0)
        return choose_arguments<F, Count - 1, 0, Args...>();
    else
        return no_choice{};
}

template <class F, std::size_t Count, std::size_t Mask, class... Args>
constexpr auto choose_arguments() {
    if constexpr (count_bits(Mask) != Count) {
        return choose_next<F, Count, Mask, Args...>();
    } else {
        using chosen = decltype(chosen_by_mask<Mask, sizeof...(Args)>());
        if constexpr (invocable_with<F, chosen, Args...>::value)
            return chosen{};
        else
            return choose_next<F, Count, Mask, Args...>();
    }
}

template <class F, class... Args>
using arguments_of = decltype(choose_arguments<F, sizeof...(Args), 0, Args...>());

template <std::size_t I, class Chosen>
struct is_chosen : std::false_type {};
template <std::size_t I, std::size_t... Chosen>
struct is_chosen<I, std::index_sequence<Chosen...>> : std::bool_constant<((I == Chosen) || ...)> {};

/// Whether F, as a handler of these parameters, takes the parameter at index I.
template <std::size_t I, class F, class... Args>
inline constexpr bool takes_argument = is_chosen<I, arguments_of<std::decay_t<F>, Args...>>::value;

}  // namespace detail

/// Whether F can be called with the arguments or with a subset of them in the same order.
template <class F, class... Args>
inline constexpr bool takes_some_of = !std::is_same_v<detail::arguments_of<F, Args...>, detail::no_choice>;

/// A stored handler of the given signature, made from any callable that takes these parameters or a subset of them in
/// the same order; empty by default. Copies share nothing: the callable is copied. Not thread-safe by itself.
template <class Signature>
class handler;

template <class Result, class... Args>
class handler<Result(Args...)> {
public:
    handler() = default;

    /// @param f a callable; an empty std::function makes an empty handler.
    template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, handler>>>
    handler(F&& f) {
        using callable = std::decay_t<F>;
        static_assert(takes_some_of<callable, Args...>,
                      "roompp: this handler can't be called: its parameters must be some of those that the hook's "
                      "documentation names, in the same order");
        if constexpr (takes_some_of<callable, Args...>) {
            using chosen = detail::arguments_of<callable, Args...>;
            if constexpr (detail::can_be_empty<callable>::value)
                if (!static_cast<bool>(f)) return;  // an empty std::function is no handler
            function_ = [f = callable(std::forward<F>(f))](Args... args) mutable -> Result {
                return call(f, chosen{}, std::forward_as_tuple(std::forward<Args>(args)...));
            };
            is_async_ = is_async_result<callable>(chosen{});
        }
    }

    /// Whether there is a callable.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(function_); }

    /// Whether the callable returns work that continues after it has returned (see async_work).
    [[nodiscard]] bool is_async() const noexcept { return is_async_; }

    /// Calls it; must not be empty.
    Result operator()(Args... args) const { return function_(std::forward<Args>(args)...); }

private:
    template <class F, std::size_t... I>
    static constexpr bool is_async_result(std::index_sequence<I...>) {
        return async_work<
            std::decay_t<std::invoke_result_t<F&, std::tuple_element_t<I, std::tuple<Args...>>...>>>::is_async;
    }

    template <class F, std::size_t... I, class Tuple>
    static Result call(F& f, std::index_sequence<I...>, [[maybe_unused]] Tuple&& arguments) {
        using result = decltype(f(std::get<I>(std::forward<Tuple>(arguments))...));
        // Whether void is convertible is not asked: some versions of libc++ cannot say that of an optional.
        using gives_result =
            std::conditional_t<std::is_void_v<result>, std::is_void<Result>, std::is_convertible<result, Result>>;
        if constexpr (gives_result::value) {
            return f(std::get<I>(std::forward<Tuple>(arguments))...);
        } else {
            static_assert(!async_work<std::decay_t<result>>::is_async,
                          "roompp: this hook can't be a coroutine; message hooks can");
            static_assert(std::is_void_v<result> || std::is_void_v<Result>,
                          "roompp: what this handler returns can't become the result of its hook");
            // A handler that returns nothing, of a hook with a result, has the default result.
            f(std::get<I>(std::forward<Tuple>(arguments))...);
            return Result();
        }
    }

    std::function<Result(Args...)> function_;
    bool is_async_ = false;
};

ROOMPP_NAMESPACE_END
