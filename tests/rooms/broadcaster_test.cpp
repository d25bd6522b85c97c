#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <roompp/rooms/broadcaster.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;
using broadcaster = roompp::broadcaster<fake::member>;

TEST_CASE("A broadcast reaches every subscriber at the end of the turn", "[broadcaster]") {
    fake::manual_loop home;
    broadcaster news(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    const auto in_a = news.join(a);
    const auto in_b = news.join(b);
    CHECK(news.size() == 2);
    news.broadcast("one");
    news.broadcast(roompp::binary("two"));
    CHECK(a->received.empty());
    home.run();
    CHECK(a->received == strings{"one", "two"});
    CHECK(b->received == strings{"one", "two"});
    CHECK(a->deliveries == 1);
    CHECK(a->kinds[0] == roompp::payload_kind::text);
    CHECK(a->kinds[1] == roompp::payload_kind::binary);
}

TEST_CASE("A flush writes at once, and the turn's end has nothing left to write", "[broadcaster]") {
    fake::manual_loop home;
    broadcaster news(home);
    const auto a = fake::connect(home);
    const auto in_a = news.join(a);
    news.broadcast("one");
    news.flush();
    CHECK(a->received == strings{"one"});
    home.run();
    CHECK(a->deliveries == 1);
}

TEST_CASE("A broadcast to nobody does nothing", "[broadcaster]") {
    fake::manual_loop home;
    broadcaster news(home);
    news.broadcast("one");
    CHECK(home.waiting() == 0);
    const auto a = fake::connect(home);
    const auto in_a = news.join(a);
    home.run();
    CHECK(a->received.empty());
}

TEST_CASE("Broadcasts, exceptions and single messages keep one order", "[broadcaster]") {
    fake::manual_loop home;
    broadcaster news(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    const auto in_a = news.join(a);
    const auto in_b = news.join(b);
    news.broadcast("1");
    news.send(in_a, "2");
    news.broadcast_except(in_a, "3");
    news.broadcast("4");
    home.run();
    CHECK(a->received == strings{"1", "2", "4"});
    CHECK(b->received == strings{"1", "3", "4"});
}

TEST_CASE("Who joins in mid-turn gets nothing that was said before", "[broadcaster]") {
    fake::manual_loop home;
    broadcaster news(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    const auto in_a = news.join(a);
    news.broadcast("before");
    const auto in_b = news.join(b);
    news.broadcast("after");
    home.run();
    CHECK(a->received == strings{"before", "after"});
    CHECK(b->received == strings{"after"});
}

TEST_CASE("Who unsubscribes still gets what was said before", "[broadcaster]") {
    fake::manual_loop home;
    broadcaster news(home);
    const auto a = fake::connect(home);
    auto in_a = news.join(a);
    news.broadcast("before");
    news.send(in_a, "to you");
    in_a.leave();
    CHECK_FALSE(in_a);
    news.broadcast("after");
    home.run();
    CHECK(a->received == strings{"before", "to you"});
    CHECK(news.size() == 0);
    in_a.leave();
    news.send(in_a, "nothing");
    home.run();
    CHECK(a->deliveries == 1);
}

TEST_CASE("A subscription ends with its object and can be moved", "[broadcaster]") {
    fake::manual_loop home;
    broadcaster news(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    {
        auto first = news.join(a);
        auto second = std::move(first);
        CHECK(second);
        CHECK(news.size() == 1);
        second = news.join(b);
        CHECK(news.size() == 1);
        news.broadcast("one");
        home.run();
        broadcaster::subscription none;
        CHECK_FALSE(none);
        none = std::move(second);
        CHECK(news.size() == 1);
    }
    CHECK(news.size() == 0);
    CHECK(a->received.empty());
    CHECK(b->received == strings{"one"});
}

TEST_CASE("A subscription may outlive its broadcaster", "[broadcaster]") {
    fake::manual_loop home;
    const auto a = fake::connect(home);
    broadcaster::subscription in_a;
    {
        broadcaster news(home);
        in_a = news.join(a);
        CHECK(in_a);
        news.broadcast("lost");
    }
    CHECK_FALSE(in_a);
    home.run();
    in_a.leave();
    CHECK(a->received.empty());
}

TEST_CASE("A subscription keeps its connection alive", "[broadcaster]") {
    fake::manual_loop home;
    broadcaster news(home);
    auto a = fake::connect(home);
    const std::weak_ptr<fake::member> watched = a;
    auto in_a = news.join(std::move(a));
    CHECK_FALSE(watched.expired());
    in_a.leave();
    CHECK(watched.expired());
}

TEST_CASE("Sending to another broadcaster's subscription reaches nobody", "[broadcaster]") {
    fake::manual_loop home;
    broadcaster news(home);
    broadcaster other(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    const auto in_a = news.join(a);
    const auto in_b = other.join(b);
    news.send(in_b, "astray");
    news.broadcast_except(in_b, "all");
    home.run();
    CHECK(a->received == strings{"all"});
    CHECK(b->received.empty());
}

TEST_CASE("A broadcaster encodes a message once for a thousand subscribers", "[broadcaster]") {
    fake::manual_loop home;
    broadcaster news(home);
    std::vector<std::shared_ptr<fake::member>> all;
    std::vector<broadcaster::subscription> subscriptions;
    for (int i = 0; i < 1000; ++i) subscriptions.push_back(news.join(all.emplace_back(fake::connect(home))));
    const std::size_t before = fake::batch::encoded();
    news.broadcast("one");
    home.run();
    CHECK(fake::batch::encoded() - before == 1);
    std::size_t reached = 0;
    for (const auto& member : all) reached += member->received == strings{"one"} ? 1U : 0U;
    CHECK(reached == 1000);
}
