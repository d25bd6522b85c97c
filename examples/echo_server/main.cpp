#include "../run.hpp"
#include "pages.hpp"

int main(int argc, char** argv) {
    return example::run(argc, argv, "An echo server", [](roompp::server& server, const example::options& options) {
        server.websocket("/ws/echo/", roompp::echo());
        server.pages_from({pages, options.pages}).page("/", "echo.html");
    });
}
