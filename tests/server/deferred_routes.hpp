#pragma once
// Routes with deferred and streamed responses, controlled by other requests: for test_deferred.py.

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

namespace deferred_routes {

inline const char* reason_text(roompp::abort_reason reason) {
    switch (reason) {
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

inline void print_line(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

// Values by the name in the path. Thread-safe.
template <class Value>
class named_store {
public:
    void put(const std::string& name, Value value) {
        const std::lock_guard lock(mutex_);
        values_.insert_or_assign(name, std::move(value));
    }
    std::optional<Value> take(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found = values_.find(name);
        if (found == values_.end()) return std::nullopt;
        auto value = std::move(found->second);
        values_.erase(found);
        return value;
    }
    std::optional<Value> find(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found = values_.find(name);
        return found == values_.end() ? std::nullopt : std::optional<Value>(found->second);
    }

private:
    std::mutex mutex_;
    std::map<std::string, Value> values_;
};

// Writes pieces of 100,000 bytes, "0000...", "1111..." and so on, as fast as the client reads them.
inline void write_numbers(const roompp::response_stream& body, std::size_t next, std::size_t end) {
    for (; next < end && body.queued() == 0; ++next)
        body.write(std::string(100'000, static_cast<char>('0' + next % 10)));
    if (next == end && body.queued() == 0) return body.end();
    body.on_drained([next, end, body] { write_numbers(body, next, end); });  // the hook owns the body
}

inline void add_to(roompp::server& server) {
    const auto responders = std::make_shared<named_store<roompp::responder>>();
    const auto bodies = std::make_shared<named_store<roompp::response_stream>>();
    const auto name_of = [](const roompp::request& request) { return std::string(request.parameter("name")); };

    server.get("/held/{name}/", [=](const roompp::request& request, const roompp::responder& responder) {
        const auto name = name_of(request);
        responder.on_end([name](const roompp::responder&, roompp::abort_reason reason) {
            print_line("held " + name + ": " + reason_text(reason));
        });
        responders->put(name, responder);
        print_line("holds " + name);
    });
    server.post("/answer/{name}/", [=](const roompp::request& request) -> roompp::response {
        const auto responder = responders->take(name_of(request));
        if (!responder) return {404, "nothing is held\n"};
        if (request.query("thread")) {
            bool accepted = false;
            std::thread([&] { accepted = responder->answer(request.body()); }).join();
            return accepted ? "answered\n" : "too late\n";
        }
        return responder->answer(request.body()) ? "answered\n" : "too late\n";
    });

    server.get("/stream/{name}/", [=](const roompp::request& request, const roompp::responder& responder) {
        const auto name = name_of(request);
        const auto body = responder.stream({200, "text/plain", "begin\n"}, request.query("to_the_end")
                                                                               ? roompp::body_framing::connection
                                                                               : roompp::body_framing::chunk);
        body.on_end([name](const auto&, roompp::abort_reason reason) {
            print_line("stream " + name + ": " + reason_text(reason));
        });
        bodies->put(name, body);
        print_line("streams " + name);
    });
    server.post("/write/{name}/", [=](const roompp::request& request) -> roompp::response {
        const auto body = bodies->find(name_of(request));
        if (!body) return {404, "nothing is streamed\n"};
        if (request.query("thread"))
            std::thread([&] { body->write(request.body()); }).join();
        else
            body->write(request.body());
        return body->is_open() ? "open\n" : "over\n";
    });
    server.post("/end/{name}/", [=](const roompp::request& request) {
        if (const auto body = bodies->take(name_of(request))) body->end();
        return "ended\n";
    });
    server.get("/numbers/", [](const roompp::request& request, const roompp::responder& responder) {
        write_numbers(responder.stream({200, "text/plain", ""}), 0, std::stoul(request.query("count").value_or("10")));
    });
}

}  // namespace deferred_routes
