// The encoding of a message in a text frame: plain, the JSON of the Django Channels tutorial, or Socket.IO's own
// protocol (Engine.IO 4 on its WebSocket transport), which is not plain WebSocket.
#pragma once

#include <string>
#include <string_view>

namespace wsload {

class dialect {
public:
    static dialect plain() { return dialect(kind::plain); }
    static dialect json() { return dialect(kind::json); }
    static dialect socketio() { return dialect(kind::socketio); }

    std::string request_target(const std::string& path) const {
        return kind_ == kind::socketio ? "/socket.io/?EIO=4&transport=websocket&path=" + path : path;
    }

    std::string wrap(std::string body) const {
        switch (kind_) {
            case kind::json:
                return "{\"message\":\"" + body + "\"}";
            case kind::socketio:
                return "42[\"message\",\"" + body + "\"]";
            case kind::plain:
                break;
        }
        return body;
    }

    // Socket.IO has a second handshake after WebSocket's: a connection is ready when that is complete.
    bool ready_after_upgrade() const { return kind_ != kind::socketio; }
    bool announces_ready(std::string_view message) const {
        return kind_ == kind::socketio && message.substr(0, 2) == "40";
    }

    // The reply that `message` requires; empty if none.
    std::string_view reply_to(std::string_view message) const {
        if (kind_ != kind::socketio || message.empty()) return {};
        if (message[0] == '0') return "40";  // the engine is open: join the default namespace
        if (message == "2") return "3";      // the engine's own ping
        return {};
    }

private:
    enum class kind { plain, json, socketio };
    explicit dialect(kind k) : kind_(k) {}
    kind kind_;
};

}  // namespace wsload
