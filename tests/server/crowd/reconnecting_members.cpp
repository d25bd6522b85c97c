// Members that lose their connections again and again, while one publishes: every message must reach every member once,
// in order, across all of its connections.
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
// The room keeps 10,000 messages: so nobody may be further behind than this.
constexpr std::uint64_t furthest_behind = 5000;
constexpr std::uint64_t longest_away = 500;  // in messages
constexpr std::uint64_t unacknowledged = 200;

std::uint64_t scrambled(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

// What message `id` says: of many lengths, with what has to be escaped, and with characters of several bytes.
std::string words(std::uint64_t seed, std::uint64_t id) {
    static constexpr std::array<const char*, 8> some = {"a", "\"", "\\", "\n", "\u00e4", "\u20ac", "word", "\u0001"};
    std::string text = std::to_string(id) + ' ';
    std::uint64_t dice = scrambled(seed ^ id);
    for (std::uint64_t left = dice % 21; left != 0; --left) text += some[(dice >> (left * 3U)) % some.size()];
    return text;
}

struct figures {
    std::uint64_t heard = 0;      // live
    std::uint64_t caught_up = 0;  // in history frames
    std::uint64_t connected = 0;
    std::uint64_t dropped_early = 0;  // before the connection was open
    std::array<std::uint64_t, 4> drops{};
};

// What all share: what has been published, and how each message looks.
class conversation {
public:
    conversation(std::uint64_t seed, std::uint64_t messages) : seed_(seed), frames_(messages + 1) {}

    [[nodiscard]] std::uint64_t messages() const noexcept { return frames_.size() - 1; }
    [[nodiscard]] std::string text_of(std::uint64_t id) const { return words(seed_, id); }

    /// Whether a frame is message `expected`, as everybody else got it; else what it is.
    void check(std::string_view frame, std::uint64_t expected, const std::string& who) {
        if (expected < frames_.size() && frames_[expected] == frame) return;
        const auto told = json::parse(frame);
        if (told.at("type") != "message") throw std::runtime_error(who + " gets " + std::string(frame));
        check_message(told, expected, who);
        if (!frames_[expected].empty())
            throw std::runtime_error(who + " gets " + std::string(frame) + " but others got " + frames_[expected]);
        frames_[expected] = frame;
    }
    void check_message(const json& told, std::uint64_t expected, const std::string& who) const {
        if (told.at("id") != expected || expected > messages())
            throw std::runtime_error(who + " gets message " + told.at("id").dump() + " where " +
                                     std::to_string(expected) + " should come");
        if (told.at("message") != text_of(expected) || told.at("from").at("name") != "publisher" ||
            !told.at("at").is_number_unsigned())
            throw std::runtime_error(who + " gets another message " + std::to_string(expected) + ": " + told.dump());
    }

    figures counted;

private:
    std::uint64_t seed_;
    std::vector<std::string> frames_;  // by id; empty until the first member has got it
};

/// Hears the room from the first message on, whatever becomes of its connections.
class member : public crowd::listener {
public:
    member(crowd::loop& on, conversation& shared, std::string name, std::uint64_t seed)
        : on_(on), shared_(shared), name_(std::move(name)), random_(seed) {}

    void start() { connect(); }
    /// The number of the latest message that it has got.
    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }
    [[nodiscard]] bool in() const noexcept { return connection_ && welcome_; }
    [[nodiscard]] bool finished() const noexcept { return finished_; }

    /// So many are published: comes back if it was away for long enough, or holds up the publisher.
    void published(std::uint64_t so_many) {
        if (!connection_ && !finished_ &&
            (so_many >= back_at_ || so_many >= last_ + furthest_behind - longest_away || so_many == shared_.messages()))
            connect();
        so_many_ = so_many;
    }
    void finish() {
        if (connection_) connection_->close();
    }

protected:
    void heard(crowd::client& by, std::string_view frame) override {
        if (!welcome_) return enter(by, frame);
        if (!is_for_me(by, frame)) return;
        shared_.check(frame, last_ + 1, name_);
        ++last_;
        ++shared_.counted.heard;
        if (drops_ && left_until_drop_-- == 0 && last_ < shared_.messages()) drop();
    }
    void ended(crowd::client&, int code) override {
        connection_ = nullptr;
        if (code != 1000) throw std::runtime_error(name_ + " was closed with " + std::to_string(code));
        if (last_ == shared_.messages())
            finished_ = true;
        else if (!closing_)
            throw std::runtime_error(name_ + " was closed, but had not asked for it");
    }
    // Frames of other kinds.
    virtual bool is_for_me(crowd::client&, std::string_view) { return true; }
    crowd::client* connection() noexcept { return connection_; }
    void never_drop() noexcept { drops_ = false; }

private:
    std::uint64_t pick(std::uint64_t most) { return std::uniform_int_distribution<std::uint64_t>(0, most)(random_); }

    void connect() {
        std::string target = room + ("?name=" + name_);
        if (!epoch_.empty()) target += "&epoch=" + epoch_ + "&after=" + std::to_string(last_);
        welcome_ = closing_ = false;
        connection_ = &on_.connect(target, *this);
        ++shared_.counted.connected;
        const std::uint64_t usual = std::min<std::uint64_t>(4000, shared_.messages() / 5);
        left_until_drop_ = pick(9) == 0 ? pick(3) : pick(usual);
        // Some lose their connection again before it is one.
        if (!epoch_.empty() && pick(9) == 0) {
            on_.poll(0);
            if (connection_ && !welcome_) {
                connection_->drop(pick(1) == 0);
                connection_ = nullptr;
                ++shared_.counted.dropped_early;
                back_at_ = so_many_ + pick(longest_away);
            }
        }
    }

    void enter(crowd::client&, std::string_view frame) {
        const auto first = json::parse(frame);
        if (first.at("type") != "history")
            throw std::runtime_error(name_ + " gets first: " + std::string(frame.substr(0, 1000)));
        if (first.at("you").at("name") != name_) throw std::runtime_error(name_ + " is " + first.at("you").dump());
        if (epoch_.empty()) epoch_ = first.at("epoch").get<std::string>();
        if (first.at("epoch") != epoch_) throw std::runtime_error("the room is another now");
        for (const auto& one : first.at("messages")) {
            shared_.check_message(one, last_ + 1, name_);
            ++last_;
            ++shared_.counted.caught_up;
        }
        if (first.at("last") != last_)
            throw std::runtime_error(name_ + " is told of messages up to " + first.at("last").dump() + " and gets " +
                                     std::to_string(last_));
        welcome_ = true;
    }

    void drop() {
        const std::uint64_t how = pick(3);
        ++shared_.counted.drops[how];
        back_at_ = pick(2) == 0 ? 0 : so_many_ + pick(longest_away);
        if (how == 3) {  // asks to be closed, and takes what still comes
            closing_ = true;
            return connection_->close();
        }
        auto& lost = *std::exchange(connection_, nullptr);
        if (how == 2) {  // asks to be closed, and does not care for what still comes
            lost.listen_no_more();
            return lost.close();
        }
        lost.drop(how == 1);
    }

    crowd::loop& on_;
    conversation& shared_;
    std::string name_;
    std::mt19937_64 random_;
    crowd::client* connection_ = nullptr;
    std::string epoch_;
    std::uint64_t last_ = 0;
    std::uint64_t left_until_drop_ = 0;
    std::uint64_t back_at_ = 0;
    std::uint64_t so_many_ = 0;
    bool drops_ = true;
    bool welcome_ = false;
    bool closing_ = false;
    bool finished_ = false;
};

