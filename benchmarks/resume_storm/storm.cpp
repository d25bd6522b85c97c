// The load of the resume storm: members who lose their connections, miss messages and all come back within a second.
//
//   storm roompp|centrifugo|socketio --port P --pid SERVER [--members 10000] [--missed 50] [--within 1] [--size 64]
//
// Prints one JSON line; the exit status is 0 only if each member got each message it had missed once and in order, from
// where it was. A member's catch-up lasts from when it was to come back, on time or not, to the last message missed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "../wsload/cpu_usage.hpp"
#include "../wsload/frames.hpp"
#include "../wsload/options.hpp"
#include "../wsload/report.hpp"
#include "../wsload/stamp.hpp"
#include "speech.hpp"

namespace {

using namespace resume_storm;
using wsload::now_ns;

struct member {
    int fd = -1;
    bool is_upgraded = false;
    bool is_in = false;
    std::uint64_t due_ns = 0;
    std::uint64_t next_sequence = 0;
    position at;
    std::string head;
    wsload::frame_reader reader;
};

struct fault_counts {
    std::uint64_t repeated = 0, out_of_order = 0, not_resumed = 0, lost_connections = 0;
    std::uint64_t total() const { return repeated + out_of_order + not_resumed + lost_connections; }
};

class crowd {
public:
    crowd(server_kind kind, std::uint16_t port, std::size_t members) : speech_(kind), port_(port), members_(members) {}

