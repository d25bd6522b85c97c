// A chat in the manner of Boost.Beast's chat-multi example: asynchronous, one session object a connection, a message
// shared by all sessions, a queue of messages in each session. One thread.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iostream>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using boost::system::error_code;

class session;
using room = std::unordered_set<session*>;
using shared_message = std::shared_ptr<const std::string>;

class session : public std::enable_shared_from_this<session> {
public:
    session(tcp::socket socket, std::unordered_map<std::string, room>& rooms)
        : stream_(std::move(socket)), rooms_(rooms) {}

    ~session() {
        if (joined_ != nullptr) joined_->erase(this);
    }

    void start() {
        beast::http::async_read(stream_.next_layer(), buffer_, request_,
                                [self = shared_from_this()](error_code error, std::size_t) {
                                    if (!error) self->accept();
                                });
    }

private:
    void accept() {
        stream_.async_accept(request_, [self = shared_from_this()](error_code error) {
            if (error) return;
            const std::string path(self->request_.target());
            if (path != "/echo") {
                self->joined_ = &self->rooms_[path];
                self->joined_->insert(self.get());
            }
            self->request_ = {};
            self->read();
        });
    }

    void read() {
        stream_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
            if (error) return;
            const auto message = std::make_shared<const std::string>(beast::buffers_to_string(self->buffer_.data()));
            self->buffer_.consume(self->buffer_.size());
            if (self->joined_ == nullptr) {
                self->send(message);
            } else {
                for (session* member : *self->joined_) member->send(message);
            }
            self->read();
        });
    }

    void send(const shared_message& message) {
        queue_.push_back(message);
        if (queue_.size() == 1) write();
    }

    void write() {
        stream_.async_write(asio::buffer(*queue_.front()), [self = shared_from_this()](error_code error, std::size_t) {
            if (error) return;
            self->queue_.pop_front();
            if (!self->queue_.empty()) self->write();
        });
    }

    beast::websocket::stream<beast::tcp_stream> stream_;
    std::unordered_map<std::string, room>& rooms_;
    room* joined_ = nullptr;
    beast::flat_buffer buffer_;
    beast::http::request<beast::http::string_body> request_;
    std::deque<shared_message> queue_;
};

class listener {
public:
    listener(asio::io_context& io, std::uint16_t port)
        : acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), port)) {
        acceptor_.listen(4096);
        accept();
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void accept() {
        acceptor_.async_accept([this](error_code error, tcp::socket socket) {
            if (!error) {
                socket.set_option(tcp::no_delay(true));
                std::make_shared<session>(std::move(socket), rooms_)->start();
            }
            accept();
        });
    }

    tcp::acceptor acceptor_;
    std::unordered_map<std::string, room> rooms_;
};

int main(int argc, char** argv) {
    long port = 9002;
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], "--port") == 0) port = std::strtol(argv[i + 1], nullptr, 10);
    }
    asio::io_context io(1);
    const listener chat(io, static_cast<std::uint16_t>(port));
    std::cout << "listening on http://127.0.0.1:" << chat.port() << "/" << std::endl;
    io.run();
}
