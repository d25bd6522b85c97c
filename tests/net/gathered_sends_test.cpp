#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <roompp/base/turn.hpp>
#include <roompp/net/gathered_sends.hpp>

#include "support/catch.hpp"

using roompp::net::fan_out_send;
using roompp::net::fan_out_target;
using roompp::net::fan_out_writer;
using roompp::net::frame_batch;
using roompp::net::gathered_sends;

namespace {

struct silent_target final : fan_out_target {
    void on_incomplete_send(const std::shared_ptr<const frame_batch>&, std::size_t, int) override {}
};

// Records each call as a string: socket and bytes of each send.
class recording_writer final : public fan_out_writer {
public:
    recording_writer(std::vector<std::string>& calls, std::vector<std::size_t>& batch_counts)
        : calls_(calls), batch_counts_(batch_counts) {}
    void write(const std::vector<fan_out_send>& sends, const batches& gathered) override {
        std::string call;
        for (const auto& send : sends)
            call += std::to_string(send.socket) + std::string(gathered[send.batch]->bytes().substr(2)) + ' ';
        calls_.push_back(call);
        batch_counts_.push_back(gathered.size());
    }

private:
    std::vector<std::string>& calls_;
    std::vector<std::size_t>& batch_counts_;
};

struct fixture {
    std::vector<std::string> calls;
    std::vector<std::size_t> batch_counts;
    silent_target target;
    roompp::turn current;
    gathered_sends sends{std::make_unique<recording_writer>(calls, batch_counts)};

    static std::shared_ptr<const frame_batch> batch(const char* text) {
        auto made = std::make_shared<frame_batch>();
        made->append(text);
        return made;
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "The sends of a turn are made together, at its end", "[gathered_sends]") {
    const auto a = batch("a");
    const auto b = batch("b");
    (void)sends.add(current, target, 1, a);
    (void)sends.add(current, target, 2, a);
    (void)sends.add(current, target, 3, b);
    CHECK(calls.empty());
    current.end();
    CHECK(calls == std::vector<std::string>{"1a 2a 3b "});
    CHECK(batch_counts == std::vector<std::size_t>{2});
    current.end();
    CHECK(calls.size() == 1);
}

TEST_CASE_METHOD(fixture, "A ticket tells whether a send still waits", "[gathered_sends]") {
    const auto first = sends.add(current, target, 1, batch("a"));
    CHECK(sends.holds(first));
    CHECK_FALSE(sends.holds(0));
    sends.write();
    CHECK_FALSE(sends.holds(first));
    const auto second = sends.add(current, target, 1, batch("b"));
    CHECK(sends.holds(second));
    CHECK_FALSE(sends.holds(first));
    current.end();
    CHECK(calls == std::vector<std::string>{"1a ", "1b "});
}

TEST_CASE_METHOD(fixture, "Batches are kept until their sends are made, and no longer", "[gathered_sends]") {
    auto owned = batch("a");
    const std::weak_ptr<const frame_batch> watched = owned;
    (void)sends.add(current, target, 1, std::exchange(owned, nullptr));
    CHECK_FALSE(watched.expired());
    current.end();
    CHECK(watched.expired());
}

TEST_CASE("A writer that fails is not given the same sends again", "[gathered_sends]") {
    class failing_writer final : public fan_out_writer {
    public:
        void write(const std::vector<fan_out_send>& sends, const batches&) override {
            CHECK(sends.size() == 1);
            throw std::runtime_error("a writer failed");
        }
    };
    silent_target target;
    roompp::turn current;
    gathered_sends sends(std::make_unique<failing_writer>());
    for (int i = 0; i < 2; ++i) {
        auto batch = fixture::batch("a");
        const std::weak_ptr<const frame_batch> watched = batch;
        (void)sends.add(current, target, i, std::exchange(batch, nullptr));
        CHECK_THROWS_AS(sends.write(), std::runtime_error);
        CHECK(watched.expired());
    }
    current.end();
}

TEST_CASE("Without a writer nothing is gathered", "[gathered_sends]") {
    CHECK_FALSE(gathered_sends(nullptr).gathers());
}
