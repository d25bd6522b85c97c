// Parsing of request heads, in pieces of any size: accepted and refused heads, and the texts of refusals.

#include <roompp/http/parser.hpp>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace std::string_literals;
using namespace std::string_view_literals;
using roompp::detail::http_version;
using roompp::detail::parse_state;
using roompp::detail::parser_limits;
using roompp::detail::request_framing;
using roompp::detail::request_head;
using roompp::detail::request_parser;
using roompp::detail::target_form;

namespace {

const std::string browser_upgrade =
    "GET /ws/chat/lobby/?token=abc HTTP/1.1\r\n"
    "Host: chat.example.com:8000\r\n"
    "Connection: keep-alive, Upgrade\r\n"
    "Pragma: no-cache\r\n"
    "Cache-Control: no-cache\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n"
    "Upgrade: websocket\r\n"
    "Origin: http://chat.example.com:8000\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Accept-Language: en-US,en;q=0.9\r\n"
    "Cookie: session=0123456789abcdef; theme=dark\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    "Sec-WebSocket-Protocol: roompp.v1\r\n"
    "\r\n";

std::string get(std::string_view target, std::string_view fields = {}) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
std::string with(std::string_view fields) { return get("/", fields); }
std::string old_with(std::string_view fields) { return "GET / HTTP/1.0\r\n" + std::string(fields) + "\r\n"; }

// The complete result of a parser as text.
std::string describe(const request_parser& parser, std::size_t count) {
    if (parser.state() == parse_state::incomplete) return "incomplete";
    if (parser.state() == parse_state::failed) return std::to_string(parser.error().status) + ' ' + parser.error().text;
    const request_head& head = parser.head();
    std::string text = std::to_string(count) + '/' + std::to_string(head.size);
    for (const std::string_view part :
         {head.method, head.target, head.parts.authority, head.parts.path, head.parts.query, head.authority})
        text.append("|").append(part);
    for (const auto& field : head.fields) text.append("|").append(field.name).append("=").append(field.value);
    for (const int number :
         {static_cast<int>(head.parts.form), static_cast<int>(head.version), static_cast<int>(head.framing)})
        text += '|' + std::to_string(number);
    for (const bool flag :
         {head.is_persistent, head.confirms_keep_alive, head.expects_continue, head.asks_for_websocket})
        text += flag ? "|yes" : "|no";
    return text + '|' + std::to_string(head.content_length);
}

// Parses pieces, each of which is freed before the next one.
std::string parse_pieces(std::initializer_list<std::string_view> pieces, const parser_limits& limits = {}) {
    request_parser parser(limits);
    std::size_t count = 0;
    for (const std::string_view piece : pieces) {
        auto bytes = std::make_unique<char[]>(piece.size());  // no terminator, so that a sanitizer sees each overrun
        piece.copy(bytes.get(), piece.size());
        count += parser.consume({bytes.get(), piece.size()});
        parser.keep_head();
    }
    return describe(parser, count);
}

std::string parse_bytes(std::string_view bytes, const parser_limits& limits = {}) {
    request_parser parser(limits);
    std::size_t count = 0;
    for (const char byte : bytes) count += parser.consume({&byte, 1});
    return describe(parser, count);
}

// Fails if the outcome depends on where the bytes were split.
std::string parse(std::string_view bytes, const parser_limits& limits = {}) {
    const std::string whole = parse_pieces({bytes}, limits);
    if (parse_bytes(bytes, limits) != whole) return "by bytes: " + parse_bytes(bytes, limits) + " but whole: " + whole;
    for (std::size_t i = 1; i < bytes.size(); ++i) {
        const std::string split = parse_pieces({bytes.substr(0, i), bytes.substr(i)}, limits);
        if (split != whole) return "split at " + std::to_string(i) + ": " + split + " but whole: " + whole;
    }
    return whole;
}

// Checks the status of a refusal, and that its text contains `part`.
void refuses(std::string_view bytes, int status, std::string_view part) {
    CAPTURE(bytes.substr(0, 200), part);
    const std::string outcome = parse(bytes);
    CAPTURE(outcome);
    CHECK(outcome.substr(0, 4) == std::to_string(status) + ' ');
    CHECK(outcome.find(part) != std::string::npos);
    CHECK(outcome.find_first_of("\r\n") == std::string::npos);
    CHECK(outcome.back() == '.');
}

// A parser that has accepted a complete head.
struct reading {
    explicit reading(std::string text) : bytes(std::move(text)) {
        CAPTURE(bytes, parse(bytes));
        const std::size_t count = parser.consume(bytes);
        REQUIRE(parser.state() == parse_state::complete);
        CHECK(count == bytes.size());
        CHECK(parse(bytes) == describe(parser, count));
    }
    const request_head& operator*() const { return parser.head(); }
    const request_head* operator->() const { return &parser.head(); }

