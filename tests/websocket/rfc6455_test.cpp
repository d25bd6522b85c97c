// The rules of RFC 6455, as clients that keep and break them see them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
namespace opcode = t::opcode;
using namespace std::string_literals;
using strings = std::vector<std::string>;

namespace {

// An echo that takes messages of 1000 bytes at most.
void set_up(roompp::server& server) {
    roompp::limits limits;
    limits.message_bytes = 1000;
    server.limits(limits).websocket("/", roompp::echo());
}

// A frame whose first bytes are as they are given.
std::string raw_frame(unsigned first_byte, std::string_view header_after, std::string_view rest = {}) {
    return static_cast<char>(first_byte) + std::string(header_after) + std::string(rest);
}

opcode::value code(int number) { return static_cast<opcode::value>(number); }

// The close code for the bytes that `speak` sends, however they are split.
template <class Speak>
std::uint16_t refusal_of(Speak&& speak) {
    std::uint16_t refused = 0;
    t::explore({0, 1, 2, 3}, [&](std::uint64_t seed) {
        roompp::server server;
        set_up(server);
        t::world world(server, seed);
        auto bystander = world.connect("/");
        auto client = world.connect("/");
        speak(client);
        const auto event = client.closed();
        if (seed == 0) refused = event.code;
        REQUIRE(event.code == refused);
        bystander.send("still here").expect("still here");
    });
    return refused;
}
std::uint16_t refusal_of_frame(opcode::value kind, std::string_view bytes, bool fin = true) {
    return refusal_of([&](t::client& client) { client.send_frame(kind, bytes, fin); });
}
std::uint16_t refusal_of_bytes(std::string_view bytes) {
    return refusal_of([&](t::client& client) { client.send_bytes(bytes); });
}
std::string close_payload(unsigned number, std::string_view reason = {}) {
    return std::string{static_cast<char>(number >> 8U), static_cast<char>(number & 0xffU)} + std::string(reason);
}

}  // namespace

TEST_CASE("Frames are understood in whatever parts their bytes come", "[protocol]") {
    t::explore(50, [](std::uint64_t seed) {
        t::world world(roompp::echo(), seed);
        auto client = world.client("/").start_connecting();  // and all of it may come with the handshake
        const std::string large(70'000, 'x');
        client.send("at once").send_binary(large).send_frame(opcode::pong, "nobody asked");
        client.send_frame(opcode::text, "one \xe2", false).send_frame(opcode::ping, "now", true);
        client.send_frame(opcode::continuation, "\x82", false).send_frame(opcode::continuation, "\xac two");
        REQUIRE(client.receive() == "at once");
        REQUIRE(client.receive_binary() == large);
        REQUIRE(client.receive() == "one € two");
        REQUIRE(client.pongs() == strings{"now"});
    });
}

TEST_CASE("A ping between fragments is answered before the message", "[protocol]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    client.send_frame(opcode::text, "one ", false).ping("now").send_frame(opcode::continuation, "two");
    world.settle();
    const auto conversation = client.conversation();
    CHECK(conversation.find("<- pong \"now\"") < conversation.find("<- text \"one two\""));
    CHECK(conversation.find("<- text \"one two\"") != std::string::npos);
}

TEST_CASE("Messages of every length come back", "[protocol]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 511U, 512U, 513U, 65'535U, 65'536U, 65'537U, 1'048'576U}) {
        CAPTURE(size);
        client.send_binary(std::string(size, 'x'));
        CHECK(client.receive_binary() == std::string(size, 'x'));
    }
}

TEST_CASE("A ping of 125 bytes is answered", "[protocol]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    const std::string bytes(125, '\0');
    CHECK(client.ping(bytes).pongs() == strings{bytes});
}

