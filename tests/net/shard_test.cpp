// A loop's shared objects, and its connections' time.

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <roompp/base/limits.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/shard.hpp>

#include "support/catch.hpp"

using roompp::net::shard;

TEST_CASE("A shard has one scratch object of each type, and it stays where it is", "[shard]") {
    shard host(0, roompp::limits());
    auto& text = host.scratch<std::string>();
    CHECK(text.empty());
    text = "kept";
    auto& numbers = host.scratch<std::vector<int>>();
    auto& pointer = host.scratch<std::unique_ptr<int>>();
    CHECK_FALSE(pointer);
    numbers.push_back(1);
    CHECK(&host.scratch<std::string>() == &text);
    CHECK(host.scratch<std::string>() == "kept");
    CHECK(&host.scratch<std::vector<int>>() == &numbers);
    CHECK(&host.scratch<std::unique_ptr<int>>() == &pointer);
}

TEST_CASE("Each shard has scratch objects of its own", "[shard]") {
    shard first(0, roompp::limits());
    shard second(1, roompp::limits());
    first.scratch<std::string>() = "first";
    CHECK(second.scratch<std::string>().empty());
}

namespace {

// A connection that throws, if told to, whatever it is asked.
class test_connection : public shard::shard_connection {
public:
    test_connection(shard& host, bool throws) : shard_connection(host), throws_(throws) {}
    int ticks = 0;
    int stops = 0;
    int aborts = 0;

private:
    void tick(shard::clock::time_point) override { count(ticks); }
    void stop() override { count(stops); }
    void abort() override { count(aborts); }
    void on_incomplete_send(const std::shared_ptr<const roompp::net::frame_batch>&, std::size_t, int) override {}
    void count(int& calls) const {
        ++calls;
        if (throws_) throw std::runtime_error("this test wants it");
    }
    bool throws_;
};

}  // namespace

TEST_CASE("A connection that throws keeps no other from its timeouts and from stopping", "[shard]") {
    roompp::limits limits;
    limits.stop_timeout = std::chrono::seconds(1);
    shard host(0, limits);
    test_connection first(host, false);
    test_connection failing(host, true);
    test_connection last(host, false);
    const shard::clock::time_point start{};
    CHECK_THROWS(host.advance(start));
    CHECK_THROWS(host.stop());
    CHECK_THROWS(host.advance(start + std::chrono::seconds(5)));
    for (const test_connection* connection : {&first, &failing, &last}) {
        CHECK(connection->ticks == 1);
        CHECK(connection->stops == 1);
        CHECK(connection->aborts == 1);
    }
}

TEST_CASE("A timer that throws keeps no connection from its timeouts", "[shard]") {
    shard host(0, roompp::limits());
    test_connection connection(host, false);
    const auto timer = host.home().after({}, [] { throw std::runtime_error("this test wants it"); });
    CHECK_THROWS(host.advance(host.now()));
    CHECK(connection.ticks == 1);
}