    std::string bytes;
    request_parser parser;
};

}  // namespace

TEST_CASE("A browser's upgrade is parsed", "[parser]") {
    const reading head(browser_upgrade);
    CHECK(head->method == "GET");
    CHECK(head->target == "/ws/chat/lobby/?token=abc");
    CHECK(head->parts.form == target_form::origin);
    CHECK(head->parts.path == "/ws/chat/lobby/");
    CHECK(head->parts.query == "token=abc");
    CHECK(head->version == http_version::http_1_1);
    CHECK(head->authority == "chat.example.com:8000");
    CHECK(head->fields.size() == 14);
    CHECK(head->fields[0].name == "Host");
    CHECK(head->fields[13].value == "roompp.v1");
    CHECK(head->field("sec-websocket-KEY") == "dGhlIHNhbXBsZSBub25jZQ==");
    CHECK(head->framing == request_framing::none);
    CHECK(head->asks_for_websocket);
    CHECK(head->is_persistent);
    CHECK_FALSE(head->confirms_keep_alive);
    CHECK_FALSE(head->expects_continue);
    CHECK(head->size == browser_upgrade.size());
}

TEST_CASE("The smallest requests are parsed", "[parser]") {
    CHECK(reading("GET / HTTP/1.0\r\n\r\n")->fields.empty());
    CHECK(reading("X / HTTP/1.1\r\nHost:a\r\n\r\n")->method == "X");
    CHECK(reading("!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\nhOST:a\r\n\r\n")->method == "!#$%&'*+-.^_`|~09azAZ");
}

TEST_CASE("Values are taken without the white space around them", "[parser]") {
    CHECK(reading(with("X:\r\n"))->field("X") == "");
    CHECK(reading(with("X: \t \r\n"))->field("X") == "");
    CHECK(reading(with("X:v\r\n"))->field("X") == "v");
    CHECK(reading(with("X: \t v w\t \r\n"))->field("X") == "v w");
    CHECK(reading(with("X: a:b\r\n"))->field("X") == "a:b");
    CHECK(reading(with("X: 1234567\t123456789\t\r\n"))->field("X") == "1234567\t123456789");
    CHECK(reading(with("X: \x80\xff\xc3\xa4\r\n"))->field("X") == "\x80\xff\xc3\xa4");
}

TEST_CASE("Fields are found by name, whatever its case", "[parser]") {
    const reading head(with("Accept: a, b\r\nX: 1\r\naccept: c\r\nACCEPT:\r\nAccept-Language: en\r\n"));
    CHECK(head->field("accept") == "a, b");
    CHECK(head->count("Accept") == 3);
    CHECK(head->joined("Accept") == "a, b, c, ");
    CHECK(head->joined("Accept", "; ") == "a, b; c; ");
    CHECK(head->joined("x") == "1");
    CHECK(head->joined("Accep").empty());
    CHECK(head->field("Accep") == std::nullopt);
    CHECK(head->count("Accept-") == 0);
}

TEST_CASE("A head that has not ended is incomplete", "[parser]") {
    for (std::size_t i = 0; i < browser_upgrade.size(); ++i) {
        request_parser parser;
        parser.consume(std::string_view(browser_upgrade).substr(0, i));
        REQUIRE(parser.state() == parse_state::incomplete);
        REQUIRE(parser.has_begun() == (i > 0));
    }
}

