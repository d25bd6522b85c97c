#pragma once
// Rooms of roompp.v1 and the people in them, as tests see them.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "catch_json.hpp"

namespace people {

using nlohmann::json;

/// A client of roompp.v1.
class person {
public:
    explicit person(roompp::testing::client in) : client(std::move(in)) {}

    [[nodiscard]] json next() { return client.receive_json<json>(); }
    /// The next frame of this kind; what comes before is passed over.
    [[nodiscard]] json until(std::string_view kind) {
        json got = next();
        while (got["type"] != kind) got = next();
        return got;
    }
    /// All frames that have come.
    [[nodiscard]] std::vector<json> heard() {
        std::vector<json> all;
        for (const auto& text : client.receive_all()) all.push_back(json::parse(text));
        return all;
    }

    person& send(const json& frame) {
        client.send(frame.dump());
        return *this;
    }
    /// The ack or error for a frame; what comes before is passed over.
    [[nodiscard]] json answer(json frame) {
        frame["ack"] = ++acks_;
        send(frame);
        json got = next();
        while (got.value("ack", std::uint64_t{0}) != acks_) got = next();
        return got;
    }
    /// Says something, and returns the number that the message has got.
    std::uint64_t say(const std::string& text) { return answer({{"message", text}})["id"].get<std::uint64_t>(); }

    roompp::testing::client client;
    json history;   // the first frame, `history` or `reset`
    json presence;  // the second one, if the room has presence
    json you;

private:
    std::uint64_t acks_ = 0;
};

/// What is said in the messages of a first frame.
[[nodiscard]] inline std::vector<std::string> texts(const json& history) {
    std::vector<std::string> all;
    for (const auto& one : history["messages"]) all.push_back(one["message"]);
    return all;
}

[[nodiscard]] inline roompp::limits any_rate() {
    roompp::limits bounds;
    bounds.messages_per_second = bounds.bytes_per_second = 0;
    return bounds;
}

/// A server with rooms of people: /chat/{room}/ for everything, with a hook that has a will of its own, and for the
/// tutorial's clients as well; /public/{room}/ without private messages and signals; /short/{room}/ without presence, and
/// with the latest ten messages.
struct scene {
    using room = roompp::basic_room<roompp::ring_history<100>, roompp::presence>;
    using short_room = roompp::basic_room<roompp::ring_history<10>>;

    scene(std::uint64_t seed, std::size_t threads, const roompp::limits& bounds)
        : world(set_up(server.threads(threads).limits(bounds)), seed) {}

    /// A client of roompp.v1 that has not looked at its first frames.
    [[nodiscard]] person connect(const std::string& query = "", const std::string& path = "/chat/tea/") const {
        person one(world.client(path + '?' + query).subprotocol("roompp.v1").connect());
        REQUIRE(one.client.chosen_subprotocol() == "roompp.v1");
        return one;
    }
    /// One that has, and knows who it is.
    [[nodiscard]] person join(const std::string& query = "", const std::string& path = "/chat/tea/") const {
        person one = connect(query, path);
        one.history = one.next();
        REQUIRE((one.history["type"] == "history" || one.history["type"] == "reset"));
        one.you = one.history["you"];
        if (path.rfind("/short/", 0) == 0) return one;
        one.presence = one.next();
        REQUIRE(one.presence["type"] == "presence");
        return one;
    }
    [[nodiscard]] person join_short(const std::string& query = "") const { return join(query, "/short/tea/"); }
    /// A client of the Django Channels tutorial.
    [[nodiscard]] roompp::testing::client join_as_tutorial() const { return world.connect("/chat/tea/"); }

    roompp::server server;
    roompp::testing::world world;

private:
    static roompp::server& set_up(roompp::server& to) {
        roompp::rooms<room> chat;
        chat.on_message([](room::member& sender, std::string_view text) {
            if (text == "throw") throw std::runtime_error("a chat's handler was told to throw");
            if (text == "kick me") return sender.close(4003, "kicked");
            if (text != "drop this") sender.broadcast(text);
        });
        to.on_error([](const std::exception_ptr&) {});
        to.websocket("/chat/{room}/", chat, roompp::v1_protocol(), roompp::django_channels_protocol());
        to.websocket("/public/{room}/", roompp::rooms<room>(),
                     roompp::v1_protocol().direct_messages(false).client_signals(false));
        to.websocket("/short/{room}/", roompp::rooms<short_room>(), roompp::v1_protocol());
        return to;
    }
};

/// Runs a test with one thread and with three, in several orders of events.
template <class Test>
void in_any_order(const roompp::limits& bounds, Test&& test, std::uint64_t seeds = 6) {
    roompp::testing::explore(seeds, [&](std::uint64_t seed) {
        scene some(seed, seed % 2 == 0 ? 1 : 3, bounds);
        test(some);
    });
}
template <class Test>
void in_any_order(Test&& test) {
    in_any_order(any_rate(), test);
}

/// A token as a page keeps it.
[[nodiscard]] inline std::string token(const std::string& name) { return name + "-0123456789abcdef"; }
/// The query of one who has it.
[[nodiscard]] inline std::string as(const std::string& name, const std::string& token_of) {
    return "name=" + name + "&client=" + token(token_of);
}

}  // namespace people
