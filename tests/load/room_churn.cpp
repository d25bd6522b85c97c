// Rooms spread over several event loops while members come, talk and go: every member gets its own messages once and in
// order, and those of each other without a gap from the first on. So it is in plain rooms, and in those with a history,
// presence, and members that are told things in different encodings. Nobody's leave is lost when the server stops in the
// middle of it. Built with ThreadSanitizer by the test `races`.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <roompp/roompp.hpp>

#include "../patient_limits.hpp"
#include "client.hpp"

namespace {

constexpr std::size_t loops = 3;
constexpr int visitors = 4;
constexpr int visits = 40;
constexpr int rooms_in_use = 12;
constexpr int messages = 10;

using plain_room = roompp::basic_room<>;
using full_room = roompp::basic_room<roompp::ring_history<50>, roompp::presence>;

// Writes what happens in a room as text: `= NUMBER` first, with the number of the last message before those that follow
// it, then `NUMBER TEXT` for messages and `+NAME` and `-NAME` for those who come and go. One that is told less leaves
// those out.
class lines final : public roompp::encoding<roompp::net::frame_batch> {
public:
    explicit lines(bool tells_of_people) : tells_of_people_(tells_of_people) {}
    void append(roompp::net::frame_batch& to, const roompp::room_event& event) const override {
        if (event.kind == roompp::event_kind::message)
            to.append(std::to_string(event.id).append(" ").append(event.message.data()));
        else if (tells_of_people_ && event.sender)
            to.append((event.kind == roompp::event_kind::join ? "+" : "-") + event.sender->id);
    }
    void append(roompp::net::frame_batch& to, const roompp::join_snapshot& first) const override {
        to.append("= " + std::to_string(first.last_id - first.messages.size()));
        for (const auto& one : first.messages) append(to, one);
        if (tells_of_people_ && first.people)
            for (const auto& one : *first.people) to.append('+' + one.person->id);
    }

private:
    bool tells_of_people_;
};

// What the address asks for: `as` an encoding, or as the messages are.
class churn_protocol : public roompp::raw_protocol {
public:
    void ask(const roompp::request& from, roompp::connect_reply&,
             roompp::join_options<roompp::connection::batch_type>& how) const {
        how.person.id = from.query("name").value_or("");
        const auto as = from.query("as").value_or("");
        if (as == "all") how.encoding = all_;
        if (as == "messages") how.encoding = messages_;
        how.history_limit = how.encoding ? 20 : 0;
    }

private:
    std::shared_ptr<const lines> all_ = std::make_shared<const lines>(true);
    std::shared_ptr<const lines> messages_ = std::make_shared<const lines>(false);
};

// What a visitor has heard, and whether it is in order.
class hearing {
public:
    explicit hearing(bool numbered) : numbered_(numbered) {}

    void take(std::string_view line) {
        if (!numbered_) return take_message(line);
        const std::string_view rest = line.substr(line.find(' ') + 1);
        if (line.front() == '=') {
            expect(!welcome_, "a second welcome");
            welcome_ = true;
            last_id_ = number(rest);
            return;
        }
        expect(welcome_, "a welcome first, not " + std::string(line));
        if (line.front() == '+' || line.front() == '-') {
            ++told_of_people_;
            return;
        }
        ++last_id_;
        expect(number(line) == last_id_, "message " + std::to_string(last_id_) + ", not " + std::string(line));
        take_message(rest);
    }
    // How many of a sender's messages were heard, if it was heard from its first one on.
    [[nodiscard]] int heard_of(const std::string& sender) const {
        const auto found = next_.find(sender);
        return found == next_.end() ? 0 : found->second;
    }
    [[nodiscard]] std::size_t told_of_people() const noexcept { return told_of_people_; }

private:
    void take_message(std::string_view message) {
        if (message == "outside") return;
        const std::size_t space = message.find(' ');
        const std::string_view sender = message.substr(0, space);
        const int its_number = static_cast<int>(number(message.substr(space + 1)));
        const auto [known, first] = next_.try_emplace(std::string(sender), its_number);
        expect(first || known->second == its_number, "message " + std::to_string(known->second) + " of " +
                                                         std::string(sender) + ", not " + std::to_string(its_number));
        known->second = its_number + 1;
    }
    static std::uint64_t number(std::string_view text) { return std::stoull(std::string(text)); }
    static void expect(bool it_is, const std::string& what) {
        if (!it_is) throw std::runtime_error("expected " + what);
    }