TEST_CASE("Bytes after a head are not consumed", "[parser]") {
    const std::string both = browser_upgrade + "GET /next HTTP/1.1\r\n";
    request_parser parser;
    REQUIRE(parser.consume(both) == browser_upgrade.size());
    CHECK(parser.consume("more") == 0);
    parser.reset();
    for (std::size_t i = 1; i < browser_upgrade.size(); ++i) {
        REQUIRE(parser.consume(std::string_view(both).substr(0, i)) == i);
        REQUIRE(parser.consume(std::string_view(both).substr(i)) == browser_upgrade.size() - i);
        REQUIRE(parser.head().field("Sec-WebSocket-Protocol") == "roompp.v1");
        parser.reset();
    }
}

TEST_CASE("A parser reads one head after the other", "[parser]") {
    request_parser parser;
    CHECK(parser.consume("POST /a HTTP/1.0\r\nContent-Length: 5\r\nConnection: keep-alive\r\nHost: b\r\n\r\n") == 72);
    CHECK(parser.head().content_length == 5);
    parser.reset();
    CHECK(parser.state() == parse_state::incomplete);
    CHECK_FALSE(parser.has_begun());
    parser.consume("bad\r\n");
    CHECK(parser.state() == parse_state::failed);
    CHECK(parser.consume("GET / HTTP/1.1\r\n") == 0);
    parser.reset();
    const std::string next = "GET /b HTTP/1.1\r\nHost: a\r\n\r\n";
    parser.consume(next);
    REQUIRE(parser.state() == parse_state::complete);
    CHECK(describe(parser, next.size()) == parse(next));
}

TEST_CASE("A head that is kept outlives the bytes that it came in", "[parser]") {
    request_parser parser;
    {
        std::string bytes = browser_upgrade;
        parser.consume(bytes);
        parser.keep_head();
        parser.keep_head();
        bytes.assign(bytes.size(), 'x');
    }
    CHECK(describe(parser, browser_upgrade.size()) == parse(browser_upgrade));
    parser.reset();
    std::string bytes = "GET http://x HTTP/1.0\r\n\r\n";  // an empty path is in no buffer
    parser.consume(bytes);
    parser.keep_head();
    bytes.assign(bytes.size(), 'x');
    CHECK(parser.head().parts.path == "/");
    CHECK(parser.head().authority == "x");
}

TEST_CASE("One empty line before a request is skipped", "[parser]") {
    CHECK(reading("\r\n" + with(""))->size == 2 + with("").size());
    refuses("\r\n\r\n" + with(""), 400, "empty line where the request line");
    refuses("\r\n\r\n", 400, "empty line");
    refuses("\r" + with(""), 400, "CR without LF");
    refuses("\n" + with(""), 400, "LF without CR where the method should be");
    request_parser parser;
    for (const char* const piece : {"\r", "\n"}) {
        parser.consume(piece);
        CHECK_FALSE(parser.has_begun());
    }
    parser.consume("G");
    CHECK(parser.has_begun());
    parser.consume("ET / HTTP/1.1\r\n");
    CHECK(parser.has_begun());
}

TEST_CASE("A malformed request line gets 400", "[parser]") {
    refuses("hello\r\n", 400, "'METHOD target HTTP/1.1'");
    refuses("GET\r\n", 400, "has its end within or after the method");
    refuses(" GET / HTTP/1.1\r\n", 400, "a space where the method should be");
    refuses("G@T / HTTP/1.1\r\n", 400, "'@' within or after the method");
    refuses("GET\t/ HTTP/1.1\r\n", 400, "a tab within or after the method");
    refuses("G\0T / HTTP/1.1\r\n"sv, 400, "byte 0x00 (NUL) within or after the method");
    refuses("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"sv, 400, "byte 0x16 where the method");
    refuses("GET  / HTTP/1.1\r\n", 400, "a space where the target should be");
    refuses("GET /\r\n", 400, "its end within or after the target");
    refuses("GET \r\n", 400, "where the target should be");
    refuses("GET /a\tb HTTP/1.1\r\n", 400, "a tab within or after the target");
    refuses("GET /a\x7f HTTP/1.1\r\n", 400, "0x7f within or after the target");
    refuses("GET /a#b HTTP/1.1\r\n", 400, "'#' within or after the target");
    refuses("GET /a b HTTP/1.1\r\n", 400, "'b HTTP/1.1'");
    refuses("GET /  HTTP/1.1\r\n", 400, "' HTTP/1.1'");
    refuses("GET / HTTP/1.1 \r\n", 400, "'HTTP/1.1 '");
    refuses("GET / HTTP/1.1\n", 400, "LF without CR");
    refuses("GET / HTTP/1.1 \nHost: a\r\n\r\n", 400, "'HTTP/1.1 '");
    refuses("GET / HTTP/1.1\r\r\n", 400, "'HTTP/1.1?'");
    refuses("GET / HTTP/1.1x\r\n", 400, "'HTTP/1.1x'");
    refuses("GET / HTTP\r\n", 400, "'HTTP'");
    refuses("GET / \r\n", 400, "''");
    refuses("GET / http/1.1\r\n", 400, "'http/1.1'");
    refuses("GET / HTTP/11\r\n", 400, "'HTTP/11'");
    refuses("GET / HTTP/1.10\r\n", 400, "'HTTP/1.10'");
    refuses("GET / <b>&\"'\x80\r\n", 400, "'?b?" + std::string(4, '?') + "'");
    refuses("GET / " + std::string(100, 'x') + "\r\n", 400, std::string(60, 'x') + "...'");
}

