#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <roompp/rooms/rooms.hpp>
#include <roompp/typed.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;
using roompp::binary;

namespace {

struct say {
    std::string text;
    int volume = 1;
};
struct move_to {
    int x = 0;
    int y = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(say, text, volume)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(move_to, x, y)

using command = std::variant<say, move_to>;

struct numbers {
    std::int8_t byte = 0;
    int whole = 0;
    std::uint32_t count = 0;
    std::int64_t large = 0;
    std::uint64_t size = 0;
    double ratio = 0;
    std::vector<int> list = {1, 2};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(numbers, byte, whole, count, large, size, ratio, list)

struct narrow {
    std::int8_t n = 0;
};
struct wide {
    std::int64_t n = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(narrow, n)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(wide, n)

struct volume {
    int percent = 0;
};
void from_json(const nlohmann::json& json, volume& value) {
    value.percent = static_cast<int>(std::clamp<std::int64_t>(json.at("percent").get<std::int64_t>(), 0, 100));
}
void to_json(nlohmann::json& json, const volume& value) { json = {{"percent", value.percent}}; }

template <class Room>
struct scene {
    scene() {
        rooms.on_malformed([this](Room&, roompp::payload message) { malformed.emplace_back(message.data()); });
        for (auto& conn : connections) {
            conn = fake::connect(home);
            in.push_back(rooms.join(conn, "tea"));
        }
        home.run();
    }
    void receive(roompp::payload message) {
        in[0].receive(message);
        home.run();
    }
    fake::manual_loop home;
    roompp::rooms<Room> rooms{home.get()};
    strings malformed;
    std::shared_ptr<fake::member> connections[2];
    std::vector<typename roompp::rooms<Room>::membership> in;
};

}  // namespace

TEST_CASE("A typed room's hook gets values and says values", "[typed]") {
    using talk = roompp::room<say, roompp::of_members<fake::member>>;
    scene<talk> some;
    some.rooms.on_message([](talk& room, talk::member& sender, const say& message) {
        if (message.volume > 10) return sender.send(say{"too loud", 1});
        CHECK(room.broadcast(say{message.text + '!', message.volume * 2}) == 1);
        sender.broadcast_to_others(say{"said", 0});
    });
    some.receive(R"({"text": "hi", "volume": 3})");
    some.receive(R"({"volume": 11, "text": "HI", "unknown": [1, 2, 3]})");
    CHECK(some.connections[0]->received ==
          strings{R"({"text":"hi!","volume":6})", R"({"text":"too loud","volume":1})"});
    CHECK(some.connections[1]->received == strings{R"({"text":"hi!","volume":6})", R"({"text":"said","volume":0})"});
    CHECK(some.malformed.empty());
}

TEST_CASE("What is no value of the type never gets to the hook", "[typed]") {
    using talk = roompp::room<say, roompp::of_members<fake::member>>;
    scene<talk> some;
    int got = 0;
    some.rooms.on_message([&](const say&) { ++got; });
    const std::string deep(100'000, '[');
    for (const roompp::payload wrong :
         {roompp::payload(""), roompp::payload("hi"), roompp::payload("{}"), roompp::payload("null"),
          roompp::payload(R"({"text": 1, "volume": 1})"), roompp::payload(R"({"text": "a"})"),
          roompp::payload(R"({"text": "a", "volume": "loud"})"), roompp::payload(R"({"text": "a", "volume": 1}})"),
          roompp::payload("{\"text\": \"\xff\", \"volume\": 1}"), roompp::payload(deep),
          binary(R"({"text": "a", "volume": 1})")})
        some.receive(wrong);
    CHECK(got == 0);
    CHECK(some.malformed.size() == 11);
}

TEST_CASE("A number that does not fit its member makes a message malformed", "[typed]") {
    using talk = roompp::room<numbers, roompp::of_members<fake::member>>;
    scene<talk> some;
    std::vector<numbers> got;
    some.rooms.on_message([&](const numbers& message) { got.push_back(message); });
    const auto receive = [&](const std::string& member, const std::string& number) {
        got.clear();
        some.malformed.clear();
        nlohmann::json message = numbers();
        message[nlohmann::json::json_pointer(member)] = nlohmann::json::parse(number);
        some.receive(message.dump());
        REQUIRE(got.size() + some.malformed.size() == 1);
        return got.size() == 1;
    };
    const auto check = [&](const std::string& member, std::initializer_list<const char*> good,
                           std::initializer_list<const char*> bad) {
        CAPTURE(member);
        for (const char* number : good) {
            CAPTURE(number);
            CHECK(receive(member, number));
        }
        for (const char* number : bad) {
            CAPTURE(number);
            CHECK_FALSE(receive(member, number));
        }
    };
    check("/byte", {"127", "-128", "1e2", "-100.5"}, {"128", "-129", "300", "1e3", "-1e9", "1e300"});
    check("/whole", {"2147483647", "-2147483648", "1000.5", "1e9", "-0.5"},
          {"2147483648", "-2147483649", "5000000000", "5e9", "1e19", "1e300", "-1e300", "18446744073709551615"});
    check("/count", {"0", "4294967295", "1e9"}, {"-1", "-1.5", "4294967296", "1e10", "1e300"});
    check("/large", {"9223372036854775807", "-9223372036854775808", "1e18"},
          {"9223372036854775808", "1e19", "99999999999999999999", "-1e300"});
    check("/size", {"18446744073709551615", "1e19"}, {"-1", "-1e3", "2e19", "99999999999999999999"});
    check("/ratio", {"1e300", "-1e300", "0.1", "300.25", "5000000000", "18446744073709551615"}, {});
    check("/list/1", {"2147483647", "300.5"}, {"2147483648", "1e300"});
    CHECK(receive("/ratio", "300.25"));
    CHECK(got.at(0).ratio == 300.25);
    CHECK(receive("/whole", "1000.5"));
    CHECK(got.at(0).whole == 1000);
}

TEST_CASE("A number that does not fit one alternative may fit another", "[typed]") {
    using talk = roompp::room<std::variant<narrow, wide>, roompp::of_members<fake::member>>;
    scene<talk> some;
    std::vector<std::size_t> got;
    some.rooms.on_message([&](const std::variant<narrow, wide>& message) { got.push_back(message.index()); });
    for (const char* text : {R"({"n": 127})", R"({"n": 128})", R"({"n": 1e3})"}) some.receive(text);
    CHECK(got == std::vector<std::size_t>{0, 1, 1});
}

TEST_CASE("A program's own conversion may limit numbers, and ignore some", "[typed]") {
    using talk = roompp::room<volume, roompp::of_members<fake::member>>;
    scene<talk> some;
    std::vector<int> got;
    some.rooms.on_message([&](const volume& message) { got.push_back(message.percent); });
    for (const char* text : {R"({"percent": 1000})", R"({"percent": -5, "other": 1e300})"}) some.receive(text);
    CHECK(got == std::vector<int>{100, 0});
    CHECK(some.malformed.empty());
}

TEST_CASE("Without a hook for it, what is malformed closes its connection with 1007", "[typed]") {
    using talk = roompp::room<say, roompp::of_members<fake::member>>;
    fake::manual_loop home;
    roompp::rooms<talk> rooms(home.get());
    rooms.on_message([](talk& room, const say& message) { room.broadcast(message); });
    const auto connection = fake::connect(home);
    auto in = rooms.join(connection, "tea");
    in.receive("nonsense");
    CHECK(connection->close_codes() == std::vector<std::uint16_t>{1007});
}

TEST_CASE("Without a message hook, values are said to everyone, and what is malformed is not", "[typed]") {
    using talk = roompp::room<say, roompp::of_members<fake::member>>;
    scene<talk> some;
    some.receive(R"({"text": "hi", "volume": 3})");
    some.receive("nonsense");
    for (const auto& conn : some.connections) CHECK(conn->received == strings{R"({"text": "hi", "volume": 3})"});
    CHECK(some.malformed == strings{"nonsense"});
}

TEST_CASE("A typed room takes a value wherever it takes a payload", "[typed]") {
    using talk = roompp::room<say, roompp::of_members<fake::member>>;
    fake::manual_loop home;
    roompp::rooms<talk> rooms(home.get());
    const auto join = [&](const std::shared_ptr<fake::member>& connection, const char* id) {
        roompp::join_options<fake::batch> options;
        options.person.id = id;
        return rooms.join(connection, "tea", options);
    };
    const auto make_message = [](const char* text) { return say{text, 1}; };
    rooms.on_message([&](talk& room, talk::member& sender, const say&) {
        CHECK(room.broadcast_except(sender, make_message("room.broadcast_except")) == 1);
        room.broadcast_if([&](const talk::member& member) { return &member != &sender; },
                          make_message("room.broadcast_if"));
        room.signal(make_message("room.signal"));
        room.send(sender, make_message("room.send"));
        CHECK(room.send_to("bob", make_message("room.send_to")) == 1);
        CHECK(sender.send_to("bob", make_message("member.send_to")) == 1);
        sender.signal(make_message("member.signal"));
        CHECK(sender.broadcast_to_others(make_message("member.broadcast_to_others")) == 2);
    });
    const auto ann = fake::connect(home);
    const auto bob = fake::connect(home);
    auto in_ann = join(ann, "ann");
    auto in_bob = join(bob, "bob");
    in_ann.receive(R"({"text": "go", "volume": 1})");
    rooms.broadcast("tea", make_message("rooms.broadcast"));
    home.run();
    const auto texts = [](const strings& received) {
        strings found;
        for (const auto& text : received) found.push_back(nlohmann::json::parse(text)["text"].get<std::string>());
        return found;
    };
    CHECK(texts(ann->received) == strings{"room.signal", "room.send", "member.send_to", "rooms.broadcast"});
    CHECK(texts(bob->received) == strings{"room.broadcast_except", "room.broadcast_if", "room.signal", "room.send_to",
                                          "member.send_to", "member.signal", "member.broadcast_to_others",
                                          "rooms.broadcast"});
}

TEST_CASE("A variant is the first alternative that can be read, in text or in CBOR", "[typed]") {
    using game = roompp::basic_room<roompp::messages_of<command, roompp::cbor>, roompp::of_members<fake::member>>;
    scene<game> some;
    some.rooms.on_message([](game& room, const command& message) {
        if (const auto* step = std::get_if<move_to>(&message)) room.broadcast(command(move_to{step->x + 1, step->y}));
        if (const auto* words = std::get_if<say>(&message)) room.broadcast(command(*words));
    });
    const auto bytes = [](const nlohmann::json& json) {
        const auto cbor = nlohmann::json::to_cbor(json);
        return std::string(cbor.begin(), cbor.end());
    };
    some.receive(binary(bytes({{"x", 1}, {"y", 2}})));
    some.receive(binary(bytes({{"text", "hi"}, {"volume", 1}})));
    some.receive(binary(bytes({{"x", 1}})));
    some.receive(binary("\x9f"));
    some.receive("text");
    CHECK(some.connections[1]->received ==
          strings{bytes({{"x", 2}, {"y", 2}}), bytes({{"text", "hi"}, {"volume", 1}})});
    CHECK(some.connections[1]->kinds.back() == roompp::payload_kind::binary);
    CHECK(some.malformed.size() == 3);
}

TEST_CASE("Text that is no UTF-8 is replaced when a value is written", "[typed]") {
    const auto written = roompp::messages_of<say>::write(say{"\xff", 1});
    CHECK(roompp::payload(written).data() == "{\"text\":\"\xef\xbf\xbd\",\"volume\":1}");
}
