#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <roompp/http/responder.hpp>

#include "support/catch.hpp"

using roompp::abort_reason;
using roompp::body_framing;
using roompp::responder;
using roompp::response;
using roompp::response_stream;
using roompp::detail::pending_response;

namespace {

// An exchange that records its calls.
struct recording_exchange final : roompp::detail::http_exchange {
    std::vector<std::string> calls;
    std::weak_ptr<pending_response> pending;

    void add_headers(const roompp::detail::header_list& more) override {
        for (const auto& [name, value] : more) calls.push_back("header " + name + ": " + value);
    }
    void answer(const response& reply) override {
        calls.push_back("answer " + reply.body);
        complete();
    }
    void begin(const response& head, body_framing) override { calls.push_back("begin " + head.body); }
    void write(std::string_view piece, roompp::when_slow) override { calls.push_back("write " + std::string(piece)); }
    void write(const std::shared_ptr<const roompp::net::frame_batch>& pieces, roompp::when_slow) override {
        calls.push_back("share " + std::string(pieces->bytes()));
    }
    void end() override {
        calls.emplace_back("end");
        complete();
    }
    void abandon() override { calls.emplace_back("abandon"); }
    [[nodiscard]] std::size_t queued_bytes() const noexcept override { return 42; }

    void complete() {
        if (const auto locked = pending.lock()) locked->close();
    }
    void cut(abort_reason reason) {
        if (const auto locked = pending.lock()) {
            pending_response::notify_end(locked, reason);
            locked->close();
        }
    }
};

struct request_fixture {
    std::vector<roompp::loop::task> tasks;
    roompp::loop home{[this](roompp::loop::task work) { tasks.push_back(std::move(work)); }};
    std::shared_ptr<recording_exchange> exchange = std::make_shared<recording_exchange>();

    responder make_responder() {
        auto pending = std::make_shared<pending_response>(home, exchange);
        exchange->pending = pending;
        return responder(std::move(pending));
    }
    void run_posted() {
        const auto all = std::exchange(tasks, {});
        for (const auto& task : all) task();
    }
};

}  // namespace

TEST_CASE("Only the first answer counts", "[responder]") {
    request_fixture request;
    const responder first = request.make_responder();
    const responder second = first;
    CHECK(first.is_open());
    CHECK(first.answer("one"));
    CHECK_FALSE(second.answer("two"));
    CHECK_FALSE(second.is_open());
    CHECK_FALSE(second.stream({}).is_open());
    CHECK(request.exchange->calls == std::vector<std::string>{"answer one"});
}

TEST_CASE("An answer from another thread is posted to the loop", "[responder]") {
    request_fixture request;
    request.home.enter();
    const responder handle = request.make_responder();
    bool accepted = false;
    std::thread([&] { accepted = handle.answer("one"); }).join();
    CHECK(accepted);
    CHECK(request.exchange->calls.empty());
    CHECK_FALSE(handle.answer("too late: one is on its way"));
    request.run_posted();
    CHECK(request.exchange->calls == std::vector<std::string>{"answer one"});
}

TEST_CASE("An answer after the client has disconnected is dropped", "[responder]") {
    request_fixture request;
    request.home.enter();
    const responder handle = request.make_responder();
    std::thread([&] { handle.answer("one"); }).join();
    request.exchange->cut(abort_reason::client_gone);
    request.run_posted();
    CHECK(request.exchange->calls.empty());
    CHECK_FALSE(handle.answer("two"));
}

TEST_CASE("When the last handle is destroyed without an answer, a task on the loop abandons the request",
          "[responder]") {
    request_fixture request;
    {
        const responder handle = request.make_responder();
        { const responder other = handle; }
        CHECK(request.tasks.empty());
    }
    CHECK(request.exchange->calls.empty());
    request.run_posted();
    CHECK(request.exchange->calls == std::vector<std::string>{"abandon"});
    CHECK(request.exchange.use_count() == 1);
}

