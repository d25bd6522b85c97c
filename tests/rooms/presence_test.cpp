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
        here.leave(id, home.get(), [this](const person& who) { gone.push_back(who.id); });
    }
    fake::manual_loop home;
    Presence here;
    std::vector<std::string> gone;
};

}  // namespace

TEST_CASE("Several connections of one person count once", "[presence]") {
    scene<roompp::presence> some;
    CHECK(some.here.enter(called("a"), time_point(1s)) == time_point(1s));
    CHECK_FALSE(some.here.enter(called("a"), time_point(2s)));
    CHECK(some.here.enter(called("b"), time_point(3s)));
    REQUIRE(some.here.size() == 2);
    const auto listed = some.here.list();
    CHECK(listed[0].person->id == "a");
    CHECK(listed[0].connections == 2);
    CHECK(listed[0].since == time_point(1s));
    some.leave("a");
    CHECK(some.gone.empty());
    some.leave("a");
    CHECK(some.gone == std::vector<std::string>{"a"});
    CHECK(some.here.size() == 1);
}

TEST_CASE("A person who comes with another name is news, and has been there all along", "[presence]") {
    scene<roompp::presence> some;
    CHECK(some.here.enter(called("a", "Ann"), time_point(1s)));
    CHECK(some.here.enter(called("a", "Anna"), time_point(9s)) == time_point(1s));
    CHECK(some.here.list()[0].person->name == "Anna");
}

TEST_CASE("Who is not there can't leave", "[presence]") {
    scene<roompp::presence> some;
    some.leave("nobody");
    CHECK(some.gone.empty());
}

TEST_CASE("Within the grace a person may come back unnoticed", "[presence]") {
    scene<roompp::presence_with_grace<10>> some;
    roompp::loop& loop = some.home.get();
    CHECK(some.here.enter(called("a"), {}));
    some.leave("a");
    CHECK(some.here.list()[0].connections == 0);
    loop.advance(loop.now() + 9s);
    CHECK_FALSE(some.here.enter(called("a"), {}));
    loop.advance(loop.now() + 100s);
    CHECK(some.gone.empty());
    some.leave("a");
    loop.advance(loop.now() + 10s);
    CHECK(some.gone == std::vector<std::string>{"a"});
    CHECK(some.here.size() == 0);
}

TEST_CASE("A list of people is bounded", "[presence]") {
    scene<roompp::presence_with_grace<0, 10>> some;
    for (int i = 0; i < 50; ++i) CHECK(some.here.enter(called(std::to_string(i)), {}));
    CHECK(some.here.size() == 50);
    CHECK(some.here.list().size() == 10);
    CHECK(some.here.list(3).size() == 3);
}