TEST_CASE("Another version gets 505", "[parser]") {
    for (const auto* const version : {"HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/9.9"})
        refuses("GET / "s + version + "\r\n", 505, version);
    refuses("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/2.0");
}

TEST_CASE("A target is split into path and query", "[parser]") {
    const auto check = [](std::string_view target, std::string_view path, std::string_view query) {
        CAPTURE(target);
        const reading head(get(target));
        CHECK(head->parts.form == target_form::origin);
        CHECK(head->parts.path == path);
        CHECK(head->parts.query == query);
        CHECK(head->parts.authority.empty());
        CHECK(head->authority == "a");
    };
    check("/", "/", "");
    check("/?", "/", "");
    check("/?q=/a", "/", "q=/a");
    check("/a/b?c?d", "/a/b", "c?d");
    check("//a", "//a", "");
    check("/http://x/a", "/http://x/a", "");
    check("/%2e{|}\"\xc3\xa4", "/%2e{|}\"\xc3\xa4", "");
    check("/*", "/*", "");
}

TEST_CASE("The absolute form names the same resource, and its host", "[parser]") {
    const auto check = [](std::string_view target, std::string_view authority, std::string_view path,
                          std::string_view query) {
        CAPTURE(target);
        const reading head(get(target));
        CHECK(head->parts.form == target_form::absolute);
        CHECK(head->parts.authority == authority);
        CHECK(head->authority == authority);
        CHECK(head->parts.path == path);
        CHECK(head->parts.query == query);
        CHECK(head->field("Host") == "a");
    };
    check("http://x/a", "x", "/a", "");
    check("HTTP://x/a", "x", "/a", "");
    check("hTTpS://x:8443/a?b", "x:8443", "/a", "b");
    check("http://x?q=/a", "x", "/", "q=/a");
    check("http://x", "x", "/", "");
    check("http://x/", "x", "/", "");
    check("http://x:/?", "x:", "/", "");
    check("http://[::1]:80/a", "[::1]:80", "/a", "");
    CHECK(reading("GET http://x/a HTTP/1.1\r\nHost:\r\n\r\n")->authority == "x");
    CHECK(reading("GET http://x/a HTTP/1.0\r\n\r\n")->authority == "x");
    refuses("GET http://x/a HTTP/1.1\r\n\r\n", 400, "no Host");
    refuses(get("http:///a"), 400, "authority ''");
    refuses(get("http://"), 400, "authority ''");
    refuses(get("http://?a"), 400, "authority ''");
    refuses(get("http://user@x/"), 400, "'user@x'");
    refuses(get("http://x:99999/"), 400, "'x:99999'");
    refuses(get("http:/x/"), 400, "neither a path");
    refuses(get("http"), 400, "neither a path");
    refuses(get("https:/"), 400, "neither a path");
    refuses(get("ftp://x/a"), 400, "neither a path");
    refuses(get("hello"), 400, "'hello' is neither a path");
    refuses(get("?q"), 400, "neither a path");
}

