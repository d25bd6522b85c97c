#include <string>
#include <utility>
#include <vector>

#include <roompp/base/payload.hpp>
#include <roompp/base/utf8_text.hpp>

#include "support/catch.hpp"

using roompp::detail::repair_close_reason;
using roompp::detail::repair_utf8;
using roompp::detail::utf8_payload;
using namespace std::string_literals;

namespace {

std::string times(std::size_t count, const std::string& text) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

}  // namespace

// The first five are those of the Unicode Standard, tables 3-8 to 3-11.
TEST_CASE("Each maximal part that is not UTF-8 is replaced, as in browsers", "[utf8]") {
    const std::vector<std::pair<std::string, std::string>> texts = {
        {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", times(8, "\uFFFD") + 'A'},
        {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", times(8, "\uFFFD") + 'A'},
        {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", times(5, "\uFFFD") + 'A' + times(2, "\uFFFD") + 'B'},
        {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", times(4, "\uFFFD") + 'A'},
        {"a\xF1\x80\x80\xE1\x80\xC2"
         "b\x80"
         "c\x80\xBF"
         "d",
         "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd"},
        {"\xFF", "\uFFFD"},
        {"\xC3", "\uFFFD"},
        {"\xC3\xC3\xA4", "\uFFFD\u00E4"},
        {"caf\xE9, \u623F\u95F4 \U0001F600 and more than a word",
         "caf\uFFFD, \u623F\u95F4 \U0001F600 and more than a word"},
        {"\0\xFF\0"s, "\0\uFFFD\0"s},
    };
    for (const auto& [text, repaired] : texts) {
        CAPTURE(repaired);
        CHECK(repair_utf8(text) == repaired);
        CHECK(utf8_payload(text).get().data() == repaired);
        CHECK(utf8_payload(text).get().is_text());
    }
}

TEST_CASE("Text that is UTF-8, and binary, are left as they are and are not copied", "[utf8]") {
    const std::string text = "caf\u00E9 \u623F\u95F4 \U0001F600 \uFFFD";
    const std::string bytes = "\xFF\xC3";
    const utf8_payload same_text(text);
    const utf8_payload same_bytes(roompp::binary(bytes));
    CHECK(same_text.get().data().data() == text.data());
    CHECK(same_text.get().size() == text.size());
    CHECK(same_bytes.get().data().data() == bytes.data());
    CHECK(same_bytes.get().is_binary());
    CHECK(utf8_payload(roompp::payload()).get().size() == 0);
    CHECK(repair_utf8(text) == text);
}

TEST_CASE("A close reason is UTF-8 of at most 123 bytes, cut between characters", "[utf8]") {
    CHECK(repair_close_reason("") == "");
    CHECK(repair_close_reason("bye \u00E4") == "bye \u00E4");
    CHECK(repair_close_reason(times(123, "x")) == times(123, "x"));
    CHECK(repair_close_reason(times(124, "x")) == times(123, "x"));
    CHECK(repair_close_reason(times(122, "x") + "\u00E4") == times(122, "x"));
    CHECK(repair_close_reason(times(121, "x") + "\u00E4") == times(121, "x") + "\u00E4");
    CHECK(repair_close_reason(times(122, "x") + "\U0001F600 and more") == times(122, "x"));
    CHECK(repair_close_reason(times(119, "x") + "\U0001F600 and more") == times(119, "x") + "\U0001F600");
    CHECK(repair_close_reason(times(200, "\x80")) == times(41, "\uFFFD"));
    CHECK(repair_close_reason(times(122, "x") + "\xFF") == times(122, "x"));
    CHECK(repair_close_reason("caf\xE9") == "caf\uFFFD");
}
