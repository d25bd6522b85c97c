#pragma once
// An HTTP client for tests: definitions.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/testing/conversation.hpp>
#include <roompp/testing/event_reader.hpp>
#include <roompp/testing/failure.hpp>
#include <roompp/testing/http_client.hpp>
#include <roompp/testing/http_reply.hpp>
#include <roompp/testing/memory_link.hpp>
#include <roompp/testing/simulation.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// The client's end of its connection, with the response that is being read.
class http_client::connection {
public:
    explicit connection(std::shared_ptr<simulation> owner) : sim(std::move(owner)), number(sim->next_client_number()) {}
    ~connection() { leave(); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void start(std::string_view method, std::string_view target, std::string_view body, const headers& more) {
        if (is_pending()) leave();
        open();
        unread.clear();
        start_reply(method == "HEAD");
        has_request = true;
        std::string text = std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n";
        for (const auto& [name, value] : more) text.append(name).append(": ").append(value).append("\r\n");
        if (!body.empty() || method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        log.add_sent(sim->elapsed(), std::string(method) + ' ' + std::string(target), body);
        link->send(text.append("\r\n").append(body));
    }
    void send_bytes(std::string_view bytes) {
        open();
        has_request = true;
        log.add_sent(sim->elapsed(), "bytes", bytes);
        link->send(bytes);
    }
    /// The response, and the start of the next one. What follows a whole response belongs to the next, or to another
    /// protocol.
    http_reply take_reply() {
        auto reply = std::move(reader.reply());
        is_upgraded = is_upgraded || reply.status == 101;
        start_reply(false);
        const auto bytes = std::exchange(unread, {});
        has_request = !bytes.empty() && !is_upgraded;
        receive(bytes, false);
        return reply;
    }
    void vanish() {
        if (!link) return;
        link->on_receive = nullptr;
        std::exchange(link, nullptr)->vanish();
    }
    [[nodiscard]] bool is_pending() const { return has_request && !reader.complete(); }
    [[noreturn]] void fail(const std::string& complaint) const {
        const std::string progress = !reader.error().empty() ? "the response is malformed: " + reader.error()
                                     : reader.has_head()
                                         ? "it has got the head (" + std::to_string(reader.reply().status) + ") and " +
                                               std::to_string(reader.reply().body.size()) + " bytes of the body"
                                         : "it has got nothing";
        throw failure("HTTP client " + std::to_string(number) + ' ' + complaint + "\n  " + progress + "; " +
                      conversation::seconds(sim->elapsed()) + " after the start, seed " + std::to_string(sim->seed()) +
                      "\n  its conversation:\n" + log.text());
    }

    const std::shared_ptr<simulation> sim;
    const std::size_t number;
    std::shared_ptr<memory_link> link;  // null while closed
    http_reply_reader reader;
    event_reader events;
    conversation log;
    std::string unread;           // what follows a whole response
    std::size_t body_offset = 0;  // of what more_body() has not returned
    bool has_request = false;
    bool is_upgraded = false;  // the connection is another protocol's

private:
    void open() {
        sim->settle();  // the server may have ended the connection meanwhile
        if (link) return;
        link = sim->connect(number, std::size_t{64} * 1024);
        link->on_receive = [this](std::string_view bytes, bool is_last) { receive(bytes, is_last); };
        is_upgraded = false;
    }
    void leave() {
        if (link) std::exchange(link, nullptr)->leave();
    }
    void start_reply(bool is_head_request) {
        reader = http_reply_reader(is_head_request);
        events = {};
        body_offset = 0;
    }
    void receive(std::string_view bytes, bool is_last) {
        const bool was_complete = reader.complete();
        if (!is_upgraded) reader.consume(bytes);
        unread.append(bytes);
        if (is_last) {
            reader.end();
            const auto ending = std::exchange(link, nullptr);
            ending->on_receive = nullptr;
            ending->send_fin();
        }
        if (!was_complete && reader.complete())
            log.add_received(sim->elapsed(), "HTTP " + std::to_string(reader.reply().status), reader.reply().body);
        if (is_last) log.add_event(sim->elapsed(), "the server ends the connection");
    }
};

ROOMPP_DECL http_client::http_client(server& target) : http_client(simulation::find_or_start(target)) {}

ROOMPP_DECL http_client::http_client(std::shared_ptr<simulation> sim)
    : connection_(std::make_unique<connection>(std::move(sim))) {}

ROOMPP_DECL http_client::http_client(http_client&&) noexcept = default;
ROOMPP_DECL http_client& http_client::operator=(http_client&&) noexcept = default;
ROOMPP_DECL http_client::~http_client() = default;

ROOMPP_DECL http_reply http_client::get(std::string_view target, const headers& more) {
    return request("GET", target, {}, more);
}

ROOMPP_DECL http_reply http_client::post(std::string_view target, std::string_view body, const headers& more) {
    return request("POST", target, body, more);
}

ROOMPP_DECL http_reply http_client::request(std::string_view method, std::string_view target, std::string_view body,
                                            const headers& more) {
    start(method, target, body, more);
    return reply();
}

ROOMPP_DECL http_client& http_client::start(std::string_view method, std::string_view target, std::string_view body,
                                            const headers& more) {
    connection_->start(method, target, body, more);
    return *this;
}

ROOMPP_DECL http_client& http_client::send_bytes(std::string_view bytes) {
    connection_->send_bytes(bytes);
    return *this;
}

ROOMPP_DECL bool http_client::is_waiting() {
    connection_->sim->settle();
    return connection_->is_pending();
}

ROOMPP_DECL http_reply http_client::reply() {
    if (is_waiting()) connection_->fail("expected the whole answer to its request");
    if (!connection_->reader.complete())
        connection_->fail(connection_->reader.has_head() ? "expected the whole answer to its request"
                                                         : "expected an answer, but has not asked");
    return connection_->take_reply();
}

ROOMPP_DECL const http_reply& http_client::reply_so_far() {
    connection_->sim->settle();
    return connection_->reader.reply();
}

ROOMPP_DECL int http_client::status_so_far() {
    connection_->sim->settle();
    return connection_->reader.has_head() ? connection_->reader.reply().status : 0;
}

ROOMPP_DECL std::string http_client::more_body() {
    connection_->sim->settle();
    const std::string& body = connection_->reader.reply().body;
    std::string part = body.substr(connection_->body_offset);
    connection_->body_offset = body.size();
    return part;
}

ROOMPP_DECL server_event http_client::receive_event() {
    auto event = next_event();
    if (!event) connection_->fail("expected an event, but none came");
    return std::move(*event);
}

ROOMPP_DECL std::vector<server_event> http_client::receive_events() {
    std::vector<server_event> events;
    while (auto event = next_event()) events.push_back(std::move(*event));
    return events;
}

ROOMPP_DECL std::optional<server_event> http_client::next_event() {
    connection_->events.append(more_body());
    auto event = connection_->events.next();
    if (event) connection_->log.add_received(connection_->sim->elapsed(), "event " + event->type, event->data);
    return event;
}

ROOMPP_DECL std::string http_client::more_bytes() {
    connection_->sim->settle();
    return std::exchange(connection_->unread, {});
}

ROOMPP_DECL http_client& http_client::drop() {
    connection_->vanish();
    return *this;
}

ROOMPP_DECL http_client& http_client::pause_reading() {
    if (connection_->link) connection_->link->pause(true);
    return *this;
}

ROOMPP_DECL http_client& http_client::resume_reading() {
    if (connection_->link) connection_->link->pause(false);
    return *this;
}

ROOMPP_DECL bool http_client::is_connected() {
    connection_->sim->settle();
    return connection_->link != nullptr;
}

}  // namespace testing
ROOMPP_NAMESPACE_END
