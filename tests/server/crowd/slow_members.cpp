// A large room in which some members stop reading: the others must get everything meanwhile, the server's memory must stay
// within bounds, and the slow ones must fare as their room's policy says.
//   slow_members --port N --policy disconnect|skip|drop --server-pid N --queue-bytes N [--members N] [--slow N]

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "crowd.hpp"
#include "options.hpp"

namespace {

using json = nlohmann::json;

constexpr std::size_t mebibyte = 1024 * 1024;
constexpr std::size_t message_bytes = 8 * 1024;
constexpr std::size_t at_once = 8;  // messages
constexpr std::size_t for_all = 4 * mebibyte;
constexpr std::size_t for_few = 64 * mebibyte;
constexpr std::size_t few = 10;
// What the server may need beside the queues of the slow: the history, and what is under way to the others.
constexpr std::size_t other_memory = 16 * mebibyte;

std::string text_of(std::uint64_t id) {
    std::string text = std::to_string(id) + ' ';
    text.resize(message_bytes, static_cast<char>('a' + id % 26));
    return text;
}

// Frames that one member has got and found good, by number: the others get the same.
using good_frames = std::map<std::uint64_t, std::string>;

class member final : public crowd::listener {
public:
    member(crowd::loop& on, good_frames& good, const std::string& target, std::string name,
           const crowd::socket_settings& how = {})
        : good_(good), name_(std::move(name)), connection_(&on.connect(target + "?name=" + name_, *this, how)) {}

    [[nodiscard]] bool in() const noexcept { return welcome_; }
    /// The numbers of the messages that it has got.
    [[nodiscard]] const std::vector<std::uint64_t>& got() const noexcept { return got_; }
    [[nodiscard]] std::uint64_t last() const noexcept { return got_.empty() ? 0 : got_.back(); }
    /// The server's close code, once the connection has ended; else 0.
    [[nodiscard]] int end() const noexcept { return end_; }
    [[nodiscard]] crowd::client& connection() const { return *connection_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    void heard(crowd::client&, std::string_view frame) override {
        if (const auto next = good_.find(last() + 1); next != good_.end() && next->second == frame)
            return got_.push_back(next->first);
        const auto told = json::parse(frame);
        if (!std::exchange(welcome_, true)) {
            if (told.at("type") != "history") throw std::runtime_error(name_ + " is welcomed with " + told.dump());
            return;
        }
        const auto id = told.at("id").get<std::uint64_t>();
        if (told.at("type") != "message" || id <= last() || told.at("message") != text_of(id))
            throw std::runtime_error(name_ + " gets after message " + std::to_string(last()) + " a broken one or " +
                                     told.dump().substr(0, 200));
        got_.push_back(id);
        good_[id] = frame;
    }
    void ended(crowd::client&, int code) override {
        connection_ = nullptr;
        end_ = code;
    }

    good_frames& good_;
    std::string name_;
    std::vector<std::uint64_t> got_;
    crowd::client* connection_;
    int end_ = 0;
    bool welcome_ = false;
};

class experiment {
public:
    explicit experiment(const crowd::options& chosen)
        : on_(static_cast<std::uint16_t>(chosen.number("--port", 0))),
          policy_(chosen.text("--policy", "disconnect")),
          server_(chosen.number("--server-pid", 0)),
          queue_bytes_(chosen.number("--queue-bytes", 0)) {
        const std::string target = "/ws/slow/" + policy_ + "/crowd/";
        const std::uint64_t slow_ones = chosen.number("--slow", 10);
        for (std::uint64_t i = slow_ones; i < chosen.number("--members", 1000); ++i)
            quick_.push_back(std::make_unique<member>(on_, good_, target, "quick" + std::to_string(i)));
        for (std::uint64_t i = 0; i < slow_ones; ++i)
            slow_.push_back(std::make_unique<member>(on_, good_, target, "slow" + std::to_string(i),
                                                     crowd::socket_settings{4096, 536}));
        wait("all are in", [&] {
            const auto in = [](const auto& one) { return one->in(); };
            return std::all_of(quick_.begin(), quick_.end(), in) && std::all_of(slow_.begin(), slow_.end(), in);
        });
    }