    bool numbered_;
    bool welcome_ = false;
    std::uint64_t last_id_ = 0;
    std::size_t told_of_people_ = 0;
    std::map<std::string, int, std::less<>> next_;  // by sender
};

// Joins a room, says its messages, and leaves once it has heard the last of them.
void visit(std::uint16_t port, int visitor, int number) {
    static constexpr std::array<const char*, 4> ways{"/plain/", "/full/", "/full/", "/full/"};
    static constexpr std::array<const char*, 4> encodings{"", "all", "messages", ""};
    const auto way = static_cast<std::size_t>(visitor + number / 2) % ways.size();
    const std::string name = std::to_string(visitor) + '.' + std::to_string(number);
    load::client client(port, ways[way] + std::to_string((visitor + number) % rooms_in_use) + "?name=" + name +
                                  "&as=" + encodings[way]);
    const std::string_view as = encodings[way];
    hearing heard(!as.empty());
    for (int i = 0; i < messages; ++i) {
        client.send(name + ' ' + std::to_string(i));
        if (i % 3 != 0) continue;  // some go out together
        while (heard.heard_of(name) <= i) heard.take(client.receive());
    }
    while (heard.heard_of(name) != messages) heard.take(client.receive());
    if ((heard.told_of_people() != 0) != (as == "all"))
        throw std::runtime_error("was told of people or not, against its wish");
}

// What happens in rooms, counted.
struct counts {
    template <class Room>
    void count(roompp::rooms<Room>& rooms) {
        rooms.on_create([this](Room& made) { ++rooms_on[made.home().index()]; });
        rooms.on_join([this](Room&) { ++joined; });
        rooms.on_leave([this](Room&) { ++left; });
    }
    void all_have_left() const {
        if (joined != left)
            throw std::runtime_error(std::to_string(joined) + " joined and " + std::to_string(left) + " left");
    }

    std::atomic<int> joined{0};
    std::atomic<int> left{0};
    std::array<std::atomic<int>, loops> rooms_on{};
};

struct running_server {
    running_server() {
        in_plain.count(plain);
        in_full.count(full);
        server.websocket("/plain/{room}", plain, churn_protocol());
        server.websocket("/full/{room}", full, churn_protocol());
        server.limits(patient_limits()).threads(loops).listen(0, "127.0.0.1");
        serving = std::thread([this] { server.run(); });
    }
    ~running_server() { stop(); }
    void stop() {
        server.stop();
        if (serving.joinable()) serving.join();
    }

    counts in_plain;  // outlive the rooms
    counts in_full;
    roompp::server server;
    roompp::rooms<plain_room> plain;
    roompp::rooms<full_room> full;
    std::thread serving;
};

// Somebody looks and talks from outside of all loops.
template <class Room>
void talk_from_outside(const roompp::rooms<Room>& rooms) {
    const std::string outside = "outside";
    for (const auto& room : rooms.list()) {
        rooms.broadcast(room.name, outside);
        (void)rooms.with(room.name, [](auto& found) { (void)found.size(); });
    }
}

void members_come_talk_and_go() {
    running_server at;
    std::atomic<int> failed{0};
    std::atomic<bool> visiting{true};
    std::vector<std::thread> crowd;
    for (int v = 0; v < visitors; ++v)
        crowd.emplace_back([&, v] {
            try {
                for (int n = 0; n < visits; ++n) visit(at.server.port(), v, n);
            } catch (const std::exception& e) {
                std::fprintf(stderr, "visitor %d: %s\n", v, e.what());
                ++failed;
            } catch (const load::client::closed& how) {
                std::fprintf(stderr, "visitor %d was closed with %d\n", v, how.code);
                ++failed;
            }
        });
    std::thread outsider([&] {
        while (visiting) {
            talk_from_outside(at.plain);
            talk_from_outside(at.full);
            std::this_thread::yield();
        }
    });
    for (auto& one : crowd) one.join();
    visiting = false;
    outsider.join();
    at.stop();
    if (failed != 0) throw std::runtime_error(std::to_string(failed) + " visitors failed");
    at.in_plain.all_have_left();
    at.in_full.all_have_left();
    if (at.in_plain.joined + at.in_full.joined != visitors * visits) throw std::runtime_error("not all have joined");
    for (const auto* const rooms : {&at.in_plain, &at.in_full})
        for (const auto& here : rooms->rooms_on)
            if (here == 0) throw std::runtime_error("a loop had no room: choose other names");
}

void a_stop_loses_no_leave() {
    for (int i = 0; i < 30; ++i) {
        running_server at;
        std::vector<load::client> members;
        for (int m = 0; m < 12; ++m)
            members.emplace_back(at.server.port(), (m % 2 == 0 ? "/plain/" : "/full/") + std::to_string(m / 2 % 4));
        // All at once: some are closed by the server, others have gone by then.
        std::thread leaving([&members] { members.clear(); });
        at.stop();
        leaving.join();
        at.in_plain.all_have_left();
        at.in_full.all_have_left();
    }
}

}  // namespace

int main() {
    try {
        members_come_talk_and_go();
        a_stop_loses_no_leave();
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
