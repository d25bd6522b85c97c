// A load generator for WebSocket echo and room servers: raw epoll, one thread, no library.
//
//   wsload fanout --port P --path /room --subscribers 1000 --messages 2000 --window 1 --size 64 [--pid SERVER]
//   wsload rooms  --port P --path /room/ --rooms 1000 --members 10 --messages 100 [--pid SERVER]
//   wsload echo   --port P --path /echo --connections 100 --depth 16 --seconds 5 --size 64 [--pid SERVER]
//   wsload idle   --port P --path /room --connections 10000 [--pid SERVER]
//
// Each measurement prints one JSON line; the exit status is 0 only if nothing was lost, repeated or reordered.
//   fanout  One connection publishes; it (unless --no-self) and all subscribers must receive every message in order.
//   rooms   The same in many rooms at once, room number r at PATHr; the first of a room's members publishes.
//   echo    Every connection keeps `depth` messages under way.
//   idle    Opens connections and leaves them alone: cost of a handshake, memory of a connection.
//
// --window and --size take lists (1,16): each combination is measured over the same connections.
// --seconds S ends publishing after S seconds, in place of --messages N; --warmup S runs unmeasured before that.
// --timeout S bounds one measurement, and the connecting; --at-once N bounds the handshakes under way.
// --json sends {"message":"..."}, --socketio speaks Socket.IO (its server gets the path as a query parameter `path`).
// --tls: over TLS, whose certificates are not verified, if it is built with -DWSLOAD_TLS -lssl -lcrypto.
// --stalled N: that many subscribers stop reading and need not receive anything.
//
// CPU is given in three figures, in microseconds for each delivery, echo or handshake: the server process (--pid, all
// its threads), ksoftirqd, and everything that ran on the machine, wsload included; the last two mean something only
// on a machine that does nothing else.
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "wsload/clients.hpp"
#include "wsload/cpu_usage.hpp"
#include "wsload/dialect.hpp"
#include "wsload/options.hpp"
#include "wsload/report.hpp"
#include "wsload/room_load.hpp"
#include "wsload/stamp.hpp"
#include "wsload/transport.hpp"

namespace {

using namespace wsload;

constexpr std::uint64_t unlimited = UINT64_MAX;
constexpr double settle_seconds = 0.3;  // join notices and the like end before a measurement begins

dialect chosen_dialect(const options& given) {
    if (given.has("json")) return dialect::json();
    if (given.has("socketio")) return dialect::socketio();
    return dialect::plain();
}

struct bench {
    explicit bench(const options& given_options)
        : given(given_options),
          meter(given.number("pid", 0)),
          crowd(static_cast<std::uint16_t>(given.number("port", 9002)), chosen_dialect(given)) {}

    void connect(std::vector<std::string> paths) {
        crowd.connect(std::move(paths), given.count("at-once", 200), given.real("timeout", 60));
    }

