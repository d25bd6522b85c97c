#pragma once
// The reply to a client that wants to open a WebSocket.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/http/response.hpp>
#include <roompp/rooms/person.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Accepts the client unless refuse() is called. Passed to the on_connect hooks; not thread-safe.
class connect_reply {
public:
    /// Answers with an HTTP response instead of opening the connection.
    /// @param status 400 to 599.
    /// @param text body of the response.
    void refuse(int status = 403, std::string text = "This connection is not allowed.\n") {
        refused_ = response(status, std::move(text));
    }
    /// Chooses one of the subprotocols that the client has offered (RFC 6455, section 1.9). One that it has not offered
    /// is not sent.
    void subprotocol(std::string name) { subprotocol_ = std::move(name); }
    /// Sets the client's identity for rooms: see person. By default the route's protocol decides.
    void identify(roompp::person identity) { person_ = std::move(identity); }
    /// Adds a header to the 101 response.
    void header(std::string name, std::string value) { headers_.emplace_back(std::move(name), std::move(value)); }

    /// For the server: the refusal, if there is one.
    [[nodiscard]] const std::optional<response>& refused() const noexcept { return refused_; }
    /// For the server: the identity; its id is empty if none was set.
    [[nodiscard]] const roompp::person& person() const noexcept { return person_; }
    /// For the server: the subprotocol; empty if none was chosen.
    [[nodiscard]] const std::string& chosen_subprotocol() const noexcept { return subprotocol_; }
    /// For routes: which subprotocols they serve, separated by ", ", for the refusal of a client that offers only others.
    void served_subprotocols(std::string names) { served_subprotocols_ = std::move(names); }
    /// For the server: the subprotocols that the route serves, or the one that a hook chose; empty if there is none.
    [[nodiscard]] const std::string& served_subprotocols() const noexcept {
        return served_subprotocols_.empty() ? subprotocol_ : served_subprotocols_;
    }
    /// For the server: the further headers.
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& headers() const noexcept { return headers_; }

private:
    std::optional<response> refused_;
    std::string subprotocol_;
    roompp::person person_;
    std::vector<std::pair<std::string, std::string>> headers_;
    std::string served_subprotocols_;
};

/// The name of connect_reply before 0.2; goes with 0.3.
using acceptance [[deprecated("use roompp::connect_reply")]] = connect_reply;

ROOMPP_NAMESPACE_END
