#include <memory>

#include <roompp/rooms/memory_log.hpp>

#include "support/catch.hpp"
#include "support/log_contract.hpp"

TEST_CASE("A log in memory keeps the promises of a log", "[log]") {
    support::check_log_contract([] { return std::make_shared<roompp::memory_log>(); });
}

TEST_CASE("A log in memory keeps so many messages of each room", "[log]") {
    support::test_loop home;
    roompp::memory_log engine(3);
    support::log_user tea(home, engine, "tea");
    for (int i = 1; i <= 5; ++i) (void)tea.append(std::to_string(i));
    CHECK(support::texts_of(tea.read(0)) == std::vector<std::string>{"3", "4", "5"});
}
