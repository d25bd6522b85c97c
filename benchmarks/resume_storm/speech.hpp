// How a member of the resume storm speaks with each server: joins, resumes after what it has, and publishes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace resume_storm {

// What a member knows of its place in the stream of messages.
struct position {
    std::string epoch;      // of the stream; for Socket.IO the private session id
    std::string offset;     // of the last message that it got
    bool recovers = false;  // this connection is to go on from here
};

// The text between `before` and the first of `ends` after it; empty if there is none.
inline std::string_view text_after(std::string_view frame, std::string_view before, std::string_view ends) {
    const std::size_t at = frame.find(before);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = frame.substr(at + before.size());
    return rest.substr(0, rest.find_first_of(ends));
}

struct verdict {
    std::string reply;        // to send, if not empty
    bool is_in = false;       // the member is in the room
    bool has_failed = false;  // the server could not go on from the member's position, or refused it
};

enum class server_kind { roompp, centrifugo, socketio };

class speech {
public:
    explicit speech(server_kind kind) : kind_(kind) {}

    std::string request_target(std::size_t member, const position& resume_point) const {
        switch (kind_) {
            case server_kind::roompp: {
                std::string target = "/room/storm?name=m&client=storm-member-" + std::to_string(10'000'000 + member);
                if (resume_point.recovers) target += "&epoch=" + resume_point.epoch + "&after=" + resume_point.offset;
                return target;
            }
            case server_kind::centrifugo:
                return "/connection/websocket";
            case server_kind::socketio:
                break;
        }
        return "/socket.io/?EIO=4&transport=websocket";
    }

    std::string extra_headers() const {
        return kind_ == server_kind::roompp ? "Sec-WebSocket-Protocol: roompp.v1\r\n" : "";
    }

    // What a client says at once when its WebSocket is open.
    std::string greeting(const position& resume_point) const {
        if (kind_ != server_kind::centrifugo) return {};
        std::string subscribe = R"({"id":2,"subscribe":{"channel":"storm")";
        if (resume_point.recovers)
            subscribe += R"(,"recover":true,"epoch":")" + resume_point.epoch + R"(","offset":)" + resume_point.offset;
        return R"({"id":1,"connect":{}})"
               "\n" +
               subscribe + "}}";
    }

    std::string publication(const std::string& body) const {
        switch (kind_) {
            case server_kind::roompp:
                return R"({"message":")" + body + "\"}";
            case server_kind::centrifugo:
                return R"({"id":3,"publish":{"channel":"storm","data":{"message":")" + body + "\"}}}";
            case server_kind::socketio:
                break;
        }
        return R"(42["message",")" + body + "\"]";
    }

    // Reads what is not the messages themselves, and keeps `at` up to date.
    verdict read(std::string_view frame, position& at) const {
        switch (kind_) {
            case server_kind::roompp:
                return read_roompp(frame, at);
            case server_kind::centrifugo:
                return read_centrifugo(frame, at);
            case server_kind::socketio:
                break;
        }
        return read_socketio(frame, at);
    }

private:
    static void keep(std::string& value, std::string_view found) {
        if (!found.empty()) value = found;
    }

    static verdict read_roompp(std::string_view frame, position& at) {
        verdict found;
        const std::string_view type = text_after(frame, R"("type":")", "\"");
        found.has_failed = type == "reset" || type == "error";
        if (type == "history") {
            keep(at.epoch, text_after(frame, R"("epoch":")", "\""));
            keep(at.epoch, text_after(frame, R"("epoch":)", ",}\""));
            keep(at.offset, text_after(frame, R"("last":)", ",}"));
            found.is_in = true;
        } else if (type == "message") {
            keep(at.offset, text_after(frame, R"("id":)", ",}"));
        }
        return found;
    }

    static verdict read_centrifugo(std::string_view frame, position& at) {
        verdict found;
        found.has_failed = frame.find(R"("error":)") != std::string_view::npos;
        if (frame == "{}") found.reply = "{}";  // a ping
        if (frame.find(R"("subscribe":{)") != std::string_view::npos) {
            found.is_in = true;
            keep(at.epoch, text_after(frame, R"("epoch":")", "\""));
            if (at.recovers && frame.find(R"("recovered":true)") == std::string_view::npos) found.has_failed = true;
        }
        keep(at.offset, text_after(frame, R"("offset":)", ",}"));
        return found;
    }

    static verdict read_socketio(std::string_view frame, position& at) {
        verdict found;
        if (frame == "2") {
            found.reply = "3";  // the engine's own ping
        } else if (frame.substr(0, 1) == "0") {
            found.reply = at.recovers ? R"(40{"pid":")" + at.epoch + R"(","offset":")" + at.offset + "\"}" : "40";
        } else if (frame.substr(0, 2) == "40") {
            const std::string_view session = text_after(frame, R"("pid":")", "\"");
            if (at.recovers && session != at.epoch) found.has_failed = true;
            keep(at.epoch, session);
            found.is_in = true;
        } else if (frame.substr(0, 2) == "42") {
            const std::size_t end = frame.rfind('"');
            const std::size_t begin = end == std::string_view::npos ? end : frame.rfind('"', end - 1);
            if (begin != std::string_view::npos) at.offset = frame.substr(begin + 1, end - begin - 1);
        }
        return found;
    }

    server_kind kind_;
};

}  // namespace resume_storm
