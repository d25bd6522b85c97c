#include <memory>
#include <vector>

#include <roompp/base/turn.hpp>

#include "support/catch.hpp"

using roompp::turn;

TEST_CASE("A turn runs its tasks in the order in which they were added", "[turn]") {
    turn now;
    std::vector<int> ran;
    turn::task one([&] { ran.push_back(1); });
    turn::task two([&] { ran.push_back(2); });
    turn::task three([&] { ran.push_back(3); });
    now.add(two);
    now.add(one);
    now.add(three);
    now.end();
    CHECK(ran == std::vector<int>{2, 1, 3});
}

TEST_CASE("A task that is added twice runs once a turn", "[turn]") {
    turn now;
    int ran = 0;
    turn::task task([&] { ++ran; });
    CHECK_FALSE(task.pending());
    now.add(task);
    now.add(task);
    CHECK(task.pending());
    now.end();
    CHECK(ran == 1);
    CHECK_FALSE(task.pending());
    now.end();
    CHECK(ran == 1);
    now.add(task);
    now.end();
    CHECK(ran == 2);
}

TEST_CASE("The first task of a turn wakes the loop, the others do not", "[turn]") {
    int woken = 0;
    turn now([&] { ++woken; });
    turn::task one([] {});
    turn::task two([] {});
    now.end();
    CHECK(woken == 0);
    now.add(one);
    CHECK(woken == 1);
    now.add(two);
    now.add(one);
    CHECK(woken == 1);
    now.end();
    now.add(two);
    CHECK(woken == 2);
}

TEST_CASE("A task that is added while a turn ends belongs to the next turn", "[turn]") {
    int woken = 0;
    turn now([&] { ++woken; });
    int ran = 0;
    turn::task* self = nullptr;
    turn::task task([&] {
        if (++ran == 1) now.add(*self);
    });
    self = &task;
    now.add(task);
    now.end();
    CHECK(ran == 1);
    CHECK(woken == 2);
    CHECK(task.pending());
    now.end();
    CHECK(ran == 2);
    CHECK_FALSE(task.pending());
}

TEST_CASE("A task that is destroyed is not run", "[turn]") {
    turn now;
    std::vector<int> ran;
    turn::task one([&] { ran.push_back(1); });
    auto two = std::make_unique<turn::task>([&] { ran.push_back(2); });
    turn::task three([&] { ran.push_back(3); });
    now.add(one);
    now.add(*two);
    now.add(three);
    SECTION("before the turn ends") { two.reset(); }
    SECTION("by the task before it") {
        turn other;
        turn::task destroyer([&] { two.reset(); });
        now.end();
        ran.clear();
        now.add(destroyer);
        now.add(one);
        now.add(*two);
        now.add(three);
        now.end();
    }
    now.end();
    CHECK(ran == std::vector<int>{1, 3});
}

TEST_CASE("A turn that goes before its tasks forgets them", "[turn]") {
    int ran = 0;
    turn::task one([&] { ++ran; });
    turn::task two([&] { ++ran; });
    {
        turn now;
        now.add(one);
        now.add(two);
    }
    CHECK_FALSE(one.pending());
    CHECK_FALSE(two.pending());
    turn other;
    other.add(one);
    other.end();
    CHECK(ran == 1);
}
