#pragma once
// The source of websocketpp's message objects.

#include <algorithm>
#include <cstddef>
#include <memory>

#include <websocketpp/frame.hpp>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// A websocketpp message manager, one for each reader, that reuses the last small message object: a connection that
/// exchanges small messages allocates nothing for them. Not thread-safe.
template <class Message>
class message_pool : public std::enable_shared_from_this<message_pool<Message>> {
public:
    using ptr = std::shared_ptr<message_pool>;
    using weak_ptr = std::weak_ptr<message_pool>;
    using message_ptr = typename Message::ptr;

    message_ptr get_message() { return get_message(websocketpp::frame::opcode::text, 0); }

    /// @param size the announced length of the message. Nothing of it has come, so it is not trusted for allocation.
    message_ptr get_message(websocketpp::frame::opcode::value opcode, std::size_t size) {
        if (last_ && last_.use_count() == 1 && last_->get_payload().capacity() <= max_reused_capacity) {
            reset(*last_, opcode);
            return last_;
        }
        last_ = std::make_shared<Message>(this->shared_from_this(), opcode, (std::min)(size, max_reused_capacity));
        return last_;
    }

    bool recycle(Message*) { return false; }

private:
    static constexpr std::size_t max_reused_capacity = 512;

    static void reset(Message& message, websocketpp::frame::opcode::value opcode) {
        message.get_raw_payload().clear();
        message.set_header({});
        message.set_opcode(opcode);
        message.set_prepared(false);
        message.set_fin(true);
        message.set_terminal(false);
        message.set_compressed(false);
    }

    message_ptr last_;
};

}  // namespace net
ROOMPP_NAMESPACE_END
