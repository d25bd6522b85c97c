// Members join, talk and leave in rooms on several event loops: every member receives its own messages once and in order,
// and those of every other member without a gap after the first. Covers plain rooms, and rooms with a history, presence
// and members with different encodings. No leave hook is lost when the server stops meanwhile. Built with ThreadSanitizer
// by the test `races`.
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

// Encodes a room's events as text: `= NUMBER` first, the number of the message before the history that follows; then
// `NUMBER TEXT` for messages, and `+NAME` and `-NAME` for joins and leaves, if people are included.
class text_encoding final : public roompp::encoding<roompp::net::frame_batch> {
public:
    explicit text_encoding(bool includes_people) : includes_people_(includes_people) {}
    void append(roompp::net::frame_batch& batch, const roompp::room_event& event) const override {
        if (event.kind == roompp::event_kind::message)
            batch.append(std::to_string(event.id).append(" ").append(event.message.data()));
        else if (includes_people_ && event.sender)
            batch.append((event.kind == roompp::event_kind::join ? "+" : "-") + event.sender->id);
    }
    void append(roompp::net::frame_batch& batch, const roompp::join_snapshot& snapshot) const override {
        batch.append("= " + std::to_string(snapshot.last_id - snapshot.messages.size()));
        for (const auto& message : snapshot.messages) append(batch, message);
        if (includes_people_ && snapshot.people)
            for (const auto& member : *snapshot.people) batch.append('+' + member.person->id);
    }

private:
    bool includes_people_;
};

// Takes the encoding from the query parameter `as`; without one, messages are sent as they are.
class churn_protocol : public roompp::raw_protocol {
public:
    void ask(const roompp::request& request, roompp::connect_reply&,
             roompp::join_options<roompp::connection::batch_type>& options) const {
        options.person.id = request.query("name").value_or("");
        const auto encoding_name = request.query("as").value_or("");
        if (encoding_name == "all") options.encoding = full_encoding_;
        if (encoding_name == "messages") options.encoding = message_encoding_;
        options.history_limit = options.encoding ? 20 : 0;
    }

private:
    std::shared_ptr<const text_encoding> full_encoding_ = std::make_shared<const text_encoding>(true);
    std::shared_ptr<const text_encoding> message_encoding_ = std::make_shared<const text_encoding>(false);
};

// The messages that a visitor has received. Throws if they are out of order.
class transcript {
public:
    explicit transcript(bool numbered) : numbered_(numbered) {}

    void add(std::string_view line) {
        if (!numbered_) return add_message(line);
        const std::string_view rest = line.substr(line.find(' ') + 1);
        if (line.front() == '=') {
            expect(!has_snapshot_, "a second welcome");
            has_snapshot_ = true;
            last_id_ = number(rest);
            return;
        }
        expect(has_snapshot_, "a welcome first, not " + std::string(line));
        if (line.front() == '+' || line.front() == '-') {
            ++presence_events_;
            return;
        }
        ++last_id_;
        expect(number(line) == last_id_, "message " + std::to_string(last_id_) + ", not " + std::string(line));
        add_message(rest);
    }
    // The number of a sender's messages received, provided that they were received from its first one on.
    [[nodiscard]] int count_from(const std::string& sender) const {
        const auto found = next_.find(sender);
        return found == next_.end() ? 0 : found->second;
    }
    [[nodiscard]] std::size_t presence_events() const noexcept { return presence_events_; }

private:
    void add_message(std::string_view message) {
        if (message == "outside") return;
        const std::size_t space = message.find(' ');
        const std::string_view sender = message.substr(0, space);
        const int message_number = static_cast<int>(number(message.substr(space + 1)));
        const auto [entry, is_first] = next_.try_emplace(std::string(sender), message_number);
        expect(is_first || entry->second == message_number, "message " + std::to_string(entry->second) + " of " +
                                                                std::string(sender) + ", not " +
                                                                std::to_string(message_number));
        entry->second = message_number + 1;
    }
    static std::uint64_t number(std::string_view text) { return std::stoull(std::string(text)); }
    static void expect(bool condition, const std::string& description) {
        if (!condition) throw std::runtime_error("expected " + description);
    }

    bool numbered_;
    bool has_snapshot_ = false;
    std::uint64_t last_id_ = 0;
    std::size_t presence_events_ = 0;
    std::map<std::string, int, std::less<>> next_;  // by sender
};