class publisher final : public member {
public:
    publisher(crowd::loop& on, conversation& shared) : member(on, shared, "publisher", 0), shared_(shared) {
        never_drop();
    }

    /// Says what is due.
    void say(std::uint64_t due, std::uint64_t slowest) {
        due = std::min({due, shared_.messages(), acknowledged_ + unacknowledged, slowest + furthest_behind});
        while (said_ < due) {
            ++said_;
            connection()->send(json{{"type", "message"}, {"message", shared_.text_of(said_)}, {"ack", said_}}.dump());
        }
    }
    [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }

private:
    bool is_for_me(crowd::client&, std::string_view frame) override {
        if (frame.find(R"("type":"ack")") == std::string_view::npos) return true;
        const auto ack = json::parse(frame);
        ++acknowledged_;
        if (ack.at("ack") != acknowledged_ || ack.at("id") != acknowledged_)
            throw std::runtime_error("message " + std::to_string(acknowledged_) + " is acknowledged by " + ack.dump());
        return false;
    }

    conversation& shared_;
    std::uint64_t said_ = 0;
    std::uint64_t acknowledged_ = 0;
};

void run(const crowd::options& chosen) {
    const std::uint64_t seed = chosen.number("--seed", std::random_device{}());
    const std::uint64_t rate = chosen.number("--rate", 1000);
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);

    conversation shared(seed, chosen.number("--messages", 60'000));
    crowd::loop on(static_cast<std::uint16_t>(chosen.number("--port", 0)));
    std::vector<std::unique_ptr<member>> members;
    for (std::uint64_t i = chosen.number("--members", 200); i != 0; --i)
        members.push_back(std::make_unique<member>(on, shared, "member" + std::to_string(i), scrambled(seed + i)));
    publisher says(on, shared);

    const auto all = [&](auto is) {
        return std::all_of(members.begin(), members.end(), [&](const auto& one) { return is(*one); }) && is(says);
    };

    for (auto& one : members) one->start();
    says.start();
    on.poll_until(
        2, "all are in", [&] { return all([](const member& one) { return one.in(); }); }, [] {});

    const auto began = clock_type::now();
    on.poll_until(
        2, "all have got everything",
        [&] { return all([&](const member& one) { return one.last() == shared.messages(); }); },
        [&] {
            std::uint64_t slowest = says.last();
            for (auto& one : members) {
                one->published(says.acknowledged());
                slowest = std::min(slowest, one->last());
            }
            const std::chrono::duration<double> passed = clock_type::now() - began;
            says.say(static_cast<std::uint64_t>(passed.count() * static_cast<double>(rate)), slowest);
        });
    const std::chrono::duration<double> took = clock_type::now() - began;
    if (says.acknowledged() != shared.messages()) throw std::runtime_error("not all messages are acknowledged");

    for (auto& one : members) one->finish();
    says.finish();
    on.poll_until(
        2, "all have left", [&] { return all([](const member& one) { return one.finished(); }) && on.size() == 0; },
        [] {});

    const auto& counted = shared.counted;
    const auto count = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf(
        "%zu members got %llu messages each in %.1f s: %llu of them live, %llu on coming back\n"
        "%llu connections; lost: %llu ended, %llu reset, %llu closed without listening on, %llu closed; %llu before they "
        "were open\n",
        members.size(), count(shared.messages()), took.count(), count(counted.heard), count(counted.caught_up),
        count(counted.connected), count(counted.drops[0]), count(counted.drops[1]), count(counted.drops[2]),
        count(counted.drops[3]), count(counted.dropped_early));
    if (counted.heard + counted.caught_up != (members.size() + 1) * shared.messages())
        throw std::runtime_error("that is not what was published");
    if (counted.caught_up == 0 || std::count(counted.drops.begin(), counted.drops.end(), 0U) != 0)
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
