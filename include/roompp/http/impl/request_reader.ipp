#pragma once
// Definitions of <roompp/http/request_reader.hpp>.

#include <roompp/http/request_reader.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL std::size_t request_reader::consume(std::string_view bytes) {
    std::size_t taken = 0;
    if (state_ == state::in_head) {
        match_method(bytes);
        taken = parser_.consume(bytes);
        if (parser_.state() == parse_state::failed) state_ = state::failed;
        if (parser_.state() == parse_state::complete) {
            state_ = state::head_complete;
            size_ = parser_.head().size;
        }
    } else if (state_ == state::in_body) {
        taken = body_reader_.consume(bytes, body_);
        size_ += taken;
        update_body_state();
    }
    return taken;
}

ROOMPP_DECL void request_reader::start_body(std::uint64_t max_bytes) {
    body_reader_.start(parser_.head(), max_bytes);
    state_ = state::in_body;
    update_body_state();
}

ROOMPP_DECL void request_reader::reset() {
    parser_.reset();
    body_ = {};  // an idle connection keeps no body's memory
    size_ = matched_ = 0;
    state_ = state::in_head;
}

// Empty lines before the request are skipped, as by the parser.
ROOMPP_DECL void request_reader::match_method(std::string_view bytes) noexcept {
    for (const char c : bytes) {
        if (matched_ >= head_method.size()) return;
        if (matched_ == 0 && (c == '\r' || c == '\n')) continue;
        matched_ = c == head_method[matched_] ? matched_ + 1 : no_match;
    }
}

ROOMPP_DECL void request_reader::update_body_state() noexcept {
    if (body_reader_.state() == parse_state::failed) state_ = state::failed;
    if (body_reader_.state() == parse_state::complete) state_ = state::complete;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
