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

// A session that writes down what it is told.
struct recording final : roompp::detail::http_exchange {
    std::vector<std::string> told;
    std::weak_ptr<pending_response> held;

    void add_headers(const roompp::detail::header_list& more) override {
        for (const auto& [name, value] : more) told.push_back("header " + name + ": " + value);
    }
    void answer(const response& what) override {
        told.push_back("answer " + what.body);
        complete();
    }
    void begin(const response& head, body_framing) override { told.push_back("begin " + head.body); }
    void write(std::string_view piece, roompp::when_slow) override { told.push_back("write " + std::string(piece)); }
    void write(const std::shared_ptr<const roompp::net::frame_batch>& pieces, roompp::when_slow) override {
        told.push_back("share " + std::string(pieces->bytes()));
    }
    void end() override {
        told.emplace_back("end");
        complete();
    }
    void abandon() override { told.emplace_back("abandon"); }
    [[nodiscard]] std::size_t queued_bytes() const noexcept override { return 42; }

    void complete() {
        if (const auto its = held.lock()) its->close();
    }
    void cut(abort_reason why) {
        if (const auto its = held.lock()) {
            pending_response::notify_end(its, why);
            its->close();
        }
    }
};

struct request_under_way {
    std::vector<roompp::loop::task> posted;
    roompp::loop home{[this](roompp::loop::task work) { posted.push_back(std::move(work)); }};
    std::shared_ptr<recording> session = std::make_shared<recording>();

    responder ask() {
        auto held = std::make_shared<pending_response>(home, session);
        session->held = held;
        return responder(std::move(held));
    }
    void run_posted() {
        const auto all = std::exchange(posted, {});
        for (const auto& one : all) one();
    }
};

}  // namespace

TEST_CASE("The first answer is the answer", "[responder]") {
    request_under_way request;
    const responder first = request.ask();
    const responder second = first;
    CHECK(first.is_open());
    CHECK(first.answer("one"));
    CHECK_FALSE(second.answer("two"));
    CHECK_FALSE(second.is_open());
    CHECK_FALSE(second.stream({}).is_open());
    CHECK(request.session->told == std::vector<std::string>{"answer one"});
}

TEST_CASE("An answer from another thread comes by way of the loop", "[responder]") {
    request_under_way request;
    request.home.enter();
    const responder later = request.ask();
    bool taken = false;
    std::thread([&] { taken = later.answer("one"); }).join();
    CHECK(taken);
    CHECK(request.session->told.empty());
    CHECK_FALSE(later.answer("too late: one is on its way"));
    request.run_posted();
    CHECK(request.session->told == std::vector<std::string>{"answer one"});
}

TEST_CASE("An answer that comes after the client has gone reaches nobody", "[responder]") {
    request_under_way request;
    request.home.enter();
    const responder later = request.ask();
    std::thread([&] { later.answer("one"); }).join();
    request.session->cut(abort_reason::client_gone);
    request.run_posted();
    CHECK(request.session->told.empty());
    CHECK_FALSE(later.answer("two"));
}

TEST_CASE("When the last handle goes unanswered, the session is told by way of the loop", "[responder]") {
    request_under_way request;
    {
        const responder later = request.ask();
        { const responder other = later; }
        CHECK(request.posted.empty());
    }
    CHECK(request.session->told.empty());
    request.run_posted();
    CHECK(request.session->told == std::vector<std::string>{"abandon"});
    CHECK(request.session.use_count() == 1);
}

TEST_CASE("An answered handle that goes tells nothing, and keeps nothing", "[responder]") {
    request_under_way request;
    const responder later = request.ask();
    CHECK(request.session.use_count() == 2);
    later.answer("one");
    CHECK(request.session.use_count() == 1);
    CHECK(request.posted.empty());
}

TEST_CASE("The end of the waiting is told once", "[responder]") {
    request_under_way request;
    const responder later = request.ask();
    std::vector<abort_reason> told;
    later.on_end([&](abort_reason why) { told.push_back(why); });
    request.session->cut(abort_reason::client_gone);
    request.session->cut(abort_reason::server_stops);
    CHECK(told == std::vector<abort_reason>{abort_reason::client_gone});
    CHECK_FALSE(later.is_open());
}

TEST_CASE("The end of the waiting is not told when it was answered", "[responder]") {
    request_under_way request;
    const responder later = request.ask();
    bool told = false;
    later.on_end([&] { told = true; });
    later.answer("one");
    request.session->cut(abort_reason::client_gone);
    CHECK_FALSE(told);
}

TEST_CASE("A last answer may be given by the hook that is told of the end", "[responder]") {
    request_under_way request;
    const responder later = request.ask();
    later.on_end([](const responder& its, abort_reason) { its.answer("bye"); });
    request.session->cut(abort_reason::server_stops);
    CHECK(request.session->told == std::vector<std::string>{"answer bye"});
}

TEST_CASE("A body is written piece by piece, until its end", "[responder]") {
    request_under_way request;
    const responder later = request.ask();
    const response_stream body = later.stream({200, "text/plain", "first"});
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
    CHECK(request.session->told ==
          std::vector<std::string>{"begin first", "write second", "share " + std::string("\x81\x01x"), "end"});
    CHECK_FALSE(later.answer("no"));
}

TEST_CASE("Pieces from another thread keep their order", "[responder]") {
    request_under_way request;
    request.home.enter();
    const response_stream body = request.ask().stream({});
    std::thread([&] {
        body.write("1");
        body.write("2");
        body.end();
        body.write("3");
    }).join();
    request.run_posted();
    CHECK(request.session->told == std::vector<std::string>{"begin ", "write 1", "write 2", "end"});
}

TEST_CASE("A body that ended before its hook was set tells so at once", "[responder]") {
    request_under_way request;
    const response_stream body = request.ask().stream({});
    request.session->cut(abort_reason::client_gone);
    int told = 0;
    body.on_end([&](abort_reason why) { told += why == abort_reason::client_gone ? 1 : 100; });
    CHECK(told == 1);
}

TEST_CASE("A body tells each time that it has drained, and to the newest hook", "[responder]") {
    request_under_way request;
    const response_stream body = request.ask().stream({});
    std::string told;
    body.on_drained([&](const response_stream& its) {
        told += 'a';
        its.on_drained([&] { told += 'b'; });
    });
    for (int i = 0; i < 3; ++i) pending_response::notify_drained(request.session->held.lock());
    CHECK(told == "abb");
}

TEST_CASE("A body whose handles go is given up, although its hooks were set", "[responder]") {
    request_under_way request;
    request.ask().stream({}).on_end([](const response_stream&) {}).on_drained([] {});
    request.run_posted();
    CHECK(request.session->told == std::vector<std::string>{"begin ", "abandon"});
}
