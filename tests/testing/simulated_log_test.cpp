#include <memory>
#include <string>

#include <roompp/testing.hpp>

#include "support/catch.hpp"
#include "support/log_contract.hpp"

using roompp::testing::simulated_log;

TEST_CASE("A simulated log keeps the promises of a log", "[log]") {
    support::check_log_contract([] { return std::make_shared<simulated_log>(); });
}

TEST_CASE("A simulated log is unavailable, refuses and loses messages when the test says so", "[log]") {
    support::test_loop home;
    simulated_log engine;
    std::string epoch;
    {
        support::log_user tea(home, engine, "tea");
        epoch = tea.opened.epoch;
        engine.refuse_next(1);
        CHECK_FALSE(tea.append("refused").error.empty());
        CHECK(tea.append("one").id == 1);
        engine.unavailable(true);
        CHECK_FALSE(tea.append("unavailable").error.empty());
        engine.unavailable(false);
        CHECK(tea.append("two").id == 2);
    }
    engine.unavailable(true);
    CHECK_FALSE(support::log_user(home, engine, "tea").opened.error.empty());
    engine.unavailable(false);
    engine.lose_tail("tea", 1);
    support::log_user tea(home, engine, "tea");
    CHECK(tea.opened.epoch != epoch);
    CHECK(tea.opened.last_id == 1);
    CHECK(tea.append("another two").id == 2);
}
