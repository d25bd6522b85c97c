// Bodies of requests, of a known size and in chunks, in pieces of any size.

#include <roompp/http/body_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace std::string_literals;
using namespace std::string_view_literals;
using roompp::detail::body_reader;
using roompp::detail::parse_state;
using roompp::detail::parser_limits;
using roompp::detail::request_framing;
using roompp::detail::request_head;

namespace {

request_head sized(std::uint64_t length) {
    request_head head;
    head.framing = request_framing::sized;
    head.content_length = length;
    return head;
}
request_head chunked() {
    request_head head;
    head.framing = request_framing::chunked;
    return head;
}

// The complete result of a reader as text.
std::string describe(const body_reader& reader, std::size_t count, std::string_view body) {
    std::string text = std::to_string(count) + ' ';
    if (reader.state() == parse_state::incomplete) text += "incomplete";
    if (reader.state() == parse_state::failed)
        text += std::to_string(reader.error().status) + ' ' + reader.error().text;
    return text.append("|").append(body);
}

std::string read_pieces(const request_head& head, std::uint64_t max_bytes,
                        std::initializer_list<std::string_view> pieces, const parser_limits& limits) {
    body_reader reader(limits);
    std::string body;
    std::size_t count = 0;
    reader.start(head, max_bytes);
    for (const std::string_view piece : pieces) {
        auto bytes = std::make_unique<char[]>(piece.size());  // no terminator, so that a sanitizer sees each overrun
        piece.copy(bytes.get(), piece.size());
        count += reader.consume({bytes.get(), piece.size()}, body);
    }
    return describe(reader, count, body);
}

// Fails if the outcome depends on where the bytes were split.
std::string read(const request_head& head, std::uint64_t max_bytes, std::string_view bytes,
                 const parser_limits& limits = {}) {
    const std::string whole = read_pieces(head, max_bytes, {bytes}, limits);
    body_reader reader(limits);
    std::string body;
    std::size_t count = 0;
    reader.start(head, max_bytes);
    for (const char byte : bytes) count += reader.consume({&byte, 1}, body);
    if (describe(reader, count, body) != whole) return "by bytes: " + describe(reader, count, body) + " but: " + whole;
    for (std::size_t i = 1; i < bytes.size(); ++i) {
        const std::string split = read_pieces(head, max_bytes, {bytes.substr(0, i), bytes.substr(i)}, limits);
        if (split != whole) return "split at " + std::to_string(i) + ": " + split + " but whole: " + whole;
    }
    return whole;
}

std::string read_chunks(std::string_view bytes, std::uint64_t max_bytes = 1000) {
    return read(chunked(), max_bytes, bytes);
}

// Checks that the bytes are refused after `good` of them, with the status and a text that contains `part`.
void refuses(std::string_view bytes, std::size_t good, int status, std::string_view part) {
    const std::string outcome = read_chunks(bytes);
    CAPTURE(bytes, part, outcome);
    const std::string begin = std::to_string(good) + ' ' + std::to_string(status) + ' ';
    CHECK(outcome.substr(0, begin.size()) == begin);
    CHECK(outcome.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("A request without a body has none", "[body_reader]") {
    CHECK(read({}, 0, "GET") == "0 |");
    CHECK(read(sized(0), 0, "GET") == "0 |");
}

TEST_CASE("A body with a Content-Length ends after as many bytes", "[body_reader]") {
    CHECK(read(sized(5), 5, "hello") == "5 |hello");
    CHECK(read(sized(5), 1000, "helloGET") == "5 |hello");
    CHECK(read(sized(5), 1000, "hell") == "4 incomplete|hell");
    CHECK(read(sized(5), 1000, "") == "0 incomplete|");
    CHECK(read(sized(3), 1000, "\0\r\n"sv) == "3 |\0\r\n"s);
}

TEST_CASE("A size above the maximum is refused before the body comes", "[body_reader]") {
    CHECK(read(sized(6), 5, "hello!") == "0 413 The request's body is larger than 5 bytes.|");
    CHECK(read(sized(18446744073709551615u), 65536, "x").substr(0, 6) == "0 413 ");
}

TEST_CASE("Chunks are joined", "[body_reader]") {
    CHECK(read_chunks("0\r\n\r\n") == "5 |");
    CHECK(read_chunks("5\r\nhello\r\n0\r\n\r\n") == "15 |hello");
    CHECK(read_chunks("5\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n0\r\n\r\nGET") == "32 |hello, world");
    CHECK(read_chunks("A\r\n0123456789\r\na\r\n0123456789\r\n00\r\n\r\n") == "36 |01234567890123456789");
    CHECK(read_chunks("0000000000000001\r\nx\r\n0000000000000000\r\n\r\n") == "41 |x");
    CHECK(read_chunks("4\r\n\r\n\r\n\r\n0\r\n\r\n") == "14 |\r\n\r\n");
    CHECK(read_chunks("5\r\nhello\r\n0\r\n\r") == "14 incomplete|hello");
    CHECK(read_chunks("5\r\nhel") == "6 incomplete|hel");
}

TEST_CASE("Chunk extensions are skipped", "[body_reader]") {
    CHECK(read_chunks("1;a\r\nx\r\n0\r\n\r\n") == "13 |x");
    CHECK(read_chunks("1 \t; a=b;c=\"d;e\"\r\nx\r\n0;f\r\n\r\n") == "28 |x");
    CHECK(read_chunks("1;\r\nx\r\n0\r\n\r\n") == "12 |x");
}

TEST_CASE("A malformed chunk size gets 400", "[body_reader]") {
    refuses("x", 0, 400, "'x' at the begin of a chunk");
    refuses("\r\n", 0, 400, "CR");
    refuses(";a\r\n", 0, 400, "';'");
    refuses(" 5\r\n", 0, 400, "a space at the begin of a chunk");
    refuses("-1\r\n", 0, 400, "'-'");
    refuses("+1\r\n", 0, 400, "'+'");
    refuses("0x1\r\n", 1, 400, "'x' after a chunk's size");
    refuses("1_0\r\n", 1, 400, "'_'");
    refuses("1g\r\n", 1, 400, "'g'");
    refuses("1 \r\n", 2, 400, "(CR)");
    refuses("1 1\r\n", 2, 400, "'1'");
    refuses("1\nx\r\n", 1, 400, "(LF)");
    refuses("1\rx", 2, 400, "'x' after the CR");
    refuses("1;a\nx\r\n", 3, 400, "(LF)");
    refuses("1;a\rb\r\n", 4, 400, "'b' after the CR");
    refuses("1;a\0\r\n"sv, 3, 400, "NUL");
    refuses("00000000000000000\r\n", 16, 400, "more than 16 digits");
}

TEST_CASE("Chunk data of another length than its size gets 400", "[body_reader]") {
    refuses("5\r\nhello!\r\n", 8, 400, "'!' after a chunk's data");
    refuses("5\r\nhello\n", 8, 400, "(LF)");
    refuses("5\r\nhello\r0", 9, 400, "'0' after the CR");
    refuses("5\r\nhell\r\n0\r\n\r\n", 8, 400, "(LF)");
}

TEST_CASE("Chunks may have the maximum together, and no more", "[body_reader]") {
    CHECK(read_chunks("5\r\nhello\r\n0\r\n\r\n", 5) == "15 |hello");
    CHECK(read_chunks("6\r\nhello!\r\n0\r\n\r\n", 5) == "0 413 The request's body is larger than 5 bytes.|");
    CHECK(read_chunks("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 5) == "20 |hello");
    CHECK(read_chunks("3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n", 5) ==
          "8 413 The request's body is larger than 5 bytes.|hel");
    CHECK(read_chunks("0\r\n\r\n", 0) == "5 |");
    CHECK(read_chunks("1\r\n", 0).substr(0, 6) == "0 413 ");
    const auto none = std::uint64_t{18446744073709551615u};
    CHECK(read_chunks("ffffffffffffffff\r\nx", none) == "19 incomplete|x");
    CHECK(read_chunks("1\r\nx\r\nffffffffffffffff\r\n", none).substr(0, 7) == "21 413 ");
    CHECK(read_chunks("10000000000000000\r\n", none).substr(0, 7) == "16 400 ");
}

TEST_CASE("Trailers are checked and dropped", "[body_reader]") {
    CHECK(read_chunks("1\r\nx\r\n0\r\nA: b\r\nContent-Length: 5\r\nC:\r\n\r\nGET") == "40 |x");
    CHECK(read_chunks("0\r\nA: \x80\tb\r\n\r\n") == "13 |");
    refuses("0\r\n: b\r\n\r\n", 3, 400, "':' at the begin of a trailer");
    refuses("0\r\n A: b\r\n\r\n", 3, 400, "a space at the begin");
    refuses("0\r\nA: b\r\n c\r\n\r\n", 9, 400, "a space at the begin");
    refuses("0\r\nA : b\r\n\r\n", 4, 400, "a space in the name");
    refuses("0\r\nA\r\n\r\n", 4, 400, "a colon");
    refuses("0\r\nA: b\n\r\n", 7, 400, "(LF)");
    refuses("0\r\nA: b\rc\r\n", 8, 400, "'c' after the CR");
    refuses("0\r\nA: \0\r\n"sv, 6, 400, "NUL");
    refuses("0\r\n\n", 3, 400, "(LF)");
    refuses("0\r\n\rG", 4, 400, "'G' after the CR");
}

TEST_CASE("Extensions and trailers are bounded over the whole body", "[body_reader]") {
    const auto read_bounded = [](std::string_view bytes) { return read(chunked(), 100, bytes, {10, 2}); };
    CHECK(read_bounded("1;2345\r\nx\r\n1 ;345\r\ny\r\n0\r\n\r\n") == "27 |xy");
    CHECK(read_bounded("1;2345\r\nx\r\n1 ;3456\r\ny\r\n0\r\n\r\n") ==
          "17 413 The body's chunk extensions are larger than 10 bytes.|x");
    CHECK(read_bounded("0\r\nA: 345\r\n\r\n") == "13 |");
    CHECK(read_bounded("0\r\nA: 3456\r\n\r\n") == "13 431 The body's trailers are larger than 10 bytes.|");
    CHECK(read_bounded("0\r\nA:\r\nB:\r\n\r\n") == "13 |");
    CHECK(read_bounded("0\r\nA:\r\nB:\r\nC:\r\n\r\n") == "11 431 The body has more than 2 trailers.|");
}

TEST_CASE("A reader reads one body after the other", "[body_reader]") {
    body_reader reader;
    std::string body;
    CHECK(reader.state() == parse_state::complete);
    CHECK(reader.consume("x", body) == 0);
    reader.start(chunked(), 5);
    CHECK(reader.consume("5\r\nhello\r\n!", body) == 10);
    CHECK(reader.state() == parse_state::failed);
    CHECK(reader.consume("0", body) == 0);
    reader.start(sized(2), 5);
    CHECK(reader.state() == parse_state::incomplete);
    CHECK(reader.consume("abc", body) == 2);
    CHECK(body == "helloab");
    reader.start(chunked(), 5);
    CHECK(reader.consume("5\r\nhello\r\n0\r\n\r\n", body) == 15);
    CHECK(reader.state() == parse_state::complete);
}
