#pragma once
// Shared by the examples: command-line options, the printed URL, a clean shutdown.

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
    std::string tls_certificate;  // empty: without TLS
    std::string tls_key;
    std::string data;  // empty: rooms end with the process
};

/// Parses the command line, calls `set_up(server, options)` to configure the server, and serves until Ctrl-C.
/// @returns the exit code of the program.
template <class SetUp>
int run(int argc, char** argv, const std::string& description, SetUp&& set_up) {
    options settings;
    CLI::App app(description);
    app.add_option("--address", settings.address, "IP address to listen on")->capture_default_str();
    app.add_option("--port", settings.port, "Port to listen on; 0 picks a free one")->capture_default_str();
    app.add_option("--pages", settings.pages, "Folder to serve the pages from, while editing them")
        ->check(CLI::ExistingDirectory);
#if CHAT_SERVER_TLS
    CLI::Option* const certificate =
        app.add_option("--tls-cert", settings.tls_certificate,
                       "Serve https with this certificate (PEM, with its issuers); SIGHUP loads it anew");
    certificate->needs(
        app.add_option("--tls-key", settings.tls_key, "The key of the certificate (PEM)")->needs(certificate));
#endif
#if CHAT_SERVER_SQLITE
    app.add_option("--data", settings.data, "Keep the rooms in this SQLite database");
#endif
    CLI11_PARSE(app, argc, argv);
    try {
        roompp::server server;
        set_up(server, settings);
        if (settings.tls_certificate.empty()) server.listen(settings.port, settings.address);
        server.stop_on_signals();
        std::cout << server.url() << std::endl;
        server.run();
        return 0;
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}

}  // namespace example
