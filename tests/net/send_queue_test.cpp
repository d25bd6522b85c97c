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
std::string next_write(const send_queue& queue) {
    std::string bytes;
    for (const auto& buffer : queue.front()) bytes.append(static_cast<const char*>(buffer.data()), buffer.size());
    return bytes;
}

// All queued bytes, taken in writes of at most `max_write` bytes.
std::string drain(send_queue& queue, std::size_t max_write) {
    std::string bytes;
    while (!queue.empty()) {
        const std::string part = next_write(queue).substr(0, max_write);
        if (part.empty()) return bytes + "(stuck)";
        bytes += part;
        queue.pop(part.size());
    }
    return bytes;
}

std::shared_ptr<const frame_batch> batch_of(std::string_view text) {
    auto made = std::make_shared<frame_batch>();
    made->append(text);
    return made;
}

}  // namespace

TEST_CASE("A new queue is empty", "[send_queue]") {
    const send_queue queue;
    CHECK(queue.empty());
    CHECK(queue.size() == 0);
    CHECK(next_write(queue).empty());
}

TEST_CASE("Copies and shares are queued in one order", "[send_queue]") {
    const auto batch = batch_of("shared");
    for (const std::size_t max_write : {1U, 2U, 3U, 7U, 100U}) {
        CAPTURE(max_write);
        send_queue queue;
        queue.push("one ");
        queue.push("two ");
        queue.push(batch, 2);
        queue.push(batch, 5);
        queue.push("three");
        CHECK(queue.size() == 8 + 6 + 3 + 5);
        CHECK(drain(queue, max_write) == "one two sharedredthree");
        CHECK(queue.empty());
    }
}

TEST_CASE("A queue goes on after it was partly written", "[send_queue]") {
    send_queue queue;
    queue.push("abcdef");
    queue.pop(2);
    queue.push("ghi");
    CHECK(queue.size() == 7);
    CHECK(next_write(queue) == "cdefghi");
    queue.pop(7);
    queue.push("j");
    CHECK(drain(queue, 10) == "j");
}

TEST_CASE("Pushing no bytes leaves a queue empty", "[send_queue]") {
    send_queue queue;
    queue.push("");
    CHECK(queue.empty());
    const auto batch = batch_of("a");
    for (int i = 0; i < 20; ++i) queue.push(batch, batch->size());
    CHECK(queue.empty());
    queue.push("b");
    CHECK(drain(queue, 10) == "b");
}

TEST_CASE("One write takes the first buffers, the next one the rest", "[send_queue]") {
    const auto batch = batch_of("x");
    send_queue queue;
    for (std::size_t i = 0; i < send_queue::max_buffers + 3; ++i) queue.push(batch, 2);
    CHECK(queue.size() == send_queue::max_buffers + 3);
    CHECK(next_write(queue).size() == send_queue::max_buffers);
    CHECK(drain(queue, 100) == std::string(send_queue::max_buffers + 3, 'x'));
}

TEST_CASE("A batch is kept as long as bytes of it are queued", "[send_queue]") {
    auto batch = batch_of("abc");
    const std::weak_ptr<const frame_batch> watched = batch;
    send_queue queue;
    queue.push(batch, 0);
    batch.reset();
    queue.pop(4);
    CHECK_FALSE(watched.expired());
    queue.pop(1);
    CHECK(watched.expired());
    CHECK(queue.empty());
}

TEST_CASE("A queue that never runs empty keeps the queued bytes, not all that was written", "[send_queue]") {
    // If written bytes stayed before the queued ones, the memory would grow with each push.
    send_queue queue;
    const std::string kilobyte(1024, 'x');
    queue.push("x");
    allocations::largest = 0;
    for (int i = 0; i < 1024; ++i) {
        queue.push(kilobyte);
        queue.pop(kilobyte.size());
    }
    CHECK(queue.size() == 1);
    CHECK(allocations::largest < 64 * kilobyte.size());
}

TEST_CASE("Many small batches cost more than their bytes", "[send_queue]") {
    send_queue queue;
    CHECK(queue.footprint() == 0);
    queue.push(batch_of("a"), 0);
    const auto single = queue.footprint();
    CHECK(single > 100);
    for (int i = 1; i < 10; ++i) queue.push(batch_of("a"), 0);
    CHECK(queue.footprint() == 10 * single);
    queue.drop_batches(3 * single);
    CHECK(queue.footprint() == 3 * single);
    CHECK(drain(queue, 100).size() == 3 * batch_of("a")->size());
    CHECK(queue.footprint() == 0);
}

TEST_CASE("The oldest batches can be dropped, but none that is begun, and no own bytes", "[send_queue]") {
    send_queue queue;
    const auto size = batch_of("a")->size();
    queue.push(batch_of("a"), 1);  // its first byte is written
    queue.push("own");
    queue.push(batch_of("b"), 0);
    queue.push(batch_of("c"), 0);
    queue.push("more");
    queue.push(batch_of("d"), 0);
    const auto all = queue.size();
    const auto footprint = queue.footprint();

    SECTION("as many as it takes") {
        queue.drop_batches(footprint - 1);
        CHECK(queue.size() == all - size);
        CHECK(drain(queue, 100).find('b') == std::string::npos);
    }
    SECTION("none if there is room") {
        queue.drop_batches(footprint);
        CHECK(queue.size() == all);
    }
    SECTION("all that can be") {
        queue.drop_batches(0);
        CHECK(queue.size() == size - 1 + 7);
        CHECK(drain(queue, 100).substr(size - 1) == "ownmore");
    }
    SECTION("none of which a part has been written meanwhile") {
        queue.pop(size - 1 + 3 + 1);
        queue.drop_batches(0);
        CHECK(queue.size() == size - 1 + 4);
    }
    SECTION("until none is queued") {
        send_queue shared;
        shared.push(batch_of("a"), 0);
        shared.drop_batches(0);
        CHECK(shared.empty());
    }
}

TEST_CASE("What goes first goes between frames", "[send_queue]") {
    send_queue queue;

    SECTION("before own bytes") {
        queue.push("own");
        queue.push_first("1");
        queue.push_first("2");
        CHECK(queue.size() == 5);
        CHECK(drain(queue, 100) == "12own");
    }
    SECTION("after a piece that is partly written") {
        queue.push("own");
        queue.pop(1);
        queue.push(batch_of("b"), 0);
        queue.push_first("1");
        CHECK(drain(queue, 100) == "wn1" + std::string(batch_of("b")->bytes()));
    }
    SECTION("after the rest of a frame") {
        queue.push("rest", true);
        queue.push("more");
        queue.push_first("1");
        CHECK(drain(queue, 100) == "restmore1");
    }
    SECTION("never into a header and its body") {
        queue.push(std::string(16 * 1024, 'x'));
        queue.push("head", "body", false);
        queue.pop(1);
        queue.push_first("1");
        CHECK(drain(queue, 100'000).substr(16 * 1024 - 1) == "1headbody");
    }
    SECTION("and what is queued afterwards goes last") {
        queue.push_first("1");
        queue.push("own");
        queue.push_first("2");
        CHECK(drain(queue, 100) == "12own");
    }
}
