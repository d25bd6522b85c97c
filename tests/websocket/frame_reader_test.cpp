#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/websocket/frame_reader.hpp>

#include "support/catch.hpp"

using roompp::net::frame_reader;

namespace {

// A client's frame (RFC 6455, section 5.2), masked.
std::string client_frame(std::uint8_t first, std::string_view body) {
    const char mask[4] = {'\x12', '\x34', '\x56', '\x78'};
    std::string frame(1, static_cast<char>(first));
    if (body.size() < 126) {
        frame += static_cast<char>(0x80U | body.size());
    } else {
        frame += '\xfe';
        frame += static_cast<char>(body.size() >> 8U);
        frame += static_cast<char>(body.size() & 0xffU);
    }
    frame.append(mask, sizeof mask);
    for (std::size_t i = 0; i < body.size(); ++i) frame += static_cast<char>(body[i] ^ mask[i % 4]);
    return frame;
}

struct outcome {
    std::vector<std::string> messages;
    int close_code = 0;  // 0: nothing was wrong
};

// Reads bytes in pieces of a size.
outcome read(frame_reader& reader, std::string bytes, std::size_t piece) {
    outcome result;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        char* next = &bytes[at];
        std::size_t size = std::min(piece, bytes.size() - at);
        while (size != 0) {
            roompp::net::frame_error error;
            if (const auto frame = reader.read(next, size, error)) result.messages.emplace_back(frame->body);
            if (!error) continue;
            result.close_code = error.close_code;
            return result;
        }
    }
    return result;
}

outcome read_all(const std::string& bytes, std::size_t max_message_bytes = 1000) {
    frame_reader reader;
    reader.start(max_message_bytes, nullptr);
    return read(reader, bytes, bytes.size());
}

constexpr std::uint8_t text = 0x81;
constexpr std::uint8_t text_start = 0x01;
constexpr std::uint8_t middle = 0x00;
constexpr std::uint8_t end = 0x80;
constexpr std::uint8_t ping = 0x89;

}  // namespace

TEST_CASE("Messages are the same however their bytes are split", "[frame_reader]") {
    const std::string bytes = client_frame(text, "hello") + client_frame(text_start, "a") + client_frame(ping, "p") +
                              client_frame(middle, "b") + client_frame(end, "c") + client_frame(text, "") +
                              client_frame(text, std::string(300, 'x'));
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        CAPTURE(piece);
        frame_reader reader;
        reader.start(1000, nullptr);
        const auto result = read(reader, bytes, piece);
        CHECK(result.close_code == 0);
        CHECK(result.messages == std::vector<std::string>{"hello", "p", "abc", "", std::string(300, 'x')});
        CHECK(reader.idle());
    }
}

TEST_CASE("A reader is idle only between messages", "[frame_reader]") {
    frame_reader reader;
    reader.start(1000, nullptr);
    CHECK(reader.idle());
    (void)read(reader, client_frame(text, "hi").substr(0, 1), 1);
    CHECK_FALSE(reader.idle());
    CHECK(read(reader, client_frame(text, "hi").substr(1), 1).messages == std::vector<std::string>{"hi"});
    CHECK(reader.idle());
    (void)read(reader, client_frame(text_start, "a"), 100);
    CHECK_FALSE(reader.idle());  // the message goes on in another frame
    (void)read(reader, client_frame(ping, ""), 100);
    CHECK_FALSE(reader.idle());
    CHECK(read(reader, client_frame(end, "b"), 100).messages == std::vector<std::string>{"ab"});
    CHECK(reader.idle());
}

TEST_CASE("A reader that is reused keeps nothing of the connection before", "[frame_reader]") {
    frame_reader reader;
    reader.start(1000, nullptr);
    (void)read(reader, client_frame(text, std::string(400, 'x')), 1000);
    REQUIRE(reader.idle());
    reader.start(10, nullptr);
    CHECK(read(reader, client_frame(text, "0123456789"), 1000).messages == std::vector<std::string>{"0123456789"});
    CHECK(read(reader, client_frame(text, "0123456789a"), 1000).close_code == 1009);
}

