// expect: roompp: a stream needs end_writing() and close()
#include <cstddef>
#include <string>
#include <system_error>

#include <roompp/net/stream_concept.hpp>

struct endless_stream {
    std::size_t read_some(char*, std::size_t, std::error_code&);
    template <class Buffers>
    std::size_t write_some(const Buffers&, std::error_code&);
    template <class Handler>
    void wait_readable(Handler&&);
    template <class Handler>
    void wait_writable(Handler&&);
    void end_writing();
    std::string peer_address() const;
    static bool is_secure();
    static bool is_would_block(const std::error_code&);
};

bool misuse() { return roompp::net::stream_concept<endless_stream>::conforms(); }