TEST_CASE("A handle owns the session until it has answered, and does not abandon it after that", "[responder]") {
    request_fixture request;
    const responder handle = request.make_responder();
    CHECK(request.exchange.use_count() == 2);
    handle.answer("one");
    CHECK(request.exchange.use_count() == 1);
    CHECK(request.tasks.empty());
}

TEST_CASE("The end hook is called once", "[responder]") {
    request_fixture request;
    const responder handle = request.make_responder();
    std::vector<abort_reason> reasons;
    handle.on_end([&](abort_reason reason) { reasons.push_back(reason); });
    request.exchange->cut(abort_reason::client_gone);
    request.exchange->cut(abort_reason::server_stops);
    CHECK(reasons == std::vector<abort_reason>{abort_reason::client_gone});
    CHECK_FALSE(handle.is_open());
}

TEST_CASE("The end hook is not called after an answer", "[responder]") {
    request_fixture request;
    const responder handle = request.make_responder();
    bool is_notified = false;
    handle.on_end([&] { is_notified = true; });
    handle.answer("one");
    request.exchange->cut(abort_reason::client_gone);
    CHECK_FALSE(is_notified);
}

TEST_CASE("The end hook may give a final answer", "[responder]") {
    request_fixture request;
    const responder handle = request.make_responder();
    handle.on_end([](const responder& self, abort_reason) { self.answer("bye"); });
    request.exchange->cut(abort_reason::server_stops);
    CHECK(request.exchange->calls == std::vector<std::string>{"answer bye"});
}

TEST_CASE("A body is written piece by piece, until its end", "[responder]") {
    request_fixture request;
    const responder handle = request.make_responder();
    const response_stream body = handle.stream({200, "text/plain", "first"});
    CHECK(body.is_open());
    CHECK(body.queued() == 42);
    body.write("second");
    auto batch = std::make_shared<roompp::net::frame_batch>();
    batch->append(roompp::payload("x"));
    body.write(batch);
    body.end();
    CHECK_FALSE(body.is_open());
    CHECK(body.queued() == 0);
    body.write("third");
    body.end();
    CHECK(request.exchange->calls ==
          std::vector<std::string>{"begin first", "write second", "share " + std::string("\x81\x01x"), "end"});
    CHECK_FALSE(handle.answer("no"));
}

TEST_CASE("Pieces from another thread keep their order", "[responder]") {
    request_fixture request;
    request.home.enter();
    const response_stream body = request.make_responder().stream({});
    std::thread([&] {
        body.write("1");
        body.write("2");
        body.end();
        body.write("3");
    }).join();
    request.run_posted();
    CHECK(request.exchange->calls == std::vector<std::string>{"begin ", "write 1", "write 2", "end"});
}

TEST_CASE("An end hook that is set after the end is called at once", "[responder]") {
    request_fixture request;
    const response_stream body = request.make_responder().stream({});
    request.exchange->cut(abort_reason::client_gone);
    int notifications = 0;
    body.on_end([&](abort_reason reason) { notifications += reason == abort_reason::client_gone ? 1 : 100; });
    CHECK(notifications == 1);
}

TEST_CASE("The newest drained hook is called each time that the body has drained", "[responder]") {
    request_fixture request;
    const response_stream body = request.make_responder().stream({});
    std::string hooks;
    body.on_drained([&](const response_stream& self) {
        hooks += 'a';
        self.on_drained([&] { hooks += 'b'; });
    });
    for (int i = 0; i < 3; ++i) pending_response::notify_drained(request.exchange->pending.lock());
    CHECK(hooks == "abb");
}

TEST_CASE("A body without handles is abandoned, although it has hooks", "[responder]") {
    request_fixture request;
    request.make_responder().stream({}).on_end([](const response_stream&) {}).on_drained([] {});
    request.run_posted();
    CHECK(request.exchange->calls == std::vector<std::string>{"begin ", "abandon"});
}
