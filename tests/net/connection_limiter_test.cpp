#include <memory>
#include <vector>

#include <roompp/net/connection_limiter.hpp>

#include "support/catch.hpp"

using roompp::net::connection_limiter;

TEST_CASE("An address has so many places, whatever others have", "[address_book]") {
    connection_limiter book;
    std::vector<std::unique_ptr<connection_limiter::place>> places;
    for (int i = 0; i < 3; ++i) {
        places.push_back(book.enter("192.0.2.1", 3));
        CHECK(places.back());
    }
    CHECK_FALSE(book.enter("192.0.2.1", 3));
    CHECK(book.enter("192.0.2.2", 3));
    CHECK(book.enter("2001:db8::1", 1));
    places.pop_back();
    CHECK(book.enter("192.0.2.1", 3));
}

TEST_CASE("A place is given back once, when it goes", "[address_book]") {
    connection_limiter book;
    for (int i = 0; i < 100; ++i) {
        const auto place = book.enter("", 1);
        CHECK(place);
        CHECK_FALSE(book.enter("", 1));
    }
}
