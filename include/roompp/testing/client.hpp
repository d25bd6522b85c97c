#pragma once
// A WebSocket client for tests.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <websocketpp/base64/base64.hpp>
#include <websocketpp/close.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/utf8_validator.hpp>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/server/server.hpp>
#include <roompp/testing/client_frames.hpp>
#include <roompp/testing/conversation.hpp>
#include <roompp/testing/failure.hpp>
#include <roompp/testing/http_reply.hpp>
#include <roompp/testing/memory_stream.hpp>
#include <roompp/testing/simulation.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// A message as a client has received it.
struct received_message {
    std::string data;
    payload_kind kind = payload_kind::text;
};

namespace detail {

/// The client itself; what the test holds is a handle to it.
class client_endpoint {
public:
    client_endpoint(std::shared_ptr<simulation> in, std::string target)
        : sim(std::move(in)), path(std::move(target)), number(sim->next_number()) {
        name = "client " + std::to_string(number);
    }
    ~client_endpoint() {
        if (link) link->leave();
    }
    client_endpoint(const client_endpoint&) = delete;
    client_endpoint& operator=(const client_endpoint&) = delete;

    void start() {
        if (link) throw failure("roompp::testing: " + name + " has connected already; make another client");
        link = sim->connect("192.0.2." + std::to_string(1 + (number - 1) % 254), capacity);
        link->on_news = [this](std::string_view bytes, bool last) { take(bytes, last); };
        request.set_method("GET");
        request.set_uri(path);
        request.set_version("HTTP/1.1");
        const std::string key = "a test's key " + std::to_string(100 + number % 900);
        fallback("Host", "localhost");
        fallback("Upgrade", "websocket");
        fallback("Connection", "Upgrade");
        fallback("Sec-WebSocket-Version", "13");
        fallback("Sec-WebSocket-Key",
                 websocketpp::base64_encode(reinterpret_cast<const unsigned char*>(key.data()), key.size()));
        log.sent(at(), "GET " + path, {});
        link->send(request.raw());
    }

    void send_frame(opcode::value kind, std::string_view bytes, bool fin) {
        if (ended || close_sent) return;
        if (kind == opcode::close) {
            close_sent = true;
            log.sent(at(), name_of(kind), as_close(bytes));
        } else {
            log.sent(at(), fin ? name_of(kind) : name_of(kind) + " (to be continued)", bytes);
        }
        link->send(client_frame(kind, bytes, masks.next32(), fin));
    }

    void vanish() {
        if (!link) return;
        link->on_news = nullptr;
        link->vanish();
        if (!ended) log.happened(at(), "the client vanishes");
        ended = true;
    }

    [[nodiscard]] bool is_connected() const {
        return link && reader.complete() && reader.reply().status == 101 && !ended && !close_received && error.empty();
    }

    [[nodiscard]] loop::clock::duration at() const noexcept { return sim->elapsed(); }

    [[nodiscard]] std::string state() const {
        if (!link) return "it has not connected";
        if (sim->has_ended()) return "its world has ended";
        if (!error.empty()) return error;
        if (reader.has_head() && reader.reply().status != 101)
            return "it was refused with " + std::to_string(reader.reply().status);
        if (ended) return "the connection has ended with " + how_closed();
        if (!reader.has_head()) return "its handshake is not answered";
        if (paused) return "it has paused reading";
        if (close_received) return "the connection is closing with " + how_closed();
        return "the connection is open";
    }
    [[nodiscard]] std::string how_closed() const {
        return std::to_string(how.code) + (how.reason.empty() ? std::string() : ' ' + readable(how.reason));
    }
    [[nodiscard]] static std::string as_close(std::string_view bytes) {
        if (bytes.size() < 2) return std::string(bytes);
        const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
        return std::to_string(byte(0) << 8U | byte(1)) + ' ' + std::string(bytes.substr(2));
    }

    [[noreturn]] void fail(const std::string& what) const {
        std::string story = name + ' ' + what + '\n';
        story += "  " + state() + "; " + conversation::seconds(at()) + " after the start, seed " +
                 std::to_string(sim->seed()) + "\n  its conversation:\n" + log.text();
        for (const auto& one : inbox) story += "  not looked at yet: " + readable(one.data) + '\n';
        throw failure(story);
    }

    struct mask_numbers {
        std::uint32_t state = 0x12345678;
        [[nodiscard]] std::uint32_t next32() noexcept { return state = state * 1664525U + 1013904223U; }
    };

