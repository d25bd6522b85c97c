// A ring that fails in the middle of a fan-out neither loses nor repeats bytes: the remaining sends, and all later ones,
// are made by send() instead. Exits with 77 if the system has no io_uring.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <roompp/io_uring.hpp>

namespace {

constexpr std::size_t receivers = 100;
constexpr std::size_t rounds = 50;  // enough for more sends than a ring has entries

struct incomplete_sends final : roompp::net::fan_out_target {
    void on_incomplete_send(const std::shared_ptr<const roompp::net::frame_batch>&, std::size_t, int) override {
        ++count;
    }
    std::size_t count = 0;
};

struct socket_pair {
    socket_pair() {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
            throw std::runtime_error("no sockets can be had");
    }
    socket_pair(socket_pair&& other) noexcept : ends(std::exchange(other.ends, {-1, -1})) {}
    socket_pair& operator=(socket_pair&&) = delete;
    ~socket_pair() {
        for (const int end : ends)
            if (end != -1) ::close(end);
    }
    // @returns the bytes that have arrived.
    [[nodiscard]] std::string receive() const {
        std::string text(64 * 1024, '\0');
        const ssize_t n = recv(ends[1], text.data(), text.size(), MSG_DONTWAIT);
        text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return text;
    }
    std::array<int, 2> ends{-1, -1};
};

void check_nothing_is_lost_or_repeated(roompp::net::fan_out_writer& writer) {
    std::vector<socket_pair> sockets(receivers);
    incomplete_sends incomplete;
    std::vector<roompp::net::fan_out_send> sends;
    roompp::net::fan_out_writer::batches frames;
    std::string expected;
    for (std::size_t round = 0; round < rounds; ++round) {
        auto batch = std::make_shared<roompp::net::frame_batch>();
        batch->append_bytes(std::to_string(round) + ' ');
        expected += batch->bytes();
        for (const auto& pair : sockets) sends.push_back({&incomplete, pair.ends[0], frames.size()});
        frames.push_back(std::move(batch));
    }
    writer.write(sends, frames);
    if (incomplete.count != 0) throw std::runtime_error(std::to_string(incomplete.count) + " sends were refused");
    for (const auto& pair : sockets) {
        const std::string got = pair.receive();
        if (got != expected) throw std::runtime_error("expected \"" + expected + "\", got \"" + got + '"');
    }
}

}  // namespace

int main() {
    const auto writer = roompp::io_uring()();
    if (!writer) return 77;
    int status = 0;
    // A ring works only on the thread that made it: on another one it fails.
    std::thread([&] {
        try {
            check_nothing_is_lost_or_repeated(*writer);
            check_nothing_is_lost_or_repeated(*writer);
        } catch (const std::exception& e) {
            std::fprintf(stderr, "%s\n", e.what());
            status = 1;
        }
    }).join();
    return status;
}
