// A large room in which some members stop reading: the others must receive everything meanwhile, the server's memory must
// stay bounded, and the slow ones must be treated as the room's policy says.
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
constexpr std::size_t burst_size = 8;  // messages
constexpr std::size_t shared_bytes = 4 * mebibyte;
constexpr std::size_t long_bytes = 64 * mebibyte;
constexpr std::size_t few_members = 10;
// Bound of the server's memory beyond the queues of slow members: the history, and messages in flight to the others.
constexpr std::size_t other_memory = 16 * mebibyte;

std::string text_of(std::uint64_t id) {
    std::string text = std::to_string(id) + ' ';
    text.resize(message_bytes, static_cast<char>('a' + id % 26));
    return text;
}

// Frames that one member has validated, by message number. The other members must receive the same.
using frames_by_id = std::map<std::uint64_t, std::string>;

class member final : public crowd::listener {
public:
    member(crowd::loop& loop, frames_by_id& frames, const std::string& target, std::string name,
           const crowd::socket_settings& settings = {})
        : frames_(frames),
          name_(std::move(name)),
          connection_(&loop.connect(target + "?name=" + name_, *this, settings)) {}

    [[nodiscard]] bool has_joined() const noexcept { return has_joined_; }
    /// The numbers of the messages received.
    [[nodiscard]] const std::vector<std::uint64_t>& received() const noexcept { return received_; }
    [[nodiscard]] std::uint64_t last_id() const noexcept { return received_.empty() ? 0 : received_.back(); }
    /// The server's close code, once the connection has ended; else 0.
    [[nodiscard]] int close_code() const noexcept { return close_code_; }
    [[nodiscard]] crowd::client& connection() const { return *connection_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    void on_message(crowd::client&, std::string_view frame) override {
        if (const auto next = frames_.find(last_id() + 1); next != frames_.end() && next->second == frame)
            return received_.push_back(next->first);
        const auto message = json::parse(frame);
        if (!std::exchange(has_joined_, true)) {
            if (message.at("type") != "history")
                throw std::runtime_error(name_ + " is welcomed with " + message.dump());
            return;
        }
        const auto id = message.at("id").get<std::uint64_t>();
        if (message.at("type") != "message" || id <= last_id() || message.at("message") != text_of(id))
            throw std::runtime_error(name_ + " gets after message " + std::to_string(last_id()) + " a broken one or " +
                                     message.dump().substr(0, 200));
        received_.push_back(id);
        frames_[id] = frame;
    }
    void on_close(crowd::client&, int code) override {
        connection_ = nullptr;
        close_code_ = code;
    }

    frames_by_id& frames_;
    std::string name_;
    std::vector<std::uint64_t> received_;
    crowd::client* connection_;
    int close_code_ = 0;
    bool has_joined_ = false;
};

class test_run {
public:
    explicit test_run(const crowd::options& settings)
        : loop_(static_cast<std::uint16_t>(settings.number("--port", 0))),
          policy_(settings.text("--policy", "disconnect")),
          server_(settings.number("--server-pid", 0)),
          queue_bytes_(settings.number("--queue-bytes", 0)) {
        const std::string target = "/ws/slow/" + policy_ + "/crowd/";
        const std::uint64_t slow_count = settings.number("--slow", 10);
        for (std::uint64_t i = slow_count; i < settings.number("--members", 1000); ++i)
            fast_.push_back(std::make_unique<member>(loop_, frames_, target, "quick" + std::to_string(i)));
        for (std::uint64_t i = 0; i < slow_count; ++i)
            slow_.push_back(std::make_unique<member>(loop_, frames_, target, "slow" + std::to_string(i),
                                                     crowd::socket_settings{4096, 536}));
        wait("all are in", [&] {
            const auto has_joined = [](const auto& receiver) { return receiver->has_joined(); };
            return std::all_of(fast_.begin(), fast_.end(), has_joined) &&
                   std::all_of(slow_.begin(), slow_.end(), has_joined);
        });
    }

    void run() {
        for (auto& receiver : slow_) receiver->connection().stall();
        initial_memory_ = max_memory_ = crowd::memory_of(server_);
        publish(shared_bytes);
        const std::size_t members = fast_.size() + slow_.size();

        // Many more bytes than the memory bound, for few of the fast members.
        while (fast_.size() > few_members) {
            fast_.back()->connection().drop();
            fast_.pop_back();
        }
        publish(long_bytes);

        const std::size_t bound = slow_.size() * queue_bytes_ + other_memory;
        const std::size_t growth = max_memory_ - initial_memory_;
        std::printf(
            "%zu members, %zu of them slow: %llu messages of %zu bytes; the server's memory grew by %zu KiB, and "
            "may by %zu KiB\n",
            members, slow_.size(), static_cast<unsigned long long>(published_), message_bytes, growth / 1024,
            bound / 1024);
        std::fflush(stdout);
        if (growth > bound) throw std::runtime_error("the server takes too much memory");

        for (auto& receiver : slow_) receiver->connection().resume_reading();
        if (policy_ == "disconnect")
            check_closed();
        else
            check_newest();
        for (auto& receiver : fast_) receiver->connection().close();
        wait("all have left", [&] { return loop_.size() == 0; });
    }

private:
    template <class Condition>
    void wait(const char* description, Condition holds) {
        loop_.poll_until(10, description, holds, [] {});
    }