    const options& given;
    cpu_meter meter;
    clients crowd;
};

bool measure_deliveries(bench& b, const char* mode, const room_shape& shape, room_load& load,
                        const room_effort& effort) {
    const cpu_seconds before = b.meter.read();
    const delivery_counts counts = load.run(effort);
    const cpu_seconds used = b.meter.read() - before;

    report line(mode);
    if (shape.rooms > 1) {
        line.count("rooms", shape.rooms).count("members", shape.members);
    } else {
        line.count("subscribers", shape.members - 1);
    }
    line.count("size", effort.payload_size)
        .count("window", effort.window)
        .count("messages", counts.published)
        .count("delivered", counts.delivered)
        .difference("missing", static_cast<std::int64_t>(counts.expected) - static_cast<std::int64_t>(counts.delivered))
        .count("repeated", counts.repeated)
        .count("out_of_order", counts.out_of_order)
        .count("misrouted", counts.misrouted)
        .real("deliveries_per_s", static_cast<double>(counts.delivered) / counts.wall_seconds, 0)
        .cpu("delivery", used, counts.delivered)
        .percentiles(load.latencies_ns())
        .difference("server_rss_kib", b.meter.resident_kib())
        .real("wall_s", counts.wall_seconds, 2)
        .print();
    return counts.complete();
}

room_effort chosen_effort(const options& given) {
    room_effort effort;
    effort.publish_seconds = given.real("seconds", 0);
    effort.messages = given.has("seconds") && !given.has("messages") ? unlimited : given.count("messages", 1000);
    effort.timeout_seconds = given.real("timeout", 60);
    return effort;
}

bool measure_rooms(bench& b, const char* mode, const room_shape& shape, const std::vector<std::string>& paths) {
    b.connect(paths);
    for (std::size_t r = 0; r < shape.rooms; ++r) {
        for (std::size_t i = 1; i <= shape.stalled; ++i) b.crowd.pause(r * shape.members + i);
    }
    b.crowd.settle(settle_seconds);
    if (!b.crowd.all_open()) return false;

    room_load load(b.crowd, shape);
    room_effort effort = chosen_effort(b.given);
    if (b.given.has("warmup")) {
        room_effort warmup = effort;
        warmup.messages = unlimited;
        warmup.publish_seconds = b.given.real("warmup", 0);
        if (!load.run(warmup).complete()) return false;
    }
    bool good = true;
    for (const std::size_t size : b.given.counts("size", 64)) {
        for (const std::size_t window : b.given.counts("window", 1)) {
            effort.payload_size = size;
            effort.window = std::max<std::size_t>(1, window);
            good = measure_deliveries(b, mode, shape, load, effort) && good;
        }
    }
    return good;
}

bool fanout(bench& b) {
    room_shape shape;
    shape.members = b.given.count("subscribers", 1000) + 1;
    shape.stalled = std::min(b.given.count("stalled", 0), shape.members - 1);
    shape.sender_receives = !b.given.has("no-self");
    return measure_rooms(b, "fanout", shape, std::vector<std::string>(shape.members, b.given.text("path", "/room")));
}

bool rooms(bench& b) {
    room_shape shape;
    shape.rooms = std::max<std::size_t>(1, b.given.count("rooms", 100));
    shape.members = std::max<std::size_t>(2, b.given.count("members", 10));
    shape.sender_receives = !b.given.has("no-self");
    std::vector<std::string> paths;
    for (std::size_t r = 0; r < shape.rooms; ++r) {
        paths.insert(paths.end(), shape.members, b.given.text("path", "/room/") + std::to_string(r));
    }
    return measure_rooms(b, "rooms", shape, paths);
}

struct echo_result {
    std::uint64_t echoed = 0;
    std::uint64_t out_of_order = 0;
    double wall_seconds = 0;
    std::vector<std::uint64_t> latencies_ns;
};

echo_result run_echo(clients& crowd, std::size_t depth, std::size_t size, double seconds) {
    echo_result result;
    std::vector<std::uint64_t> sent(crowd.size(), 0);
    std::vector<std::size_t> answered;
    const auto send_next = [&](std::size_t i) { crowd.queue(i, stamp{sent[i]++, now_ns(), i}.body(size)); };

    const std::uint64_t begin = now_ns();
    const std::uint64_t end = begin + static_cast<std::uint64_t>(seconds * 1e9);
    for (std::size_t i = 0; i < crowd.size(); ++i) {
        crowd[i].next_sequence = 0;
        for (std::size_t d = 0; d < depth; ++d) send_next(i);
        crowd.flush(i);
    }
    const auto receive = [&](std::size_t i, std::string_view message) {
        const auto s = stamp::find_in(message);
        if (!s) return;
        client& c = crowd[i];
        if (s->sequence != c.next_sequence || s->room != i) ++result.out_of_order;
        c.next_sequence = s->sequence + 1;
        ++result.echoed;
        result.latencies_ns.push_back(now_ns() - s->sent_ns);
        send_next(i);
        answered.push_back(i);
    };
    while (now_ns() < end && crowd.lost() == 0) {
        crowd.poll(100, receive);
        // Only now, so that the next messages of a connection leave in one packet.
        for (const std::size_t i : answered) {
            if (!crowd[i].out.empty()) crowd.flush(i);
        }
        answered.clear();
    }
    result.wall_seconds = static_cast<double>(now_ns() - begin) * 1e-9;
    return result;
}

bool echo(bench& b) {
    b.connect(std::vector<std::string>(b.given.count("connections", 100), b.given.text("path", "/echo")));
    b.crowd.settle(settle_seconds);
    if (!b.crowd.all_open()) return false;
    const std::size_t depth = b.given.count("depth", 1);
    const std::size_t size = b.given.count("size", 64);

    const cpu_seconds before = b.meter.read();
    const echo_result result = run_echo(b.crowd, depth, size, b.given.real("seconds", 5));
    const cpu_seconds used = b.meter.read() - before;

    report("echo")
        .count("connections", b.crowd.size())
        .count("depth", depth)
        .count("size", size)
        .real("echoes_per_s", static_cast<double>(result.echoed) / result.wall_seconds, 0)
        .cpu("echo", used, result.echoed)
        .percentiles(result.latencies_ns)
        .count("out_of_order", result.out_of_order)
        .print();
    return result.echoed != 0 && result.out_of_order == 0 && b.crowd.lost() == 0;
}

bool idle(bench& b) {
    const std::vector<std::string> paths(b.given.count("connections", 10000), b.given.text("path", "/room"));
    const long kib_before = b.meter.resident_kib();
    const cpu_seconds before = b.meter.read();
    const std::uint64_t begin = now_ns();
    b.connect(paths);
    const double wall_seconds = static_cast<double>(now_ns() - begin) * 1e-9;
    const cpu_seconds used = b.meter.read() - before;
    b.crowd.settle(b.given.real("seconds", 1));

    const auto opened = static_cast<double>(std::max<std::size_t>(1, b.crowd.opened()));
    report("idle")
        .count("connections", b.crowd.opened())
        .real("handshakes_per_s", opened / wall_seconds, 0)
        .cpu("handshake", used, b.crowd.opened())
        .percentiles(b.crowd.handshake_ns())
        .real("rss_bytes_per_connection", static_cast<double>(b.meter.resident_kib() - kib_before) * 1024 / opened, 0)
        .real("wall_s", wall_seconds, 2)
        .print();
    return b.crowd.all_open();
}

void raise_file_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int usage() {
    std::fprintf(stderr, "usage: wsload fanout|rooms|echo|idle [--option value]...\n");
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return usage();
    const options given(argc, argv, 2);
    raise_file_limit();
    if (given.has("tls")) transport::use_tls();
    bench b(given);
    const std::string mode = argv[1];
    if (mode == "fanout") return fanout(b) ? 0 : 1;
    if (mode == "rooms") return rooms(b) ? 0 : 1;
    if (mode == "echo") return echo(b) ? 0 : 1;
    if (mode == "idle") return idle(b) ? 0 : 1;
    return usage();
}
