#pragma once
// What every log promises, as tests of any log: see log_engine.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/rooms/log.hpp>

#include "../patience.hpp"
#include "catch.hpp"

namespace support {

/// A loop that a test runs until something has happened. Tasks may come from other threads.
class test_loop {
public:
    test_loop() : home_([this](roompp::loop::task work) { post(std::move(work)); }) { home_.enter(); }
    ~test_loop() {
        home_.end_handles();
        home_.leave();
    }
    test_loop(const test_loop&) = delete;
    test_loop& operator=(const test_loop&) = delete;

    [[nodiscard]] roompp::loop& home() noexcept { return home_; }
    template <class Condition>
    void run_until(Condition&& is_met) {
        const auto deadline = std::chrono::steady_clock::now() + patience();
        while (!is_met()) {
            roompp::loop::task work;
            {
                std::unique_lock lock(mutex_);
                if (!wake_.wait_until(lock, deadline, [this] { return !tasks_.empty(); }))
                    throw std::runtime_error("the log has not answered");
                work = std::move(tasks_.front());
                tasks_.pop_front();
            }
            work();
        }
    }

private:
    void post(roompp::loop::task work) {
        {
            const std::lock_guard lock(mutex_);
            tasks_.push_back(std::move(work));
        }
        wake_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<roompp::loop::task> tasks_;
    roompp::loop home_;
};

/// The log of one room, with calls that wait for the answer.
class log_user {
public:
    log_user(test_loop& home, roompp::log_engine& engine, const std::string& room, std::size_t max_latest = 100)
        : home_(home) {
        bool is_open = false;
        engine.open(room, home.home(), max_latest, 1'000'000, [&](roompp::opened_log result) {
            opened = std::move(result);
            is_open = true;
        });
        REQUIRE_FALSE(is_open);  // never from within the call
        home_.run_until([&] { return is_open; });
    }

    /// Hands a message over. The outcome comes later, see outcomes.
    void start_append(const std::string& text, const std::string& key = {},
                      std::shared_ptr<const roompp::person> sender = nullptr) {
        auto entry = std::make_shared<roompp::log_entry>();
        entry->at = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
        entry->sender = std::move(sender);
        entry->bytes = text;
        const std::size_t count = outcomes.size();
        ++appends_;
        opened.log->append(std::move(entry), key,
                           [this](const roompp::append_outcome& outcome) { outcomes.push_back(outcome); });
        REQUIRE(outcomes.size() == count);  // never from within the call
    }
    void await_outcomes() {
        home_.run_until([&] { return outcomes.size() == appends_; });
    }
    roompp::append_outcome append(const std::string& text, const std::string& key = {}) {
        start_append(text, key);
        await_outcomes();
        return outcomes.back();
    }
    std::vector<roompp::log_entry> read(std::uint64_t after, std::size_t max_count = 1000,
                                        std::size_t max_bytes = 1'000'000) {
        bool is_read = false;
        roompp::read_outcome result;
        opened.log->read(after, max_count, max_bytes, [&](const roompp::read_outcome& outcome) {
            result = outcome;
            is_read = true;
        });
        REQUIRE_FALSE(is_read);
        home_.run_until([&] { return is_read; });
        REQUIRE(result.error.empty());
        return result.entries;
    }

