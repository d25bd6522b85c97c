#include <chrono>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <roompp/base/loop.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

TEST_CASE("A loop that no thread has entered is everybody's", "[loop]") {
    fake::manual_loop home;
    CHECK(home.get().running_here());
    bool running = false;
    std::thread([&] { running = home.get().running_here(); }).join();
    CHECK(running);
}

TEST_CASE("A loop belongs to the thread that entered it, until that leaves", "[loop]") {
    fake::manual_loop home;
    home.get().enter();
    CHECK(home.get().running_here());
    bool running = true;
    std::thread([&] { running = home.get().running_here(); }).join();
    CHECK_FALSE(running);
    home.get().leave();
    std::thread([&] { running = home.get().running_here(); }).join();
    CHECK(running);
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
    roompp::turn::task first([&] { ran.push_back(1); });
    roompp::turn::task second([&] { ran.push_back(2); });
    home.get().current_turn().add(first);
    home.get().current_turn().add(second);
    CHECK(ran.empty());
    CHECK(home.waiting() == 1);
    home.run();
    CHECK(ran == std::vector<int>{1, 2});
}

TEST_CASE("Timers run when the loop's time has come, the earlier first, and of equal times the one made first",
          "[loop]") {
    using namespace std::chrono_literals;
    fake::manual_loop home;
    roompp::loop& loop = home.get();
    const auto start = loop.now();
    std::vector<int> ran;
    const auto late = loop.after(3s, [&] { ran.push_back(3); });
    const auto early = loop.after(1s, [&] { ran.push_back(1); });
    const auto same = loop.after(1s, [&] { ran.push_back(2); });
    loop.advance(start + 999ms);
    CHECK(ran.empty());
    loop.advance(start + 1s);
    CHECK(ran == std::vector<int>{1, 2});
    loop.advance(start + 10s);
    CHECK(ran == std::vector<int>{1, 2, 3});
    CHECK(loop.now() == start + 10s);
}

TEST_CASE("A timer that is gone does not run, and may go after its loop", "[loop]") {
    using namespace std::chrono_literals;
    roompp::loop::timer survivor;
    fake::manual_loop home;
    roompp::loop& loop = home.get();
    bool ran = false;
    {
        const auto short_lived = loop.after(1s, [&] { ran = true; });
    }
    auto cancelled = loop.after(1s, [&] { ran = true; });
    cancelled.cancel();
    auto replaced = loop.after(1s, [&] { ran = true; });
    replaced = {};
    loop.advance(loop.now() + 2s);
    CHECK_FALSE(ran);
    survivor = fake::manual_loop().get().after(1s, [&] { ran = true; });
    survivor.cancel();
    CHECK_FALSE(ran);
}

TEST_CASE("A timer made by a timer waits for the next time, and one that throws costs the others nothing", "[loop]") {
    using namespace std::chrono_literals;
    fake::manual_loop home;
    roompp::loop& loop = home.get();
    int again = 0;
    roompp::loop::timer next;
    std::function<void()> repeat = [&] {
        ++again;
        next = loop.after(0s, repeat);
    };
    next = loop.after(0s, repeat);
    loop.advance(loop.now());
    CHECK(again == 1);
    loop.advance(loop.now());
    CHECK(again == 2);

    bool other = false;
    const auto bad = loop.after(1s, [] { throw std::runtime_error("no"); });
    const auto good = loop.after(1s, [&] { other = true; });
    CHECK_THROWS(loop.advance(loop.now() + 1s));
    loop.advance(loop.now());
    CHECK(other);
}
