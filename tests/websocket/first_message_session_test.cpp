// What the session behind a first message is told.

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/base/close.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/slow_consumer.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/websocket/connect_reply.hpp>
#include <roompp/websocket/first_message.hpp>

#include "support/catch.hpp"

namespace {

using strings = std::vector<std::string>;

// A connection that goes nowhere.
class silent_connection final : public roompp::connection {
public:
    explicit silent_connection(roompp::loop& home) : connection(home) {}

private:
    void send_message(roompp::payload) override {}
    void send_batch(const std::shared_ptr<const batch_type>&, roompp::when_slow) override {}
    void start_closing(std::uint16_t, const std::string&) override {}
    void do_fail(const std::exception_ptr&) override {}
    [[nodiscard]] std::string find_peer_address() const override { return {}; }
    [[nodiscard]] const std::string& agreed_subprotocol() const override { return subprotocol_; }
    [[nodiscard]] bool has_secure_transport() const noexcept override { return false; }

    std::string subprotocol_;
};

class recording_session final : public roompp::net::session {
public:
    explicit recording_session(strings& calls) : calls_(calls) {}
    void on_message(roompp::payload message) override { calls_.push_back("message " + std::string(message)); }
    void on_rate_limited(roompp::payload dropped) override { calls_.push_back("dropped " + std::string(dropped)); }
    void on_drain() override { calls_.emplace_back("drain"); }
    void on_close(const roompp::close_event& event) override { calls_.push_back("close " + event.reason); }

private:
    strings& calls_;
};

}  // namespace

TEST_CASE("Everything after the first message goes to the actual session, and nothing before it", "[first_message]") {
    roompp::loop home([](const roompp::loop::task&) {});
    const auto client = std::make_shared<silent_connection>(home);
    strings calls;
    roompp::detail::first_message_session session(
        *client, std::chrono::seconds(10),
        [](std::string_view, roompp::connect_reply& reply) {
            reply.identify({"1", "Ann", {}});
        },
        [&calls](const roompp::person& person) {
            calls.push_back("open " + person.name);
            return std::make_unique<recording_session>(calls);
        });
    session.on_drain();
    session.on_rate_limited("early");
    CHECK(calls.empty());
    session.on_message("token");
    CHECK(calls == strings{"open Ann"});
    session.on_message("hello");
    session.on_rate_limited("too much");
    session.on_drain();
    session.on_close({1000, "bye"});
    CHECK(calls == strings{"open Ann", "message hello", "dropped too much", "drain", "close bye"});
}
