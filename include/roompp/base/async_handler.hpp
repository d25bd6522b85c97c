#pragma once
// Handlers that go on after they have returned: coroutines.

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

/// How work of type T is started on a loop; specialised for the coroutine types that handlers may return (the wire layer
/// does so for `asio::awaitable<void>`): `static void start(loop&, T, std::function<void(std::exception_ptr)> done)`.
template <class T>
struct async_work {
    static constexpr bool is_async = false;
};

/// What a handler gives back: nothing, if it is done, or work that goes on.
class pending {
public:
    using completion = std::function<void(std::exception_ptr)>;

    pending() = default;
    template <class T, class = std::enable_if_t<async_work<T>::is_async>>
    pending(T work)
        : start_([kept = std::make_shared<T>(std::move(work))](loop& on, completion done) {
              async_work<T>::start(on, std::move(*kept), std::move(done));
          }) {}

    /// Whether it is done already.
    [[nodiscard]] bool done() const noexcept { return !start_; }
    /// Starts what goes on, once; `then` is called on the loop when it has ended, with its exception if it threw.
    void start(loop& on, completion then) { start_(on, std::move(then)); }

private:
    std::function<void(loop&, completion)> start_;
};

/// The messages of one connection for a handler that goes on after it has returned: one is handled after the other, so
/// that their order is kept. Belongs to one loop.
class message_queue : public std::enable_shared_from_this<message_queue> {
public:
    using handle = std::function<pending(payload)>;

    /// How much may wait. A connection with more is too fast for its handler.
    static constexpr std::size_t most_messages = 1024;
    static constexpr std::size_t most_bytes = 4 * 1024 * 1024;

    explicit message_queue(loop& home) : home_(home) {}

    /// Has a message handled when its turn comes, and `then` called with the exception of that, or none.
    /// @returns false if too much waits already: then nothing is called.
    [[nodiscard]] bool put(payload message, handle how, pending::completion then) {
        if (waiting_.size() >= most_messages || bytes_ + message.size() > most_bytes) return false;
        bytes_ += message.size();
        waiting_.push_back(
            std::make_shared<item>(item{std::string(message.data()), message.kind(), std::move(how), std::move(then)}));
        if (!busy_) go_on();
        return true;
    }

    /// Forgets what waits; what has begun goes on.
    void clear() noexcept {
        const auto forgotten = std::exchange(waiting_, {});
        bytes_ = 0;
    }

private:
    struct item {
        std::string bytes;  // stay where they are while the handler is at them
        payload_kind kind;
        handle how;
        pending::completion then;
    };

    void go_on() {
        const auto self = shared_from_this();
        busy_ = true;
        while (!waiting_.empty()) {
            const auto now = std::move(waiting_.front());
            waiting_.pop_front();
            bytes_ -= now->bytes.size();
            pending work;
            try {
                work = now->how(payload(now->bytes, now->kind));
            } catch (...) {
                now->then(std::current_exception());
                continue;
            }
            if (!work.done())
                return work.start(home_, [self, now](const std::exception_ptr& failed) {
                    now->then(failed);
                    self->go_on();
                });
            now->then(nullptr);
        }
        busy_ = false;
    }

    loop& home_;
    std::deque<std::shared_ptr<item>> waiting_;
    std::size_t bytes_ = 0;
    bool busy_ = false;
};

ROOMPP_NAMESPACE_END