TEST_CASE("The asterisk is for OPTIONS, and CONNECT is not implemented", "[parser]") {
    const reading head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(head->parts.form == target_form::asterisk);
    CHECK(head->parts.path == "*");
    CHECK(head->authority == "a");
    CHECK(reading("OPTIONS /a HTTP/1.1\r\nHost: a\r\n\r\n")->parts.form == target_form::origin);
    refuses(get("*"), 400, "only for OPTIONS");
    refuses("OPTIONS *a HTTP/1.1\r\n", 400, "neither a path");
    refuses("CONNECT a:443 HTTP/1.1\r\n", 501, "CONNECT");
    refuses("CONNECT [::1]:443 HTTP/1.1\r\n", 501, "CONNECT");
    refuses("CONNECT a HTTP/1.1\r\n", 400, "'host:port'");
    refuses("CONNECT a: HTTP/1.1\r\n", 400, "'host:port'");
    refuses("CONNECT /a HTTP/1.1\r\n", 400, "'host:port'");
    refuses(get("a:443"), 400, "neither a path");
}

TEST_CASE("HTTP/1.1 has exactly one Host, HTTP/1.0 at most one", "[parser]") {
    refuses("GET / HTTP/1.1\r\n\r\n", 400, "no Host");
    refuses(with("Host: a\r\n"), 400, "more than one Host");
    refuses(old_with("Host: a\r\nhost: a\r\n"), 400, "more than one Host");
    CHECK(reading(old_with(""))->authority.empty());
    CHECK(reading(old_with("Host: a\r\n"))->authority == "a");
    refuses("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "Host field is empty");
    refuses(old_with("Host:  \r\n"), 400, "Host field is empty");
}

TEST_CASE("A Host is a host, perhaps with a port", "[parser]") {
    for (const char* const host : {"localhost",
                                   "localhost:",
                                   "localhost:8000",
                                   "localhost:0",
                                   "localhost:65535",
                                   "localhost:00080",
                                   "127.0.0.1",
                                   "127.0.0.1:80",
                                   "999.1.1.1",
                                   "a.b-c_d~e",
                                   "xn--bcher-kva.example",
                                   "a%20b",
                                   "!$&'()*+,;=",
                                   "[::]",
                                   "[::1]",
                                   "[::1]:",
                                   "[::1]:80",
                                   "[1:2:3:4:5:6:7:8]",
                                   "[1:2:3:4:5:6:7::]",
                                   "[::2:3:4:5:6:7:8]",
                                   "[1::8]",
                                   "[abcd:EF01::1.2.3.4]",
                                   "[::255.255.255.255]",
                                   "[1:2:3:4:5:6:0.0.0.0]",
                                   "[v1.a:b]",
                                   "[vF.~]"}) {
        CAPTURE(host);
        CHECK(reading(old_with("Host: "s + host + "\r\n"))->authority == host);
    }
    for (const char* const host : {":80",
                                   ":",
                                   "a:65536",
                                   "a:999999999999999999999",
                                   "a:x",
                                   "a:-1",
                                   "a:+1",
                                   "a: 1",
                                   "a:1:2",
                                   "a b",
                                   "a/b",
                                   "a?b",
                                   "a@b",

                                   "http://a",
                                   "a%",
                                   "a%2",
                                   "a%2g",
                                   "a\\b",
                                   "a\"",
                                   "b\xc3\xbc"
                                   "cher",
                                   "::1",
                                   "[]",
                                   "[",
                                   "]",
                                   "[::1",
                                   "::1]",
                                   "[::1]a",
                                   "[::1]x:80",
                                   "[::1]:x",
                                   "[::1]:65536",
                                   "[:1]",
                                   "[1:]",
                                   "[:::]",
                                   "[1::2::3]",
                                   "[12345::]",
                                   "[1:2:3:4:5:6:7]",
                                   "[1:2:3:4:5:6:7:8:9]",
                                   "[1:2:3:4:5:6:7:8::]",
                                   "[1:2:3:4::5:6:7:8]",
                                   "[g::]",
                                   "[::1.2.3]",
                                   "[::1.2.3.4.5]",
                                   "[::1.2.3.256]",
                                   "[::01.2.3.4]",
                                   "[::1.2.3.4:5]",
                                   "[1.2.3.4]",
                                   "[1:2:3:4:5:6:7:1.2.3.4]",
                                   "[::1%25eth0]",
                                   "[v.a]",
                                   "[v1.]",
                                   "[v1]",
                                   "[vg.a]",
                                   "[v1.a/]"}) {
        CAPTURE(host);
        refuses(old_with("Host: "s + host + "\r\n"), 400, "is not of the form 'host' or 'host:port'");
    }
}

TEST_CASE("A malformed header field gets 400", "[parser]") {
    refuses(with("no colon\r\n"), 400, "Header line 2 has a space after 'no'");
    refuses(with("colonless\r\n"), 400, "'colonless', has no colon");
    refuses(with(": nameless\r\n"), 400, "has no name");
    refuses(with("X : a\r\n"), 400, "a space after 'X'; expected a colon right after the name");
    refuses(with("X\t: a\r\n"), 400, "a tab after 'X'");
    refuses(with("X@Y: a\r\n"), 400, "'@'");
    refuses(with("X\x80: a\r\n"), 400, "0x80");
    refuses(with("\x80: a\r\n"), 400, "begins with byte 0x80");
    refuses(with("X: a\r\n folded\r\n"), 400, "folded");
    refuses(with("X: a\r\n\tfolded\r\n"), 400, "folded");
    refuses("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "Header line 1 begins with white space");
    refuses("GET / HTTP/1.1\r\n \r\n", 400, "white space");
}

TEST_CASE("Control characters and bare CR or LF get 400", "[parser]") {
    refuses(with("X: a\0b\r\n"sv), 400, "'X' has byte 0x00 (NUL)");
    refuses(with("X: a\x1f\r\n"), 400, "0x1f");
    refuses(with("X: a\x7f\r\n"), 400, "0x7f");
    refuses(with("X: 12345678\x01"
                 "12345678\r\n"),
            400, "0x01");
    refuses(with("X: a\n"), 400, "LF without CR");
    refuses(with("X:\n"), 400, "LF without CR");
    refuses(with("X\n"), 400, "LF without CR");
    refuses(with("X: a\rb\r\n"), 400, "CR without LF");
    refuses(with("X: a\r\r\n"), 400, "CR without LF");
    refuses(with("X\rY: a\r\n"), 400, "a CR without LF after 'X'");
    refuses("GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "LF without CR");
    refuses("GET / HTTP/1.1\r\nHost: a\r\n\rx\n", 400, "CR without LF");
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool is_allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
        for (const std::size_t before : {1, 7, 8, 9}) {
            const auto outcome = parse_pieces({with("X: " + std::string(before, 'v') + c + "vvvvvvvvv\r\n")});
            CAPTURE(byte, outcome);
            REQUIRE((outcome.substr(0, 4) == "400 ") == !is_allowed);
        }
    }
}

TEST_CASE("A Content-Length is one number", "[parser]") {
    const auto length = [](std::string_view value) {
        const reading head(with("Content-Length: " + std::string(value) + "\r\n"));
        CHECK(head->framing == request_framing::sized);
        return head->content_length;
    };
    CHECK(length("0") == 0);
    CHECK(length("5") == 5);
    CHECK(length("005") == 5);
    CHECK(length("00000000000000000000000000000000000000007") == 7);
    CHECK(length("18446744073709551615") == 18446744073709551615u);
    for (const auto* const value : {"18446744073709551616", "18446744073709551620", "99999999999999999999999999"})
        refuses(with("Content-Length: "s + value + "\r\n"), 413, value);
    for (const auto* const value :
         {"five", "-1", "+5", "0x5", "5, 5", "5, 6", "5,", "5 5", "5;", "5.0", "", "1e3", "\xd9\xa5"})
        refuses(with("Content-Length: "s + value + "\r\n"), 400, "is not one decimal number");
    refuses(with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400, "more than one Content-Length");
    refuses(with("Content-Length: 5\r\ncontent-length: 6\r\n"), 400, "more than one Content-Length");
    CHECK(reading(old_with("Content-Length: 5\r\n"))->content_length == 5);
    CHECK(reading(with("Content-Lengths: x\r\nXontent-Length: x\r\n"))->framing == request_framing::none);
}

TEST_CASE("A Transfer-Encoding is chunked, and nothing else", "[parser]") {
    for (const auto* const value : {"chunked", "Chunked", " , chunked,, "})
        CHECK(reading(with("Transfer-Encoding: "s + value + "\r\n"))->framing == request_framing::chunked);
    CHECK(reading(with("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n"))->framing == request_framing::chunked);
    for (const auto* const value :
         {"gzip", "gzip, chunked", "identity", "xchunked", "chunked-not", "gzip;q=1, chunked"})
        refuses(with("Transfer-Encoding: "s + value + "\r\n"), 501, "'chunked'");
    refuses(with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), 501, "'chunked'");
    for (const auto* const value : {"chunked, gzip", "chunked, chunked", "gzip, chunked, identity"})
        refuses(with("Transfer-Encoding: "s + value + "\r\n"), 400, "after 'chunked'");
    refuses(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400, "after 'chunked'");
    refuses(with("Transfer-Encoding: chunked;a=b\r\n"), 400, "no parameters");
    refuses(with("Transfer-Encoding: chunked;\r\n"), 400, "no parameters");
    refuses(with("Transfer-Encoding: \r\n"), 400, "empty");
    refuses(with("Transfer-Encoding: ,\r\n"), 400, "empty");
    for (const auto* const value : {"chun ked", "\"chunked\"", ";chunked", "chunked\x80", "chunked\x0b"})
        CHECK(parse(with("Transfer-Encoding: "s + value + "\r\n")).substr(0, 4) == "400 ");
    refuses(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400, "both");
    refuses(with("Content-Length: 5\r\nTransfer-Encoding: gzip\r\n"), 400, "both");
    refuses(old_with("Transfer-Encoding: chunked\r\n"), 400, "HTTP/1.0");
}

TEST_CASE("A connection persists as its version and Connection say", "[parser]") {
    const auto persists = [](const std::string& bytes) {
        const reading head(bytes);
        return std::make_pair(head->is_persistent, head->confirms_keep_alive);
    };
    const auto no = std::make_pair(false, false);
    const auto yes = std::make_pair(true, false);
    const auto confirmed = std::make_pair(true, true);
    CHECK(persists(with("")) == yes);
    CHECK(persists(with("Connection: close\r\n")) == no);
    CHECK(persists(with("Connection: CLOSE\r\n")) == no);
    CHECK(persists(with("Connection: x-closed\r\n")) == yes);
    CHECK(persists(with("Connection: close-not, not close\r\n")) == yes);
    CHECK(persists(with("Connection: , x,,\tclose ,\r\n")) == no);
    CHECK(persists(with("Connection: x\r\nConnection: close\r\n")) == no);
    CHECK(persists(with("Connection: close, keep-alive\r\n")) == no);
    CHECK(persists(with("Connection: keep-alive\r\n")) == yes);
    CHECK(persists(with("Connection:\r\n")) == yes);
    CHECK(persists(old_with("")) == no);
    CHECK(persists(old_with("Connection: Keep-Alive\r\n")) == confirmed);
    CHECK(persists(old_with("Connection: x, keep-alive\r\n")) == confirmed);
    CHECK(persists(old_with("Connection: keep-alive, close\r\n")) == no);
    CHECK(persists(old_with("Connection: keep-alived\r\n")) == no);
}

TEST_CASE("An upgrade to WebSocket is in both fields, as a token of a list", "[parser]") {
    const auto asks = [](const std::string& fields) { return reading(with(fields))->asks_for_websocket; };
    CHECK(asks("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    CHECK(asks("Upgrade: h2c, WebSocket\r\nConnection: ,keep-alive,UPGRADE\r\n"));
    CHECK(asks("Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: x\r\nConnection: upgrade\r\n"));
    CHECK_FALSE(asks("Connection: Upgrade\r\n"));
    CHECK_FALSE(asks("Upgrade: websocket\r\n"));
    CHECK_FALSE(asks("Connection: Upgraded\r\nUpgrade: websocket\r\n"));
    CHECK_FALSE(asks("Connection: Upgrade\r\nUpgrade: websockets\r\n"));
    CHECK_FALSE(asks("Connection: Upgrade\r\nUpgrade: websocket/13\r\n"));
}

TEST_CASE("Expect: 100-continue counts in HTTP/1.1 only", "[parser]") {
    CHECK(reading(with("Expect: 100-Continue\r\n"))->expects_continue);
    CHECK_FALSE(reading(with("Expect: 100-continued\r\n"))->expects_continue);
    CHECK_FALSE(reading(with("Expect:\r\n"))->expects_continue);
    CHECK_FALSE(reading(old_with("Expect: 100-continue\r\n"))->expects_continue);
}

TEST_CASE("A head may be as large as the limit, and no larger", "[parser]") {
    const std::string head = with("X: abc\r\n");
    CHECK(parse(head, {head.size(), 2}).substr(0, 2) == std::to_string(head.size()));
    CHECK(parse(head + "more", {head.size(), 2}).substr(0, 2) == std::to_string(head.size()));
    for (std::size_t bound = 16; bound < head.size(); ++bound) {
        const auto outcome = parse(head, {bound, 2});
        CAPTURE(bound, outcome);
        REQUIRE(outcome == "431 The request's head is larger than " + std::to_string(bound) + " bytes.");
    }
    // The empty line before it counts.
    CHECK(parse("\r\n" + head, {head.size() + 2, 2}).substr(0, 2) == std::to_string(head.size() + 2));
    CHECK(parse("\r\n" + head, {head.size() + 1, 2}).substr(0, 4) == "431 ");
    // A bound is reached as soon as no head can end within it.
    CHECK(parse(std::string_view(head).substr(0, head.size() - 2), {head.size() - 2, 2}).substr(0, 4) == "431 ");
    CHECK(parse(std::string_view(head).substr(0, head.size() - 3), {head.size() - 2, 2}) == "incomplete");
}

TEST_CASE("A request line that is longer than the limit gets 414", "[parser]") {
    CHECK(parse(with(""), {16, 100}).substr(0, 4) == "431 ");
    for (std::size_t bound = 4; bound < 16; ++bound) CHECK(parse(with(""), {bound, 100}).substr(0, 4) == "414 ");
    for (std::size_t bound = 0; bound < 4; ++bound) CHECK(parse(with(""), {bound, 100}).substr(0, 4) == "400 ");
    CHECK(parse_pieces({"GET /" + std::string(70'000, 'x')}).substr(0, 4) == "414 ");
    CHECK(parse_bytes("GET /" + std::string(70'000, 'x')).substr(0, 4) == "414 ");
    CHECK(parse_bytes("GET http://" + std::string(16'000, 'x')).substr(0, 4) == "414 ");
    CHECK(parse_pieces({std::string(70'000, 'x')}) ==
          "400 This is no request: the first 16000 bytes have neither a method nor a line end.");
    CHECK(parse_bytes("\r\n" + std::string(70'000, ' ')).substr(0, 4) == "400 ");
}

TEST_CASE("An error before the limit is reported first", "[parser]") {
    CHECK(parse_pieces({with("X Y\r\nZ: " + std::string(70'000, 'z') + "\r\n")}).substr(0, 4) == "400 ");
    CHECK(parse_pieces({with("Z: " + std::string(70'000, 'z') + "\r\nX Y\r\n")}).substr(0, 4) == "431 ");
    CHECK(parse_pieces({with("Z : " + std::string(70'000, 'z') + "\r\n")}).substr(0, 4) == "431 ");
}

TEST_CASE("There may be as many fields as the limit says, and no more", "[parser]") {
    std::string fields;
    for (int i = 1; i < 100; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
    CHECK(reading(with(fields))->fields.size() == 100);
    CHECK(parse_pieces({with(fields + "More: y\r\n")}) == "431 The request has more than 100 header fields.");
    CHECK(parse_bytes(with(fields + "More: y\r\n")) == "431 The request has more than 100 header fields.");
    CHECK(parse(old_with(""), {100, 0}).substr(0, 2) == "18");
    CHECK(parse(old_with("X: y\r\n"), {100, 0}).substr(0, 4) == "431 ");
}

TEST_CASE("The work is linear in the bytes, however small the pieces", "[parser]") {
    // Quadratic work would take minutes here.
    const std::size_t size = 1024 * 1024;
    request_parser parser({2 * size, 100});
    parser.consume("GET / HTTP/1.1\r\nHost: a\r\nX: ");
    const std::string_view piece = "xx";
    for (std::size_t sent = 0; sent < size; sent += piece.size()) parser.consume(piece);
    parser.consume("\r\n\r\n");
    REQUIRE(parser.state() == parse_state::complete);
    CHECK(parser.head().field("X")->size() == size);
}
