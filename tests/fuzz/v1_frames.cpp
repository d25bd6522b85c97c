// Fuzzes roompp.v1: a room gets an input's lines as a client's frames, those after a '\1' as binary ones.
// Checked:
// - the sender and another member get JSON objects of the types that docs/protocol.md lists, in UTF-8;
// - what has a readable `ack` is answered once with that number, and every error says what is wrong;
// - message numbers rise by one;
// - the server's frames carry any text, exactly if it is UTF-8.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <roompp/json.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "driver.hpp"
#include "plain_utf8.hpp"

using fuzz::require;
using fuzz::utf8_state;
using nlohmann::json;

namespace {

using room = roompp::basic_room<roompp::ring_history<10>, roompp::presence>;

json parse_frame(const std::string& text) {
    require(fuzz::check_utf8(text) == utf8_state::complete, "a frame is UTF-8");
    json frame = json::parse(text, nullptr, false);
    require(frame.is_object() && frame.contains("type") && frame["type"].is_string(), "a frame has a type");
    return frame;
}

class conversation {
public:
    conversation()
        : world_(set_up()),
          sender_(connect("Ann", "ann-0123456789abcdef")),
          other_(connect("Ben", "ben-0123456789abcdef")) {
        (void)frames(other_);
        (void)frames(sender_);
    }

    void send(std::string_view line) {
        const bool is_binary = !line.empty() && line.front() == '\1';
        const json parsed = is_binary ? json() : roompp::parse_json(line);
        const std::optional<std::uint64_t> number = ack_number(parsed);
        if (is_binary)
            sender_.send_binary(line.substr(1));
        else
            sender_.send(line);
        std::size_t answers = 0;
        for (const json& frame : frames(sender_)) {
            const bool is_error = frame["type"] == "error";
            if (is_error)
                require(!frame["error"].get<std::string>().empty() && !frame["message"].get<std::string>().empty(),
                        "an error says what is wrong");
            if (!is_error && frame["type"] != "ack") {
                check_event(frame, sender_id_);
                continue;
            }
            ++answers;
            const bool has_number = number ? frame.contains("ack") && frame["ack"] == *number : !frame.contains("ack");
            // Of what is no JSON the number is guessed.
            require(has_number || parsed.is_discarded(), "an answer has the number of its frame");
        }
        require(answers <= 1, "a frame is answered once at most");
        require(!number || answers == 1, "a frame with a number is answered");
        for (const json& frame : frames(other_)) check_event(frame, other_id_);
        require(sender_.is_open() && other_.is_open(), "no frame ends a connection");
    }

private:
    roompp::server& set_up() {
        roompp::limits limits;
        limits.messages_per_second = limits.bytes_per_second = 0;
        server_.limits(limits);
        server_.websocket("/{room}/", roompp::rooms<room>(), roompp::v1_protocol());
        return server_;
    }
    [[nodiscard]] roompp::testing::client connect(const std::string& name, const std::string& token) const {
        auto client = world_.client("/tea/?name=" + name + "&client=" + token).subprotocol("roompp.v1");
        return client.connect();
    }
    [[nodiscard]] static std::vector<json> frames(roompp::testing::client& client) {
        std::vector<json> all;
        for (const std::string& text : client.receive_all()) all.push_back(parse_frame(text));
        return all;
    }

    [[nodiscard]] static std::optional<std::uint64_t> ack_number(const json& frame) {
        if (!frame.is_object() || !frame.contains("ack") || !frame["ack"].is_number_unsigned()) return std::nullopt;
        const auto number = frame["ack"].get<std::uint64_t>();
        return number != 0 && number < std::uint64_t{1} << 53U ? std::optional(number) : std::nullopt;
    }

    static void check_event(const json& frame, std::uint64_t& last_id) {
        const std::string type = frame["type"];
        require(type == "message" || type == "direct" || type == "signal", "an event is of a known type");
        require(frame["from"]["name"] == "Ann", "an event names its sender");
        require(type == "signal" ? frame.contains("signal") : frame["message"].is_string(), "an event has its content");
        if (type == "message")
            require(frame["id"].get<std::uint64_t>() == ++last_id, "the numbers of messages rise by one");
    }

    roompp::server server_;
    roompp::testing::world world_;
    roompp::testing::client sender_;
    roompp::testing::client other_;
    std::uint64_t sender_id_ = 0;
    std::uint64_t other_id_ = 0;
};

// Any text in each place of a server's frames.
void check_encoders(std::string_view text) {
    const bool is_utf8 = fuzz::check_utf8(text) == utf8_state::complete;
    const auto expect = [&](const json& value) {
        require(!is_utf8 || value == std::string(text), "UTF-8 is carried as it is");
    };
    roompp::person person;
    person.id = person.name = text;
    roompp::room_event event;
    event.id = 7;
    event.sender = &person;
    event.message = roompp::payload(text);
    for (const auto kind : {roompp::event_kind::message, roompp::event_kind::direct}) {
        event.kind = kind;
        const json frame = parse_frame(roompp::v1_frames::event(event));
        expect(frame["message"]);
        expect(frame["from"]["name"]);
    }
    for (const auto kind : {roompp::event_kind::signal, roompp::event_kind::join, roompp::event_kind::leave}) {
        event.kind = kind;
        (void)parse_frame(roompp::v1_frames::event(event));
    }
    const json error = parse_frame(roompp::v1_frames::error(text, text, 5));
    expect(error["error"]);
    expect(error["message"]);
}

}  // namespace

void fuzz::check(std::string_view bytes) {
    check_encoders(bytes);
    conversation talk;
    for (int i = 0; i < 20 && !bytes.empty(); ++i) {
        const std::string_view line = take_part(bytes, '\n');
        // What is not UTF-8 never comes from a connection, but the parser must not rely on it.
        if ((line.empty() || line.front() != '\1') && check_utf8(line) != utf8_state::complete) {
            (void)roompp::detail::parse_v1_command(roompp::payload(line), {});
            continue;
        }
        talk.send(line);
    }
}
