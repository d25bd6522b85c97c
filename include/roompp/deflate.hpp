#pragma once
// Add-on: compressed messages (permessage-deflate, RFC 7692). Uses zlib (link with -lz); not part of the umbrella
// header.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zlib.h>

#include <roompp/base/integer_cast.hpp>
#include <roompp/config.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/websocket/extension_offers.hpp>

ROOMPP_NAMESPACE_BEGIN

/// How messages are compressed.
struct deflate_options {
    int level = 1;               ///< 1 (fast) to 9 (small)
    std::size_t at_least = 256;  ///< shorter messages, in bytes, are not compressed: alone they hardly shrink
};

namespace detail {

/// A zlib stream, ended by `End` when it is destroyed.
template <int (*End)(z_stream*)>
class zlib_stream {
public:
    zlib_stream() = default;
    zlib_stream(const zlib_stream&) = delete;
    zlib_stream& operator=(const zlib_stream&) = delete;
    ~zlib_stream() { End(&state_); }
    [[nodiscard]] z_stream* operator->() noexcept { return &state_; }
    [[nodiscard]] const z_stream* operator->() const noexcept { return &state_; }
    [[nodiscard]] z_stream* get() noexcept { return &state_; }

    /// zlib only reads through this pointer, although its interface does not say so.
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
    outcome inflate(std::string_view bytes, std::string& out, std::size_t max_size) override {
        char chunk[4096];
        stream_.set_input(bytes);
        for (;;) {
            stream_->next_out = reinterpret_cast<Bytef*>(chunk);
            stream_->avail_out = sizeof chunk;
            const int result = ::inflate(stream_.get(), Z_SYNC_FLUSH);
            if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return outcome::malformed;
            const std::size_t size = sizeof chunk - stream_->avail_out;
            if (size > max_size - (std::min)(max_size, out.size())) return outcome::too_big;
            out.append(chunk, size);
            if (result == Z_STREAM_END)  // a final block, after which others may come (RFC 7692, section 7.2.3.4)
                inflateReset(stream_.get());
            else if (stream_->avail_out != 0)
                return outcome::good;
        }
    }
    // zlib.h: inflate() adds 128 to data_type when it returns behind the end of a block.
    [[nodiscard]] bool is_between_blocks() const noexcept override { return (stream_->data_type & 128) != 0; }
    void restart() noexcept override { inflateReset(stream_.get()); }

private:
    zlib_stream<inflateEnd> stream_;
};

/// The parameters of one offer of permessage-deflate (RFC 7692, section 7.1).
class deflate_offer {
public:
    /// @returns nothing if the offer must be declined: it has an unknown parameter, one with an invalid value, or one
    /// twice.
    [[nodiscard]] static std::optional<deflate_offer> parse(const net::extension_offer& extension) {
        deflate_offer offer;
        for (const auto& parameter : extension.parameters)
            if (!offer.add(parameter)) return std::nullopt;
        return offer;
    }

    /// Base-two logarithm of the largest window that the client can decompress with; nothing if it has not set a limit.
    [[nodiscard]] std::optional<int> server_max_window_bits() const noexcept { return server_max_window_bits_; }

private:
    [[nodiscard]] bool add(const net::extension_parameter& parameter) {
        if (parameter.name == "server_no_context_takeover") return set(has_server_takeover_) && !parameter.value;
        if (parameter.name == "client_no_context_takeover") return set(has_client_takeover_) && !parameter.value;
        if (parameter.name == "client_max_window_bits")
            return set(has_client_window_) && (!parameter.value || parse_window_bits(*parameter.value));
        if (parameter.name != "server_max_window_bits" || server_max_window_bits_ || !parameter.value) return false;
        server_max_window_bits_ = parse_window_bits(*parameter.value);
        return server_max_window_bits_.has_value();
    }

    // @returns false if the parameter has come before.
    [[nodiscard]] static bool set(bool& parameter) noexcept { return !std::exchange(parameter, true); }

    // 8 to 15, as decimal digits without leading zeros.
    [[nodiscard]] static std::optional<int> parse_window_bits(std::string_view text) noexcept {
        if (text == "8" || text == "9") return text[0] - '0';
        if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5') return 10 + (text[1] - '0');
        return std::nullopt;
    }

