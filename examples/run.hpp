#pragma once
// What every example has: options, a printed address, an orderly end.

#include <cstdint>
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include <roompp/roompp.hpp>

namespace example {

struct options {
    std::string address = "127.0.0.1";
    std::string pages;
    std::uint16_t port = 8000;
};

/// Reads the command line, has `set_up(server, options)` make the server, and serves until Ctrl-C.
/// @returns the exit code of the program.
template <class SetUp>
int run(int argc, char** argv, const std::string& description, SetUp&& set_up) {
    options chosen;
    CLI::App app(description);
    app.add_option("--address", chosen.address, "IP address to listen on")->capture_default_str();
    app.add_option("--port", chosen.port, "Port to listen on; 0 picks a free one")->capture_default_str();
    app.add_option("--pages", chosen.pages, "Folder to serve the pages from, while editing them")
        ->check(CLI::ExistingDirectory);
    CLI11_PARSE(app, argc, argv);
    try {
        roompp::server server;
        set_up(server, chosen);
        server.listen(chosen.port, chosen.address).stop_on_signals();
        std::cout << server.url() << std::endl;
        server.run();
        return 0;
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}

}  // namespace example
