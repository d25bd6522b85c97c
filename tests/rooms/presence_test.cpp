#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <roompp/rooms/presence.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using namespace std::chrono_literals;
using roompp::person;

namespace {

using time_point = std::chrono::system_clock::time_point;

std::shared_ptr<const person> called(std::string id, std::string name = {}) {
    return std::make_shared<const person>(person{std::move(id), std::move(name), {}});
}

template <class Presence>
struct scene {
    void leave(const std::string& id) {
        people.leave(id, home.get(),
                     [this](const std::shared_ptr<const person>& person) { departed.push_back(person->id); });
    }
    fake::manual_loop home;
    Presence people;
    std::vector<std::string> departed;
};

}  // namespace

TEST_CASE("Several connections of one person count once", "[presence]") {
    scene<roompp::presence> some;
    CHECK(some.people.enter(called("a"), time_point(1s)) == time_point(1s));
    CHECK_FALSE(some.people.enter(called("a"), time_point(2s)));
    CHECK(some.people.enter(called("b"), time_point(3s)));
    REQUIRE(some.people.size() == 2);
    const auto listed = some.people.list();
    CHECK(listed[0].person->id == "a");
    CHECK(listed[0].connections == 2);
    CHECK(listed[0].since == time_point(1s));
    some.leave("a");
    CHECK(some.departed.empty());
    some.leave("a");
    CHECK(some.departed == std::vector<std::string>{"a"});
    CHECK(some.people.size() == 1);
}

TEST_CASE("A person who comes with another name is news, and has been there all along", "[presence]") {
    scene<roompp::presence> some;
    CHECK(some.people.enter(called("a", "Ann"), time_point(1s)));
    CHECK(some.people.enter(called("a", "Anna"), time_point(9s)) == time_point(1s));
    CHECK(some.people.list()[0].person->name == "Anna");
}

TEST_CASE("Who is not there can't leave", "[presence]") {
    scene<roompp::presence> some;
    some.leave("nobody");
    CHECK(some.departed.empty());
}

TEST_CASE("Within the grace a person may come back unnoticed", "[presence]") {
    scene<roompp::presence_with_grace<10>> some;
    roompp::loop& loop = some.home.get();
    CHECK(some.people.enter(called("a"), {}));
    some.leave("a");
    CHECK(some.people.list()[0].connections == 0);
    loop.advance(loop.now() + 9s);
    CHECK_FALSE(some.people.enter(called("a"), {}));
    loop.advance(loop.now() + 100s);
    CHECK(some.departed.empty());
    some.leave("a");
    loop.advance(loop.now() + 10s);
    CHECK(some.departed == std::vector<std::string>{"a"});
    CHECK(some.people.size() == 0);
}

TEST_CASE("A list of people is bounded", "[presence]") {
    scene<roompp::presence_with_grace<0, 10>> some;
    for (int i = 0; i < 50; ++i) CHECK(some.people.enter(called(std::to_string(i)), {}));
    CHECK(some.people.size() == 50);
    CHECK(some.people.list().size() == 10);
    CHECK(some.people.list(3).size() == 3);
}
