// Members that lose their connections repeatedly while another one publishes: every message must reach every member once
// and in order, across all of its connections.
//   reconnecting_members --port N [--members N] [--messages N] [--rate N] [--seed N]

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "crowd.hpp"
#include "options.hpp"

namespace {

using json = nlohmann::json;
using clock_type = std::chrono::steady_clock;

constexpr const char* room = "/ws/long/seam/";
// In messages. The room's history has 10,000, so every member can resume.
constexpr std::uint64_t max_lag = 5000;
constexpr std::uint64_t max_absence = 500;  // messages
constexpr std::uint64_t max_unacknowledged = 200;

std::uint64_t hash(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

// The text of message `id`: of many lengths, with characters that need escapes in JSON, and with multi-byte ones.
std::string message_text(std::uint64_t seed, std::uint64_t id) {
    static constexpr std::array<const char*, 8> pieces = {"a", "\"", "\\", "\n", "\u00e4", "\u20ac", "word", "\u0001"};
    std::string text = std::to_string(id) + ' ';
    std::uint64_t random = hash(seed ^ id);
    for (std::uint64_t left = random % 21; left != 0; --left) text += pieces[(random >> (left * 3U)) % pieces.size()];
    return text;
}

struct totals {
    std::uint64_t live = 0;       // messages received as they were published
    std::uint64_t caught_up = 0;  // messages received in history frames
    std::uint64_t connected = 0;
    std::uint64_t dropped_early = 0;  // before the history had arrived
    std::array<std::uint64_t, 4> drops{};
};

// Shared by all members: the texts of the messages, and their frames.
class conversation {
public:
    conversation(std::uint64_t seed, std::uint64_t messages) : seed_(seed), frames_(messages + 1) {}

    [[nodiscard]] std::uint64_t messages() const noexcept { return frames_.size() - 1; }
    [[nodiscard]] std::string text_of(std::uint64_t id) const { return message_text(seed_, id); }

    /// Throws unless a frame is message `expected`, equal to the frame that other members received.
    void check(std::string_view frame, std::uint64_t expected, const std::string& name) {
        if (expected < frames_.size() && frames_[expected] == frame) return;
        const auto message = json::parse(frame);
        if (message.at("type") != "message") throw std::runtime_error(name + " gets " + std::string(frame));
        check_message(message, expected, name);
        if (!frames_[expected].empty())
            throw std::runtime_error(name + " gets " + std::string(frame) + " but others got " + frames_[expected]);
        frames_[expected] = frame;
    }
    void check_message(const json& message, std::uint64_t expected, const std::string& name) const {
        if (message.at("id") != expected || expected > messages())
            throw std::runtime_error(name + " gets message " + message.at("id").dump() + " where " +
                                     std::to_string(expected) + " should come");
        if (message.at("message") != text_of(expected) || message.at("from").at("name") != "publisher" ||
            !message.at("at").is_number_unsigned())
            throw std::runtime_error(name + " gets another message " + std::to_string(expected) + ": " +
                                     message.dump());
    }

    totals counts;

private:
    std::uint64_t seed_;
    std::vector<std::string> frames_;  // by id; empty until the first member has received it
};

/// Receives the room's messages from the first one on, over as many connections as it takes.
class member : public crowd::listener {
public:
    member(crowd::loop& loop, conversation& shared, std::string name, std::uint64_t seed)
        : loop_(loop), shared_(shared), name_(std::move(name)), random_(seed) {}

    void start() { connect(); }
    /// The number of the last message received.
    [[nodiscard]] std::uint64_t last_id() const noexcept { return last_id_; }
    [[nodiscard]] bool has_joined() const noexcept { return connection_ && has_joined_; }
    [[nodiscard]] bool finished() const noexcept { return finished_; }

    /// Called with the number of published messages: reconnects if the absence has been long enough, or holds up the
    /// publisher.
    void set_published(std::uint64_t count) {
        if (!connection_ && !finished_ &&
            (count >= return_at_ || count >= last_id_ + max_lag - max_absence || count == shared_.messages()))
            connect();
        published_ = count;
    }
    void finish() {
        if (connection_) connection_->close();
    }

protected:
    void on_message(crowd::client& source, std::string_view frame) override {
        if (!has_joined_) return receive_history(source, frame);
        if (!is_room_message(source, frame)) return;
        shared_.check(frame, last_id_ + 1, name_);
        ++last_id_;
        ++shared_.counts.live;
        if (drops_ && messages_until_drop_-- == 0 && last_id_ < shared_.messages()) drop();
    }
    void on_close(crowd::client&, int code) override {
        connection_ = nullptr;
        if (code != 1000) throw std::runtime_error(name_ + " was closed with " + std::to_string(code));
        if (last_id_ == shared_.messages())
            finished_ = true;
        else if (!closing_)
            throw std::runtime_error(name_ + " was closed, but had not asked for it");
    }
    // Overridden by clients that receive frames of other kinds.
    virtual bool is_room_message(crowd::client&, std::string_view) { return true; }
    crowd::client* connection() noexcept { return connection_; }
    void never_drop() noexcept { drops_ = false; }

private:
    std::uint64_t pick(std::uint64_t max) { return std::uniform_int_distribution<std::uint64_t>(0, max)(random_); }

    void connect() {
        std::string target = room + ("?name=" + name_);
        if (!epoch_.empty()) target += "&epoch=" + epoch_ + "&after=" + std::to_string(last_id_);
        has_joined_ = closing_ = false;
        connection_ = &loop_.connect(target, *this);
        ++shared_.counts.connected;
        const std::uint64_t usual = std::min<std::uint64_t>(4000, shared_.messages() / 5);
        messages_until_drop_ = pick(9) == 0 ? pick(3) : pick(usual);
        // Some lose the connection again during the handshake.
        if (!epoch_.empty() && pick(9) == 0) {
            loop_.poll(0);
            if (connection_ && !has_joined_) {
                connection_->drop(pick(1) == 0);
                connection_ = nullptr;
                ++shared_.counts.dropped_early;
                return_at_ = published_ + pick(max_absence);
            }
        }
    }

    void receive_history(crowd::client&, std::string_view frame) {
        const auto history = json::parse(frame);
        if (history.at("type") != "history")
            throw std::runtime_error(name_ + " gets first: " + std::string(frame.substr(0, 1000)));
        if (history.at("you").at("name") != name_) throw std::runtime_error(name_ + " is " + history.at("you").dump());
        if (epoch_.empty()) epoch_ = history.at("epoch").get<std::string>();
        if (history.at("epoch") != epoch_) throw std::runtime_error("the room is another now");
        for (const auto& message : history.at("messages")) {
            shared_.check_message(message, last_id_ + 1, name_);
            ++last_id_;
            ++shared_.counts.caught_up;
        }
        if (history.at("last") != last_id_)
            throw std::runtime_error(name_ + " is told of messages up to " + history.at("last").dump() + " and gets " +
                                     std::to_string(last_id_));
        has_joined_ = true;
    }

    void drop() {
        const std::uint64_t manner = pick(3);
        ++shared_.counts.drops[manner];
        return_at_ = pick(2) == 0 ? 0 : published_ + pick(max_absence);
        if (manner == 3) {  // closes, and receives until the server has closed, too
            closing_ = true;
            return connection_->close();
        }
        auto& previous = *std::exchange(connection_, nullptr);
        if (manner == 2) {  // closes, and ignores further messages
            previous.detach_listener();
            return previous.close();
        }
        previous.drop(manner == 1);
    }

    crowd::loop& loop_;
    conversation& shared_;
    std::string name_;
    std::mt19937_64 random_;
    crowd::client* connection_ = nullptr;
    std::string epoch_;
    std::uint64_t last_id_ = 0;
    std::uint64_t messages_until_drop_ = 0;
    std::uint64_t return_at_ = 0;
    std::uint64_t published_ = 0;
    bool drops_ = true;
    bool has_joined_ = false;
    bool closing_ = false;
    bool finished_ = false;
};

class publisher final : public member {
public:
    publisher(crowd::loop& loop, conversation& shared) : member(loop, shared, "publisher", 0), shared_(shared) {
        never_drop();
    }

    /// Sends the messages up to number `due`, unless acknowledgements or the slowest member are too far behind.
    void publish(std::uint64_t due, std::uint64_t slowest) {
        due = std::min({due, shared_.messages(), acknowledged_ + max_unacknowledged, slowest + max_lag});
        while (sent_ < due) {
            ++sent_;
            connection()->send(json{{"type", "message"}, {"message", shared_.text_of(sent_)}, {"ack", sent_}}.dump());
        }
    }
    [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }

private:
    bool is_room_message(crowd::client&, std::string_view frame) override {
        if (frame.find(R"("type":"ack")") == std::string_view::npos) return true;
        const auto ack = json::parse(frame);
        ++acknowledged_;
        if (ack.at("ack") != acknowledged_ || ack.at("id") != acknowledged_)
            throw std::runtime_error("message " + std::to_string(acknowledged_) + " is acknowledged by " + ack.dump());
        return false;
    }

    conversation& shared_;
    std::uint64_t sent_ = 0;
    std::uint64_t acknowledged_ = 0;
};

void run(const crowd::options& settings) {
    const std::uint64_t seed = settings.number("--seed", std::random_device{}());
    const std::uint64_t rate = settings.number("--rate", 1000);
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);

    conversation shared(seed, settings.number("--messages", 60'000));
    crowd::loop loop(static_cast<std::uint16_t>(settings.number("--port", 0)));
    std::vector<std::unique_ptr<member>> members;
    for (std::uint64_t i = settings.number("--members", 200); i != 0; --i)
        members.push_back(std::make_unique<member>(loop, shared, "member" + std::to_string(i), hash(seed + i)));
    publisher speaker(loop, shared);

    const auto all = [&](auto holds) {
        return std::all_of(members.begin(), members.end(), [&](const auto& receiver) { return holds(*receiver); }) &&
               holds(speaker);
    };

    for (auto& receiver : members) receiver->start();
    speaker.start();
    loop.poll_until(
        2, "all are in", [&] { return all([](const member& receiver) { return receiver.has_joined(); }); }, [] {});

    const auto start = clock_type::now();
    loop.poll_until(
        2, "all have got everything",
        [&] { return all([&](const member& receiver) { return receiver.last_id() == shared.messages(); }); },
        [&] {
            std::uint64_t slowest = speaker.last_id();
            for (auto& receiver : members) {
                receiver->set_published(speaker.acknowledged());
                slowest = std::min(slowest, receiver->last_id());
            }
            const std::chrono::duration<double> elapsed = clock_type::now() - start;
            speaker.publish(static_cast<std::uint64_t>(elapsed.count() * static_cast<double>(rate)), slowest);
        });
    const std::chrono::duration<double> elapsed = clock_type::now() - start;
    if (speaker.acknowledged() != shared.messages()) throw std::runtime_error("not all messages are acknowledged");

    for (auto& receiver : members) receiver->finish();
    speaker.finish();
    loop.poll_until(
        2, "all have left",
        [&] { return all([](const member& receiver) { return receiver.finished(); }) && loop.size() == 0; }, [] {});

    const auto& counts = shared.counts;
    const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf(
        "%zu members got %llu messages each in %.1f s: %llu of them live, %llu on coming back\n"
        "%llu connections; lost: %llu ended, %llu reset, %llu closed without listening on, %llu closed; %llu before they "
        "were open\n",
        members.size(), number(shared.messages()), elapsed.count(), number(counts.live), number(counts.caught_up),
        number(counts.connected), number(counts.drops[0]), number(counts.drops[1]), number(counts.drops[2]),
        number(counts.drops[3]), number(counts.dropped_early));
    if (counts.live + counts.caught_up != (members.size() + 1) * shared.messages())
        throw std::runtime_error("that is not what was published");
    if (counts.caught_up == 0 || std::count(counts.drops.begin(), counts.drops.end(), 0U) != 0)
        throw std::runtime_error("too little happened for this to show anything: more messages are needed");
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(crowd::options(argc, argv));
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
