#include <cstdint>
#include <string>
#include <string_view>

#include <roompp/websocket/close_frame.hpp>

#include "support/catch.hpp"

using roompp::net::encode_close_payload;
using roompp::net::is_terminal;
using roompp::net::parse_close_frame;

TEST_CASE("A close frame has its code, then its reason", "[close_frame]") {
    CHECK(encode_close_payload(1000, "bye") ==
          "\x03\xe8"
          "bye");
    const auto frame = parse_close_frame(encode_close_payload(4000, "bye"));
    CHECK_FALSE(frame.malformed);
    CHECK(frame.event.code == 4000);
    CHECK(frame.event.reason == "bye");
}

TEST_CASE("An empty close frame has no status", "[close_frame]") {
    const auto frame = parse_close_frame("");
    CHECK_FALSE(frame.malformed);
    CHECK(frame.event.code == 1005);
    CHECK(frame.event.reason.empty());
}

TEST_CASE("Half a code, a code that must not be sent and a reason that is not UTF-8 are malformed", "[close_frame]") {
    CHECK(parse_close_frame("\x03").malformed);
    for (const int code : {0, 999, 1005, 1006, 1015, 5000, 65535}) {
        CAPTURE(code);
        CHECK(parse_close_frame(encode_close_payload(static_cast<std::uint16_t>(code), "")).malformed);
    }
    CHECK(parse_close_frame(encode_close_payload(1000, "\xff")).malformed);
    CHECK_FALSE(parse_close_frame(encode_close_payload(1000, "\xc3\xa4")).malformed);
}

TEST_CASE("After a close for malformed or unwanted bytes the peer is not waited for", "[close_frame]") {
    for (const int code : {1002, 1007, 1008, 1009, 1011}) CHECK(is_terminal(static_cast<std::uint16_t>(code)));
    for (const int code : {1000, 1001, 1013, 4000}) CHECK_FALSE(is_terminal(static_cast<std::uint16_t>(code)));
}

TEST_CASE("A close frame's payload is a code and a reason", "[close_frame]") {
    CHECK(roompp::net::encode_close_payload(4001, "bye") ==
          "\x0f\xa1"
          "bye");
    CHECK(roompp::net::decode_close_payload("\x0f\xa1"
                                            "bye")
              .code == 4001);
    CHECK(roompp::net::decode_close_payload("\x0f\xa1"
                                            "bye")
              .reason == "bye");
    CHECK(roompp::net::decode_close_payload("").code == 1005);
    CHECK(roompp::net::decode_close_payload("\x03").code == 1002);
}

TEST_CASE("Of a malformed close frame only what it is answered with is told", "[close_frame]") {
    const auto check = [](const std::string& payload, int code) {
        const auto frame = parse_close_frame(payload);
        CHECK(frame.malformed);
        CHECK(frame.event.code == code);
        CHECK(frame.event.reason.find("a close frame has") == 0);
    };
    check("\x03", 1002);
    for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000})
        check(encode_close_payload(static_cast<std::uint16_t>(code), "bye"), 1002);
    check(encode_close_payload(1000, "\xff\xfe"), 1007);
    check(encode_close_payload(1000, "bye \xc3"), 1007);
}
