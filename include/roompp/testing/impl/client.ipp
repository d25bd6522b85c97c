#pragma once
// A WebSocket client for tests: definitions.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/testing/client.hpp>
#include <roompp/testing/client_endpoint.hpp>
#include <roompp/testing/expectations.hpp>
#include <roompp/testing/memory_link.hpp>
#include <roompp/testing/readable.hpp>
#include <roompp/testing/simulation.hpp>
#include <roompp/websocket/close_frame.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

ROOMPP_DECL client::client(server& target, std::string path)
    : client(simulation::find_or_start(target), std::move(path)) {}

ROOMPP_DECL client::client(std::shared_ptr<simulation> sim, std::string path)
    : endpoint_(std::make_shared<detail::client_endpoint>(std::move(sim), std::move(path))) {}

ROOMPP_DECL client& client::named(std::string name) {
    endpoint_->name = std::move(name);
    return *this;
}

ROOMPP_DECL client& client::answer_pings(bool enabled) {
    endpoint_->answers_pings = enabled;
    return *this;
}

ROOMPP_DECL client& client::answer_close(bool enabled) {
    endpoint_->answers_close = enabled;
    return *this;
}

// ---- Before connect()

ROOMPP_DECL client& client::header(const std::string& name, const std::string& value) {
    detail::require_no_link(*endpoint_, "header()");
    endpoint_->add_header(name, value);
    return *this;
}

ROOMPP_DECL client& client::cookie(const std::string& name, const std::string& value) {
    detail::require_no_link(*endpoint_, "cookie()");
    endpoint_->add_header("Cookie", name + '=' + value, "; ");
    return *this;
}

ROOMPP_DECL client& client::subprotocol(const std::string& name) {
    detail::require_no_link(*endpoint_, "subprotocol()");
    endpoint_->add_header("Sec-WebSocket-Protocol", name);
    return *this;
}

ROOMPP_DECL client& client::buffer_bytes(std::size_t capacity) {
    detail::require_no_link(*endpoint_, "buffer_bytes()");
    if (capacity == 0) fail("can't do with buffers of 0 bytes: nothing would ever get through");
    endpoint_->capacity = capacity;
    return *this;
}

// ---- Opening

ROOMPP_DECL client& client::connect() {
    endpoint_->connect();
    detail::expect_connected(*endpoint_);
    return *this;
}

ROOMPP_DECL const http_reply& client::try_connect() {
    endpoint_->connect();
    detail::expect_reply(*endpoint_);
    return endpoint_->reader.reply();
}

ROOMPP_DECL client& client::start_connecting() {
    endpoint_->connect();
    return *this;
}

ROOMPP_DECL const http_reply& client::handshake() {
    settle();
    return endpoint_->reader.reply();
}

ROOMPP_DECL const std::string& client::chosen_subprotocol() { return handshake().header("Sec-WebSocket-Protocol"); }

// ---- Sending

ROOMPP_DECL client& client::send(payload message) {
    return send_frame(message.is_text() ? opcode::text : opcode::binary, message.data());
}

ROOMPP_DECL client& client::send_binary(std::string_view bytes) { return send(binary(bytes)); }

ROOMPP_DECL client& client::ping(std::string_view bytes) { return send_frame(opcode::ping, bytes); }

ROOMPP_DECL client& client::send_frame(opcode::value kind, std::string_view bytes, bool fin) {
    detail::require_link(*endpoint_, "send");
    if (endpoint_->has_ended) fail("can't send " + readable(bytes) + ": it is not connected");
    if (endpoint_->close_sent) fail("can't send " + readable(bytes) + ": it has closed");
    endpoint_->send_frame(kind, bytes, fin);
    return *this;
}

ROOMPP_DECL client& client::send_bytes(std::string_view bytes) {
    detail::require_link(*endpoint_, "send");
    endpoint_->log.add_sent(endpoint_->now(), "bytes", bytes);
    endpoint_->link->send(bytes);
    return *this;
}

// ---- Receiving

ROOMPP_DECL std::string client::receive() { return detail::expect_message(*endpoint_, payload_kind::text).data; }

ROOMPP_DECL std::string client::receive_binary() {
    return detail::expect_message(*endpoint_, payload_kind::binary).data;
}

ROOMPP_DECL received_message client::receive_message() { return detail::expect_message(*endpoint_); }

ROOMPP_DECL std::vector<std::string> client::receive_all() {
    settle();
    std::vector<std::string> texts;
    while (!endpoint_->inbox.empty()) texts.push_back(receive());
    return texts;
}

ROOMPP_DECL client& client::expect(std::string_view text) {
    detail::expect_text(*endpoint_, text);
    return *this;
}

ROOMPP_DECL client& client::receive_nothing() {
    detail::expect_nothing(*endpoint_);
    return *this;
}

ROOMPP_DECL std::size_t client::pings() {
    settle();
    return endpoint_->pings;
}

ROOMPP_DECL std::vector<std::string> client::pongs() {
    settle();
    return endpoint_->pongs;
}

// ---- Ending

ROOMPP_DECL client& client::close(std::uint16_t code, std::string_view reason) {
    send_frame(opcode::close, net::encode_close_payload(code, reason));
    endpoint_->end_is_expected = true;
    return *this;
}

ROOMPP_DECL close_event client::closed() { return detail::expect_close(*endpoint_); }

ROOMPP_DECL bool client::is_open() {
    settle();
    return endpoint_->is_connected() && !endpoint_->close_sent;
}

ROOMPP_DECL client& client::pause_reading() { return pause(true); }

ROOMPP_DECL client& client::resume_reading() { return pause(false); }

ROOMPP_DECL client& client::pause(bool paused) {
    detail::require_link(*endpoint_, "pause");
    endpoint_->is_paused = paused;
    endpoint_->link->pause(paused);
    return *this;
}

ROOMPP_DECL client& client::drop() {
    endpoint_->end_is_expected = true;
    endpoint_->vanish();
    return *this;
}

ROOMPP_DECL client& client::next_write(const fault& next) {
    detail::require_link(*endpoint_, "have faults");
    endpoint_->link->add_fault(next);
    return *this;
}

ROOMPP_DECL std::string client::conversation() const { return endpoint_->log.text(); }

ROOMPP_DECL const std::string& client::name() const noexcept { return endpoint_->name; }

ROOMPP_DECL void client::settle() { endpoint_->sim->settle(); }

ROOMPP_DECL void client::fail(const std::string& complaint) const { endpoint_->fail(complaint); }

}  // namespace testing
ROOMPP_NAMESPACE_END