    void run() {
        for (auto& one : slow_) one->connection().stall();
        memory_at_first_ = memory_at_most_ = crowd::memory_of(server_);
        publish(for_all);
        const std::size_t members = quick_.size() + slow_.size();

        // Many more messages than memory, but not for so many.
        while (quick_.size() > few) {
            quick_.back()->connection().drop();
            quick_.pop_back();
        }
        publish(for_few);

        const std::size_t bound = slow_.size() * queue_bytes_ + other_memory;
        const std::size_t grown = memory_at_most_ - memory_at_first_;
        std::printf(
            "%zu members, %zu of them slow: %llu messages of %zu bytes; the server's memory grew by %zu KiB, and "
            "may by %zu KiB\n",
            members, slow_.size(), static_cast<unsigned long long>(said_), message_bytes, grown / 1024, bound / 1024);
        std::fflush(stdout);
        if (grown > bound) throw std::runtime_error("the server takes too much memory");

        for (auto& one : slow_) one->connection().resume_reading();
        if (policy_ == "disconnect")
            expect_closed();
        else
            expect_newest();
        for (auto& one : quick_) one->connection().close();
        wait("all have left", [&] { return on_.size() == 0; });
    }

private:
    template <class Condition>
    void wait(const char* description, Condition holds) {
        on_.poll_until(10, description, holds, [] {});
    }

    // A few messages at a time, for which those wait who are not slow.
    void publish(std::size_t bytes) {
        for (std::size_t sent = 0; sent < bytes;) {
            good_.clear();
            for (std::size_t i = 0; i < at_once; ++i, sent += message_bytes)
                quick_.front()->connection().send(json{{"type", "message"}, {"message", text_of(++said_)}}.dump());
            wait("all that are not slow have got everything", [&] {
                return std::all_of(quick_.begin(), quick_.end(), [&](const auto& one) {
                    if (one->end() != 0) throw std::runtime_error(one->name() + " was closed");
                    return one->last() == said_;
                });
            });
            memory_at_most_ = std::max(memory_at_most_, crowd::memory_of(server_));
        }
        for (const auto& one : quick_)
            if (one->got().size() != said_) throw std::runtime_error(one->name() + " has missed messages");
    }

    void expect_closed() {
        wait("the slow ones are closed",
             [&] { return std::all_of(slow_.begin(), slow_.end(), [](const auto& one) { return one->end() != 0; }); });
        for (const auto& one : slow_) {
            if (one->end() != 1013)
                throw std::runtime_error(one->name() + " was closed with " + std::to_string(one->end()));
            if (one->last() != one->got().size() || one->last() >= said_)
                throw std::runtime_error(one->name() + " was closed, but not at the end of what it had got in order");
        }
        tell_of_slow();
    }

    void expect_newest() {
        wait_for_newest();
        for (const auto& one : slow_) {
            if (one->got().size() >= said_) throw std::runtime_error("nothing was dropped: that shows nothing");
            const std::uint64_t since_gap = unbroken_end(*one);
            if (policy_ == "drop" && since_gap * message_bytes < queue_bytes_ / 2)
                throw std::runtime_error(one->name() + " has lost more than it had to: of the newest messages it got " +
                                         std::to_string(since_gap));
        }
        tell_of_slow();
        // They are members like the others again.
        publish(mebibyte);
        wait_for_newest();
        for (const auto& one : slow_)
            if (unbroken_end(*one) < mebibyte / message_bytes)
                throw std::runtime_error(one->name() + " reads, and misses messages all the same");
        for (auto& one : slow_) one->connection().close();
    }
    void wait_for_newest() {
        wait("the slow ones have got the newest message", [&] {
            return std::all_of(slow_.begin(), slow_.end(), [&](const auto& one) {
                if (one->end() != 0)
                    throw std::runtime_error(one->name() + " was closed with " + std::to_string(one->end()));
                return one->last() == said_;
            });
        });
    }
    // How many messages without a gap are the end of what it has got.
    static std::uint64_t unbroken_end(const member& one) {
        const auto& got = one.got();
        std::size_t n = 1;
        while (n < got.size() && got[got.size() - n - 1] + 1 == got[got.size() - n]) ++n;
        return n;
    }
    void tell_of_slow() const {
        std::size_t least = slow_.front()->got().size();
        std::size_t most = least;
        for (const auto& one : slow_) {
            least = std::min(least, one->got().size());
            most = std::max(most, one->got().size());
        }
        std::printf("the slow ones got %zu to %zu of %llu messages\n", least, most,
                    static_cast<unsigned long long>(said_));
    }

    crowd::loop on_;
    good_frames good_;
    std::string policy_;
    std::uint64_t server_;
    std::size_t queue_bytes_;
    std::vector<std::unique_ptr<member>> quick_;
    std::vector<std::unique_ptr<member>> slow_;
    std::uint64_t said_ = 0;
    std::size_t memory_at_first_ = 0;
    std::size_t memory_at_most_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    try {
        experiment(crowd::options(argc, argv)).run();
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
