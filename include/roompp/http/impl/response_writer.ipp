#pragma once
// Definitions of <roompp/http/response_writer.hpp>.

#include <roompp/base/text.hpp>
#include <roompp/http/field_values.hpp>
#include <roompp/http/request_head.hpp>
#include <roompp/http/response_writer.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL std::string serialize_head(const response& response, const head_options& options) {
    std::string bytes;
    bytes.reserve(256);
    bytes.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    bytes.append(reason_phrase(response.status)).append("\r\n");
    bool has_date = options.date.empty();
    const auto add = [&](std::string_view name, std::string_view value) {
        append_header_text(bytes, name);
        bytes.append(": ");
        append_header_text(bytes, value);
        bytes.append("\r\n");
        has_date = has_date || same_token(name, "Date");
    };
    if (has_content(response)) {
        add("Content-Type", response.content_type);
        if (options.length == body_length::known)
            add("Content-Length", std::to_string(options.content_length.value_or(response.body.size())));
        if (options.length == body_length::in_chunks) add("Transfer-Encoding", "chunked");
    }
    for (const auto& [name, value] : response.headers) add(name, value);
    if (options.more)
        for (const auto& [name, value] : *options.more) add(name, value);
    if (!has_date) add("Date", options.date);
    add("X-Content-Type-Options", "nosniff");
    if (options.connection == connection_option::close) add("Connection", "close");
    if (options.connection == connection_option::keep_alive) add("Connection", "keep-alive");
    return bytes.append("\r\n");
}

ROOMPP_DECL std::string serialize(const response& response, bool with_body, const head_options& options) {
    std::string bytes = serialize_head(response, options);
    if (with_body && has_content(response)) bytes.append(response.body);
    return bytes;
}

ROOMPP_DECL std::string chunk_of(std::string_view piece) {
    const std::string size = to_hex(piece.size());
    std::string bytes;
    bytes.reserve(size.size() + piece.size() + 4);
    return bytes.append(size).append("\r\n").append(piece).append("\r\n");
}

ROOMPP_DECL void response_writer::start(const request_head& head) {
    start_refusal(head.method == "HEAD");
    is_1_0_ = head.version == http_version::http_1_0;
    confirms_keep_alive_ = head.confirms_keep_alive;
}

ROOMPP_DECL void response_writer::start_refusal(bool to_head) {
    headers_.clear();
    info_ = {};
    to_head_ = to_head;
    is_1_0_ = confirms_keep_alive_ = is_chunked_ = false;
}

ROOMPP_DECL std::string response_writer::write(const response& whole, bool closes, std::string_view date) {
    head_options head = options(body_length::known, closes, date);
    if (to_head_) head.content_length = whole.content_length;
    std::string bytes = serialize(whole, !to_head_, head);
    info_ = {whole.status, bytes.size()};
    return bytes;
}

ROOMPP_DECL std::string response_writer::begin(const response& head, body_framing framing, bool closes,
                                               std::string_view date) {
    is_chunked_ = framing == body_framing::chunk;
    const auto length = is_chunked_ ? body_length::in_chunks : body_length::until_close;
    std::string bytes = serialize_head(head, options(length, closes, date));
    info_ = {head.status, bytes.size()};
    return bytes;
}

ROOMPP_DECL head_options response_writer::options(body_length length, bool closes,
                                                  std::string_view date) const noexcept {
    const auto connection = closes                 ? connection_option::close
                            : confirms_keep_alive_ ? connection_option::keep_alive
                                                   : connection_option::none;
    return {length, connection, date, &headers_, std::nullopt};
}

}  // namespace detail
ROOMPP_NAMESPACE_END
