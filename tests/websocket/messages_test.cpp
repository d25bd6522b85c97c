// Messages of every kind and size, echoed.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/testing/random.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
namespace opcode = t::opcode;
using namespace std::string_literals;

namespace {

std::string random_bytes(std::size_t size) {
    t::random_numbers dice(size);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(dice.below(256));
    return bytes;
}

}  // namespace

TEST_CASE("Text comes back as text", "[messages]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    for (const auto& text : {"hello"s, ""s, "a\0ä€😀\U0010ffff"s}) {
        CAPTURE(text);
        client.send(text).expect(text);
    }
    client.receive_nothing();
}

TEST_CASE("Binary comes back as binary", "[messages]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    std::string every_byte;
    for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
    for (const auto& bytes : {every_byte, ""s}) CHECK(client.send_binary(bytes).receive_binary() == bytes);
    client.receive_nothing();
}

TEST_CASE("Messages at the edges of the encodings of lengths, and the largest, come back in any parts", "[messages]") {
    t::explore(5, [](std::uint64_t seed) {
        t::world world(roompp::echo(), seed);
        auto client = world.connect("/");
        for (const std::size_t size : {1U, 125U, 126U, 127U, 511U, 512U, 513U, 65'535U, 65'536U, 65'537U, 1'048'576U}) {
            CAPTURE(size);
            const auto bytes = random_bytes(size);
            REQUIRE((client.send_binary(bytes).receive_binary() == bytes));
        }
    });
}

TEST_CASE("A thousand messages sent at once come back in order", "[messages]") {
    t::explore(5, [](std::uint64_t seed) {
        t::world world(roompp::echo(), seed);
        auto client = world.connect("/");
        for (int i = 0; i < 1000; ++i) client.send("message " + std::to_string(i));
        for (int i = 0; i < 1000; ++i) REQUIRE(client.receive() == "message " + std::to_string(i));
    });
}

TEST_CASE("A fragmented message comes back whole, even if a fragment is empty", "[messages]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    client.send_frame(opcode::text, "one ", false).send_frame(opcode::continuation, "two ", false);
    client.send_frame(opcode::continuation, "", false).send_frame(opcode::continuation, "three");
    client.expect("one two three").receive_nothing();
}

TEST_CASE("The traffic that a hook sees includes the frame that it is called for", "[messages]") {
    std::vector<std::uint64_t> received;
    roompp::websocket_handler handler;
    const auto note = [&received](roompp::connection& conn) { received.push_back(conn.traffic().received); };
    handler.on_open(note);
    handler.on_message([note](roompp::connection& conn, std::string_view) { note(conn); });
    handler.on_close([note](roompp::connection& conn, const roompp::close_event&) { note(conn); });
    t::world world(handler);
    auto client = world.connect("/");
    client.send_bytes(t::encode_client_frame(opcode::text, "hi", 1) + t::encode_client_frame(opcode::text, "ho", 2) +
                      t::encode_client_frame(opcode::close, "\x03\xe8", 3));
    (void)client.closed();
    CHECK(received == std::vector<std::uint64_t>{0, 8, 16, 24});
}
