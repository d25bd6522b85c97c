#include <cstddef>
#include <memory>
#include <string>

#include <websocketpp/message_buffer/message.hpp>

#include <roompp/websocket/message_pool.hpp>

#include "support/catch.hpp"

using message = websocketpp::message_buffer::message<roompp::net::message_pool>;
using store = roompp::net::message_pool<message>;
namespace opcode = websocketpp::frame::opcode;

TEST_CASE("A message object serves again once nobody holds it", "[message_store]") {
    const auto kept = std::make_shared<store>();
    auto first = kept->get_message(opcode::text, 5);
    const auto* address = first.get();
    first->set_payload("hello");
    first.reset();
    const auto second = kept->get_message(opcode::binary, 5);
    CHECK(second.get() == address);
}

TEST_CASE("A message object that serves again looks like a new one", "[message_store]") {
    const auto kept = std::make_shared<store>();
    auto used = kept->get_message(opcode::text, 5);
    used->set_payload("hello");
    used->set_header("head");
    used->set_prepared(true);
    used->set_fin(false);
    used->set_terminal(true);
    used->set_compressed(true);
    used.reset();
    const auto again = kept->get_message(opcode::binary, 0);
    const auto fresh = std::make_shared<store>()->get_message(opcode::binary, 0);
    CHECK(again->get_payload().empty());
    CHECK(again->get_header().empty());
    CHECK(again->get_opcode() == fresh->get_opcode());
    CHECK(again->get_prepared() == fresh->get_prepared());
    CHECK(again->get_fin() == fresh->get_fin());
    CHECK(again->get_terminal() == fresh->get_terminal());
    CHECK(again->get_compressed() == fresh->get_compressed());
}

TEST_CASE("A message object that is held is left alone", "[message_store]") {
    const auto kept = std::make_shared<store>();
    const auto first = kept->get_message(opcode::text, 5);
    first->set_payload("hello");
    const auto second = kept->get_message(opcode::ping, 5);
    CHECK(first.get() != second.get());
    CHECK(first->get_payload() == "hello");
    CHECK(second->get_opcode() == opcode::ping);
}

TEST_CASE("The memory of a large message is not kept", "[message_store]") {
    const auto kept = std::make_shared<store>();
    auto large = kept->get_message(opcode::text, 0);
    large->set_payload(std::string(100'000, 'x'));
    large.reset();
    CHECK(kept->get_message(opcode::text, 0)->get_payload().capacity() < 10'000);
}

TEST_CASE("What a peer says of a message's length allocates nothing to speak of", "[message_store]") {
    const auto kept = std::make_shared<store>();
    const auto promised = kept->get_message(opcode::text, std::size_t{1} << 40);
    CHECK(promised->get_payload().capacity() < 10'000);
}

TEST_CASE("A message may outlive its store", "[message_store]") {
    auto kept = std::make_shared<store>();
    const std::weak_ptr<store> watched = kept;
    const auto held = kept->get_message();
    held->set_payload("hello");
    kept.reset();
    CHECK(watched.expired());
    CHECK(held->get_payload() == "hello");
}