    const std::shared_ptr<simulation> sim;
    const std::string path;
    const std::size_t number;
    std::string name;
    std::shared_ptr<memory_link> link;
    std::size_t capacity = std::size_t{64} * 1024;
    websocketpp::http::parser::request request;
    std::string subprotocols;
    std::string cookies;
    http_reply_reader reader;
    conversation log;
    std::deque<received_message> inbox;
    std::string error;  // of the server's, against the protocol
    close_event how;    // 1006 until a close frame comes
    std::size_t pings = 0;
    std::vector<std::string> pongs;
    mask_numbers masks;
    bool answers_pings = true;
    bool answers_close = true;
    bool paused = false;
    bool close_sent = false;
    bool close_received = false;
    bool end_is_known = false;  // the test has ended it, or looked at how it was ended
    bool ended = false;         // nothing more comes

private:
    void fallback(const std::string& header, const std::string& value) {
        if (request.get_header(header).empty()) request.append_header(header, value);
    }

    void take(std::string_view bytes, bool last) {
        if (!reader.complete() || reader.reply().status != 101) {
            const bool had_head = reader.has_head();
            reader.take(bytes);
            if (last) reader.end();
            if (reader.has_head() && !had_head) log.received(at(), "HTTP " + std::to_string(reader.reply().status), {});
            if (reader.complete() && reader.reply().status == 101) check_handshake();
        }
        unread_.append(bytes);
        while (const auto message = frames_.next(unread_)) take_message(*message);
        if (frames_.error() && error.empty()) {
            error = "the server has sent what is no WebSocket frame (" + frames_.error().message() + ")";
            log.happened(at(), error);
        }
        if (last && !ended) {
            ended = true;
            log.happened(at(), "the server ends the connection");
            if (!close_received && reader.has_head() && !unread_.empty())
                error = "the server has ended the connection in the middle of a frame";
            link->end_sending();
        }
    }

    // RFC 6455, section 4.1.
    void check_handshake() {
        using websocketpp::processor::hybi13;
        static net::reader_config::rng_type numbers;
        const hybi13<net::reader_config> rules(false, false, nullptr, numbers);
        if (rules.validate_server_handshake_response(request, reader.reply().head))
            error = "the server's answer to the handshake is not as RFC 6455 has it";
    }

    void take_message(server_frame_reader::message& message) {
        const std::string& bytes = message.get_payload();
        const bool is_close = message.get_opcode() == opcode::close;
        log.received(at(), name_of(message.get_opcode()), is_close ? as_close(bytes) : bytes);
        switch (message.get_opcode()) {
            case opcode::text:
                inbox.push_back({bytes, payload_kind::text});
                break;
            case opcode::binary:
                inbox.push_back({bytes, payload_kind::binary});
                break;
            case opcode::ping:
                ++pings;
                if (answers_pings) send_frame(opcode::pong, bytes, true);
                break;
            case opcode::pong:
                pongs.push_back(bytes);
                break;
            case opcode::close:
                take_close(bytes);
                break;
            default:
                break;
        }
    }
    void take_close(const std::string& bytes) {
        close_received = true;
        std::error_code ec;
        how.code = websocketpp::close::extract_code(bytes, ec);
        how.reason = websocketpp::close::extract_reason(bytes, ec);
        if (answers_close) send_frame(opcode::close, bytes.substr(0, 2), true);
    }

    static std::string name_of(opcode::value kind) {
        switch (kind) {
            case opcode::continuation:
                return "continuation";
            case opcode::text:
                return "text";
            case opcode::binary:
                return "binary";
            case opcode::close:
                return "close";
            case opcode::ping:
                return "ping";
            case opcode::pong:
                return "pong";
            default:
                return "opcode " + std::to_string(static_cast<int>(kind));
        }
    }

    server_frame_reader frames_;
    std::string unread_;
};

}  // namespace detail

/// A WebSocket client of a server in the same program. What it sends is on its way until the server has its turn: when a
/// client looks at what came (receive() and the like, connect(), closed()), or with world::settle(). It never waits: what has
/// not come then does not come, and that fails the test, by throwing a testing::failure.
///
/// It answers pings and close frames by itself. A handle: copies are the same client. When the last one goes while it is
/// connected, what it has sent still arrives, and then the connection ends: with 1006, unless it has sent a close frame.
/// After the end of its world, or of its server, it can't be used any more.
class client {
public:
    /// A client of this server, in the world that the server is in, or a new one with seed 0, which lasts as long as
    /// one of its clients.
    /// @param path with the query, as in `/ws/chat/lobby/?name=Ann`.
    client(server& served, std::string path) : client(simulation::of(served), std::move(path)) {}
    /// For world::client().
    client(std::shared_ptr<simulation> in, std::string path)
        : its_(std::make_shared<detail::client_endpoint>(std::move(in), std::move(path))) {}

