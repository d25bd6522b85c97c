#pragma once
// Add-on: compressed messages (permessage-deflate, RFC 7692). Uses zlib (link with -lz); not part of the umbrella header.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zlib.h>
#include <websocketpp/http/request.hpp>  // before the extension, which needs it and does not say so

#include <websocketpp/extensions/permessage_deflate/enabled.hpp>

#include <roompp/base/integer_cast.hpp>
#include <roompp/config.hpp>
#include <roompp/net/compression.hpp>

ROOMPP_NAMESPACE_BEGIN

/// How messages are compressed.
struct deflate_options {
    int level = 1;               ///< 1 (fast) to 9 (small)
    std::size_t at_least = 256;  ///< shorter messages go as they are: without those before them they hardly shrink
};

namespace detail {

/// A zlib stream that is ended when it goes.
template <int (*End)(z_stream*)>
class zlib_stream {
public:
    zlib_stream() = default;
    zlib_stream(const zlib_stream&) = delete;
    zlib_stream& operator=(const zlib_stream&) = delete;
    ~zlib_stream() { End(&state_); }
    [[nodiscard]] z_stream* operator->() noexcept { return &state_; }
    [[nodiscard]] z_stream* get() noexcept { return &state_; }

    /// zlib reads through this, but its interface says otherwise.
    void set_input(std::string_view bytes) noexcept {
        state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        state_.avail_in = static_cast<uInt>(bytes.size());
    }

private:
    z_stream state_{};
};

class zlib_inflater final : public net::inflater {
public:
    zlib_inflater() {
        if (inflateInit2(stream_.get(), -MAX_WBITS) != Z_OK) throw std::bad_alloc();
    }
    outcome inflate(std::string_view bytes, std::string& out, std::size_t most) override {
        char chunk[4096];
        stream_.set_input(bytes);
        for (;;) {
            stream_->next_out = reinterpret_cast<Bytef*>(chunk);
            stream_->avail_out = sizeof chunk;
            const int result = ::inflate(stream_.get(), Z_SYNC_FLUSH);
            if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return outcome::malformed;
            const std::size_t n = sizeof chunk - stream_->avail_out;
            if (n > most - (std::min)(most, out.size())) return outcome::too_big;
            out.append(chunk, n);
            if (result == Z_STREAM_END)  // a final block, after which others may come (RFC 7692, section 7.2.3.4)
                inflateReset(stream_.get());
            else if (stream_->avail_out != 0)
                return outcome::good;
        }
    }
    void restart() noexcept override { inflateReset(stream_.get()); }

private:
    zlib_stream<inflateEnd> stream_;
};

class zlib_compression final : public net::compression {
public:
    explicit zlib_compression(const deflate_options& options) : options_(options) {
        if (options.level < 1 || options.level > 9)
            throw std::invalid_argument("roompp: the level of compression must be 1 to 9, not " +
                                        std::to_string(options.level));
    }

    std::string negotiate(const std::string& offer) const override {
        namespace permessage_deflate = websocketpp::extensions::permessage_deflate;
        websocketpp::http::parser::request parser;
        websocketpp::http::parameter_list offers;
        parser.append_header("Sec-WebSocket-Extensions", offer);
        if (parser.get_header_as_plist("Sec-WebSocket-Extensions", offers)) return {};
        for (const auto& [name, attributes] : offers) {
            if (name != "permessage-deflate" || !window_fits(attributes)) continue;
            permessage_deflate::enabled<no_config> negotiator;
            negotiator.enable_server_no_context_takeover();
            negotiator.enable_client_no_context_takeover();
            auto [ec, answer] = negotiator.negotiate(attributes);
            if (!ec) return answer;
        }
        return {};
    }

    std::unique_ptr<net::inflater> make_inflater() const override { return std::make_unique<zlib_inflater>(); }

    bool deflate(std::string_view message, std::string& out) const override {
        if (message.size() < options_.at_least) return false;
        auto stream = take();
        const std::size_t before = out.size();
        // Room for one call: the bound is for a finished stream, a flush adds an empty block.
        out.resize(before + deflateBound(stream->get(), detail::integer_cast<uLong>(message.size())) + 16);
        stream->set_input(message);
        (*stream)->next_out = reinterpret_cast<Bytef*>(&out[before]);
        (*stream)->avail_out = static_cast<uInt>(out.size() - before);
        const int result = ::deflate(stream->get(), Z_SYNC_FLUSH);
        const bool whole = result == Z_OK && (*stream)->avail_in == 0 && (*stream)->avail_out != 0;
        const std::size_t size = out.size() - before - (*stream)->avail_out;
        const bool gains = whole && size >= tail && size - tail < message.size();
        out.resize(gains ? before + size - tail : before);
        deflateReset(stream->get());
        give_back(std::move(stream));
        return gains;
    }

private:
    using deflater = zlib_stream<deflateEnd>;
    struct no_config {};

    // One compressed message serves all members, so its window is one that they all can have: 4 KiB, as some clients
    // ask for; a larger one gains next to nothing within one message.
    static constexpr int window_bits = 12;
    static constexpr int memory_level = 5;
    static constexpr std::size_t tail = 4;  // 00 00 FF FF, which is not sent

    static bool window_fits(const websocketpp::http::attribute_list& attributes) {
        const auto asked = attributes.find("server_max_window_bits");
        if (asked == attributes.end()) return true;
        const std::string& bits = asked->second;
        return bits.size() == 2 && bits[0] == '1' && bits[1] >= '2' && bits[1] <= '5';
    }

    std::unique_ptr<deflater> take() const {
        {
            const std::lock_guard lock(mutex_);
            if (!spare_.empty()) {
                auto one = std::move(spare_.back());
                spare_.pop_back();
                return one;
            }
        }
        auto made = std::make_unique<deflater>();
        if (deflateInit2(made->get(), options_.level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY) !=
            Z_OK)
            throw std::bad_alloc();
        return made;
    }
    void give_back(std::unique_ptr<deflater> one) const {
        const std::lock_guard lock(mutex_);
        spare_.push_back(std::move(one));
    }

    deflate_options options_;
    mutable std::mutex mutex_;  // for the moment of taking one: threads compress at the same time
    mutable std::vector<std::unique_ptr<deflater>> spare_;
};

}  // namespace detail

/// Compression for server::compression(): with it, clients that offer permessage-deflate get broadcasts compressed, and
/// may compress what they send. A broadcast is compressed once for all of them; what goes to one connection alone is
/// not compressed. No state is kept for a connection between its messages (no context takeover, either way).
/// @throws std::invalid_argument if the level is none.
[[nodiscard]] inline std::shared_ptr<const net::compression> deflate(const deflate_options& options = {}) {
    return std::make_shared<detail::zlib_compression>(options);
}

ROOMPP_NAMESPACE_END