TEST_CASE("Bytes that are not frames of a client have the right close code", "[frame_reader]") {
    CHECK(read_all(std::string("\x81\x02hi", 4)).close_code == 1002);               // not masked
    CHECK(read_all(client_frame(0xC1, "compressed")).close_code == 1002);           // not agreed on
    CHECK(read_all(client_frame(0xA1, "")).close_code == 1002);                     // reserved bit
    CHECK(read_all(client_frame(0x83, "")).close_code == 1002);                     // unknown opcode
    CHECK(read_all(client_frame(0x09, "")).close_code == 1002);                     // ping in fragments
    CHECK(read_all(client_frame(ping, std::string(126, 'x'))).close_code == 1002);  // ping too long
    CHECK(read_all(client_frame(end, "")).close_code == 1002);                      // end of nothing
    CHECK(read_all(client_frame(text_start, "") + client_frame(text, "")).close_code ==
          1002);                                                     // start within a message
    CHECK(read_all(client_frame(text, "\xff")).close_code == 1007);  // no UTF-8
    CHECK(read_all(client_frame(text, "\xc3")).close_code == 1007);  // half a character
    CHECK(read_all(client_frame(text, std::string(1001, 'x'))).close_code == 1009);
    CHECK(read_all(client_frame(text_start, std::string(600, 'x')) + client_frame(end, std::string(600, 'x')))
              .close_code == 1009);
    CHECK(read_all(std::string("\x81\xfe\x00\x05", 4) + std::string(9, 'x')).close_code ==
          1002);  // length not shortest
    CHECK(read_all(std::string("\x81\xff\0\0\0\0\0\0\xff\xff", 10) + std::string(4, 'x'), 100'000).close_code == 1002);
}

TEST_CASE("All fragments of a message count together against its limit", "[frame_reader]") {
    const std::string part(400, 'x');
    const std::string start = client_frame(text_start, part) + client_frame(middle, part);
    CHECK(read_all(start + client_frame(end, std::string(200, 'x'))).close_code == 0);
    CHECK(read_all(start + client_frame(end, std::string(201, 'x'))).close_code == 1009);
}

TEST_CASE("A reader is never idle after an error", "[frame_reader]") {
    frame_reader reader;
    reader.start(1000, nullptr);
    (void)read(reader, std::string("\x81\x02hi", 4), 4);
    CHECK_FALSE(reader.idle());
}

TEST_CASE("A text message in fragments must be UTF-8 to its end", "[frame_reader]") {
    CHECK(read_all(client_frame(text_start, "\xc3") + client_frame(end, "")).close_code == 1007);
    CHECK(
        read_all(client_frame(text_start, "m\xe2\x82") + client_frame(middle, "") + client_frame(end, "")).close_code ==
        1007);
    const auto split =
        read_all(client_frame(text_start, "\xe2") + client_frame(middle, "\x82") + client_frame(end, "\xac"));
    CHECK(split.close_code == 0);
    CHECK(split.messages == std::vector<std::string>{"\xe2\x82\xac"});
}

TEST_CASE("A text that has come whole is unmasked once before it is refused", "[frame_reader]") {
    CHECK(read_all("\x81\x84\xff\xff\xff\xff"
                   "abcd")
              .close_code == 1007);  // masked, it would be UTF-8
}

TEST_CASE("A text that cannot become UTF-8 is refused before its frame has ended", "[frame_reader]") {
    const std::string whole = client_frame(text, std::string("\xce\xba\xf4\x90") + "edited");
    frame_reader reader;
    reader.start(1000, nullptr);
    CHECK(read(reader, whole.substr(0, 6 + 3), 1).close_code == 0);
    CHECK(read(reader, whole.substr(6 + 3, 1), 1).close_code == 1007);
}

TEST_CASE("Only the first frame of a compressed message says so", "[frame_reader]") {
    CHECK(read_all(client_frame(text_start, "a") + client_frame(0xC0, "b")).close_code == 1002);
    CHECK(read_all(client_frame(0xC9, "")).close_code == 1002);
}

TEST_CASE("A length of 2^63 bytes or more is refused", "[frame_reader]") {
    CHECK(read_all(std::string("\x82\xff\x80\0\0\0\0\0\0\0abcd", 14)).close_code == 1002);
    CHECK(read_all(std::string("\x82\xff\x7f\0\0\0\0\0\0\0abcd", 14)).close_code == 1009);
}

TEST_CASE("A reader tells where a fragment ends", "[frame_reader]") {
    frame_reader reader;
    reader.start(1000, nullptr);
    std::string bytes = client_frame(text_start, "a") + client_frame(middle, "");
    char* next = bytes.data();
    std::size_t size = bytes.size();
    roompp::net::frame_error error;
    CHECK_FALSE(reader.read(next, size, error));
    CHECK(reader.has_ended_fragment());
    CHECK(size == 6);  // the other frame is left to the next call
    std::size_t half = 3;
    CHECK_FALSE(reader.read(next, half, error));
    CHECK_FALSE(reader.has_ended_fragment());
    half = 3;
    CHECK_FALSE(reader.read(next, half, error));
    CHECK(reader.has_ended_fragment());
}
