#include <cstddef>
#include <memory>
#include <string>

#include <websocketpp/message_buffer/message.hpp>

#include <roompp/websocket/message_pool.hpp>

#include "support/catch.hpp"

using message = websocketpp::message_buffer::message<roompp::net::message_pool>;
using pool = roompp::net::message_pool<message>;
namespace opcode = websocketpp::frame::opcode;

TEST_CASE("A message object is reused once it is released", "[message_pool]") {
    const auto messages = std::make_shared<pool>();
    auto first = messages->get_message(opcode::text, 5);
    const auto* address = first.get();
    first->set_payload("hello");
    first.reset();
    const auto second = messages->get_message(opcode::binary, 5);
    CHECK(second.get() == address);
}

TEST_CASE("A reused message object looks like a new one", "[message_pool]") {
    const auto messages = std::make_shared<pool>();
    auto used = messages->get_message(opcode::text, 5);
    used->set_payload("hello");
    used->set_header("head");
    used->set_prepared(true);
    used->set_fin(false);
    used->set_terminal(true);
    used->set_compressed(true);
    used.reset();
    const auto again = messages->get_message(opcode::binary, 0);
    const auto fresh = std::make_shared<pool>()->get_message(opcode::binary, 0);
    CHECK(again->get_payload().empty());
    CHECK(again->get_header().empty());
    CHECK(again->get_opcode() == fresh->get_opcode());
    CHECK(again->get_prepared() == fresh->get_prepared());
    CHECK(again->get_fin() == fresh->get_fin());
    CHECK(again->get_terminal() == fresh->get_terminal());
    CHECK(again->get_compressed() == fresh->get_compressed());
}

TEST_CASE("A message object in use is not reused", "[message_pool]") {
    const auto messages = std::make_shared<pool>();
    const auto first = messages->get_message(opcode::text, 5);
    first->set_payload("hello");
    const auto second = messages->get_message(opcode::ping, 5);
    CHECK(first.get() != second.get());
    CHECK(first->get_payload() == "hello");
    CHECK(second->get_opcode() == opcode::ping);
}

TEST_CASE("The memory of a large message is not reused", "[message_pool]") {
    const auto messages = std::make_shared<pool>();
    auto large = messages->get_message(opcode::text, 0);
    large->set_payload(std::string(100'000, 'x'));
    large.reset();
    CHECK(messages->get_message(opcode::text, 0)->get_payload().capacity() < 10'000);
}

TEST_CASE("The announced length of a message allocates next to nothing", "[message_pool]") {
    const auto messages = std::make_shared<pool>();
    const auto announced = messages->get_message(opcode::text, std::size_t{1} << 40);
    CHECK(announced->get_payload().capacity() < 10'000);
}

TEST_CASE("A message may outlive its pool", "[message_pool]") {
    auto messages = std::make_shared<pool>();
    const std::weak_ptr<pool> watched = messages;
    const auto message_in_use = messages->get_message();
    message_in_use->set_payload("hello");
    messages.reset();
    CHECK(watched.expired());
    CHECK(message_in_use->get_payload() == "hello");
}