    // In bursts; each waits until the fast members have received the previous one.
    void publish(std::size_t bytes) {
        for (std::size_t sent = 0; sent < bytes;) {
            frames_.clear();
            for (std::size_t i = 0; i < burst_size; ++i, sent += message_bytes)
                fast_.front()->connection().send(json{{"type", "message"}, {"message", text_of(++published_)}}.dump());
            wait("all that are not slow have got everything", [&] {
                return std::all_of(fast_.begin(), fast_.end(), [&](const auto& receiver) {
                    if (receiver->close_code() != 0) throw std::runtime_error(receiver->name() + " was closed");
                    return receiver->last_id() == published_;
                });
            });
            max_memory_ = std::max(max_memory_, crowd::memory_of(server_));
        }
        for (const auto& receiver : fast_)
            if (receiver->received().size() != published_)
                throw std::runtime_error(receiver->name() + " has missed messages");
    }

    void check_closed() {
        wait("the slow ones are closed", [&] {
            return std::all_of(slow_.begin(), slow_.end(),
                               [](const auto& receiver) { return receiver->close_code() != 0; });
        });
        for (const auto& receiver : slow_) {
            if (receiver->close_code() != 1013)
                throw std::runtime_error(receiver->name() + " was closed with " +
                                         std::to_string(receiver->close_code()));
            if (receiver->last_id() != receiver->received().size() || receiver->last_id() >= published_)
                throw std::runtime_error(receiver->name() +
                                         " was closed, but not at the end of what it had got in order");
        }
        print_slow_members();
    }

    void check_newest() {
        wait_for_newest();
        for (const auto& receiver : slow_) {
            if (receiver->received().size() >= published_)
                throw std::runtime_error("nothing was dropped: that shows nothing");
            const std::uint64_t since_gap = count_unbroken_tail(*receiver);
            if (policy_ == "drop" && since_gap * message_bytes < queue_bytes_ / 2)
                throw std::runtime_error(receiver->name() +
                                         " has lost more than it had to: of the newest messages it got " +
                                         std::to_string(since_gap));
        }
        print_slow_members();
        // They receive everything again, like the other members.
        publish(mebibyte);
        wait_for_newest();
        for (const auto& receiver : slow_)
            if (count_unbroken_tail(*receiver) < mebibyte / message_bytes)
                throw std::runtime_error(receiver->name() + " reads, and misses messages all the same");
        for (auto& receiver : slow_) receiver->connection().close();
    }
    void wait_for_newest() {
        wait("the slow ones have got the newest message", [&] {
            return std::all_of(slow_.begin(), slow_.end(), [&](const auto& receiver) {
                if (receiver->close_code() != 0)
                    throw std::runtime_error(receiver->name() + " was closed with " +
                                             std::to_string(receiver->close_code()));
                return receiver->last_id() == published_;
            });
        });
    }
    // The number of messages without a gap at the end of those received.
    static std::uint64_t count_unbroken_tail(const member& receiver) {
        const auto& ids = receiver.received();
        std::size_t n = 1;
        while (n < ids.size() && ids[ids.size() - n - 1] + 1 == ids[ids.size() - n]) ++n;
        return n;
    }
    void print_slow_members() const {
        std::size_t min = slow_.front()->received().size();
        std::size_t max = min;
        for (const auto& receiver : slow_) {
            min = std::min(min, receiver->received().size());
            max = std::max(max, receiver->received().size());
        }
        std::printf("the slow ones got %zu to %zu of %llu messages\n", min, max,
                    static_cast<unsigned long long>(published_));
    }

    crowd::loop loop_;
    frames_by_id frames_;
    std::string policy_;
    std::uint64_t server_;
    std::size_t queue_bytes_;
    std::vector<std::unique_ptr<member>> fast_;
    std::vector<std::unique_ptr<member>> slow_;
    std::uint64_t published_ = 0;
    std::size_t initial_memory_ = 0;
    std::size_t max_memory_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    try {
        test_run(crowd::options(argc, argv)).run();
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
