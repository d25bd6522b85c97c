// Messages for handlers that continue after they have returned.

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <roompp/base/async_handler.hpp>
#include <roompp/base/payload.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

// Work that ends when the test says so.
struct manual_work {
    std::vector<std::function<void(std::exception_ptr)>>* running;
};

}  // namespace

template <>
struct roompp::async_work<manual_work> {
    static constexpr bool is_async = true;
    static void start(loop&, manual_work work, std::function<void(std::exception_ptr)> on_done) {
        work.running->push_back(std::move(on_done));
    }
};

namespace {

struct fixture {
    [[nodiscard]] bool put(const std::string& text) {
        return queue->put(
            text,
            [this](roompp::payload message) -> roompp::pending {
                begun.emplace_back(message.data());
                if (message.data() == "bad") throw std::runtime_error("bad");
                if (message.data() == "quick") return {};
                return manual_work{&running};
            },
            [this](const std::exception_ptr& error) { results.emplace_back(error ? "error" : "done"); });
    }
    void end_work(const std::exception_ptr& error = nullptr) {
        const auto on_done = std::move(running.at(0));
        running.erase(running.begin());
        on_done(error);
    }

    fake::manual_loop home;
    std::shared_ptr<roompp::message_queue> queue = std::make_shared<roompp::message_queue>(home.get());
    std::vector<std::function<void(std::exception_ptr)>> running;
    strings begun;
    strings results;
};

}  // namespace

TEST_CASE_METHOD(fixture, "A message is handled when the one before is done", "[message_queue]") {
    REQUIRE(put("a"));
    REQUIRE(put("b"));
    REQUIRE(put("quick"));
    REQUIRE(put("c"));
    CHECK(begun == strings{"a"});
    CHECK(results.empty());
    end_work();
    CHECK(begun == strings{"a", "b"});
    CHECK(results == strings{"done"});
    end_work();
    CHECK(begun == strings{"a", "b", "quick", "c"});
    CHECK(results == strings{"done", "done", "done"});
    end_work();
    CHECK(results.size() == 4);
}

TEST_CASE_METHOD(fixture, "A handler's exception goes to its own message, and the next one is handled",
                 "[message_queue]") {
    REQUIRE(put("a"));
    REQUIRE(put("bad"));
    REQUIRE(put("b"));
    end_work(std::make_exception_ptr(std::runtime_error("no")));
    CHECK(begun == strings{"a", "bad", "b"});
    CHECK(results == strings{"error", "error"});
}

TEST_CASE_METHOD(fixture, "No more messages wait than the queue may hold", "[message_queue]") {
    REQUIRE(put("a"));
    for (std::size_t i = 0; i < roompp::message_queue::max_messages; ++i) REQUIRE(put("b"));
    CHECK_FALSE(put("c"));
    end_work();
    CHECK(put("c"));
}

TEST_CASE_METHOD(fixture, "No more bytes wait than the queue may hold", "[message_queue]") {
    REQUIRE(put("a"));
    CHECK_FALSE(put(std::string(roompp::message_queue::max_bytes + 1, 'x')));
    REQUIRE(put(std::string(roompp::message_queue::max_bytes, 'x')));
    CHECK_FALSE(put("b"));
    end_work();
    CHECK(put("b"));
}

TEST_CASE_METHOD(fixture, "A queue that is cleared handles nothing more of what waited", "[message_queue]") {
    REQUIRE(put("a"));
    REQUIRE(put("b"));
    queue->clear();
    end_work();
    CHECK(begun == strings{"a"});
    CHECK(results == strings{"done"});
    REQUIRE(put("c"));
    CHECK(begun.back() == "c");
}
