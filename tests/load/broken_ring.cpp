// A ring that fails in the middle of a fan-out loses nothing and repeats nothing: what it has not taken is sent one by
// one, as everything from then on. Ends with 77 where there is no io_uring.
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
constexpr std::size_t rounds = 50;  // so that there are more sends than a ring has entries

struct refusals final : roompp::net::fan_out_target {
    void on_incomplete_send(const std::shared_ptr<const roompp::net::frame_batch>&, std::size_t, int) override { ++count; }
    std::size_t count = 0;
};

struct pair_of_sockets {
    pair_of_sockets() {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
            throw std::runtime_error("no sockets can be had");
    }
    pair_of_sockets(pair_of_sockets&& other) noexcept : ends(std::exchange(other.ends, {-1, -1})) {}
    pair_of_sockets& operator=(pair_of_sockets&&) = delete;
    ~pair_of_sockets() {
        for (const int one : ends)
            if (one != -1) ::close(one);
    }
    // What has arrived.
    [[nodiscard]] std::string take() const {
        std::string text(64 * 1024, '\0');
        const ssize_t n = recv(ends[1], text.data(), text.size(), MSG_DONTWAIT);
        text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return text;
    }
    std::array<int, 2> ends{-1, -1};
};

void nothing_is_lost_or_repeated(roompp::net::fan_out_writer& writer) {
    std::vector<pair_of_sockets> sockets(receivers);
    refusals refused;
    std::vector<roompp::net::fan_out_send> sends;
    roompp::net::fan_out_writer::batches what;
    std::string wanted;
    for (std::size_t round = 0; round < rounds; ++round) {
        auto batch = std::make_shared<roompp::net::frame_batch>();
        batch->append_bytes(std::to_string(round) + ' ');
        wanted += batch->bytes();
        for (const auto& one : sockets) sends.push_back({&refused, one.ends[0], what.size()});
        what.push_back(std::move(batch));
    }
    writer.write(sends, what);
    if (refused.count != 0) throw std::runtime_error(std::to_string(refused.count) + " sends were refused");
    for (const auto& one : sockets) {
        const std::string got = one.take();
        if (got != wanted) throw std::runtime_error("expected \"" + wanted + "\", got \"" + got + '"');
    }
}

}  // namespace

int main() {
    const auto writer = roompp::io_uring()();
    if (!writer) return 77;
    int status = 0;
    // A ring serves the thread that made it: in another one it fails.
    std::thread([&] {
        try {
            nothing_is_lost_or_repeated(*writer);
            nothing_is_lost_or_repeated(*writer);
        } catch (const std::exception& e) {
            std::fprintf(stderr, "%s\n", e.what());
            status = 1;
        }
    }).join();
    return status;
}
