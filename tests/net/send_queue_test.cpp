#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include <roompp/net/send_queue.hpp>

#include "support/catch.hpp"

using roompp::net::frame_batch;
using roompp::net::send_queue;

// The largest single allocation of the program since it was last set to 0.
namespace allocations {
static std::atomic<std::size_t> largest{0};
}

void* operator new(std::size_t size) {
    if (size > allocations::largest) allocations::largest = size;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

// The bytes of the next gathered write.
std::string next_write(const outbound& waiting) {
    std::string bytes;
    for (const auto& one : waiting.front()) bytes.append(static_cast<const char*>(one.data()), one.size());
    return bytes;
}

// Everything that waits, taken in writes of `at_once` bytes at most.
std::string drain(outbound& waiting, std::size_t at_once) {
    std::string bytes;
    while (!waiting.empty()) {
        const std::string part = next_write(waiting).substr(0, at_once);
        if (part.empty()) return bytes + "(stuck)";
        bytes += part;
        waiting.pop(part.size());
    }
    return bytes;
}

std::shared_ptr<const frame_batch> batch_of(std::string_view text) {
    auto made = std::make_shared<frame_batch>();
    made->append(text);
    return made;
}

}  // namespace

TEST_CASE("A new queue is empty", "[outbound]") {
    const outbound waiting;
    CHECK(waiting.empty());
    CHECK(waiting.size() == 0);
    CHECK(next_write(waiting).empty());
}

TEST_CASE("Copies and shares wait in one order", "[outbound]") {
    const auto batch = batch_of("shared");
    for (const std::size_t at_once : {1U, 2U, 3U, 7U, 100U}) {
        CAPTURE(at_once);
        outbound waiting;
        waiting.push("one ");
        waiting.push("two ");
        waiting.push(batch, 2);
        waiting.push(batch, 5);
        waiting.push("three");
        CHECK(waiting.size() == 8 + 6 + 3 + 5);
        CHECK(drain(waiting, at_once) == "one two sharedredthree");
        CHECK(waiting.empty());
    }
}

TEST_CASE("A queue goes on after it was partly written", "[outbound]") {
    outbound waiting;
    waiting.push("abcdef");
    waiting.pop(2);
    waiting.push("ghi");
    CHECK(waiting.size() == 7);
    CHECK(next_write(waiting) == "cdefghi");
    waiting.pop(7);
    waiting.push("j");
    CHECK(drain(waiting, 10) == "j");
}

TEST_CASE("Pushing no bytes leaves a queue empty", "[outbound]") {
    outbound waiting;
    waiting.push("");
    CHECK(waiting.empty());
    const auto batch = batch_of("a");
    for (int i = 0; i < 20; ++i) waiting.push(batch, batch->size());
    CHECK(waiting.empty());
    waiting.push("b");
    CHECK(drain(waiting, 10) == "b");
}

TEST_CASE("One write takes the first buffers, the next one the rest", "[outbound]") {
    const auto batch = batch_of("x");
    outbound waiting;
    for (std::size_t i = 0; i < outbound::most_buffers + 3; ++i) waiting.push(batch, 2);
    CHECK(waiting.size() == outbound::most_buffers + 3);
    CHECK(next_write(waiting).size() == outbound::most_buffers);
    CHECK(drain(waiting, 100) == std::string(outbound::most_buffers + 3, 'x'));
}

TEST_CASE("A batch is held as long as bytes of it wait", "[outbound]") {
    auto batch = batch_of("abc");
    const std::weak_ptr<const frame_batch> watched = batch;
    outbound waiting;
    waiting.push(batch, 0);
    batch.reset();
    waiting.pop(4);
    CHECK_FALSE(watched.expired());
    waiting.pop(1);
    CHECK(watched.expired());
    CHECK(waiting.empty());
}

TEST_CASE("A queue that never runs empty keeps what waits, not all that was written", "[outbound]") {
    // As long as the written bytes are kept before those that wait, nothing moves to the front of the memory.
    outbound waiting;
    const std::string kilobyte(1024, 'x');
    waiting.push("x");
    allocations::largest = 0;
    for (int i = 0; i < 1024; ++i) {
        waiting.push(kilobyte);
        waiting.pop(kilobyte.size());
    }
    CHECK(waiting.size() == 1);
    CHECK(allocations::largest < 64 * kilobyte.size());
}

TEST_CASE("Many small batches cost more than their bytes", "[outbound]") {
    outbound waiting;
    CHECK(waiting.footprint() == 0);
    waiting.push(batch_of("a"), 0);
    const auto of_one = waiting.footprint();
    CHECK(of_one > 100);
    for (int i = 1; i < 10; ++i) waiting.push(batch_of("a"), 0);
    CHECK(waiting.footprint() == 10 * of_one);
    waiting.forget_batches(3 * of_one);
    CHECK(waiting.footprint() == 3 * of_one);
    CHECK(drain(waiting, 100).size() == 3 * batch_of("a")->size());
    CHECK(waiting.footprint() == 0);
}

TEST_CASE("The oldest batches can be forgotten, but nothing that is begun or a connection's own", "[outbound]") {
    outbound waiting;
    const auto size = batch_of("a")->size();
    waiting.push(batch_of("a"), 1);  // its first byte is written
    waiting.push("own");
    waiting.push(batch_of("b"), 0);
    waiting.push(batch_of("c"), 0);
    waiting.push("more");
    waiting.push(batch_of("d"), 0);
    const auto all = waiting.size();
    const auto footprint = waiting.footprint();

    SECTION("as many as it takes") {
        waiting.forget_batches(footprint - 1);
        CHECK(waiting.size() == all - size);
        CHECK(drain(waiting, 100).find('b') == std::string::npos);
    }
    SECTION("none if there is room") {
        waiting.forget_batches(footprint);
        CHECK(waiting.size() == all);
    }
    SECTION("all that can be") {
        waiting.forget_batches(0);
        CHECK(waiting.size() == size - 1 + 7);
        CHECK(drain(waiting, 100).substr(size - 1) == "ownmore");
    }
    SECTION("not one of which a part has been written meanwhile") {
        waiting.pop(size - 1 + 3 + 1);
        waiting.forget_batches(0);
        CHECK(waiting.size() == size - 1 + 4);
    }
    SECTION("until none waits at all") {
        outbound shared;
        shared.push(batch_of("a"), 0);
        shared.forget_batches(0);
        CHECK(shared.empty());
    }
}
