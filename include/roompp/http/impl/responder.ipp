#pragma once
// Definitions of <roompp/http/responder.hpp>.

#include <roompp/http/responder.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL pending_response::~pending_response() {
    if (session_) home_.post([session = std::move(session_)] { session->abandon(); });
}

ROOMPP_DECL void pending_response::on_end(const handle& self, std::function<void(const handle&, abort_reason)> hook) {
    if (self->session_)
        self->end_hook_ = std::move(hook);
    else if (self->is_aborted_)
        hook(self, self->abort_reason_);
}

ROOMPP_DECL void pending_response::on_drained(const handle& self, std::function<void(const handle&)> hook) {
    if (self->session_) self->drained_hook_ = std::move(hook);
}

ROOMPP_DECL void pending_response::notify_drained(const handle& self) {
    if (const auto hook = self->drained_hook_) hook(self);  // a copy: it may set another one
}

ROOMPP_DECL bool pending_response::notify_end(const handle& self, abort_reason reason) {
    self->is_aborted_ = true;
    self->abort_reason_ = reason;
    const auto hook = std::exchange(self->end_hook_, {});
    if (!hook) return false;
    hook(self, reason);
    return true;
}

ROOMPP_DECL void pending_response::close() {
    open_.store(false, std::memory_order_release);
    const auto hooks = std::make_pair(std::exchange(end_hook_, {}), std::exchange(drained_hook_, {}));
    session_ = nullptr;
}

}  // namespace detail

ROOMPP_DECL void response_stream::write(std::string_view piece, when_slow slow) const {
    if (!is_open()) return;
    if (home().running_here()) {
        if (const auto session = response_->session()) session->write(piece, slow);
    } else {
        detail::with_session(response_, [copy = std::string(piece), slow](detail::http_exchange& session) {
            session.write(copy, slow);
        });
    }
}

ROOMPP_DECL void response_stream::write(const std::shared_ptr<const net::frame_batch>& batch, when_slow slow) const {
    detail::with_session(response_, [batch, slow](detail::http_exchange& session) { session.write(batch, slow); });
}

ROOMPP_DECL void response_stream::end() const {
    detail::with_session(response_, [](detail::http_exchange& session) { session.end(); });
}

ROOMPP_DECL std::size_t response_stream::queued() const noexcept {
    const auto session = response_->session();
    return session ? session->queued_bytes() : 0;
}

ROOMPP_DECL const responder& responder::add_headers(
    const std::vector<std::pair<std::string, std::string>>& more) const {
    if (const auto session = response_->session()) session->add_headers(more);
    return *this;
}

ROOMPP_DECL bool responder::answer(response whole) const {
    if (!response_->claim()) return false;
    detail::with_session(response_,
                         [whole = std::move(whole)](detail::http_exchange& session) { session.answer(whole); });
    return true;
}

ROOMPP_DECL response_stream responder::stream(response head, body_framing framing) const {
    if (response_->claim()) {
        detail::with_session(response_, [head = std::move(head), framing](detail::http_exchange& session) {
            session.begin(head, framing);
        });
        return response_stream(response_);
    }
    auto closed = std::make_shared<detail::pending_response>(response_->home(), nullptr);
    detail::pending_response::notify_end(closed, abort_reason::client_gone);
    closed->close();
    return response_stream(std::move(closed));
}

ROOMPP_NAMESPACE_END