TEST_CASE("Text that is not UTF-8 closes with 1007", "[protocol]") {
    for (const auto& bad : {"\xff"s, "\xc0\xaf"s, "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s, "ends early \xe2\x82"s}) {
        CAPTURE(bad);
        CHECK(refusal_of_frame(opcode::text, bad) == 1007);
    }
    CHECK(refusal_of([](t::client& client) {
              client.send_frame(opcode::text, "\xe2", false).send_frame(opcode::continuation, "(");
          }) == 1007);
}

TEST_CASE("A binary message need not be UTF-8", "[protocol]") {
    t::world world(roompp::echo());
    CHECK(world.connect("/").send_binary("\xff\xfe").receive_binary() == "\xff\xfe");
}

TEST_CASE("A message at the limit passes, and a larger one closes with 1009", "[protocol]") {
    roompp::server server;
    set_up(server);
    t::world world(server);
    auto client = world.connect("/");
    CHECK(client.send_binary(std::string(1000, 'x')).receive_binary().size() == 1000);
    CHECK(refusal_of_frame(opcode::binary, std::string(1001, 'x')) == 1009);
    CHECK(refusal_of([](t::client& sender) {
              sender.send_frame(opcode::binary, std::string(600, 'x'), false);
              sender.send_frame(opcode::continuation, std::string(600, 'x'));
          }) == 1009);
    const auto tebibyte = raw_frame(0x82, "\xff\0\0\x01\0\0\0\0\0"s, "mask");
    CHECK(refusal_of_bytes(tebibyte) == 1009);
}

TEST_CASE("A length beyond 63 bits is refused", "[protocol]") {
    const auto with = refusal_of_bytes(raw_frame(0x82, '\xff' + std::string(8, '\xff'), "mask"));
    CHECK((with == 1002 || with == 1009));
}

TEST_CASE("A length that is not minimal is refused", "[protocol]") {
    // RFC 6455 says that it must not be, but not with which code to close; websocketpp closes with 1011.
    const auto with = refusal_of_bytes(raw_frame(0x82, "\xfe\0\x05"s, "maskhello"));
    CHECK((with == 1002 || with == 1011));
}

TEST_CASE("A message that is not masked closes with 1002", "[protocol]") {
    CHECK(refusal_of_bytes(raw_frame(0x81, "\x05", "hello")) == 1002);
}

TEST_CASE("Reserved bits and opcodes close with 1002", "[protocol]") {
    for (const unsigned bit : {0x10U, 0x20U, 0x40U}) {
        CAPTURE(bit);
        CHECK(refusal_of_bytes(raw_frame(0x81U | bit, "\x85"s + "mask", "hello")) == 1002);
    }
    for (const int number : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
        CAPTURE(number);
        CHECK(refusal_of_frame(code(number), "hello") == 1002);
    }
}

TEST_CASE("A control frame that is fragmented or too long closes with 1002", "[protocol]") {
    CHECK(refusal_of_frame(opcode::ping, "one", false) == 1002);
    CHECK(refusal_of_frame(opcode::ping, std::string(126, 'x')) == 1002);
}

TEST_CASE("Fragments out of order close with 1002", "[protocol]") {
    CHECK(refusal_of_frame(opcode::continuation, "hello") == 1002);
    CHECK(refusal_of([](t::client& client) {
              client.send_frame(opcode::text, "one", false).send_frame(opcode::text, "two");
          }) == 1002);
}

TEST_CASE("A broken message in the packet of the handshake is told", "[protocol]") {
    t::world world(roompp::echo());
    auto client = world.client("/").start_connecting();
    client.send_frame(code(3), "reserved");
    CHECK(client.closed().code == 1002);
    CHECK(client.handshake().status == 101);
}

TEST_CASE("A close frame that is none is refused", "[protocol]") {
    CHECK(refusal_of_frame(opcode::close, "\x03") == 1002);
    for (const unsigned number : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U}) {
        CAPTURE(number);
        CHECK(refusal_of_frame(opcode::close, close_payload(number)) == 1002);
    }
    const auto not_text = refusal_of_frame(opcode::close, close_payload(1000, "\xff"));
    CHECK((not_text == 1002 || not_text == 1007));
}

TEST_CASE("Bytes after a close frame are ignored", "[protocol]") {
    int messages = 0;
    strings ends;
    roompp::websocket_handler handler;
    handler.on_message([&] { ++messages; });
    handler.on_close(
        [&](const roompp::close_event& event) { ends.push_back(std::to_string(event.code) + event.reason); });
    t::world world(handler);
    auto client = world.connect("/");
    client.close(4000, "one").send_bytes(t::encode_client_frame(opcode::text, "too late", 1));
    client.send_bytes(t::encode_client_frame(opcode::close, close_payload(4000, "two"), 1));
    CHECK(client.closed().code == 4000);
    client.receive_nothing();
    CHECK(messages == 0);
    CHECK(ends == strings{"4000one"});
}

TEST_CASE("A close frame without a code counts as 1005", "[protocol]") {
    strings ends;
    roompp::websocket_handler handler;
    handler.on_close(
        [&](const roompp::close_event& event) { ends.push_back(std::to_string(event.code) + event.reason); });
    t::world world(handler);
    auto client = world.connect("/");
    client.send_frame(opcode::close, {});
    CHECK(client.closed().code == 1000);  // as websocketpp answers it
    CHECK(ends == strings{"1005"});
}
