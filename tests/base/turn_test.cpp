#include <memory>
#include <stdexcept>
#include <vector>

#include <roompp/base/turn.hpp>

#include "support/catch.hpp"

using roompp::turn;

TEST_CASE("A turn runs its tasks in the order in which they were added", "[turn]") {
    turn current;
    std::vector<int> ran;
    turn::task first([&] { ran.push_back(1); });
    turn::task second([&] { ran.push_back(2); });
    turn::task third([&] { ran.push_back(3); });
    current.add(second);
    current.add(first);
    current.add(third);
    current.end();
    CHECK(ran == std::vector<int>{2, 1, 3});
}

TEST_CASE("A task that is added twice runs once a turn", "[turn]") {
    turn current;
    int ran = 0;
    turn::task task([&] { ++ran; });
    CHECK_FALSE(task.pending());
    current.add(task);
    current.add(task);
    CHECK(task.pending());
    current.end();
    CHECK(ran == 1);
    CHECK_FALSE(task.pending());
    current.end();
    CHECK(ran == 1);
    current.add(task);
    current.end();
    CHECK(ran == 2);
}

TEST_CASE("The first task of a turn wakes the loop, the others do not", "[turn]") {
    int woken = 0;
    turn current([&] { ++woken; });
    turn::task first([] {});
    turn::task second([] {});
    current.end();
    CHECK(woken == 0);
    current.add(first);
    CHECK(woken == 1);
    current.add(second);
    current.add(first);
    CHECK(woken == 1);
    current.end();
    current.add(second);
    CHECK(woken == 2);
}

TEST_CASE("A task that is added while a turn ends belongs to the next turn", "[turn]") {
    int woken = 0;
    turn current([&] { ++woken; });
    int ran = 0;
    turn::task* self = nullptr;
    turn::task task([&] {
        if (++ran == 1) current.add(*self);
    });
    self = &task;
    current.add(task);
    current.end();
    CHECK(ran == 1);
    CHECK(woken == 2);
    CHECK(task.pending());
    current.end();
    CHECK(ran == 2);
    CHECK_FALSE(task.pending());
}

TEST_CASE("A task that is destroyed is not run", "[turn]") {
    turn current;
    std::vector<int> ran;
    turn::task first([&] { ran.push_back(1); });
    auto second = std::make_unique<turn::task>([&] { ran.push_back(2); });
    turn::task third([&] { ran.push_back(3); });
    current.add(first);
    current.add(*second);
    current.add(third);
    SECTION("before the turn ends") { second.reset(); }
    SECTION("by the task before it") {
        turn other;
        turn::task destroyer([&] { second.reset(); });
        current.end();
        ran.clear();
        current.add(destroyer);
        current.add(first);
        current.add(*second);
        current.add(third);
        current.end();
    }
    current.end();
    CHECK(ran == std::vector<int>{1, 3});
}

TEST_CASE("When a task throws, those behind it are run in the next turn", "[turn]") {
    turn current;
    std::vector<int> ran;
    turn::task first([&] { ran.push_back(1); });
    turn::task thrower([] { throw std::runtime_error("a task was told to throw"); });
    turn::task second([&] { ran.push_back(2); });
    turn::task third([&] { ran.push_back(3); });
    for (turn::task* const task : {&first, &thrower, &second, &third}) current.add(*task);
    CHECK_THROWS_AS(current.end(), std::runtime_error);
    CHECK(ran == std::vector<int>{1});
    CHECK(third.pending());
    current.end();
    CHECK(ran == std::vector<int>{1, 2, 3});
}

TEST_CASE("A turn that goes before its tasks forgets them", "[turn]") {
    int ran = 0;
    turn::task first([&] { ++ran; });
    turn::task second([&] { ++ran; });
    {
        turn current;
        current.add(first);
        current.add(second);
    }
    CHECK_FALSE(first.pending());
    CHECK_FALSE(second.pending());
    turn other;
    other.add(first);
    other.end();
    CHECK(ran == 1);
}
