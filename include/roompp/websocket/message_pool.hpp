#pragma once
// Where websocketpp gets its message objects from.

#include <algorithm>
#include <cstddef>
#include <memory>

#include <websocketpp/frame.hpp>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// A websocketpp message manager, one a reader, that keeps the last small message for the next one: a connection
/// that exchanges small messages allocates nothing for them.
template <class Message>
class message_pool : public std::enable_shared_from_this<message_pool<Message>> {
public:
    using ptr = std::shared_ptr<message_pool>;
    using weak_ptr = std::weak_ptr<message_pool>;
    using message_ptr = typename Message::ptr;

    message_ptr get_message() { return get_message(websocketpp::frame::opcode::text, 0); }

    /// @param size what the peer says the message's length is: a wish, since nothing of it has been seen.
    message_ptr get_message(websocketpp::frame::opcode::value opcode, std::size_t size) {
        if (kept_ && kept_.use_count() == 1 && kept_->get_payload().capacity() <= worth_keeping) {
            reset(*kept_, opcode);
            return kept_;
        }
        kept_ = std::make_shared<Message>(this->shared_from_this(), opcode, (std::min)(size, worth_keeping));
        return kept_;
    }

    bool recycle(Message*) { return false; }

private:
    static constexpr std::size_t worth_keeping = 512;

    static void reset(Message& message, websocketpp::frame::opcode::value opcode) {
        message.get_raw_payload().clear();
        message.set_header({});
        message.set_opcode(opcode);
        message.set_prepared(false);
        message.set_fin(true);
        message.set_terminal(false);
        message.set_compressed(false);
    }

    message_ptr kept_;
};

}  // namespace net
ROOMPP_NAMESPACE_END
