#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include <roompp/base/handler.hpp>
#include <roompp/base/payload.hpp>

#include "support/catch.hpp"

using roompp::handler;
using roompp::payload;
using roompp::takes_some_of;

namespace {

struct room {
    int calls = 0;
};
struct sender {
    int calls = 0;
};
using hook = handler<void(room&, sender&, payload)>;

void plain_function(sender& caller) { ++caller.calls; }

}  // namespace

TEST_CASE("A handler takes any subset of the parameters, in their order", "[handler]") {
    room tea;
    sender caller;
    std::string received;
    const auto call = [&](hook target) { target(tea, caller, payload("hi")); };

    SECTION("all") {
        call([&](room&, sender&, payload text) { received = text.data(); });
    }
    SECTION("none") {
        call([&] { received = "hi"; });
    }
    SECTION("the first") {
        call([&](room& given) {
            CHECK(&given == &tea);
            received = "hi";
        });
    }
    SECTION("the second") {
        call([&](sender& given) {
            CHECK(&given == &caller);
            received = "hi";
        });
    }
    SECTION("the last") {
        call([&](payload text) { received = text.data(); });
    }
    SECTION("the first and the last") {
        call([&](room&, payload text) { received = text.data(); });
    }
    SECTION("the last two") {
        call([&](sender&, payload text) { received = text.data(); });
    }
    SECTION("the first two") {
        call([&](room&, sender&) { received = "hi"; });
    }
    SECTION("constant ones") {
        call([&](const room&, const sender&, const payload& text) { received = text.data(); });
    }
    SECTION("a string view for the payload") {
        call([&](std::string_view text) { received = text; });
    }
    CHECK(received == "hi");
}

TEST_CASE("A generic handler gets as many parameters as it takes, the earlier ones first", "[handler]") {
    room tea;
    sender caller;
    const auto call = [&](hook target) { target(tea, caller, payload("hi")); };
    call([](auto& first) {
        static_assert(std::is_same_v<decltype(first), room&>);
        ++first.calls;
    });
    CHECK(tea.calls == 1);
    call([](auto& first, auto& second) {
        static_assert(std::is_same_v<decltype(first), room&> && std::is_same_v<decltype(second), sender&>);
        ++first.calls;
        ++second.calls;
    });
    CHECK(tea.calls == 2);
    CHECK(caller.calls == 1);
    call([](auto& first, auto& second, std::string_view text) {
        static_assert(std::is_same_v<decltype(first), room&> && std::is_same_v<decltype(second), sender&>);
        first.calls += static_cast<int>(text.size());
    });
    CHECK(tea.calls == 4);
    call([](auto&&... arguments) { static_assert(sizeof...(arguments) == 3); });
}

TEST_CASE("What can't be called with some of the parameters is no handler", "[handler]") {
    const auto swapped = [](sender&, room&) {};
    const auto foreign = [](int*) {};
    const auto too_many = [](room&, sender&, payload, int) {};
    const auto taker = [](room&) {};
    STATIC_REQUIRE_FALSE(takes_some_of<decltype(swapped), room&, sender&, payload>);
    STATIC_REQUIRE_FALSE(takes_some_of<decltype(foreign), room&, sender&, payload>);
    STATIC_REQUIRE_FALSE(takes_some_of<decltype(too_many), room&, sender&, payload>);
    STATIC_REQUIRE(takes_some_of<decltype(taker), room&, sender&, payload>);
}

TEST_CASE("A handler that returns nothing means the default result", "[handler]") {
    bool called = false;
    const handler<std::string(int)> nothing([&] { called = true; });
    CHECK(nothing(1).empty());
    CHECK(called);
    const handler<bool(int)> no([](int) {});
    CHECK_FALSE(no(1));
}

TEST_CASE("A handler's result is converted, or dropped where none is asked for", "[handler]") {
    const handler<std::string(int)> text([](int) { return "text"; });
    CHECK(text(1) == "text");
    int called = 0;
    const handler<void(int)> dropped([&](int n) { return called += n; });
    dropped(2);
    CHECK(called == 2);
    const handler<std::unique_ptr<int>(int)> owned([](int n) { return std::make_unique<int>(n); });
    CHECK(*owned(3) == 3);
}

TEST_CASE("A handler is empty until it is given something to call", "[handler]") {
    hook target;
    CHECK_FALSE(target);
    target = [](sender& caller) { ++caller.calls; };
    REQUIRE(target);
    room tea;
    sender caller;
    target(tea, caller, {});
    CHECK(caller.calls == 1);
    target = plain_function;
    target(tea, caller, {});
    CHECK(caller.calls == 2);
}

TEST_CASE("Copies of a handler share nothing", "[handler]") {
    const handler<int()> first([n = 0]() mutable { return ++n; });
    CHECK(first() == 1);
    const handler<int()> second = first;
    CHECK(second() == 2);
    CHECK(second() == 3);
    CHECK(first() == 2);
}

TEST_CASE("A handler hands values on without a copy", "[handler]") {
    const handler<int(std::unique_ptr<int>)> target([](std::unique_ptr<int> value) { return *value; });
    CHECK(target(std::make_unique<int>(7)) == 7);
}

TEST_CASE("It can be told which parameters a handler takes", "[handler]") {
    using roompp::detail::takes_argument;
    const auto none = [] {};
    const auto first = [](int) {};
    const auto second = [](const std::string&) {};
    const auto both = [](int, const std::string&) {};
    const auto any = [](const auto&) {};
    CHECK_FALSE(takes_argument<1, decltype(none), int, const std::string&>);
    CHECK_FALSE(takes_argument<1, decltype(first), int, const std::string&>);
    CHECK(takes_argument<1, decltype(second), int, const std::string&>);
    CHECK(takes_argument<1, decltype(both), int, const std::string&>);
    CHECK_FALSE(takes_argument<1, decltype(any), int, const std::string&>);
}
