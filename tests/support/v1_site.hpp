#pragma once
// Rooms of roompp.v1 and their clients.

#include <algorithm>
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
#include "message_texts.hpp"

namespace support {

using nlohmann::json;

/// A client of roompp.v1.
class v1_client {
public:
    explicit v1_client(roompp::testing::client connected) : client(std::move(connected)) {}

    /// The next frame.
    [[nodiscard]] json next_frame() { return client.receive_json<json>(); }
    /// The next frame of a type; others before it are skipped.
    [[nodiscard]] json next_frame_of(std::string_view type) {
        json frame = next_frame();
        while (frame["type"] != type) frame = next_frame();
        return frame;
    }
    /// The same for one of several types.
    [[nodiscard]] json next_frame_of_one_of(const std::vector<std::string>& types) {
        json frame = next_frame();
        while (std::find(types.begin(), types.end(), frame["type"].get<std::string>()) == types.end())
            frame = next_frame();
        return frame;
    }
    /// All further frames that have come.
    [[nodiscard]] std::vector<json> all_frames() {
        std::vector<json> all;
        for (const auto& text : client.receive_all()) all.push_back(json::parse(text));
        return all;
    }

    v1_client& send(const json& frame) {
        client.send(frame.dump());
        return *this;
    }
    /// Sends a frame that asks for an ack. @returns the ack or error; other frames before it are skipped.
    [[nodiscard]] json request(json frame) {
        frame["ack"] = ++acks_;
        send(frame);
        json reply = next_frame();
        while (reply.value("ack", std::uint64_t{0}) != acks_) reply = next_frame();
        return reply;
    }
    /// Sends a message. @returns its number.
    std::uint64_t send_message(const std::string& text) {
        return request({{"message", text}})["id"].get<std::uint64_t>();
    }

    roompp::testing::client client;
    json history;   // the first frame, `history` or `reset`
    json presence;  // the second one, if the room has presence
    json identity;  // `you` of the first frame

private:
    std::uint64_t acks_ = 0;
};

[[nodiscard]] inline roompp::limits unlimited_rate() {
    roompp::limits limits;
    limits.messages_per_second = limits.bytes_per_second = 0;
    return limits;
}

/// A server with rooms of roompp.v1: /chat/{room}/ with everything, hooks that obey some messages, and the tutorial's
/// clients as well; /public/{room}/ without private messages and signals; /short/{room}/ without presence, and
/// with the latest ten messages.
struct v1_site {
    v1_site(std::uint64_t seed, std::size_t threads, const roompp::limits& limits)
        : world(set_up(server.threads(threads).limits(limits)), seed) {}

    /// A client of roompp.v1 that has not looked at its first frames.
    [[nodiscard]] v1_client connect(const std::string& query = "", const std::string& path = "/chat/tea/") const {
        v1_client client(world.client(path + '?' + query).subprotocol("roompp.v1").connect());
        REQUIRE(client.client.chosen_subprotocol() == "roompp.v1");
        return client;
    }
    /// A client that has looked at them, and knows its identity.
    [[nodiscard]] v1_client join(const std::string& query = "", const std::string& path = "/chat/tea/") const {
        v1_client client = connect(query, path);
        client.history = client.next_frame();
        REQUIRE((client.history["type"] == "history" || client.history["type"] == "reset"));
        client.identity = client.history["you"];
        if (path.rfind("/short/", 0) == 0) return client;
        client.presence = client.next_frame();
        REQUIRE(client.presence["type"] == "presence");
        return client;
    }
    [[nodiscard]] v1_client join_short(const std::string& query = "") const { return join(query, "/short/tea/"); }
    /// A client of the Django Channels tutorial.
    [[nodiscard]] roompp::testing::client join_tutorial() const { return world.connect("/chat/tea/"); }

    roompp::server server;
    roompp::testing::world world;

private:
    static roompp::server& set_up(roompp::server& target);
};

/// Runs a test with one thread and with three, in several orders of events.
template <class Test>
void explore_orders(const roompp::limits& limits, Test&& test, std::uint64_t seeds = 6) {
    roompp::testing::explore(seeds, [&](std::uint64_t seed) {
        v1_site site(seed, seed % 2 == 0 ? 1 : 3, limits);
        test(site);
    });
}
template <class Test>
void explore_orders(Test&& test) {
    explore_orders(unlimited_rate(), test);
}

/// A token as a page keeps it.
[[nodiscard]] inline std::string make_token(const std::string& name) { return name + "-0123456789abcdef"; }
/// The query of a client with a name and a token.
[[nodiscard]] inline std::string name_query(const std::string& name, const std::string& token_name) {
    return "name=" + name + "&client=" + make_token(token_name);
}

}  // namespace support