    std::optional<int> server_max_window_bits_;
    bool has_server_takeover_ = false;
    bool has_client_takeover_ = false;
    bool has_client_window_ = false;
};

class zlib_compression final : public net::compression {
public:
    explicit zlib_compression(const deflate_options& options) : options_(options) {
        if (options.level < 1 || options.level > 9)
            throw std::invalid_argument("roompp: the level of compression must be 1 to 9, not " +
                                        std::to_string(options.level));
    }

    // The client's window needs no answer: it is never larger than the client says, and ours takes any.
    std::string negotiate(std::string_view offers) const override {
        const auto extensions = net::parse_extension_offers(offers);
        if (!extensions) return {};
        for (const auto& extension : *extensions) {
            if (extension.name != "permessage-deflate") continue;
            const auto offer = deflate_offer::parse(extension);
            if (!offer) continue;
            const int max_bits = offer->server_max_window_bits().value_or(MAX_WBITS);
            if (max_bits < window_bits) continue;
            std::string response = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
            if (max_bits < MAX_WBITS) response += "; server_max_window_bits=" + std::to_string(max_bits);
            return response;
        }
        return {};
    }

    std::unique_ptr<net::inflater> make_inflater() const override { return std::make_unique<zlib_inflater>(); }

    bool deflate(std::string_view message, std::string& out) const override {
        if (message.size() < options_.at_least) return false;
        auto stream = take_stream();
        const std::size_t old_size = out.size();
        // Room for one call: zlib's bound is for a finished stream, a flush adds an empty block.
        out.resize(old_size + deflateBound(stream->get(), detail::integer_cast<uLong>(message.size())) + 16);
        stream->set_input(message);
        (*stream)->next_out = reinterpret_cast<Bytef*>(&out[old_size]);
        (*stream)->avail_out = static_cast<uInt>(out.size() - old_size);
        const int result = ::deflate(stream->get(), Z_SYNC_FLUSH);
        const bool complete = result == Z_OK && (*stream)->avail_in == 0 && (*stream)->avail_out != 0;
        const std::size_t size = out.size() - old_size - (*stream)->avail_out;
        const bool shrinks = complete && size >= tail_size && size - tail_size < message.size();
        out.resize(shrinks ? old_size + size - tail_size : old_size);
        deflateReset(stream->get());
        give_back(std::move(stream));
        return shrinks;
    }

private:
    using deflater = zlib_stream<deflateEnd>;

    // One compressed message serves all members, so its window is one that they all can have: 4 KiB, the least that
    // some clients ask for. A larger one gains next to nothing within one message.
    static constexpr int window_bits = 12;
    static constexpr int memory_level = 5;
    static constexpr std::size_t tail_size = 4;  // 00 00 FF FF, which is not sent (RFC 7692, section 7.2.1)

    std::unique_ptr<deflater> take_stream() const {
        {
            const std::lock_guard lock(mutex_);
            if (!spare_.empty()) {
                auto stream = std::move(spare_.back());
                spare_.pop_back();
                return stream;
            }
        }
        auto stream = std::make_unique<deflater>();
        if (deflateInit2(stream->get(), options_.level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY) !=
            Z_OK)
            throw std::bad_alloc();
        return stream;
    }
    void give_back(std::unique_ptr<deflater> stream) const {
        const std::lock_guard lock(mutex_);
        spare_.push_back(std::move(stream));
    }

    deflate_options options_;
    mutable std::mutex mutex_;  // guards spare_ only: threads compress at the same time
    mutable std::vector<std::unique_ptr<deflater>> spare_;
};

}  // namespace detail

/// Compression for server::compression(): clients that offer permessage-deflate get broadcasts compressed, and may
/// compress their messages. A broadcast is compressed once for all of them; messages to one connection alone are not
/// compressed. No state is kept for a connection between its messages (no context takeover, either way). Safe from any
/// thread.
/// @throws std::invalid_argument if the level is not 1 to 9.
[[nodiscard]] inline std::shared_ptr<const net::compression> deflate(const deflate_options& options = {}) {
    return std::make_shared<detail::zlib_compression>(options);
}

ROOMPP_NAMESPACE_END
