// A client's half of the framing: masked frames, and the reader of a server's frames.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/websocket/client_frame.hpp>

#include "support/catch.hpp"

namespace net = roompp::net;
using net::opcode;
using namespace std::string_literals;

namespace {

// An unmasked frame.
std::string make_frame(unsigned first_byte, std::string_view payload) {
    std::string frame(1, static_cast<char>(first_byte));
    if (payload.size() < 126)
        frame += static_cast<char>(payload.size());
    else
        frame += {'\x7e', static_cast<char>(payload.size() >> 8U), static_cast<char>(payload.size() & 0xffU)};
    return frame.append(payload);
}

struct result {
    std::vector<std::string> messages;  // the opcode's digit, a colon and the payload
    std::uint16_t error = 0;
    bool is_idle = false;
};

// Reads bytes in parts of that size.
result read_parts(std::string_view bytes, std::size_t part, std::size_t max_message_bytes = 1000) {
    net::server_frame_reader reader(max_message_bytes);
    result outcome;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(part, bytes.size()))) {
        reader.append(bytes.substr(0, part));
        while (const auto message = reader.next())
            outcome.messages.push_back(std::to_string(static_cast<int>(message->kind)) + ':' + message->data);
    }
    if (reader.error()) outcome.error = reader.error()->code;
    outcome.is_idle = reader.is_idle();
    return outcome;
}

// The close code for a violation, the same whatever the parts.
std::uint16_t read_violation(std::string_view bytes) {
    const std::uint16_t code = read_parts(bytes, bytes.size()).error;
    for (const std::size_t part : {std::size_t{1}, std::size_t{3}}) CHECK(read_parts(bytes, part).error == code);
    return code;
}

}  // namespace

TEST_CASE("A client's frame is masked", "[client_frame]") {
    // The example of RFC 6455, section 5.7.
    CHECK(net::encode_client_frame(opcode::text, "Hello", 0x37fa213d) ==
          "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s);
    CHECK(net::encode_client_frame(opcode::continuation, "", 0, false) == "\x00\x80\x00\x00\x00\x00"s);
}

TEST_CASE("The length of a client's frame takes the shortest form", "[client_frame]") {
    const auto head = [](std::size_t length, std::size_t bytes) {
        const std::string frame = net::encode_client_frame(opcode::binary, std::string(length, 'x'), 0);
        CHECK(frame.size() == bytes + 4 + length);
        return frame.substr(0, bytes);
    };
    CHECK(head(125, 2) == "\x82\xfd"s);
    CHECK(head(126, 4) == "\x82\xfe\x00\x7e"s);
    CHECK(head(65'535, 4) == "\x82\xfe\xff\xff"s);
    CHECK(head(65'536, 10) == "\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST_CASE("Messages are read in whatever parts they come", "[client_frame]") {
    const std::string bytes = make_frame(0x81, "hello") + make_frame(0x01, "a \xe2") + make_frame(0x89, "ping") +
                              make_frame(0x80, "\x82\xac") + make_frame(0x82, std::string(300, 'x')) +
                              make_frame(0x81, "") + make_frame(0x8a, "pong") + make_frame(0x88, "\x03\xe8");
    const std::vector<std::string> expected{"1:hello", "9:ping",  "1:a \xe2\x82\xac", "2:" + std::string(300, 'x'),
                                            "1:",      "10:pong", "8:\x03\xe8"};
    for (const std::size_t part : {std::size_t{1}, std::size_t{2}, std::size_t{7}, bytes.size()}) {
        CAPTURE(part);
        const result outcome = read_parts(bytes, part);
        CHECK(outcome.messages == expected);
        CHECK(outcome.error == 0);
        CHECK(outcome.is_idle);
    }
}

TEST_CASE("A reader in the middle of a message is not idle", "[client_frame]") {
    CHECK_FALSE(read_parts("\x81", 1).is_idle);
    CHECK_FALSE(read_parts("\x81\x02h", 1).is_idle);
    CHECK_FALSE(read_parts(make_frame(0x01, "first"), 1).is_idle);
    CHECK(read_parts(make_frame(0x81, "hi"), 1).is_idle);
}

TEST_CASE("A server's violations have the close code that RFC 6455 names", "[client_frame]") {
    CHECK(read_violation(make_frame(0xc1, "x")) == 1002);                         // a reserved bit
    CHECK(read_violation("\x81\x82\x00\x00\x00\x00hi"s) == 1002);                 // masked
    CHECK(read_violation(make_frame(0x83, "x")) == 1002);                         // a reserved opcode
    CHECK(read_violation(make_frame(0x8b, "x")) == 1002);                         // a reserved control opcode
    CHECK(read_violation(make_frame(0x09, "x")) == 1002);                         // a fragmented ping
    CHECK(read_violation(make_frame(0x89, std::string(126, 'x'))) == 1002);       // a long ping
    CHECK(read_violation(make_frame(0x80, "x")) == 1002);                         // nothing to continue
    CHECK(read_violation(make_frame(0x01, "x") + make_frame(0x81, "")) == 1002);  // a message within another
    CHECK(read_violation("\x82\x7e\x00\x7d"s + std::string(125, 'x')) == 1002);   // not the shortest form
    CHECK(read_violation("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"s) == 1002);   // likewise
    CHECK(read_violation(make_frame(0x81, "\xff")) == 1007);
    CHECK(read_violation(make_frame(0x01, "\xe2") + make_frame(0x80, "(")) == 1007);
    CHECK(read_violation(make_frame(0x82, std::string(1001, 'x'))) == 1009);
    CHECK(read_violation("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"s) == 1009);
    CHECK(read_violation(make_frame(0x02, std::string(600, 'x')) + make_frame(0x80, std::string(600, 'x'))) == 1009);
}

TEST_CASE("Nothing is read after a violation", "[client_frame]") {
    const std::string bytes = make_frame(0x81, "before") + make_frame(0x83, "") + make_frame(0x81, "after");
    CHECK(read_parts(bytes, 1).messages == std::vector<std::string>{"1:before"});
    CHECK(read_parts(bytes, bytes.size()).messages == std::vector<std::string>{"1:before"});
}
