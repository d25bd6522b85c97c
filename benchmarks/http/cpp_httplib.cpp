// The page and the JSON answer of http/run on cpp-httplib. --port N: 0 picks a free one.
#include <iostream>
#include <string>

#include <httplib.h>

int main(int argc, char** argv) {
    int port = 0;
    for (int i = 1; i + 1 < argc; i += 2)
        if (std::string(argv[i]) == "--port") port = std::stoi(argv[i + 1]);
    const std::string page(2000, 'x');
    httplib::Server server;
    server.set_keep_alive_max_count(1'000'000'000);
    server.set_tcp_nodelay(true);
    server.new_task_queue = [] { return new httplib::ThreadPool(64); };  // one thread serves one connection
    server.Get("/page", [&page](const httplib::Request&, httplib::Response& response) {
        response.set_content(page, "text/html; charset=utf-8");
    });
    server.Get("/json", [](const httplib::Request&, httplib::Response& response) {
        response.set_content(R"({"message":"Hello, World!"})", "application/json");
    });
    if (port == 0)
        port = server.bind_to_any_port("127.0.0.1");
    else if (!server.bind_to_port("127.0.0.1", port))
        return 1;
    std::cout << "listening on http://127.0.0.1:" << port << '/' << std::endl;
    return server.listen_after_bind() ? 0 : 1;
}
