#pragma once
// A WebSocket client's end of its connection: definitions.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/text.hpp>
#include <roompp/config.hpp>
#include <roompp/http/field_values.hpp>
#include <roompp/net/opcode.hpp>
#include <roompp/testing/client_endpoint.hpp>
#include <roompp/testing/failure.hpp>
#include <roompp/testing/memory_link.hpp>
#include <roompp/testing/readable.hpp>
#include <roompp/testing/simulation.hpp>
#include <roompp/websocket/client_frame.hpp>
#include <roompp/websocket/handshake.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {
namespace detail {

[[nodiscard]] ROOMPP_DECL std::string opcode_name(net::opcode kind) {
    switch (kind) {
        case net::opcode::continuation:
            return "continuation";
        case net::opcode::text:
            return "text";
        case net::opcode::binary:
            return "binary";
        case net::opcode::close:
            return "close";
        case net::opcode::ping:
            return "ping";
        case net::opcode::pong:
            return "pong";
    }
    return "opcode " + std::to_string(static_cast<int>(kind));
}

/// What the payload of a close frame says, valid or not (RFC 6455, section 5.5.1).
[[nodiscard]] ROOMPP_DECL close_event decode_close_payload(std::string_view payload) {
    if (payload.empty()) return {close_code::no_status, {}};
    if (payload.size() == 1) return {close_code::protocol_error, {}};
    const auto high = static_cast<unsigned char>(payload[0]);
    const auto low = static_cast<unsigned char>(payload[1]);
    return {static_cast<std::uint16_t>(high << 8U | low), std::string(payload.substr(2))};
}

/// The payload of a frame as the log shows it: of a close frame, the code in digits and the reason.
[[nodiscard]] ROOMPP_DECL std::string loggable_payload(net::opcode kind, std::string_view payload) {
    if (kind != net::opcode::close || payload.size() < 2) return std::string(payload);
    const close_event event = decode_close_payload(payload);
    return std::to_string(event.code) + ' ' + event.reason;
}

ROOMPP_DECL client_endpoint::client_endpoint(std::shared_ptr<simulation> owner, std::string target)
    : sim(std::move(owner)),
      path(std::move(target)),
      number(sim->next_client_number()),
      name("client " + std::to_string(number)) {}

ROOMPP_DECL client_endpoint::~client_endpoint() {
    if (link) link->leave();
}

// ---- Handshake

ROOMPP_DECL void client_endpoint::add_header(std::string_view header_name, std::string_view value,
                                             std::string_view separator) {
    for (auto& [key, values] : headers)
        if (roompp::detail::same_token(key, header_name)) {
            values.append(separator).append(value);
            return;
        }
    headers.emplace_back(header_name, value);
}

ROOMPP_DECL const std::string* client_endpoint::find_header(std::string_view header_name) const {
    for (const auto& [key, value] : headers)
        if (roompp::detail::same_token(key, header_name)) return &value;
    return nullptr;
}

ROOMPP_DECL void client_endpoint::default_header(std::string_view header_name, std::string_view value) {
    if (!find_header(header_name)) headers.emplace_back(header_name, value);
}

ROOMPP_DECL void client_endpoint::connect() {
    if (link) throw failure("roompp::testing: " + name + " has connected already; make another client");
    link = sim->connect(number, capacity);
    link->on_receive = [this](std::string_view bytes, bool is_last) { receive(bytes, is_last); };
    default_header("Host", "localhost");
    default_header("Upgrade", "websocket");
    default_header("Connection", "Upgrade");
    default_header("Sec-WebSocket-Version", "13");
    // Base64 of 16 bytes, as it must be, and another one for each client.
    default_header("Sec-WebSocket-Key", "roompp/test/client" + std::to_string(100 + number % 900) + "A==");
    log.add_sent(now(), "GET " + path, {});
    std::string request = "GET " + path + " HTTP/1.1\r\n";
    for (const auto& [key, value] : headers) request.append(key).append(": ").append(value).append("\r\n");
    link->send(request.append("\r\n"));
}

// RFC 6455, section 4.1.
ROOMPP_DECL void client_endpoint::check_handshake() {
    const http_reply& reply = reader.reply();
    const bool is_valid = roompp::detail::same_token(reply.header("Upgrade"), "websocket") &&
                          roompp::detail::list_contains(reply.header("Connection"), "Upgrade") &&
                          reply.header("Sec-WebSocket-Accept") == net::accept_key(*find_header("Sec-WebSocket-Key"));
    if (!is_valid) error = "the server's answer to the handshake is not as RFC 6455 has it";
}

// ---- Frames

ROOMPP_DECL void client_endpoint::send_frame(net::opcode kind, std::string_view bytes, bool fin) {
    if (has_ended || close_sent) return;
    close_sent = kind == net::opcode::close;
    log.add_sent(now(), opcode_name(kind) + (fin ? "" : " (to be continued)"), loggable_payload(kind, bytes));
    masking_key_ = masking_key_ * 1664525U + 1013904223U;
    link->send(net::encode_client_frame(kind, bytes, masking_key_, fin));
}

ROOMPP_DECL void client_endpoint::receive(std::string_view bytes, bool is_last) {
    if (!reader.complete()) receive_reply(bytes, is_last);
    if (reader.reply().status == 101) frames_.append(bytes);
    while (auto message = frames_.next()) receive_message(std::move(*message));
    if (frames_.error() && error.empty()) {
        error = "the server has sent what is no WebSocket frame (" + frames_.error()->reason + ")";
        log.add_event(now(), error);
    }
    if (!is_last || has_ended) return;
    has_ended = true;
    log.add_event(now(), "the server ends the connection");
    if (!close_received && error.empty() && !frames_.is_idle())
        error = "the server has ended the connection in the middle of a frame";
    link->send_fin();
}

ROOMPP_DECL void client_endpoint::receive_reply(std::string_view& bytes, bool is_last) {
    const bool had_head = reader.has_head();
    reader.consume(bytes);
    if (is_last) reader.end();
    if (reader.has_head() && !had_head) log.add_received(now(), "HTTP " + std::to_string(reader.reply().status), {});
    if (!reader.error().empty() && error.empty()) {
        error = "the server's answer to the handshake is no HTTP response (" + reader.error() + ")";
        log.add_event(now(), error);
    }
    if (reader.complete() && reader.reply().status == 101) check_handshake();
}

ROOMPP_DECL void client_endpoint::receive_message(net::server_frame_reader::message message) {
    log.add_received(now(), opcode_name(message.kind), loggable_payload(message.kind, message.data));
    switch (message.kind) {
        case net::opcode::text:
            inbox.push_back({std::move(message.data), payload_kind::text});
            break;
        case net::opcode::binary:
            inbox.push_back({std::move(message.data), payload_kind::binary});
            break;
        case net::opcode::ping:
            ++pings;
            if (answers_pings) send_frame(net::opcode::pong, message.data, true);
            break;
        case net::opcode::pong:
            pongs.push_back(std::move(message.data));
            break;
        case net::opcode::close:
            close_received = true;
            close_reply = decode_close_payload(message.data);
            if (answers_close) send_frame(net::opcode::close, message.data.substr(0, 2), true);
            break;
        case net::opcode::continuation:  // the reader puts fragments together
            break;
    }
}

ROOMPP_DECL void client_endpoint::vanish() {
    if (!link) return;
    link->on_receive = nullptr;
    link->vanish();
    if (!has_ended) log.add_event(now(), "the client vanishes");
    has_ended = true;
}

// ---- State

ROOMPP_DECL bool client_endpoint::is_connected() const {
    return link && reader.complete() && reader.reply().status == 101 && !has_ended && !close_received && error.empty();
}

ROOMPP_DECL loop::clock::duration client_endpoint::now() const noexcept { return sim->elapsed(); }

ROOMPP_DECL std::string client_endpoint::describe() const {
    if (!link) return "it has not connected";
    if (sim->has_ended()) return "its world has ended";
    if (!error.empty()) return error;
    if (reader.has_head() && reader.reply().status != 101)
        return "it was refused with " + std::to_string(reader.reply().status);
    if (has_ended) return "the connection has ended with " + describe_close();
    if (!reader.has_head()) return "its handshake is not answered";
    if (is_paused) return "it has paused reading";
    if (close_received) return "the connection is closing with " + describe_close();
    return "the connection is open";
}

ROOMPP_DECL std::string client_endpoint::describe_close() const {
    const std::string code = std::to_string(close_reply.code);
    return close_reply.reason.empty() ? code : code + ' ' + readable(close_reply.reason);
}

ROOMPP_DECL void client_endpoint::fail(const std::string& complaint) const {
    std::string story = name + ' ' + complaint + '\n';
    story += "  " + describe() + "; " + conversation::seconds(now()) + " after the start, seed " +
             std::to_string(sim->seed()) + "\n  its conversation:\n" + log.text();
    for (const auto& message : inbox) story += "  not looked at yet: " + readable(message.data) + '\n';
    throw failure(story);
}

}  // namespace detail
}  // namespace testing
ROOMPP_NAMESPACE_END