    // At any time. Each returns the client, so that they can be chained.

    /// What failures call it; otherwise "client 1" and so on.
    client& named(std::string name) {
        its_->name = std::move(name);
        return *this;
    }
    /// Whether it answers pings, as every client must; false for one that is as good as dead.
    client& answer_pings(bool wanted) {
        its_->answers_pings = wanted;
        return *this;
    }
    /// Whether it answers a close frame.
    client& answer_close(bool wanted) {
        its_->answers_close = wanted;
        return *this;
    }

    // Before connect(): afterwards, they throw a failure.

    /// Adds a header to the handshake, or puts another in the place of one that is there anyway, such as Host.
    client& header(const std::string& name, const std::string& value) {
        not_linked("header()");
        its_->request.append_header(name, value);
        return *this;
    }
    client& cookie(const std::string& name, const std::string& value) {
        not_linked("cookie()");
        auto& all = its_->cookies;
        all += (all.empty() ? "" : "; ") + name + '=' + value;
        its_->request.replace_header("Cookie", all);
        return *this;
    }
    /// Offers a subprotocol, after those that it offers already.
    client& subprotocol(const std::string& name) {
        not_linked("subprotocol()");
        auto& all = its_->subprotocols;
        all += (all.empty() ? "" : ", ") + name;
        its_->request.replace_header("Sec-WebSocket-Protocol", all);
        return *this;
    }
    /// How many bytes can be under way in each direction: the buffers of a socket. 64 KiB by default.
    client& buffer_bytes(std::size_t most) {
        not_linked("buffer_bytes()");
        if (most == 0) its_->fail("can't do with buffers of 0 bytes: nothing would ever get through");
        its_->capacity = most;
        return *this;
    }

    // Opening

    /// Opens the connection.
    /// @throws failure if it is refused.
    client& connect() {
        try_connect();
        if (its_->reader.reply().status != 101)
            its_->fail("expected to be connected to " + its_->path + ", but was refused with " +
                       std::to_string(its_->reader.reply().status) + ": " + readable(its_->reader.reply().body));
        if (!its_->error.empty()) its_->fail("expected to be connected to " + its_->path);
        return *this;
    }
    /// Asks to open the connection.
    /// @returns the answer: the status is 101 if it is open.
    const http_reply& try_connect() {
        its_->start();
        its_->sim->settle();
        if (!its_->reader.complete()) its_->fail("expected an answer to its handshake");
        return its_->reader.reply();
    }
    /// Asks to open the connection, and goes on without looking at the answer.
    client& start_connecting() {
        its_->start();
        return *this;
    }
    /// The answer to its handshake.
    [[nodiscard]] const http_reply& handshake() {
        settle();
        return its_->reader.reply();
    }
    /// The subprotocol that the server has chosen; empty if none.
    [[nodiscard]] const std::string& chosen_subprotocol() { return handshake().header("Sec-WebSocket-Protocol"); }

    // Sending

    /// Sends a message: text, or what the payload is.
    client& send(payload message) {
        return send_frame(message.is_text() ? opcode::text : opcode::binary, message.data());
    }
    client& send_binary(std::string_view bytes) { return send(binary(bytes)); }
    client& ping(std::string_view bytes = {}) { return send_frame(opcode::ping, bytes); }
    /// Sends a frame, which may be part of a message or against the rules.
    client& send_frame(opcode::value kind, std::string_view bytes, bool fin = true) {
        linked("send");
        if (its_->ended || its_->close_sent)
            its_->fail("can't send " + readable(bytes) + ": " +
                       (its_->ended ? "it is not connected" : "it has closed"));
        its_->send_frame(kind, bytes, fin);
        return *this;
    }
    /// Sends bytes that are no frame, or several.
    client& send_bytes(std::string_view bytes) {
        linked("send");
        its_->log.sent(its_->at(), "bytes", bytes);
        its_->link->send(bytes);
        return *this;
    }

    // Receiving

