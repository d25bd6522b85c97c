#pragma once
// An HTTP client for tests.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/server/server.hpp>
#include <roompp/testing/conversation.hpp>
#include <roompp/testing/event_reader.hpp>
#include <roompp/testing/failure.hpp>
#include <roompp/testing/http_reply.hpp>
#include <roompp/testing/memory_stream.hpp>
#include <roompp/testing/simulation.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// A client for pages, polling routes and event streams, of a server in the same program. One connection, kept alive and
/// opened anew as needed; one request at a time. When it goes, what it has sent still arrives, and then the connection ends.
/// Movable.
class http_client {
public:
    using headers = std::vector<std::pair<std::string, std::string>>;

    /// A client of this server, in the world that the server is in, or a new one with seed 0.
    explicit http_client(server& served) : http_client(simulation::of(served)) {}
    /// For world::http().
    explicit http_client(std::shared_ptr<simulation> in) : its_(std::make_unique<state>(std::move(in))) {}

    http_reply get(std::string_view target, const headers& more = {}) { return request("GET", target, {}, more); }
    http_reply post(std::string_view target, std::string_view body, const headers& more = {}) {
        return request("POST", target, body, more);
    }
    /// Asks, and returns the answer.
    /// @throws failure if it does not come at once: see start() for those that take time.
    http_reply request(std::string_view method, std::string_view target, std::string_view body = {},
                       const headers& more = {}) {
        start(method, target, body, more);
        return reply();
    }

    /// Asks, and goes on without the answer: for a request that is held until there is news. Given up if another one
    /// is started.
    http_client& start(std::string_view method, std::string_view target, std::string_view body = {},
                       const headers& more = {}) {
        its_->start(method, target, body, more);
        return *this;
    }
    /// Sends bytes that are no request, or part of one, or several: each reply() is the next answer.
    http_client& send_bytes(std::string_view bytes) {
        its_->open();
        its_->asked = true;
        its_->log.sent(its_->sim->elapsed(), "bytes", bytes);
        its_->link->send(bytes);
        return *this;
    }
    /// Whether the answer is not there yet, or not all of it. Of several requests that send_bytes() has sent in one piece, the
    /// first is meant: see reply_so_far() for the others.
    [[nodiscard]] bool is_waiting() {
        its_->sim->settle();
        return its_->asked && !its_->reader.complete();
    }
    /// The answer to what was started.
    /// @throws failure if it is not there yet, or not all of it.
    [[nodiscard]] http_reply reply() {
        if (is_waiting()) its_->fail("expected the whole answer to its request");
        if (!its_->reader.complete())
            its_->fail(its_->reader.has_head() ? "expected the whole answer to its request"
                                               : "expected an answer, but has not asked");
        auto answer = std::move(its_->reader.reply());
        its_->next_reply();
        return answer;
    }
    /// What has come so far of an answer that is still coming, such as an event stream; a status of 0 if not even its head has
    /// come.
    [[nodiscard]] const http_reply& reply_so_far() {
        its_->sim->settle();
        return its_->reader.reply();
    }
    /// The status of an answer that is still coming, such as an event stream; 0 if not even its head has come.
    [[nodiscard]] int status_so_far() {
        its_->sim->settle();
        return its_->reader.has_head() ? its_->reader.reply().status : 0;
    }
    /// What has come of the answer's body since this was last called: the events of a stream.
    [[nodiscard]] std::string more_body() {
        its_->sim->settle();
        const std::string& body = its_->reader.reply().body;
        std::string more = body.substr(its_->seen);
        its_->seen = body.size();
        return more;
    }
    /// The next event of an event stream. Reads by more_body(), so use the one or the other.
    /// @throws failure if none has come.
    [[nodiscard]] server_event receive_event() {
        auto next = next_event();
        if (!next) its_->fail("expected an event, but none came");
        return std::move(*next);
    }
    /// All further events that have come, in order.
    [[nodiscard]] std::vector<server_event> receive_events() {
        std::vector<server_event> all;
        while (auto next = next_event()) all.push_back(std::move(*next));
        return all;
    }
    /// What has come since this was last called, after the answer with which the connection became another protocol's (101).
    [[nodiscard]] std::string more_bytes() {
        its_->sim->settle();
        return std::exchange(its_->unread, {});
    }
    /// Gives up: the connection is gone.
    http_client& drop() {
        its_->vanish();
        return *this;
    }
    /// Takes nothing more from the server for now.
    http_client& pause_reading() { return pause(true); }
    http_client& resume_reading() { return pause(false); }
    /// Whether its connection is open.
    [[nodiscard]] bool is_connected() {
        its_->sim->settle();
        return its_->link != nullptr;
    }

private:
    std::optional<server_event> next_event() {
        its_->events.take(more_body());
        auto next = its_->events.next();
        if (next) its_->log.received(its_->sim->elapsed(), "event " + next->type, next->data);
        return next;
    }
    http_client& pause(bool paused) {
        if (its_->link) its_->link->pause(paused);
        return *this;
    }

