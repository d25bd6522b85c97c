#include <thread>
#include <vector>

#include <roompp/core/loop.hpp>

#include "catch.hpp"
#include "fake_member.hpp"

TEST_CASE("A loop that no thread has entered is everybody's", "[loop]") {
    fake::manual_loop home;
    CHECK(home.get().running_here());
    bool there = false;
    std::thread([&] { there = home.get().running_here(); }).join();
    CHECK(there);
}

TEST_CASE("A loop belongs to the thread that entered it, until that leaves", "[loop]") {
    fake::manual_loop home;
    home.get().enter();
    CHECK(home.get().running_here());
    bool there = true;
    std::thread([&] { there = home.get().running_here(); }).join();
    CHECK_FALSE(there);
    home.get().leave();
    std::thread([&] { there = home.get().running_here(); }).join();
    CHECK(there);
}

TEST_CASE("A posted task never runs at once", "[loop]") {
    fake::manual_loop home;
    std::vector<int> ran;
    home.get().post([&] { ran.push_back(1); });
    home.get().post([&] { ran.push_back(2); });
    CHECK(ran.empty());
    CHECK(home.run() == 2);
    CHECK(ran == std::vector<int>{1, 2});
}

TEST_CASE("A dispatched task runs at once on the loop's thread and later from another", "[loop]") {
    fake::manual_loop home;
    int ran = 0;
    home.get().dispatch([&] { ++ran; });
    CHECK(ran == 1);
    home.belong_to_another_thread();
    home.get().dispatch([&] { ++ran; });
    CHECK(ran == 1);
    home.run();
    CHECK(ran == 2);
}

TEST_CASE("A loop knows its place", "[loop]") {
    fake::manual_loop first;
    fake::manual_loop third(2);
    CHECK(first.get().index() == 0);
    CHECK(third.get().index() == 2);
}

TEST_CASE("The end of a loop's turn comes by itself, once for all tasks of the turn", "[loop]") {
    fake::manual_loop home;
    std::vector<int> ran;
    roompp::turn::task one([&] { ran.push_back(1); });
    roompp::turn::task two([&] { ran.push_back(2); });
    home.get().current_turn().add(one);
    home.get().current_turn().add(two);
    CHECK(ran.empty());
    CHECK(home.waiting() == 1);
    home.run();
    CHECK(ran == std::vector<int>{1, 2});
}
