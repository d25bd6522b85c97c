#pragma once
// Definitions of <roompp/protocols/v1_identity.hpp>.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <roompp/base/integer_cast.hpp>
#include <roompp/base/sha1.hpp>
#include <roompp/base/shown_text.hpp>
#include <roompp/base/text.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/protocols/v1_identity.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/websocket/connect_reply.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

[[nodiscard]] ROOMPP_DECL bool is_client_token(const std::string& token) {
    return token.size() >= 16 && token.size() <= 64 &&
           token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
               std::string::npos;
}

// 16 hexadecimal digits of SHA-1: enough that no two clients of one server share an id by chance.
[[nodiscard]] ROOMPP_DECL std::string make_public_id(std::string_view secret, const std::string& token) {
    const auto digest = sha1(std::string(secret) + token);
    return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), 8));
}

ROOMPP_DECL void read_v1_resume(const request& req, connect_reply& reply, join_options<net::frame_batch>& options) {
    const auto epoch = req.query("epoch");
    const auto after = req.query("after");
    options.history_limit = after ? (std::numeric_limits<std::size_t>::max)() : 0;
    if (const auto last = req.query("last")) {
        const auto count = whole_number(*last);
        if (!count) return reply.refuse(400, "'last' must be a whole number: how many messages you want.\n");
        constexpr std::uint64_t max_count = (std::numeric_limits<std::size_t>::max)();
        options.history_limit = integer_cast<std::size_t>((std::min)(*count, max_count));
    }
    if (!epoch && !after) return;
    const auto id = after ? whole_number(*after) : std::nullopt;
    if (!id) return reply.refuse(400, "'after' must be a whole number: that of the last message you got.\n");
    options.resume = std::make_shared<const resume_point>(resume_point{epoch.value_or(""), *id});
}

ROOMPP_DECL void read_v1_person(const request& req, connect_reply& reply, person& subject) {
    if (const auto name = req.query("name")) {
        constexpr std::size_t max_characters = 50;
        if (!is_shown_text(*name, max_characters))
            return reply.refuse(400,
                                "'name' must be 1 to 50 characters that can be seen, without line breaks, changes of "
                                "direction and piles of accents.\n");
        subject.name = *name;
    }
    if (const auto token = req.query("client")) {
        if (!is_client_token(*token))
            return reply.refuse(400, "'client' must be 16 to 64 letters, digits, '-' or '_'.\n");
        subject.id = make_public_id(req.server_secret(), *token);
    }
}

}  // namespace detail

ROOMPP_NAMESPACE_END