    /// The next text message.
    /// @throws failure if none has come, or if it is binary.
    [[nodiscard]] std::string receive() { return receive_kind(payload_kind::text, "a text message").data; }
    /// The next binary message.
    [[nodiscard]] std::string receive_binary() { return receive_kind(payload_kind::binary, "a binary message").data; }
    /// The next message of either kind.
    [[nodiscard]] received_message receive_message() {
        settle();
        if (its_->inbox.empty()) its_->fail("expected a message, but nothing came");
        return take_message();
    }
    /// The next text message, parsed: `receive_json<nlohmann::json>()`, or any type with a static `parse(std::string)`
    /// that throws what is derived from std::exception.
    template <class Json>
    [[nodiscard]] Json receive_json() {
        const std::string text = receive();
        try {
            return Json::parse(text);
        } catch (const std::exception& e) {
            its_->fail("expected JSON, but " + readable(text) + " came: " + e.what());
        }
    }
    /// All text messages that have come, in order.
    [[nodiscard]] std::vector<std::string> receive_all() {
        settle();
        std::vector<std::string> texts;
        while (!its_->inbox.empty()) texts.push_back(receive());
        return texts;
    }
    /// Makes sure that the next text message is this one. One that is not is left where it is.
    client& expect(std::string_view text) {
        settle();
        if (its_->inbox.empty()) its_->fail("expected " + readable(text) + ", but nothing came");
        const received_message& next = its_->inbox.front();
        if (next.kind == payload_kind::binary)
            its_->fail("expected " + readable(text) + ", but binary " + readable(next.data) + " came");
        if (next.data != text)
            its_->fail("expected " + readable(text) + ", but " + readable(next.data) + " came" +
                       difference(text, next.data));
        its_->inbox.pop_front();
        return *this;
    }
    /// Makes sure that no message has come although it could have: the client is connected, or was ended by the test, or
    /// the test has looked at closed().
    client& receive_nothing() {
        settle();
        if (!its_->inbox.empty()) its_->fail("expected nothing, but " + readable(its_->inbox.front().data) + " came");
        linked("receive");
        if (!its_->is_connected() && !its_->end_is_known)
            its_->fail("expected to be connected, and to receive nothing");
        return *this;
    }
    /// How many pings have come.
    [[nodiscard]] std::size_t pings() {
        settle();
        return its_->pings;
    }
    /// What came with the pongs, in order.
    [[nodiscard]] std::vector<std::string> pongs() {
        settle();
        return its_->pongs;
    }

    // Ending

    /// Sends a close frame; the server's answer ends the connection.
    client& close(std::uint16_t code = close_code::normal, std::string_view reason = {}) {
        std::string bytes{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
        send_frame(opcode::close, bytes.append(reason));
        its_->end_is_known = true;
        return *this;
    }
    /// How the connection has ended: with what the server's close frame said, or 1006 if none came.
    /// @throws failure if it has not.
    [[nodiscard]] close_event closed() {
        settle();
        linked("be closed");
        if (!its_->ended && !its_->close_received) its_->fail("expected the connection to be closed");
        its_->end_is_known = true;
        return its_->how;
    }
    /// Whether messages can come and go.
    [[nodiscard]] bool is_open() {
        settle();
        return its_->is_connected() && !its_->close_sent;
    }
    /// Takes nothing more from the server: a slow member. What the server sends piles up, first in the buffers (see
    /// buffer_bytes()), then at the server.
    client& pause_reading() { return pause(true); }
    client& resume_reading() { return pause(false); }
    /// Vanishes without a close frame, as with a pulled cable that the system notices. What it has sent and the server has
    /// not had a turn to read is lost.
    client& drop() {
        its_->end_is_known = true;
        its_->vanish();
        return *this;
    }

    /// What happens to the server's next write to this client; several are taken in turn.
    client& next_write(const fault& what) {
        linked("have faults");
        its_->link->add_fault(what);
        return *this;
    }

    /// What was said, as failures tell it.
    [[nodiscard]] std::string conversation() const { return its_->log.text(); }
    [[nodiscard]] const std::string& name() const noexcept { return its_->name; }

private:
    void settle() { its_->sim->settle(); }
    void linked(const char* what) const {
        if (!its_->link) its_->fail(std::string("can't ") + what + " before it connects: call connect() first");
        if (its_->sim->has_ended()) its_->fail(std::string("can't ") + what + " any more: its world has ended");
    }
    void not_linked(const char* what) const {
        if (its_->link) its_->fail(std::string("has connected already: call ") + what + " before connect()");
    }
    client& pause(bool paused) {
        linked("pause");
        its_->paused = paused;
        its_->link->pause(paused);
        return *this;
    }
    received_message take_message() {
        auto next = std::move(its_->inbox.front());
        its_->inbox.pop_front();
        return next;
    }
    received_message receive_kind(payload_kind kind, const char* wanted) {
        settle();
        if (its_->inbox.empty()) its_->fail(std::string("expected ") + wanted + ", but nothing came");
        const received_message& next = its_->inbox.front();
        if (next.kind != kind)
            its_->fail(std::string("expected ") + wanted + ", but one of the other kind came: " + readable(next.data));
        return take_message();
    }

    std::shared_ptr<detail::client_endpoint> its_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
