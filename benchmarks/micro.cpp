// The library's parts alone, without sockets: what encoding, reading, joining and gathering cost. Google Benchmark;
// the options are its own, such as --benchmark_filter=Join.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/net/frame_batch.hpp>
#include <roompp/rooms/audience.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/websocket/frame_reader.hpp>
#include <roompp/websocket/handshake.hpp>

namespace {

using roompp::net::frame_batch;
using roompp::net::frame_reader;

// A loop that runs when it is told to, and members that throw away what they get.
class bare_loop {
public:
    roompp::loop& get() noexcept { return loop_; }
    void run() {
        while (!tasks_.empty()) {
            const auto next = std::move(tasks_.front());
            tasks_.pop_front();
            next();
        }
    }

private:
    std::deque<roompp::loop::task> tasks_;
    roompp::loop loop_{[this](roompp::loop::task work) { tasks_.push_back(std::move(work)); }};
};

class deaf_member {
public:
    using batch_type = frame_batch;
    explicit deaf_member(roompp::loop& home) : home_(home) {}
    void deliver(const std::shared_ptr<const batch_type>& batch) noexcept { bytes_ += batch->size(); }
    void close(std::uint16_t, std::string_view) noexcept {}
    [[nodiscard]] roompp::loop& home() const noexcept { return home_; }

private:
    roompp::loop& home_;
    std::size_t bytes_ = 0;
};

using room = roompp::basic_room<roompp::of_members<deaf_member>>;

std::string client_frame(std::size_t size) {
    std::string frame =
        size < 126 ? std::string{'\x81', static_cast<char>(0x80U | size)}
                   : std::string{'\x81', '\xfe', static_cast<char>(size >> 8U), static_cast<char>(size & 0xffU)};
    const char mask[4] = {'\x12', '\x34', '\x56', '\x78'};
    frame.append(mask, sizeof mask);
    for (std::size_t i = 0; i < size; ++i) frame += static_cast<char>('x' ^ mask[i % 4]);
    return frame;
}

void encode_frame(benchmark::State& state) {
    const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
    frame_batch batch;
    for (auto _ : state) {
        batch.clear();
        batch.append(text);
        benchmark::DoNotOptimize(batch.bytes().data());
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(encode_frame)->Name("EncodeFrame")->Arg(64)->Arg(1024)->Arg(65536);

// Unmasking, checking UTF-8 and putting the message together.
void read_frame(benchmark::State& state) {
    const std::string frame = client_frame(static_cast<std::size_t>(state.range(0)));
    frame_reader reader;
    reader.start(1024 * 1024, nullptr);
    std::string bytes;
    for (auto _ : state) {
        bytes = frame;
        char* at = bytes.data();
        std::size_t size = bytes.size();
        roompp::net::frame_error error;
        benchmark::DoNotOptimize(reader.read(at, size, error));
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(read_frame)->Name("ReadMaskedFrame")->Arg(64)->Arg(1024)->Arg(65535);

void build_batch(benchmark::State& state) {
    const std::string text(64, 'x');
    roompp::batch_builder<frame_batch> builder;
    for (auto _ : state) {
        for (std::int64_t i = 0; i < state.range(0); ++i) builder.add(text);
        auto gathered = builder.take();
        benchmark::DoNotOptimize(gathered.common->size());
        builder.recycle(std::move(gathered));
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(build_batch)->Name("BuildBatch")->Arg(1)->Arg(16)->Arg(256);

// One more joins a room that has as many members, and leaves it.
void join_and_leave(benchmark::State& state) {
    bare_loop loop;
    roompp::rooms<room> rooms(loop.get());
    std::vector<roompp::rooms<room>::membership> members;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        members.push_back(rooms.join(std::make_shared<deaf_member>(loop.get()), "room"));
    loop.run();
    const auto visitor = std::make_shared<deaf_member>(loop.get());
    for (auto _ : state) {
        auto visit = rooms.join(visitor, "room");
        loop.run();
        visit.leave();
        loop.run();
    }
}
BENCHMARK(join_and_leave)->Name("JoinAndLeave")->Arg(1)->Arg(100)->Arg(10000)->Arg(50000);

// A message to all, but for what the sockets cost.
void broadcast(benchmark::State& state) {
    bare_loop loop;
    roompp::rooms<room> rooms(loop.get());
    std::vector<roompp::rooms<room>::membership> members;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        members.push_back(rooms.join(std::make_shared<deaf_member>(loop.get()), "room"));
    loop.run();
    const std::string text(64, 'x');
    for (auto _ : state) {
        members.front().receive(text);
        loop.run();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(broadcast)->Name("Broadcast")->Arg(1)->Arg(100)->Arg(10000);

// A message in each of many rooms of ten, all in one turn.
void many_rooms(benchmark::State& state) {
    bare_loop loop;
    roompp::rooms<room> rooms(loop.get());
    std::vector<roompp::rooms<room>::membership> members;
    for (std::int64_t r = 0; r < state.range(0); ++r)
        for (int i = 0; i < 10; ++i)
            members.push_back(rooms.join(std::make_shared<deaf_member>(loop.get()), std::to_string(r)));
    loop.run();
    const std::string text(64, 'x');
    for (auto _ : state) {
        for (std::size_t i = 0; i < members.size(); i += 10) members[i].receive(text);
        loop.run();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0) * 10);
}
BENCHMARK(many_rooms)->Name("ManyRoomsOfTen")->Arg(1)->Arg(100)->Arg(10000);

void answer_handshake(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(roompp::net::switching_protocols("dGhlIHNhbXBsZSBub25jZQ==", "chat", "", {}));
}
BENCHMARK(answer_handshake)->Name("AnswerHandshake");

}  // namespace

BENCHMARK_MAIN();