// Joins a room, sends its messages, and leaves after it has received the last of them.
void visit(std::uint16_t port, int visitor, int number) {
    static constexpr std::array<const char*, 4> paths{"/plain/", "/full/", "/full/", "/full/"};
    static constexpr std::array<const char*, 4> encodings{"", "all", "messages", ""};
    const auto index = static_cast<std::size_t>(visitor + number / 2) % paths.size();
    const std::string name = std::to_string(visitor) + '.' + std::to_string(number);
    load::client client(port, paths[index] + std::to_string((visitor + number) % rooms_in_use) + "?name=" + name +
                                  "&as=" + encodings[index]);
    const std::string_view encoding_name = encodings[index];
    transcript received(!encoding_name.empty());
    for (int i = 0; i < messages; ++i) {
        client.send(name + ' ' + std::to_string(i));
        if (i % 3 != 0) continue;  // some are sent together
        while (received.count_from(name) <= i) received.add(client.receive());
    }
    while (received.count_from(name) != messages) received.add(client.receive());
    if ((received.presence_events() != 0) != (encoding_name == "all"))
        throw std::runtime_error("was told of people or not, against its wish");
}

// Counts of the hooks of a directory's rooms.
struct counts {
    template <class Room>
    void count(roompp::rooms<Room>& rooms) {
        rooms.on_create([this](Room& room) { ++rooms_on[room.home().index()]; });
        rooms.on_join([this](Room&) { ++joined; });
        rooms.on_leave([this](Room&) { ++left; });
    }
    void check_all_have_left() const {
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
        server_thread = std::thread([this] { server.run(); });
    }
    ~running_server() { stop(); }
    void stop() {
        server.stop();
        if (server_thread.joinable()) server_thread.join();
    }

    counts in_plain;  // outlive the rooms
    counts in_full;
    roompp::server server;
    roompp::rooms<plain_room> plain;
    roompp::rooms<full_room> full;
    std::thread server_thread;
};

// Lists the rooms and broadcasts from a thread without a loop.
template <class Room>
void talk_from_outside(const roompp::rooms<Room>& rooms) {
    const std::string outside = "outside";
    for (const auto& room : rooms.list()) {
        rooms.broadcast(room.name, outside);
        (void)rooms.with(room.name, [](auto& found) { (void)found.size(); });
    }
}

void members_come_talk_and_go() {
    running_server host;
    std::atomic<int> failed{0};
    std::atomic<bool> visiting{true};
    std::vector<std::thread> crowd;
    for (int v = 0; v < visitors; ++v)
        crowd.emplace_back([&, v] {
            try {
                for (int n = 0; n < visits; ++n) visit(host.server.port(), v, n);
            } catch (const std::exception& e) {
                std::fprintf(stderr, "visitor %d: %s\n", v, e.what());
                ++failed;
            } catch (const load::client::closed& event) {
                std::fprintf(stderr, "visitor %d was closed with %d\n", v, event.code);
                ++failed;
            }
        });
    std::thread outsider([&] {
        while (visiting) {
            talk_from_outside(host.plain);
            talk_from_outside(host.full);
            std::this_thread::yield();
        }
    });
    for (auto& visitor : crowd) visitor.join();
    visiting = false;
    outsider.join();
    host.stop();
    if (failed != 0) throw std::runtime_error(std::to_string(failed) + " visitors failed");
    host.in_plain.check_all_have_left();
    host.in_full.check_all_have_left();
    if (host.in_plain.joined + host.in_full.joined != visitors * visits)
        throw std::runtime_error("not all have joined");
    for (const auto* const rooms : {&host.in_plain, &host.in_full})
        for (const auto& room_count : rooms->rooms_on)
            if (room_count == 0) throw std::runtime_error("a loop had no room: choose other names");
}

void a_stop_loses_no_leave() {
    for (int i = 0; i < 30; ++i) {
        running_server host;
        std::vector<load::client> members;
        for (int m = 0; m < 12; ++m)
            members.emplace_back(host.server.port(), (m % 2 == 0 ? "/plain/" : "/full/") + std::to_string(m / 2 % 4));
        // At the same time: the server closes some, others have left before.
        std::thread leaving([&members] { members.clear(); });
        host.stop();
        leaving.join();
        host.in_plain.check_all_have_left();
        host.in_full.check_all_have_left();
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
