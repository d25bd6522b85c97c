// A server goes on after every failure while it accepts a connection or serves it: each of its allocations fails once, and so
// does accept(), with each error that the system may give.

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include <roompp/roompp.hpp>

#include "../patient_limits.hpp"
#include "client.hpp"

namespace {

thread_local bool is_server = false;
std::atomic<std::size_t> allocations_left{0};  // until one fails; 0: none does
std::atomic<int> accept_error{0};              // of the accepts to come
std::atomic<int> failed_accepts{0};
std::atomic<int> reports{0};

void* allocate(std::size_t size) {
    if (is_server && allocations_left.load() != 0 && --allocations_left == 0) throw std::bad_alloc();
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

// In place of the system's: what the library calls.
extern "C" int accept(int listener, sockaddr* address, socklen_t* size) {
    if (const int error = accept_error.load(); error != 0) {
        ++failed_accepts;
        errno = error;
        return -1;
    }
    return static_cast<int>(syscall(SYS_accept4, listener, address, size, 0));
}

namespace {

void expect_service(std::uint16_t port) {
    load::client client(port, "/echo");
    client.send("still here");
    if (client.receive() != "still here") throw std::runtime_error("the echo is not what was sent");
}

// One that may meet the failure.
void try_service(std::uint16_t port) {
    try {
        expect_service(port);
    } catch (const std::runtime_error&) {
        // refused, or disconnected
    } catch (const load::client::closed&) {
        // likewise
    }
}

// Each allocation on the server's thread fails once, from a client's connect on to the end of the connection, until
// there are no more.
void fail_each_allocation(std::uint16_t port) {
    std::size_t number = 0;
    do {
        allocations_left = ++number;
        try_service(port);
        try_service(port);
        if (number == 1000) throw std::runtime_error("there is no end of allocations");
        const bool failed = allocations_left.exchange(0) == 0;
        expect_service(port);
        if (!failed) break;
    } while (true);
    std::printf("%zu allocations failed, one at a time\n", number - 1);
    if (number < 10) throw std::runtime_error("no allocation failed: the test does not work");
}

void fail_accepts(std::uint16_t port) {
    int all_reports = 0;
    for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EPROTO, EPERM, ENETDOWN, EHOSTUNREACH}) {
        failed_accepts = 0;
        reports = 0;
        accept_error = error;
        std::exception_ptr failure;
        std::thread client([&failure, port] {
            try {
                expect_service(port);
            } catch (...) {
                failure = std::current_exception();
            }
        });
        // Over more than one tick of the server.
        const auto deadline = std::chrono::steady_clock::now() + patience();
        while (failed_accepts < 20 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
        const int failures = failed_accepts;
        accept_error = 0;
        client.join();
        if (failure) std::rethrow_exception(failure);
        std::printf("%s: failed %d times, reported %d times\n", std::strerror(error), failures, reports.load());
        if (failures < 20) throw std::runtime_error("the server has given up");
        all_reports += reports;
    }
    if (all_reports == 0) throw std::runtime_error("nothing is reported");
    if (all_reports > 2) throw std::runtime_error("the reports are not limited");
}

}  // namespace

int main() {
    int status = 1;
    roompp::server server;
    server.websocket("/echo", roompp::echo());
    server.on_error([] { ++reports; });
    server.limits(patient_limits()).listen(0, "127.0.0.1");
    std::thread server_thread([&server] {
        is_server = true;
        server.run();
    });
    try {
        expect_service(server.port());
        fail_accepts(server.port());
        fail_each_allocation(server.port());
        status = 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
    }
    server.stop();
    server_thread.join();
    return status;
}