    roompp::opened_log opened;
    std::vector<roompp::append_outcome> outcomes;

private:
    test_loop& home_;
    std::size_t appends_ = 0;
};

inline std::vector<std::string> texts_of(const std::vector<roompp::log_entry>& entries) {
    std::vector<std::string> texts;
    for (const auto& entry : entries) texts.push_back(entry.bytes);
    return texts;
}

/// Checks the promises of a log. Each section begins with a log without rooms.
/// @param make_engine makes one.
template <class MakeEngine>
void check_log_contract(MakeEngine&& make_engine) {
    using strings = std::vector<std::string>;
    test_loop home;
    const std::shared_ptr<roompp::log_engine> engine = make_engine();

    SECTION("a new room is empty, and has an epoch of its own") {
        const log_user tea(home, *engine, "tea"), coffee(home, *engine, "coffee");
        CHECK(tea.opened.error.empty());
        CHECK_FALSE(tea.opened.epoch.empty());
        CHECK(tea.opened.last_id == 0);
        CHECK(tea.opened.latest.empty());
        CHECK(tea.opened.epoch != coffee.opened.epoch);
    }
    SECTION("numbers begin with 1 and rise by one, in the order of the appends") {
        log_user tea(home, *engine, "tea"), coffee(home, *engine, "coffee");
        for (int i = 1; i <= 100; ++i) {
            tea.start_append("tea " + std::to_string(i));
            if (i % 3 == 0) coffee.start_append("coffee " + std::to_string(i));
        }
        tea.await_outcomes();
        coffee.await_outcomes();
        for (std::size_t i = 0; i < 100; ++i) {
            CHECK(tea.outcomes[i].error.empty());
            CHECK(tea.outcomes[i].id == i + 1);
            CHECK_FALSE(tea.outcomes[i].is_repeated);
        }
        CHECK(coffee.outcomes.back().id == 33);
        const auto entries = tea.read(0);
        REQUIRE(entries.size() == 100);
        for (std::size_t i = 0; i < 100; ++i) {
            CHECK(entries[i].id == i + 1);
            CHECK(entries[i].bytes == "tea " + std::to_string(i + 1));
        }
    }
    SECTION("messages are kept as they are") {
        log_user tea(home, *engine, "tea");
        const auto ann = std::make_shared<const roompp::person>(roompp::person{"ann", "Ann", "data"});
        tea.start_append(std::string("\0ä€😀", 10), {}, ann);
        tea.start_append("");
        tea.await_outcomes();
        const auto entries = tea.read(0);
        REQUIRE(entries.size() == 2);
        CHECK(entries[0].bytes == std::string("\0ä€😀", 10));
        CHECK(entries[0].kind == roompp::payload_kind::text);
        CHECK(entries[0].sender->id == "ann");
        CHECK(entries[0].sender->name == "Ann");
        CHECK(entries[0].sender->data == "data");
        CHECK(entries[0].at == std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000)));
        CHECK(entries[1].bytes.empty());
        CHECK_FALSE(entries[1].sender);
    }
    SECTION("reading begins after a number, and is bounded in messages and bytes") {
        log_user tea(home, *engine, "tea");
        for (int i = 1; i <= 10; ++i) tea.start_append(std::string(100, static_cast<char>('a' + i - 1)));
        tea.await_outcomes();
        CHECK(tea.read(8).size() == 2);
        CHECK(tea.read(10).empty());
        CHECK(tea.read(99).empty());
        CHECK(tea.read(2, 3).back().id == 5);
        CHECK(tea.read(0, 100, 350).size() == 3);
        CHECK(tea.read(0, 100, 1).size() == 1);
    }
    SECTION("a room that is opened again goes on, with its latest messages") {
        std::string epoch;
        {
            log_user tea(home, *engine, "tea");
            epoch = tea.opened.epoch;
            for (int i = 1; i <= 20; ++i) tea.start_append(std::to_string(i));
            tea.await_outcomes();
        }
        log_user tea(home, *engine, "tea", 3);
        CHECK(tea.opened.epoch == epoch);
        CHECK(tea.opened.last_id == 20);
        CHECK(texts_of(tea.opened.latest) == strings{"18", "19", "20"});
        CHECK(tea.append("21").id == 21);
    }
    SECTION("what was appended before the room is opened again is there, awaited or not") {
        {
            log_user tea(home, *engine, "tea");
            for (int i = 1; i <= 20; ++i) tea.start_append(std::to_string(i));
            tea.opened.log.reset();
            tea.await_outcomes();
        }
        const log_user tea(home, *engine, "tea");
        CHECK(tea.opened.last_id == 20);
    }
    SECTION("a message with a key is kept once") {
        log_user tea(home, *engine, "tea"), coffee(home, *engine, "coffee");
        CHECK(tea.append("one", "k1").id == 1);
        CHECK(tea.append("two", "k2").id == 2);
        const auto again = tea.append("one", "k1");
        CHECK(again.id == 1);
        CHECK(again.is_repeated);
        CHECK(again.error.empty());
        CHECK_FALSE(coffee.append("one", "k1").is_repeated);  // the keys of other rooms are others
        CHECK(tea.append("three").id == 3);
        tea.start_append("four", "k4");
        tea.start_append("four", "k4");
        tea.start_append("five", "k5");
        tea.await_outcomes();
        CHECK(texts_of(tea.read(0)) == strings{"one", "two", "three", "four", "five"});
    }
    SECTION("a key is recognised when the room is opened again") {
        {
            log_user tea(home, *engine, "tea");
            (void)tea.append("one", "k1");
        }
        log_user tea(home, *engine, "tea");
        CHECK(tea.append("one", "k1").is_repeated);
    }
}

}  // namespace support
