#if __has_include(<zlib.h>)

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <roompp/deflate.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/websocket/frame_reader.hpp>

#include "support/catch.hpp"

using roompp::net::compression;
using roompp::net::frame_batch;
using roompp::net::inflater;

namespace {

// A compressed message, decompressed as by a client (RFC 7692, section 7.2.2).
std::string inflated(const compression& algorithm, std::string bytes, std::size_t max_size = 1'000'000) {
    const auto stream = algorithm.make_inflater();
    std::string out;
    bytes.append("\x00\x00\xff\xff", 4);
    REQUIRE(stream->inflate(bytes, out, max_size) == inflater::outcome::good);
    return out;
}

std::string varied_text(std::size_t size) {
    std::string text;
    for (std::uint32_t x = 1; text.size() < size; x = x * 1664525 + 1013904223) text += std::to_string(x >> 24U) + ' ';
    text.resize(size);
    return text;
}

std::string masked_frame(std::uint8_t first, std::string_view body) {
    std::string frame{static_cast<char>(first), static_cast<char>(0x80U | body.size()), 0, 0, 0, 0};
    return frame.append(body);
}

}  // namespace

TEST_CASE("A compressed message is the message again when a client decompresses it", "[deflate]") {
    const auto algorithm = roompp::deflate();
    for (const std::size_t size : {256U, 257U, 4096U, 5000U, 70'000U, 1'000'000U}) {
        CAPTURE(size);
        const std::string text = varied_text(size);
        std::string smaller = "before";
        REQUIRE(algorithm->deflate(text, smaller));
        CHECK(smaller.size() < text.size());
        CHECK((inflated(*algorithm, smaller.substr(6)) == text));
    }
}

TEST_CASE("A message that would not get smaller is not compressed", "[deflate]") {
    const auto algorithm = roompp::deflate({1, 8});
    std::string out = "kept";
    CHECK_FALSE(algorithm->deflate("", out));
    CHECK_FALSE(algorithm->deflate("short", out));
    CHECK_FALSE(algorithm->deflate("q8Zx!2vLm@", out));
    CHECK(out == "kept");
}

TEST_CASE("A message is compressed without those before it", "[deflate]") {
    const auto algorithm = roompp::deflate();
    const std::string text = varied_text(1000);
    std::string first;
    std::string second;
    REQUIRE(algorithm->deflate(text, first));
    REQUIRE(algorithm->deflate(text, second));
    CHECK((first == second));
}

TEST_CASE("Decompression ends at the limit, however large a few bytes would become", "[deflate]") {
    const auto algorithm = roompp::deflate();
    std::string bomb;
    REQUIRE(algorithm->deflate(std::string(10'000'000, 'x'), bomb));
    REQUIRE(bomb.size() < 100'000);
    std::string out;
    CHECK(algorithm->make_inflater()->inflate(bomb, out, 65536) == inflater::outcome::too_big);
    CHECK(out.size() <= 65536);
}

TEST_CASE("Bytes that are not compressed are refused", "[deflate]") {
    std::string out;
    CHECK(roompp::deflate()->make_inflater()->inflate("\xff\xff\xff\xff", out, 1000) == inflater::outcome::malformed);
}

TEST_CASE("A level outside 1 to 9 is refused", "[deflate]") {
    CHECK_THROWS_AS(roompp::deflate({0, 1}), std::invalid_argument);
    CHECK_THROWS_AS(roompp::deflate({10, 1}), std::invalid_argument);
}

TEST_CASE("A reader decompresses what the client compressed, in whole and in pieces", "[deflate]") {
    const auto algorithm = roompp::deflate();
    const std::string text(1000, 'y');
    std::string smaller;
    REQUIRE(algorithm->deflate(text, smaller));
    REQUIRE(smaller.size() < 126);
    const std::string bytes = masked_frame(0xC1, smaller) + masked_frame(0x81, "plain") +
                              masked_frame(0x41, smaller.substr(0, 3)) + masked_frame(0x89, "") +
                              masked_frame(0x80, smaller.substr(3));
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        CAPTURE(piece);
        roompp::net::frame_reader reader;
        reader.start(1000, algorithm.get());
        std::vector<std::string> messages;
        std::string copy = bytes;
        for (std::size_t at = 0; at < copy.size(); at += piece) {
            char* next = &copy[at];
            std::size_t size = std::min(piece, copy.size() - at);
            while (size != 0) {
                roompp::net::frame_error error;
                if (const auto message = reader.read(next, size, error)) messages.emplace_back(message->body);
                REQUIRE_FALSE(error);
            }
        }
        CHECK((messages == std::vector<std::string>{text, "plain", "", text}));
        CHECK(reader.idle());
    }
}

TEST_CASE("A reader closes with 1009 on a message that decompresses to too much", "[deflate]") {
    const auto algorithm = roompp::deflate();
    std::string smaller;
    REQUIRE(algorithm->deflate(std::string(5000, 'y'), smaller));
    REQUIRE(smaller.size() < 126);
    std::string bytes = masked_frame(0xC1, smaller);
    roompp::net::frame_reader reader;
    reader.start(4999, algorithm.get());
    char* next = bytes.data();
    std::size_t size = bytes.size();
    roompp::net::frame_error error;
    while (size != 0 && !error) CHECK_FALSE(reader.read(next, size, error));
    CHECK(error.close_code == 1009);
}

TEST_CASE("A batch is compressed once, and only the messages that get smaller", "[deflate]") {
    const auto algorithm = roompp::deflate();
    const std::string text(1000, 'z');
    frame_batch batch;
    batch.append("short");
    batch.append(text);
    batch.append(roompp::binary(text));
    const auto compressed = batch.compressed(*algorithm);
    CHECK(compressed == batch.compressed(*algorithm));
    std::string smaller;
    REQUIRE(algorithm->deflate(text, smaller));
    const char size = static_cast<char>(smaller.size());
    CHECK((compressed->bytes() ==
           std::string("\x81\x05short\xC1") + size + smaller + std::string("\xC2") + size + smaller));
    batch.clear();
    batch.append("other");
    CHECK(batch.compressed(*algorithm)->bytes() == "\x81\x05other");
}

// What it shows of races, the thread sanitizer sees.
TEST_CASE("Several loops may compress different messages at the same time", "[deflate]") {
    const auto algorithm = roompp::deflate();
    std::vector<std::string> results(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < results.size(); ++i)
        threads.emplace_back([&result = results[i], &algorithm, i] {
            for (int round = 0; round < 20; ++round) {
                result.clear();
                (void)algorithm->deflate(varied_text(1000 + i), result);
            }
        });
    for (auto& thread : threads) thread.join();
    for (std::size_t i = 0; i < results.size(); ++i) CHECK(inflated(*algorithm, results[i]) == varied_text(1000 + i));
}

TEST_CASE("Several loops may ask for the compressed batch at the same time", "[deflate]") {
    const auto algorithm = roompp::deflate();
    frame_batch batch;
    for (int i = 0; i < 20; ++i) batch.append(varied_text(5000));
    std::vector<std::shared_ptr<const frame_batch>> results(4);
    std::vector<std::thread> threads;
    for (auto& result : results)
        threads.emplace_back([&result, &batch, &algorithm] { result = batch.compressed(*algorithm); });
    for (auto& thread : threads) thread.join();
    CHECK(std::all_of(results.begin(), results.end(), [&](const auto& result) { return result == results.front(); }));
}

namespace {

// The close code for the bytes of one connection that compresses; 0 if nothing is wrong.
int close_code_for(const std::string& bytes) {
    const auto algorithm = roompp::deflate();
    roompp::net::frame_reader reader;
    reader.start(1000, algorithm.get());
    std::string copy = bytes;
    char* next = copy.data();
    std::size_t size = copy.size();
    roompp::net::frame_error error;
    while (size != 0 && !error) (void)reader.read(next, size, error);
    return error.close_code;
}

// Bytes in stored blocks, which are easy to write (RFC 1951, section 3.2.4).
std::string stored_block(std::string_view bytes, bool is_last = false) {
    const auto size = static_cast<unsigned char>(bytes.size());
    std::string block{is_last ? '\x01' : '\0', static_cast<char>(size), '\0', static_cast<char>(~size), '\xff'};
    return block.append(bytes);
}

}  // namespace

TEST_CASE("What a compressed text becomes must be UTF-8", "[deflate]") {
    const std::string empty_block("\0", 1);  // its length is the four bytes that are not sent
    CHECK(close_code_for(masked_frame(0xC1, stored_block("good") + empty_block)) == 0);
    CHECK(close_code_for(masked_frame(0xC1, stored_block("\xff") + empty_block)) == 1007);
    CHECK(close_code_for(masked_frame(0xC1, stored_block("cut \xc3") + empty_block)) == 1007);
    CHECK(close_code_for(masked_frame(0xC2, stored_block("\xff") + empty_block)) == 0);  // binary
    // The bytes that are not sent are within a block that claims them as its own.
    CHECK(close_code_for(masked_frame(0xC1, stored_block("text").substr(0, 5))) == 1007);
}

TEST_CASE("Compressed data that end within a block are refused", "[deflate]") {
    std::string five_bytes = stored_block("12345");
    CHECK(close_code_for(masked_frame(0xC2, five_bytes.substr(0, five_bytes.size() - 4))) ==
          0);  // completed by the tail
    CHECK(close_code_for(masked_frame(0xC2, stored_block("1234567890").substr(0, 8))) == 1007);
    std::string smaller;
    REQUIRE(roompp::deflate()->deflate(std::string(1000, 'y'), smaller));
    CHECK(close_code_for(masked_frame(0xC2, smaller)) == 0);
    CHECK(close_code_for(masked_frame(0xC2, smaller.substr(0, 4))) == 1007);
}

TEST_CASE("A compressed message can refer to nothing before it, which another client may have sent", "[deflate]") {
    // A block with fixed codes: three bytes from five bytes back (RFC 1951, section 3.2.6), and the empty block's beginning.
    const std::string reference("\x02\x12\0\0", 4);
    const std::string secret = stored_block("secret", false);
    CHECK(close_code_for(masked_frame(0xC1, secret + reference)) == 0);
    CHECK(close_code_for(masked_frame(0xC1, secret + std::string(1, '\0')) + masked_frame(0xC1, reference)) == 1007);
}

TEST_CASE("A message may end with a final block", "[deflate]") {
    CHECK(close_code_for(masked_frame(0xC1, stored_block("last", true) + std::string("\0", 1))) == 0);
}

#endif