    // Opens the connection of one member.
    void connect(std::size_t index) {
        member& m = members_[index];
        m.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (m.fd < 0) fail("socket");
        const int on = 1;
        setsockopt(m.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const sockaddr_in server = address(port_);
        if (::connect(m.fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0 && errno != EINPROGRESS)
            fail("connect");
        watch(EPOLL_CTL_ADD, index, EPOLLOUT);
    }

    // Cuts a connection off, as a network does that fails.
    void reset(std::size_t index) {
        member& m = members_[index];
        const linger at_once{1, 0};
        setsockopt(m.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(m.fd);
        m.fd = -1;
        m.is_upgraded = false;
        if (m.is_in) --present_;
        m.is_in = false;
        m.head.clear();
        m.reader = {};
        m.at.recovers = true;
    }

    void publish(std::uint64_t sequence, std::size_t size) {
        send_frame(0, speech_.publication(wsload::stamp{sequence, now_ns(), 0}.body(size)));
    }

    void poll(int timeout_ms) {
        epoll_event events[512];
        const int count = epoll_wait(epoll_, events, 512, timeout_ms);
        for (int i = 0; i < count; ++i) {
            const std::size_t index = events[i].data.u64;
            if (members_[index].fd < 0) continue;
            if (events[i].events & EPOLLOUT) send_request(index);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(index);
        }
    }

    // Polls until `is_done()`; false if that is not so within `seconds`.
    template <class Condition>
    bool poll_until(Condition is_done, double seconds) {
        const std::uint64_t end = now_ns() + static_cast<std::uint64_t>(seconds * 1e9);
        while (!is_done() && faults_.total() == 0) {
            if (now_ns() > end) return false;
            poll(1);  // soon enough for the next member that is due
        }
        return faults_.total() == 0;
    }

    // From now on a member that has message `last` has caught up.
    void set_last(std::uint64_t last) {
        last_ = last;
        caught_up_ = 0;
        catch_up_ns_.clear();
    }

    member& operator[](std::size_t index) { return members_[index]; }
    std::size_t size() const { return members_.size(); }
    std::size_t present() const { return present_; }
    std::size_t caught_up() const { return caught_up_; }
    const fault_counts& faults() const { return faults_; }
    const std::vector<std::uint64_t>& catch_up_ns() const { return catch_up_ns_; }

private:
    static sockaddr_in address(std::uint16_t port) {
        sockaddr_in found{};
        found.sin_family = AF_INET;
        found.sin_port = htons(port);
        found.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return found;
    }

    [[noreturn]] static void fail(const char* operation) {
        std::perror(operation);
        std::exit(2);
    }

    void watch(int operation, std::size_t index, unsigned events) {
        epoll_event event{};
        event.events = events;
        event.data.u64 = index;
        epoll_ctl(epoll_, operation, members_[index].fd, &event);
    }

    void send_request(std::size_t index) {
        const member& m = members_[index];
        const std::string host = "127.0.0.1:" + std::to_string(port_);
        send_bytes(index, "GET " + speech_.request_target(index, m.at) + " HTTP/1.1\r\nHost: " + host +
                              "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: http://" + host +
                              "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
                              speech_.extra_headers() + "\r\n");
        if (members_[index].fd >= 0) watch(EPOLL_CTL_MOD, index, EPOLLIN);
    }

    void send_frame(std::size_t index, std::string_view text) {
        std::string frame;
        wsload::append_frame(frame, text);
        send_bytes(index, frame);
    }

    // What a member sends is far less than a socket's buffer takes.
    void send_bytes(std::size_t index, const std::string& bytes) {
        if (send(members_[index].fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
            lose(index);
    }

    void lose(std::size_t index) {
        ++faults_.lost_connections;
        reset(index);
    }

    void receive(std::size_t index) {
        for (;;) {
            const ssize_t count = recv(members_[index].fd, buffer_.data(), buffer_.size(), 0);
            if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
            if (count <= 0) return lose(index);
            take(index, std::string_view(buffer_.data(), static_cast<std::size_t>(count)));
            if (members_[index].fd < 0 || static_cast<std::size_t>(count) < buffer_.size()) return;
        }
    }

    void take(std::size_t index, std::string_view bytes) {
        member& m = members_[index];
        if (m.is_upgraded) return read_frames(index, bytes);
        m.head.append(bytes);
        const std::size_t end = m.head.find("\r\n\r\n");
        if (end == std::string::npos) return;
        if (m.head.compare(0, 12, "HTTP/1.1 101") != 0) {
            std::fprintf(stderr, "storm: refused: %.200s\n", m.head.c_str());
            return lose(index);
        }
        m.is_upgraded = true;
        const std::string rest = m.head.substr(end + 4);
        m.head.clear();
        const std::string greeting = speech_.greeting(m.at);
        if (!greeting.empty()) send_frame(index, greeting);
        read_frames(index, rest);
    }

    void read_frames(std::size_t index, std::string_view bytes) {
        members_[index].reader.feed(
            bytes, [&](std::string_view frame) { read_message(index, frame); }, [](std::string_view) {});
    }

    void read_message(std::size_t index, std::string_view frame) {
        member& m = members_[index];
        const verdict found = speech_.read(frame, m.at);
        if (!found.reply.empty()) send_frame(index, found.reply);
        if (found.has_failed && faults_.not_resumed++ == 0)
            std::fprintf(stderr, "storm: not resumed: %.*s\n",
                         static_cast<int>(std::min<std::size_t>(frame.size(), 300)), frame.data());
        if (found.is_in && !m.is_in) {
            m.is_in = true;
            ++present_;
        }
        for (std::size_t at = frame.find('#'); at != std::string_view::npos; at = frame.find('#', at + 1)) {
            const auto stamp = wsload::stamp::find_in(frame.substr(at));
            if (stamp) count(m, stamp->sequence);
        }
    }

    void count(member& m, std::uint64_t sequence) {
        if (sequence < m.next_sequence) {
            ++faults_.repeated;
        } else if (sequence > m.next_sequence) {
            ++faults_.out_of_order;
        }
        m.next_sequence = sequence + 1;
        if (sequence == last_) {
            ++caught_up_;
            catch_up_ns_.push_back(now_ns() - m.due_ns);
        }
    }

    speech speech_;
    std::uint16_t port_;
    int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    std::vector<member> members_;
    std::vector<char> buffer_ = std::vector<char>(65536);
    std::size_t present_ = 0;
    std::size_t caught_up_ = 0;
    std::uint64_t last_ = UINT64_MAX;
    std::vector<std::uint64_t> catch_up_ns_;
    fault_counts faults_;
};

// The server's peak memory since reset_peak().
void reset_peak(long pid) { std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << "5"; }

long peak_kib(long pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.compare(0, 6, "VmHWM:") == 0) return std::strtol(line.c_str() + 6, nullptr, 10);
    }
    return 0;
}

bool stop(const char* step) {
    std::fprintf(stderr, "storm: %s\n", step);
    return false;
}

bool run(server_kind kind, const wsload::options& given) {
    const std::size_t members = given.count("members", 10'000);
    const std::uint64_t missed = given.count("missed", 50);
    const std::size_t size = given.count("size", 64);
    const double within = given.real("within", 1);
    const double timeout = given.real("timeout", 120);
    const long pid = given.number("pid", 0);
    const wsload::cpu_meter meter(pid);
    crowd all(kind, static_cast<std::uint16_t>(given.number("port", 0)), members + 1);  // number 0 publishes, and stays

    // Everybody comes, without haste, and gets a first message.
    for (std::size_t begin = 0; begin < all.size(); begin += 200) {
        const std::size_t end = std::min(begin + 200, all.size());
        for (std::size_t index = begin; index < end; ++index) all.connect(index);
        if (!all.poll_until([&] { return all.present() == end; }, timeout)) return stop("not all could join");
    }
    all.set_last(0);
    all.publish(0, size);
    if (!all.poll_until([&] { return all.caught_up() == all.size(); }, timeout))
        return stop("the first message is lost");

    // Everybody's connection is lost; the publisher says what they miss, one message after the other.
    for (std::size_t index = 1; index < all.size(); ++index) all.reset(index);
    const std::uint64_t quiet = now_ns() + 2'000'000'000;
    all.poll_until([&] { return now_ns() > quiet; }, 10);  // the server notices
    for (std::uint64_t sequence = 1; sequence <= missed; ++sequence) {
        all.set_last(sequence);
        all.publish(sequence, size);
        if (!all.poll_until([&] { return all.caught_up() == 1; }, timeout)) return stop("a message was not published");
    }

    // The storm.
    all.set_last(missed);
    reset_peak(pid);
    const long rss_before = meter.resident_kib();
    const wsload::cpu_seconds before = meter.read();
    const std::uint64_t start = now_ns();
    const double interval = within * 1e9 / static_cast<double>(members);
    std::size_t next = 1;
    const bool is_complete = all.poll_until(
        [&] {
            while (next < all.size()) {
                const std::uint64_t due = start + static_cast<std::uint64_t>(interval * static_cast<double>(next - 1));
                if (due > now_ns()) break;
                all[next].due_ns = due;
                all.connect(next++);
                if (next % 64 == 0) break;  // read as well
            }
            return all.caught_up() == members;
        },
        timeout);
    const std::uint64_t end = now_ns();
    const wsload::cpu_seconds used = meter.read() - before;
    const std::vector<std::uint64_t> catch_up_ns = all.catch_up_ns();

    // One more message reaches everybody: they are members again, and nothing came twice.
    bool is_live = false;
    if (is_complete) {
        all.set_last(missed + 1);
        all.publish(missed + 1, size);
        is_live = all.poll_until([&] { return all.caught_up() == all.size(); }, timeout);
    }
    wsload::report line("resume_storm");
    line.count("members", members)
        .count("missed", missed)
        .count("complete", is_complete)
        .count("live_after", is_live)
        .count("repeated", all.faults().repeated)
        .count("out_of_order", all.faults().out_of_order)
        .count("not_resumed", all.faults().not_resumed)
        .count("lost_connections", all.faults().lost_connections)
        .real("all_up_to_date_s", static_cast<double>(end - start) * 1e-9, 3)
        .percentiles(catch_up_ns)
        .real("server_cpu_s", used.server, 3)
        .real("ksoftirqd_s", used.ksoftirqd, 3)
        .real("cpu_us_per_member", used.server * 1e6 / static_cast<double>(members), 1)
        .difference("rss_before_kib", rss_before)
        .difference("peak_kib", peak_kib(pid))
        .print();
    return is_complete && is_live;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string kind = argc > 1 ? argv[1] : "";
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (kind != "roompp" && kind != "centrifugo" && kind != "socketio") {
        std::fprintf(stderr, "usage: storm roompp|centrifugo|socketio --port P --pid SERVER [--option value]...\n");
        return 2;
    }
    const wsload::options given(argc, argv, 2);
    const server_kind server = kind == "roompp"       ? server_kind::roompp
                               : kind == "centrifugo" ? server_kind::centrifugo
                                                      : server_kind::socketio;
    return run(server, given) ? 0 : 1;
}
