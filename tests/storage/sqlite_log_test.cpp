#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <roompp/sqlite.hpp>

#include "support/catch.hpp"
#include "support/log_contract.hpp"
#include "support/temporary_folder.hpp"

using support::log_user;
using support::test_loop;
using strings = std::vector<std::string>;

namespace {

std::shared_ptr<roompp::log_engine> engine_of(const roompp::sqlite_log& log) { return log; }

std::string path_in(const temporary_folder& folder) { return (folder.path() / "chat.db").string(); }

}  // namespace

TEST_CASE("An SQLite log keeps the promises of a log", "[sqlite]") {
    const temporary_folder folder;
    support::check_log_contract([&] { return engine_of(roompp::sqlite_log(path_in(folder))); });
}

TEST_CASE("What was acknowledged is there when the database is opened again", "[sqlite]") {
    const temporary_folder folder;
    test_loop home;
    std::string epoch;
    for (std::uint64_t restart = 0; restart < 3; ++restart) {
        const auto engine = engine_of(roompp::sqlite_log(path_in(folder)));
        log_user tea(home, *engine, "tea");
        if (restart == 0) epoch = tea.opened.epoch;
        CHECK(tea.opened.epoch == epoch);
        CHECK(tea.opened.last_id == (restart == 0 ? 0 : 10));
        CHECK(tea.opened.latest.size() == tea.opened.last_id);
        for (int i = 0; i < 10; ++i) tea.start_append(std::to_string(i), "key " + std::to_string(i));
        tea.await_outcomes();
        CHECK(tea.outcomes.back().id == 10);
        CHECK(tea.outcomes.back().is_repeated == (restart != 0));
    }
}

TEST_CASE("A database that another program has locked makes messages unavailable, and the log goes on", "[sqlite]") {
    const temporary_folder folder;
    test_loop home;
    const auto engine = engine_of(roompp::sqlite_log(path_in(folder)));
    log_user tea(home, *engine, "tea");
    CHECK(tea.append("one").id == 1);
    {
        roompp::detail::sqlite_database other(path_in(folder), roompp::detail::sqlite_database::access::read_write);
        other.execute("BEGIN IMMEDIATE");
        const auto refused = tea.append("two", "key");
        CHECK_THAT(refused.error, Catch::Contains("locked"));
        CHECK(tea.read(0).size() == 1);  // readers do not wait
        other.execute("COMMIT");
    }
    const auto again = tea.append("two", "key");
    CHECK(again.id == 2);
    CHECK_FALSE(again.is_repeated);
}

TEST_CASE("Many rooms on several loops share a database", "[sqlite]") {
    const temporary_folder folder;
    const auto engine = engine_of(roompp::sqlite_log(path_in(folder)));
    std::vector<std::thread> threads;
    std::mutex mutex;
    std::vector<std::uint64_t> last_ids;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&, thread] {
            test_loop home;
            std::vector<std::unique_ptr<roompp::room_log>> logs;
            std::size_t open = 0;
            std::size_t answers = 0;
            std::uint64_t last_id = 0;
            for (int i = 0; i < 10; ++i)
                engine->open("room " + std::to_string(thread) + '.' + std::to_string(i), home.home(), 10, 1000,
                             [&](roompp::opened_log opened) {
                                 logs.push_back(std::move(opened.log));
                                 ++open;
                             });
            home.run_until([&] { return open == 10; });
            for (int message = 0; message < 50; ++message)
                for (const auto& log : logs) {
                    auto entry = std::make_shared<roompp::log_entry>();
                    entry->bytes = std::to_string(message);
                    log->append(entry, {}, [&](const roompp::append_outcome& outcome) {
                        last_id = outcome.id;
                        ++answers;
                    });
                }
            home.run_until([&] { return answers == 500; });
            const std::lock_guard lock(mutex);
            last_ids.push_back(last_id);
        });
    for (auto& thread : threads) thread.join();
    CHECK(last_ids == std::vector<std::uint64_t>(4, 50));
}

TEST_CASE("A loop that ends before the log has answered is not reached any more", "[sqlite]") {
    const temporary_folder folder;
    const auto engine = engine_of(roompp::sqlite_log(path_in(folder)));
    for (int i = 0; i < 20; ++i) {
        test_loop home;
        log_user tea(home, *engine, "tea " + std::to_string(i));
        for (int message = 0; message < 10; ++message) tea.start_append("text");
    }
    test_loop home;
    const log_user tea(home, *engine, "tea 19");
    CHECK(tea.opened.last_id == 10);
}

TEST_CASE("Rooms and persons are forgotten, and all is exported", "[sqlite]") {
    const temporary_folder folder;
    test_loop home;
    const roompp::sqlite_log log(path_in(folder));
    const auto engine = engine_of(log);
    const auto ann = std::make_shared<const roompp::person>(roompp::person{"ann", "Ann", ""});
    std::mutex mutex;
    strings errors;
    std::size_t count = 0;
    const auto note = [&](const std::string& error) {
        home.home().post([&, error] {
            errors.push_back(error);
            ++count;
        });
    };
    {
        log_user tea(home, *engine, "tea");
        tea.start_append("of Ann", {}, ann);
        tea.start_append("of nobody");
        tea.await_outcomes();
        log.forget_person("ann", note);
        home.run_until([&] { return count == 1; });
        CHECK(support::texts_of(tea.read(0)) == strings{"", "of nobody"});
        log.forget_room("tea", note);
        home.run_until([&] { return count == 2; });
    }
    std::ostringstream text;
    log.export_to(text, "tea");
    CHECK_THAT(text.str(), Catch::Contains(R"("text":"of nobody"})"));
    log.forget_room("tea", note);
    home.run_until([&] { return count == 3; });
    REQUIRE(errors.size() == 3);
    CHECK(errors[0].empty());
    CHECK_THAT(errors[1], Catch::Contains("in use"));
    CHECK(errors[2].empty());
    CHECK(log_user(home, *engine, "tea").opened.last_id == 0);
}

TEST_CASE("A file that is no database is refused when the log is given to rooms", "[sqlite]") {
    const temporary_folder folder;
    std::ofstream(path_in(folder)) << std::string(5000, 'x');
    CHECK_THROWS_WITH(engine_of(roompp::sqlite_log(path_in(folder))), Catch::Contains("not a database"));
}
