// The reader of server-sent events.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

TEST_CASE("Events are read in whatever parts they come, as a browser reads them", "[testing]") {
    const std::string text =
        ": welcome\n\n"
        "data: one\n\n"
        "id: 7\r\nevent: greeting\r\ndata:two\r\ndata:  three\r\n\r\n"
        "event: nothing\n\n"
        "retry: 5\revent\rdata\rdata: four\r\r"
        "data: not whole\n";
    for (std::size_t part = 1; part <= text.size(); ++part) {
        CAPTURE(part);
        t::event_reader reader;
        std::vector<t::server_event> events;
        for (std::size_t at = 0; at < text.size(); at += part) {
            reader.append(std::string_view(text).substr(at, part));
            while (auto event = reader.next()) events.push_back(std::move(*event));
        }
        REQUIRE(events.size() == 3);
        const char* const expected[][3] = {
            {"message", "one", ""}, {"greeting", "two\n three", "7"}, {"message", "\nfour", "7"}};
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(events[i].type == expected[i][0]);
            CHECK(events[i].data == expected[i][1]);
            CHECK(events[i].id == expected[i][2]);
        }
    }
}
