#pragma once
// The queue of messages for handlers that continue after they have returned.

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <roompp/base/async_handler.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL bool message_queue::put(payload message, message_handler handle, pending::completion on_done) {
    if (items_.size() >= max_messages || bytes_ + message.size() > max_bytes) return false;
    bytes_ += message.size();
    items_.push_back(std::make_shared<item>(
        item{std::string(message.data()), message.kind(), std::move(handle), std::move(on_done)}));
    if (!busy_) run();
    return true;
}

ROOMPP_DECL void message_queue::clear() noexcept {
    const auto dropped = std::exchange(items_, {});  // destroyed last: their callbacks may refer to this queue
    bytes_ = 0;
}

// Handles messages until one of them continues on the loop, which calls this again when it is done.
ROOMPP_DECL void message_queue::run() {
    const auto self = shared_from_this();
    busy_ = true;
    while (!items_.empty()) {
        const auto current = std::move(items_.front());
        items_.pop_front();
        bytes_ -= current->bytes.size();
        pending work;
        try {
            work = current->handle(payload(current->bytes, current->kind));
        } catch (...) {
            current->on_done(std::current_exception());
            continue;
        }
        if (!work.done())
            return work.start(home_, [self, current](const std::exception_ptr& error) {
                current->on_done(error);
                self->run();
            });
        current->on_done(nullptr);
    }
    busy_ = false;
}

ROOMPP_NAMESPACE_END
