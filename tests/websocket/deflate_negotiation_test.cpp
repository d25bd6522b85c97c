#if __has_include(<zlib.h>)

#include <string>

#include <roompp/deflate.hpp>

#include "support/catch.hpp"

namespace {

const std::string plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

std::string negotiated(const std::string& offers) { return roompp::deflate()->negotiate(offers); }

}  // namespace

TEST_CASE("An offer is answered without context takeover, and with a window that all can share", "[deflate]") {
    CHECK(negotiated("permessage-deflate") == plain);
    CHECK(negotiated("permessage-deflate; client_max_window_bits") == plain);
    CHECK(negotiated("x-other, permessage-deflate; server_max_window_bits=12") ==
          plain + "; server_max_window_bits=12");
    CHECK(negotiated("permessage-deflate; server_max_window_bits=9, permessage-deflate") == plain);
    for (const char* const refused :
         {"", "x-other", "permessage-deflate; server_max_window_bits=11",
          "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=1",
          "permessage-deflate; server_max_window_bits", "permessage-deflate; unknown=1",
          "permessage-deflate; client_max_window_bits=99", "permessage-deflate; ;=", "\x01"}) {
        CAPTURE(refused);
        CHECK(negotiated(refused).empty());
    }
}

TEST_CASE("All parameters of an offer may come together, in any order and quoted", "[deflate]") {
    CHECK(negotiated("permessage-deflate; client_max_window_bits=10; server_no_context_takeover; "
                     "server_max_window_bits=\"13\"; client_no_context_takeover") ==
          plain + "; server_max_window_bits=13");
    CHECK(negotiated("permessage-deflate; server_max_window_bits=15") == plain);
}

TEST_CASE("An offer that has a parameter twice is declined", "[deflate]") {
    for (const char* const parameter :
         {"server_no_context_takeover", "client_no_context_takeover", "client_max_window_bits",
          "client_max_window_bits=10", "server_max_window_bits=12"}) {
        CAPTURE(parameter);
        const std::string offer = std::string("permessage-deflate; ") + parameter;
        CHECK_FALSE(negotiated(offer).empty());
        CHECK(negotiated(offer + "; " + parameter).empty());
    }
    CHECK(negotiated("permessage-deflate; client_max_window_bits; client_max_window_bits=10").empty());
}

TEST_CASE("A number of window bits is 8 to 15, without sign, zeros or anything else before or after", "[deflate]") {
    for (const char* const bits : {"010", "+9", "0", "7", "16", "08", "12x", "1", "100", "-8", "1e1", "256", "264"}) {
        CAPTURE(bits);
        CHECK(negotiated(std::string("permessage-deflate; client_max_window_bits=") + bits).empty());
        CHECK(negotiated(std::string("permessage-deflate; server_max_window_bits=") + bits).empty());
    }
    for (const char* const bits : {"8", "9", "10", "15"}) {
        CAPTURE(bits);
        CHECK(negotiated(std::string("permessage-deflate; client_max_window_bits=") + bits) == plain);
    }
}

TEST_CASE("A client's window of 8 bits is never answered with a larger one", "[deflate]") {
    CHECK(negotiated("permessage-deflate; client_max_window_bits=8").find("window_bits") == std::string::npos);
}

TEST_CASE("A parameter without a value in the standard must have none", "[deflate]") {
    CHECK(negotiated("permessage-deflate; server_no_context_takeover=1").empty());
    CHECK(negotiated("permessage-deflate; client_no_context_takeover=true").empty());
}

TEST_CASE("Empty elements of the list of offers are ignored", "[deflate]") {
    CHECK(negotiated(", permessage-deflate") == plain);
    CHECK(negotiated("x-other,, permessage-deflate,") == plain);
    CHECK(negotiated(" , ").empty());
}

TEST_CASE("The first acceptable offer is taken", "[deflate]") {
    CHECK(
        negotiated("permessage-deflate; unknown, permessage-deflate; server_max_window_bits=12, permessage-deflate") ==
        plain + "; server_max_window_bits=12");
}

#endif
