#pragma once
// The protocol of the Django Channels tutorial: {"message": "hi"} both ways.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/rooms.hpp>

ROOMPP_NAMESPACE_BEGIN

class request;
class connect_reply;

namespace detail {

/// The text of a tutorial client's frame; nothing if it is malformed. Safe from any thread.
[[nodiscard]] std::optional<std::string> read_django_message(payload frame);

/// The frame for a client whose message was dropped: see limits::on_flood.
[[nodiscard]] std::string django_rate_limit_frame();

}  // namespace detail

/// The format of the Django Channels tutorial, for clients that offer no subprotocol: `{"message": "hi"}` both ways, and
/// nothing else. A value: copies are independent; const access is thread-safe.
class django_channels_protocol {
public:
    /// Empty: for clients that offer none of the route's subprotocols.
    static constexpr std::string_view subprotocol{};
    using join_options_type = join_options<connection::batch_type>;

    django_channels_protocol();

    /// Protocol concept: asks for messages in the tutorial's format.
    void ask(const request&, connect_reply&, join_options_type& options) const { options.encoding = encoding_; }

    /// Protocol concept: joins the connection to a room, and makes the session that passes its messages on. On the
    /// connection's loop.
    template <class Room>
    [[nodiscard]] std::unique_ptr<net::session> open(rooms<Room> directory, const std::shared_ptr<connection>& conn,
                                                     std::string room, join_options_type options) const {
        return std::make_unique<session<Room>>(*conn, directory.join(conn, std::move(room), std::move(options)));
    }

private:
    template <class Room>
    class session final : public net::session {
    public:
        session(connection& conn, typename rooms<Room>::membership membership)
            : connection_(conn), membership_(std::move(membership)) {}

        void on_message(payload message) override {
            if (const auto text = detail::read_django_message(message)) return membership_.receive(*text);
            connection_.send(R"({"error": "Send {\"message\": \"some text\"}."})");
        }
        void on_rate_limited(payload) override { connection_.send(detail::django_rate_limit_frame()); }
        void on_close(const close_event& event) override { membership_.leave(event); }

    private:
        connection& connection_;  // owns this
        typename rooms<Room>::membership membership_;
    };

    std::shared_ptr<const encoding<connection::batch_type>> encoding_;
};

/// The name of django_channels_protocol before 0.2; goes with 0.3.
using json_messages [[deprecated("use roompp::django_channels_protocol")]] = django_channels_protocol;

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/protocols/impl/django_channels.ipp>
#endif