    struct state {
        explicit state(std::shared_ptr<simulation> in) : sim(std::move(in)), number(sim->next_number()) {}
        ~state() { leave(); }
        state(const state&) = delete;
        state& operator=(const state&) = delete;

        void start(std::string_view method, std::string_view target, std::string_view body, const headers& more) {
            if (is_asking()) leave();
            open();
            unread.clear();
            reader = http_reply_reader(method == "HEAD");
            events = {};
            seen = 0;
            asked = true;
            std::string text = std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n";
            for (const auto& [name, value] : more) text.append(name).append(": ").append(value).append("\r\n");
            if (!body.empty() || method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
            log.sent(sim->elapsed(), std::string(method) + ' ' + std::string(target), body);
            link->send(text.append("\r\n").append(body));
        }
        void open() {
            sim->settle();  // it may be that the server has ended the connection meanwhile
            if (link) return;
            link = sim->connect("192.0.2." + std::to_string(1 + (number - 1) % 254), std::size_t{64} * 1024);
            link->on_news = [this](std::string_view bytes, bool last) { take(bytes, last); };
            upgraded = false;
        }
        // What has come after a whole answer belongs to the next one, or to another protocol.
        void next_reply() {
            upgraded = upgraded || reader.reply().status == 101;
            reader = http_reply_reader();
            events = {};
            seen = 0;
            const auto rest = std::exchange(unread, {});
            asked = !rest.empty() && !upgraded;
            take(rest, false);
        }
        [[nodiscard]] bool is_asking() const { return asked && !reader.complete(); }

        void take(std::string_view bytes, bool last) {
            const bool was_complete = reader.complete();
            if (!upgraded) reader.take(bytes);
            unread.append(bytes);
            if (last) {
                reader.end();
                const auto ending = std::exchange(link, nullptr);
                ending->on_news = nullptr;
                ending->end_sending();
            }
            if (!was_complete && reader.complete())
                log.received(sim->elapsed(), "HTTP " + std::to_string(reader.reply().status), reader.reply().body);
            if (last) log.happened(sim->elapsed(), "the server ends the connection");
        }
        void vanish() {
            if (!link) return;
            link->on_news = nullptr;
            std::exchange(link, nullptr)->vanish();
        }
        void leave() {
            if (link) std::exchange(link, nullptr)->leave();
        }
        [[noreturn]] void fail(const std::string& what) const {
            throw failure("HTTP client " + std::to_string(number) + ' ' + what + '\n' + "  it has got " +
                          (reader.has_head() ? "the head (" + std::to_string(reader.reply().status) + ") and " +
                                                   std::to_string(reader.reply().body.size()) + " bytes of the body"
                                             : std::string("nothing")) +
                          "; " + conversation::seconds(sim->elapsed()) + " after the start, seed " +
                          std::to_string(sim->seed()) + "\n  its conversation:\n" + log.text());
        }

        const std::shared_ptr<simulation> sim;
        const std::size_t number;
        std::shared_ptr<memory_link> link;
        http_reply_reader reader;
        event_reader events;
        conversation log;
        std::string unread;
        std::size_t seen = 0;
        bool asked = false;
        bool upgraded = false;  // the connection is another protocol's
    };

    std::unique_ptr<state> its_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
