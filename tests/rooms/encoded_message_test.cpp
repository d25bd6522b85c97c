// What encodings make of the messages of a history is stored with them.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <roompp/rooms/encoded_message.hpp>
#include <roompp/rooms/history.hpp>
#include <roompp/rooms/history_budget.hpp>
#include <roompp/rooms/publication_log.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

namespace {

constexpr char upper_case = 0;
constexpr char quoted = 0;

// Logs that share one budget, and an encoding that counts what it does.
struct fixture {
    using log = roompp::publication_log<roompp::ring_history<3>>;

    fixture() { budget->set_limit(1'000'000); }
    std::unique_ptr<log> make_log() {
        auto made = std::make_unique<log>(home.get());
        made->attach(budget);
        return made;
    }
    static void append(log& target, const std::string& text) {
        roompp::room_event event;
        event.message = text;
        (void)target.append(event, nullptr, [](const roompp::room_event&) {});
        if (target.exceeds_budget()) target.shrink();
    }
    std::string read(log& source, const void* key = &upper_case) {
        std::string text;
        for (const auto& event : source.catch_up(nullptr, 100).messages)
            event.encoded.append_to(text, key, [&] {
                ++encoded;
                return (key == &quoted ? "'" : "!") + std::string(event.message.data());
            });
        return text;
    }

    fake::manual_loop home;
    std::shared_ptr<roompp::history_budget> budget = std::make_shared<roompp::history_budget>([] { return false; });
    int encoded = 0;
};

}  // namespace

TEST_CASE_METHOD(fixture, "A message of a history is encoded once in each form", "[encoded_message]") {
    const auto tea = make_log();
    for (const char* text : {"a", "b", "c"}) append(*tea, text);
    CHECK(read(*tea) == "!a!b!c");
    CHECK(read(*tea) == "!a!b!c");
    CHECK(encoded == 3);
    CHECK(read(*tea, &quoted) == "'a'b'c");
    CHECK(read(*tea, &quoted) == "'a'b'c");
    CHECK(encoded == 6);
    append(*tea, "d");
    CHECK(read(*tea) == "!b!c!d");
    CHECK(encoded == 7);
}

TEST_CASE("A message without a history is encoded each time", "[encoded_message]") {
    const roompp::encoded_message none;
    std::string text;
    for (const char* made : {"a", "b"}) none.append_to(text, &quoted, [&] { return std::string(made); });
    CHECK(text == "ab");
}

TEST_CASE("The memory of a history has that of the encoded forms, until their messages go", "[encoded_message]") {
    roompp::ring_history<3> history;
    std::uint64_t id = 0;
    const auto push = [&] { history.push({roompp::event_kind::message, ++id, {}, nullptr, {}, "hi"}, nullptr); };
    const auto encode = [&] {
        std::string text;
        for (const auto& event : history.after(0))
            event.encoded.append_to(text, &quoted, [] { return std::string(1000, 'x'); });
        return text.size();
    };
    for (int i = 0; i < 3; ++i) push();
    const std::size_t before = history.memory();
    CHECK(encode() == 3000);
    CHECK(history.memory() >= before + 3000);
    CHECK(history.memory() < before + 4000);
    push();
    CHECK(history.memory() < before + 3000);
    CHECK(encode() == 3000);
    history.forget_encoded();
    CHECK(history.memory() == before);
    CHECK(encode() == 3000);
    while (!history.empty()) history.forget_oldest();
    CHECK(history.memory() == 0);
}

TEST_CASE_METHOD(fixture, "An encoded form for which there is no memory is not stored", "[encoded_message]") {
    const auto tea = make_log();
    append(*tea, std::string(1000, 'x'));
    budget->set_limit(3000);
    CHECK(read(*tea).size() == 1001);
    CHECK(read(*tea).size() == 1001);
    CHECK(encoded == 1);
    budget->set_limit(2000);
    tea->forget_encoded();
    CHECK(read(*tea).size() == 1001);
    CHECK(read(*tea).size() == 1001);
    CHECK(encoded == 3);
}

TEST_CASE_METHOD(fixture, "Encoded forms of all rooms make place for others, and for messages", "[encoded_message]") {
    const auto tea = make_log();
    const auto milk = make_log();
    append(*tea, std::string(1000, 't'));
    append(*milk, std::string(1000, 'm'));
    budget->set_limit(4500);
    (void)read(*tea);
    (void)read(*milk);  // the forms of tea make place
    CHECK(encoded == 2);
    (void)read(*milk);
    CHECK(encoded == 2);
    (void)read(*tea);
    CHECK(encoded == 3);
    append(*milk, std::string(1000, 'm'));
    CHECK(tea->catch_up(nullptr, 100).messages.size() == 1);
    CHECK(milk->catch_up(nullptr, 100).messages.size() == 2);
    CHECK_FALSE(budget->is_exceeded());
}

TEST_CASE_METHOD(fixture, "A log that goes returns the memory of its encoded forms", "[encoded_message]") {
    auto tea = make_log();
    append(*tea, "a");
    (void)read(*tea);
    tea.reset();
    budget->forget_encoded();
    CHECK(budget->has_room_for(1'000'000));
}
