// Several threads that use rooms at once.

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

using room = roompp::basic_room<roompp::of_members<fake::member>>;
using rooms = roompp::rooms<room>;

}  // namespace

TEST_CASE("Threads that talk at once are heard by all in one order", "[rooms][threads]") {
    constexpr std::size_t per_loop = 4;
    constexpr int sent = 200;
    std::vector<std::shared_ptr<fake::member>> connections;
    std::vector<rooms::membership> members(2 * per_loop);
    {
        fake::threaded_loop first(0);
        fake::threaded_loop second(1);
        fake::threaded_loop* loops[] = {&first, &second};
        rooms all;
        all.attach({&first.get(), &second.get()});
        for (std::size_t i = 0; i < 2 * per_loop; ++i) connections.push_back(fake::connect(*loops[i % 2]));
        for (std::size_t i = 0; i < 2 * per_loop; ++i)
            loops[i % 2]->run([&] { members[i] = all.join(connections[i], "tea"); });
        const auto settle = [&] {
            for (int round = 0; round < 4; ++round)
                for (auto* each : loops) each->drain();
        };
        settle();
        for (int n = 0; n < sent; ++n)
            for (std::size_t i = 0; i < 2 * per_loop; ++i)
                loops[i % 2]->get().post(
                    [&members, i, n] { members[i].receive(std::to_string(i) + ' ' + std::to_string(n)); });
        for (int n = 0; n < sent; ++n) all.broadcast("tea", "main " + std::to_string(n));
        settle();
        for (std::size_t i = 0; i < 2 * per_loop; ++i) loops[i % 2]->run([&] { members[i].leave(); });
        settle();
        CHECK(all.size() == 0);
        first.stop();
        second.stop();
        members.clear();
    }
    const auto& order = connections[0]->received;
    CHECK(order.size() == sent * (2 * per_loop + 1));
    std::size_t same = 0;
    for (const auto& connection : connections) {
        same += connection->received == order ? 1U : 0U;
        CHECK(connection->on_own_loop);
    }
    CHECK(same == connections.size());
    // Each speaker's own messages are in the order in which it said them.
    for (const std::string& speaker : strings{"0 ", "1 ", "main "}) {
        int next = 0;
        for (const auto& text : order)
            if (text.rfind(speaker, 0) == 0 && text == speaker + std::to_string(next)) ++next;
        CHECK(next == sent);
    }
}

TEST_CASE("Any thread may speak to a room, whatever happens there", "[rooms][threads]") {
    constexpr int threads = 3;
    constexpr int sent = 200;
    std::shared_ptr<fake::member> listener;
    int with_ran = 0;
    {
        fake::threaded_loop home;
        rooms all(home);
        rooms::membership listening;
        std::shared_ptr<room> tea;
        home.run([&] {
            listener = fake::connect(home);
            listening = all.join(listener, "tea");
            all.with("tea", [&](room& in) { tea = in.shared_from_this(); });
        });
        std::vector<std::thread> speakers;
        for (int speaker = 0; speaker < threads; ++speaker)
            speakers.emplace_back([&, name = std::to_string(speaker) + ' '] {
                for (int n = 0; n < sent; ++n) {
                    const std::string text = name + std::to_string(n);
                    all.broadcast("tea", text + " broadcast");
                    (void)all.with("tea", [&, text](room& in) {
                        if (in.home().running_here()) ++with_ran;
                        in.broadcast(text + " with");
                    });
                    tea->signal(text + " signal");
                    (void)tea->broadcast(text + " room");
                    all.broadcast("comes and goes", text);
                    (void)all.with("comes and goes", [](room& in) { in.broadcast("with"); });
                }
            });
        for (int n = 0; n < sent; ++n)
            home.run([&] {
                auto guest = all.join(fake::connect(home), "comes and goes");
                auto other = all.join(fake::connect(home), "tea");
            });
        for (auto& thread : speakers) thread.join();
        home.run([&] {
            listening.leave();
            tea.reset();
        });
        home.drain();
        CHECK(all.size() == 0);
        CHECK_FALSE(all.with("tea", [](room&) {}));
        all.broadcast("tea", "nobody hears this");
    }
    CHECK(with_ran == threads * sent);
    CHECK(listener->on_own_loop);
    CHECK(listener->received.size() == 4 * threads * sent);
    // What one thread says is heard in the order in which it said it.
    for (int speaker = 0; speaker < threads; ++speaker) {
        strings expected;
        for (int n = 0; n < sent; ++n)
            for (const char* suffix : {" broadcast", " with", " signal", " room"})
                expected.push_back(std::to_string(speaker) + ' ' + std::to_string(n) + suffix);
        strings texts;
        for (const auto& text : listener->received)
            if (text.rfind(std::to_string(speaker) + ' ', 0) == 0) texts.push_back(text);
        CHECK(texts == expected);
    }
}
