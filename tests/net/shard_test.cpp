#include <memory>
#include <string>
#include <vector>

#include <roompp/base/limits.hpp>
#include <roompp/net/shard.hpp>

#include "support/catch.hpp"

using roompp::net::shard;

TEST_CASE("A shard has one scratch object of each type, and it stays where it is", "[shard]") {
    shard host(0, roompp::limits());
    auto& text = host.scratch<std::string>();
    CHECK(text.empty());
    text = "kept";
    auto& numbers = host.scratch<std::vector<int>>();
    auto& pointer = host.scratch<std::unique_ptr<int>>();
    CHECK_FALSE(pointer);
    numbers.push_back(1);
    CHECK(&host.scratch<std::string>() == &text);
    CHECK(host.scratch<std::string>() == "kept");
    CHECK(&host.scratch<std::vector<int>>() == &numbers);
    CHECK(&host.scratch<std::unique_ptr<int>>() == &pointer);
}

TEST_CASE("Each shard has scratch objects of its own", "[shard]") {
    shard first(0, roompp::limits());
    shard second(1, roompp::limits());
    first.scratch<std::string>() = "first";
    CHECK(second.scratch<std::string>().empty());
}
