// Members that join, leave, are closed, or cause exceptions within hooks.

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

using room = roompp::basic_room<roompp::of_members<fake::member>>;
using rooms = roompp::rooms<room>;

std::string message_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    }
}

}  // namespace

TEST_CASE("A member that joins already gets what its join hook says", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    all.on_join([](room& in, room::member& member) {
        in.broadcast("someone came");
        member.send("welcome");
    });
    const auto a = fake::connect(home);
    const auto in_a = all.join(a, "tea");
    home.run();
    CHECK(a->received == strings{"someone came", "welcome"});
}

TEST_CASE("A leave hook is told why and can tell the others", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    std::vector<std::uint16_t> codes;
    all.on_leave([&](room& in, room::member&, const roompp::close_event& why) {
        codes.push_back(why.code);
        in.broadcast("left: " + why.reason);
    });
    const auto a = fake::connect(home);
    const auto in_a = all.join(a, "tea");
    auto in_b = all.join(fake::connect(home), "tea");
    in_b.leave({4002, "bored"});
    { const auto in_c = all.join(fake::connect(home), "tea"); }
    home.run();
    CHECK(codes == std::vector<std::uint16_t>{4002, 1000});
    CHECK(a->received == strings{"left: bored", "left: "});
}

TEST_CASE("A member may leave within a handler", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int left = 0;
    all.on_message([](room& in, room::member& sender, std::string_view text) {
        if (text == "bye") sender.leave();
        in.broadcast(text);
    });
    all.on_leave([&] { ++left; });
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    auto in_a = all.join(a, "tea");
    auto in_b = all.join(b, "tea");
    in_a.receive("hi");
    in_a.receive("bye");
    in_a.receive("unheard");
    home.run();
    CHECK(a->received == strings{"hi"});
    CHECK(b->received == strings{"hi", "bye"});
    CHECK_FALSE(a->closed());
    in_a.leave();
    CHECK(left == 1);
    in_b.receive("bye");
    CHECK(all.size() == 0);
    CHECK(left == 2);
}

TEST_CASE("A member may leave within the hook of its own join", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int destroyed = 0;
    all.on_join([](room::member& member) { member.leave(); }).on_destroy([&] { ++destroyed; });
    auto in_a = all.join(fake::connect(home), "tea");
    CHECK(all.size() == 0);
    CHECK(destroyed == 1);
    in_a.receive("unheard");
    in_a.leave();
    home.run();
    CHECK(destroyed == 1);
}

TEST_CASE("A member may be closed within a handler, and leaves when its connection has ended", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    all.on_message([](room::member& sender) { sender.close(4003, "enough"); });
    const auto a = fake::connect(home);
    auto in_a = all.join(a, "tea");
    in_a.receive("x");
    CHECK(a->close_codes() == std::vector<std::uint16_t>{4003});
    CHECK(a->close_reason() == "enough");
    CHECK(all.size() == 1);
    in_a.leave();
    CHECK(all.size() == 0);
}

TEST_CASE("An exception in a handler closes only its connection and is reported", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    strings problems;
    all.on_message([](room& in, std::string_view text) {
           if (text == "bad") throw std::runtime_error("can't");
           in.broadcast(text);
       })
        .on_error(
            [&](room& in, std::exception_ptr problem) { problems.push_back(in.name() + ": " + message_of(problem)); });
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    auto in_a = all.join(a, "tea");
    auto in_b = all.join(b, "tea");
    in_a.receive("bad");
    in_b.receive("good");
    home.run();
    CHECK(problems == strings{"tea: can't"});
    CHECK(a->close_codes() == std::vector<std::uint16_t>{roompp::close_code::internal_error});
    CHECK_FALSE(b->closed());
    CHECK(b->received == strings{"good"});
}

TEST_CASE("An exception in any hook is reported and harms nobody else", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int problems = 0;
    const auto fail = [] { throw std::runtime_error("can't"); };
    all.on_error([&] { ++problems; });
    const auto a = fake::connect(home);
    SECTION("in the create hook") {
        all.on_create(fail);
        auto in_a = all.join(a, "tea");
        CHECK(a->close_codes() == std::vector<std::uint16_t>{1011});
    }
    SECTION("in the join hook") {
        all.on_join(fail);
        auto in_a = all.join(a, "tea");
        CHECK(a->close_codes() == std::vector<std::uint16_t>{1011});
    }
    SECTION("in the leave hook") {
        all.on_leave(fail);
        auto in_a = all.join(a, "tea");
    }
    SECTION("in the destroy hook") {
        all.on_destroy(fail);
        auto in_a = all.join(a, "tea");
    }
    CHECK(problems == 1);
    CHECK(all.size() == 0);
}
