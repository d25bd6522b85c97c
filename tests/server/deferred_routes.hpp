#pragma once
// Routes that answer later or piece by piece, steered by other requests: for test_later.py.

#include <cstddef>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <roompp/roompp.hpp>

namespace later_routes {

inline const char* word_for(roompp::abort_reason why) {
    switch (why) {
        case roompp::abort_reason::client_gone:
            return "client gone";
        case roompp::abort_reason::server_stops:
            return "server stops";
        case roompp::abort_reason::timed_out:
            return "timed out";
        case roompp::abort_reason::too_slow:
            return "too slow";
    }
    return "?";
}

inline void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

// Things kept by the name in the path; several threads may ask.
template <class Thing>
class shelf {
public:
    void put(const std::string& name, Thing thing) {
        const std::lock_guard lock(mutex_);
        things_.insert_or_assign(name, std::move(thing));
    }
    std::optional<Thing> take(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found = things_.find(name);
        if (found == things_.end()) return std::nullopt;
        auto taken = std::move(found->second);
        things_.erase(found);
        return taken;
    }
    std::optional<Thing> find(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found = things_.find(name);
        return found == things_.end() ? std::nullopt : std::optional<Thing>(found->second);
    }

private:
    std::mutex mutex_;
    std::map<std::string, Thing> things_;
};

// "0000...", "1111...", as many as wanted, each 100,000 bytes, as fast as the client takes them.
inline void count(const roompp::response_stream& body, std::size_t from, std::size_t to) {
    for (; from < to && body.queued() == 0; ++from)
        body.write(std::string(100'000, static_cast<char>('0' + from % 10)));
    if (from == to && body.queued() == 0) return body.end();
    body.on_drained([from, to, body] { count(body, from, to); });  // holds the body: nobody else does
}

inline void add_to(roompp::server& server) {
    const auto held = std::make_shared<shelf<roompp::responder>>();
    const auto bodies = std::make_shared<shelf<roompp::response_stream>>();
    const auto name_of = [](const roompp::request& asked) { return std::string(asked.parameter("name")); };

    server.get("/held/{name}/", [=](const roompp::request& asked, const roompp::responder& later) {
        const auto name = name_of(asked);
        later.on_end(
            [name](const roompp::responder&, roompp::abort_reason why) { say("held " + name + ": " + word_for(why)); });
        held->put(name, later);
        say("holds " + name);
    });
    server.post("/answer/{name}/", [=](const roompp::request& asked) -> roompp::response {
        const auto later = held->take(name_of(asked));
        if (!later) return {404, "nothing is held\n"};
        if (asked.query("thread")) {
            bool first = false;
            std::thread([&] { first = later->answer(asked.body()); }).join();
            return first ? "answered\n" : "too late\n";
        }
        return later->answer(asked.body()) ? "answered\n" : "too late\n";
    });

    server.get("/stream/{name}/", [=](const roompp::request& asked, const roompp::responder& later) {
        const auto name = name_of(asked);
        const auto body =
            later.stream({200, "text/plain", "begin\n"},
                         asked.query("to_the_end") ? roompp::body_framing::connection : roompp::body_framing::chunk);
        body.on_end([name](const auto&, roompp::abort_reason why) { say("stream " + name + ": " + word_for(why)); });
        bodies->put(name, body);
        say("streams " + name);
    });
    server.post("/write/{name}/", [=](const roompp::request& asked) -> roompp::response {
        const auto body = bodies->find(name_of(asked));
        if (!body) return {404, "nothing is streamed\n"};
        if (asked.query("thread"))
            std::thread([&] { body->write(asked.body()); }).join();
        else
            body->write(asked.body());
        return body->is_open() ? "open\n" : "over\n";
    });
    server.post("/end/{name}/", [=](const roompp::request& asked) {
        if (const auto body = bodies->take(name_of(asked))) body->end();
        return "ended\n";
    });
    server.get("/numbers/", [](const roompp::request& asked, const roompp::responder& later) {
        count(later.stream({200, "text/plain", ""}), 0, std::stoul(asked.query("count").value_or("10")));
    });
}

}  // namespace later_routes
