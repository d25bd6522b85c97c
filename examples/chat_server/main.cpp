#include <roompp/json.hpp>

#include "../run.hpp"
#include "pages.hpp"

int main(int argc, char** argv) {
    return example::run(argc, argv, "A chat with rooms", [](roompp::server& server, const example::options& options) {
        roompp::rooms<> rooms;
        rooms.on_message([](auto& room, auto& sender, std::string_view text) {
            const auto message = roompp::json_string(text, "message");
            if (message) return room.broadcast(nlohmann::json{{"message", *message}}.dump());
            sender.send(R"({"error": "Send {\"message\": \"some text\"}."})");
        });
        server.websocket("/ws/chat/{room}/", rooms);
        server.pages_from({pages, options.pages}).page("/", "index.html").page("/{room}/", "room.html");
        server.page("/chat/", "index.html").page("/chat/{room}/", "room.html");  // where the tutorial has them
        server.get("/api/rooms", [rooms] {
            return roompp::response::json(nlohmann::json{{"rooms", rooms.list()}}.dump());
        });
    });
}
