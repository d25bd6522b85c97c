#pragma once
// Definitions of <roompp/transports/http_member.hpp>.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/session.hpp>
#include <roompp/protocols/v1_commands.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/transports/http_member.hpp>
#include <roompp/transports/poll_connection.hpp>
#include <roompp/transports/post_reply.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL void http_member::join(const std::shared_ptr<connection>& conn, std::string room,
                                   join_options<net::frame_batch> options) {
    connection_ = conn;
    options.close_on_leave = true;
    do_join(conn, std::move(room), std::move(options));
}

ROOMPP_DECL void http_member::handle_post(const std::string& frame, const std::shared_ptr<post_reply>& reply,
                                          loop::clock::time_point now) {
    const auto conn = connection_.lock();
    if (!conn || !conn->is_open()) return;
    if (!rate_limiter_.allow(frame.size(), limits_, now))
        return reply->send(v1_frames::rate_limited(parse_v1_ack_number(frame)));
    execute(parse_v1_command(frame, permissions_), reply, has_stream_);
}

class stream_session final : public net::session {
public:
    stream_session(std::shared_ptr<http_member> member, std::function<void()> on_end)
        : member_(std::move(member)), on_end_(std::move(on_end)) {}
    void on_message(payload) override {}
    void on_close(const close_event& event) override {
        member_->leave(event);
        on_end_();
    }

private:
    std::shared_ptr<http_member> member_;
    std::function<void()> on_end_;
};

class polled_room final : public poll_source {
public:
    explicit polled_room(std::shared_ptr<http_member> member) : member_(std::move(member)) {}
    void on_message(payload) override {}
    void on_close(const close_event& event) override { member_->leave(event); }
    bool is_up_to_date(const resume_point& point) override { return member_->is_up_to_date(point); }
    std::string history(const resume_point* point, std::size_t limit) override {
        return member_->history(point, limit);
    }
    std::string presence() override { return member_->presence(); }
    std::string as_frame(payload message) override { return v1_frames::json_value(message); }

private:
    std::shared_ptr<http_member> member_;
};

ROOMPP_DECL std::unique_ptr<net::session> make_stream_session(std::shared_ptr<http_member> member,
                                                              std::function<void()> on_end) {
    return std::make_unique<stream_session>(std::move(member), std::move(on_end));
}

ROOMPP_DECL std::unique_ptr<poll_source> make_poll_source(std::shared_ptr<http_member> member) {
    return std::make_unique<polled_room>(std::move(member));
}

}  // namespace detail
ROOMPP_NAMESPACE_END
