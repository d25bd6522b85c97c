// Rooms spread over several event loops while members come, talk and go: every member gets its own messages once and in
// order, and those of each other without a gap from the first on. Built with ThreadSanitizer by the test `races`.
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <roompp/roompp.hpp>

#include "client.hpp"

namespace {

constexpr int visitors = 4;
constexpr int visits = 40;
constexpr int rooms_in_use = 6;
constexpr int messages = 10;

struct order {
    std::map<std::string, int, std::less<>> next;  // by sender

    void take(std::string_view message) {
        if (message == "outside") return;
        const std::size_t space = message.find(' ');
        const std::string_view sender = message.substr(0, space);
        const int number = std::stoi(std::string(message.substr(space + 1)));
        const auto [known, first] = next.try_emplace(std::string(sender), number);
        if (!first && known->second != number)
            throw std::runtime_error("expected message " + std::to_string(known->second) + " of " +
                                     std::string(sender) + ", got " + std::to_string(number));
        known->second = number + 1;
    }
};

// Joins a room, says its messages, and leaves once it has heard the last of them.
void visit(std::uint16_t port, int visitor, int number) {
    const std::string name = std::to_string(visitor) + '.' + std::to_string(number);
    load::client client(port, "/room/" + std::to_string((visitor + number) % rooms_in_use));
    order seen;
    for (int i = 0; i < messages; ++i) {
        client.send(name + ' ' + std::to_string(i));
        if (i % 3 != 0) continue;  // some go out together
        while (seen.next.count(name) == 0 || seen.next[name] <= i) seen.take(client.receive());
    }
    while (seen.next[name] != messages) seen.take(client.receive());
}

}  // namespace

int main() {
    roompp::server server;
    roompp::rooms<> rooms;
    std::atomic<int> joined{0};
    std::atomic<int> left{0};
    rooms.on_join([&](auto&) { ++joined; });
    rooms.on_leave([&](auto&) { ++left; });
    server.websocket("/room/{room}", rooms);
    server.limits(load::any_rate()).threads(3).listen(0, "127.0.0.1");
    std::thread serving([&server] { server.run(); });

    std::atomic<int> failed{0};
    std::atomic<bool> visiting{true};
    std::vector<std::thread> crowd;
    for (int v = 0; v < visitors; ++v)
        crowd.emplace_back([&, v] {
            try {
                for (int n = 0; n < visits; ++n) visit(server.port(), v, n);
            } catch (const std::exception& e) {
                std::fprintf(stderr, "visitor %d: %s\n", v, e.what());
                ++failed;
            }
        });
    // And somebody looks and talks from outside of all loops.
    std::thread outsider([&] {
        const std::string outside = "outside";
        while (visiting) {
            for (const auto& room : rooms.list()) {
                rooms.broadcast(room.name, outside);
                (void)rooms.with(room.name, [](auto& found) { (void)found.size(); });
            }
            std::this_thread::yield();
        }
    });
    for (auto& one : crowd) one.join();
    visiting = false;
    outsider.join();
    server.stop();
    serving.join();
    if (joined != visitors * visits || left != joined) {
        std::fprintf(stderr, "%d joined and %d left, of %d\n", joined.load(), left.load(), visitors * visits);
        ++failed;
    }
    return failed == 0 ? 0 : 1;
}
