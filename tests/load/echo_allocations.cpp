// An echo of a small message allocates nothing after the first ones of its connection: counts calls of operator new on
// the server's thread, for single messages and sixteen at a time.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include <roompp/roompp.hpp>

#include "../patient_limits.hpp"
#include "client.hpp"

namespace {

thread_local bool is_counted = false;
std::atomic<std::size_t> allocations{0};

void* allocate(std::size_t size) {
    if (is_counted) allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}

void exchange(load::client& client, int times, int at_once) {
    const std::string text(64, 'e');
    for (int i = 0; i < times; ++i) {
        for (int k = 0; k < at_once; ++k) client.send(text);
        for (int k = 0; k < at_once; ++k)
            if (client.receive() != text) throw std::runtime_error("the echo is not what was sent");
    }
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

int main() {
    int status = 1;
    roompp::server server;
    server.websocket("/echo", roompp::echo());
    server.limits(patient_limits()).listen(0, "127.0.0.1");
    std::thread server_thread([&server] {
        is_counted = true;
        server.run();
    });
    try {
        load::client client(server.port(), "/echo");
        load::client other(server.port(), "/echo");
        for (auto* const unsettled : {&client, &other}) exchange(*unsettled, 100, 16);
        const auto start = std::chrono::steady_clock::now();
        const std::size_t before = allocations.load();
        if (before == 0) throw std::runtime_error("nothing is counted: the test does not work");
        for (const int at_once : {1, 16}) {
            exchange(client, 1000, at_once);
            exchange(other, 1000, at_once);
        }
        const std::size_t during = allocations.load() - before;
        std::printf("%zu allocations for 34000 echoes\n", during);
        // The shard's tick, once a second, may allocate for timers: one allocation more is accepted for each.
        const auto ticks = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
        status = during < 34 + static_cast<std::size_t>(ticks.count()) ? 0 : 1;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
    }
    server.stop();
    server_thread.join();
    return status;
}
