// Publishes into rooms and checks that each member receives each message once and in order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "clients.hpp"
#include "stamp.hpp"

namespace wsload {

struct delivery_counts {
    std::uint64_t published = 0;
    std::uint64_t delivered = 0;
    std::uint64_t expected = 0;
    std::uint64_t repeated = 0;      // a number at or before one that the member has received
    std::uint64_t out_of_order = 0;  // any number but the next one, repeated ones included
    std::uint64_t misrouted = 0;     // a message of another room, or one that was never sent
    double wall_seconds = 0;

    bool complete() const { return delivered == expected && out_of_order == 0 && misrouted == 0; }
};

struct room_shape {
    std::size_t rooms = 1;
    std::size_t members = 0;  // connections of a room; the first one publishes
    std::size_t stalled = 0;  // members of each room, from the second on, that do not read
    bool sender_receives = true;
};

struct room_effort {
    std::size_t payload_size = 64;
    std::size_t window = 1;      // messages of a room in flight at most
    std::uint64_t messages = 0;  // of a room
    double publish_seconds = 0;  // or until this much time has passed, if not 0
    double timeout_seconds = 60;
};

// The connections of room r are number r * members to (r + 1) * members - 1 of the crowd.
class room_load {
public:
    room_load(clients& crowd, const room_shape& shape) : crowd_(crowd), shape_(shape), rooms_(shape.rooms) {}

    delivery_counts run(const room_effort& effort) {
        begin(effort);
        const std::uint64_t start = now_ns();
        const std::uint64_t timeout = start + nanoseconds(effort.timeout_seconds);
        stop_publishing_ns_ = effort.publish_seconds > 0 ? start + nanoseconds(effort.publish_seconds) : timeout;
        for (std::size_t r = 0; r < rooms_.size(); ++r) publish(r);
        while (unfinished_rooms_ != 0 && crowd_.lost() == 0 && now_ns() < timeout) {
            crowd_.poll(100, [this](std::size_t index, std::string_view message) { receive(index, message); });
            publish_due_rooms();
        }
        counts_.wall_seconds = static_cast<double>(now_ns() - start) * 1e-9;
        counts_.expected = counts_.published * receivers();
        return counts_;
    }

    const std::vector<std::uint64_t>& latencies_ns() const { return latencies_ns_; }

private:
    struct room {
        std::uint64_t first = 0;            // number of this run's first message
        std::uint64_t published = 0;        // number of the next message to send
        std::uint64_t complete = 0;         // all messages before this number have reached every member
        std::vector<std::size_t> received;  // of the messages in flight, by number modulo the window
        bool due = false;                   // its window has space again
        bool finished = false;
    };

    static std::uint64_t nanoseconds(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }
    std::size_t receivers() const { return shape_.members - shape_.stalled - (shape_.sender_receives ? 0 : 1); }

    void begin(const room_effort& effort) {
        effort_ = effort;
        counts_ = {};
        latencies_ns_.clear();
        unfinished_rooms_ = rooms_.size();
        for (room& r : rooms_) {
            r.first = r.complete = r.published;
            r.received.assign(effort.window, 0);
            r.due = r.finished = false;
        }
    }

    void publish(std::size_t index) {
        room& r = rooms_[index];
        const std::size_t publisher = index * shape_.members;
        r.due = false;
        const std::uint64_t now = now_ns();
        while (r.published - r.complete < effort_.window && may_publish(r, now)) {
            const stamp s{r.published++, now_ns(), index};
            crowd_.queue(publisher, s.body(effort_.payload_size));
            ++counts_.published;
        }
        crowd_.flush(publisher);
        if (r.complete == r.published && !r.finished) {
            r.finished = true;
            --unfinished_rooms_;
        }
    }

    bool may_publish(const room& r, std::uint64_t now) const {
        return r.published - r.first < effort_.messages && now < stop_publishing_ns_;
    }

    // Called after all events of a poll, so that a publisher's messages leave in one packet.
    void publish_due_rooms() {
        for (const std::size_t index : due_) publish(index);
        due_.clear();
    }

    void receive(std::size_t index, std::string_view message) {
        const auto s = stamp::find_in(message);
        if (!s) return;
        const std::size_t room_index = index / shape_.members;
        room& r = rooms_[room_index];
        if (s->room != room_index || s->sequence >= r.published) {
            ++counts_.misrouted;
            return;
        }
        client& c = crowd_[index];
        if (s->sequence != c.next_sequence) ++counts_.out_of_order;
        if (s->sequence < c.next_sequence) ++counts_.repeated;
        c.next_sequence = s->sequence + 1;
        if (++counts_.delivered % 8 == 0) latencies_ns_.push_back(now_ns() - s->sent_ns);
        if (s->sequence >= r.complete) count_receipt(room_index, s->sequence);
    }

    void count_receipt(std::size_t room_index, std::uint64_t sequence) {
        room& r = rooms_[room_index];
        ++r.received[sequence % effort_.window];
        bool advanced = false;
        while (r.complete < r.published && r.received[r.complete % effort_.window] >= receivers()) {
            r.received[r.complete % effort_.window] = 0;
            ++r.complete;
            advanced = true;
        }
        if (advanced && !r.due) {
            r.due = true;
            due_.push_back(room_index);
        }
    }

    clients& crowd_;
    room_shape shape_;
    room_effort effort_;
    delivery_counts counts_;
    std::vector<room> rooms_;
    std::vector<std::size_t> due_;
    std::size_t unfinished_rooms_ = 0;
    std::uint64_t stop_publishing_ns_ = 0;
    std::vector<std::uint64_t> latencies_ns_;
};

}  // namespace wsload
