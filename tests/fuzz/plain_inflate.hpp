#pragma once
// Decompresses by the letter of RFC 1951, bit by bit: what the library's inflater, which is zlib, is compared with.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace fuzz {

/// What comes of compressed bytes.
struct inflated {
    std::string data;
    bool is_malformed = false;
    bool is_between_blocks = true;  ///< the bytes end where a block does, but for padding
};

/// A decoder of one string of bytes.
class plain_inflate {
public:
    /// @param max_size no more output than this, or little more, is made.
    [[nodiscard]] static inflated run(std::string_view bytes, std::size_t max_size) {
        plain_inflate decoder(bytes, max_size);
        inflated result;
        try {
            for (;;) {
                result.is_between_blocks = true;
                if (decoder.bits_left() < 3) {
                    // Behind a final block the padding has been skipped, and a new stream has not begun.
                    result.is_between_blocks = !decoder.has_ended_stream_;
                    break;
                }
                result.is_between_blocks = false;
                decoder.read_block();
            }
        } catch (const out_of_input&) {
        } catch (const malformed&) {
            result.is_malformed = true;
        } catch (const full&) {}
        result.data = std::move(decoder.out_);
        return result;
    }

private:
    struct out_of_input {};
    struct malformed {};
    struct full {};

    // Codes of up to 288 symbols, by their lengths in bits (section 3.2.2).
    struct codes {
        std::array<unsigned, 16> counts{};
        std::array<unsigned, 288> symbols{};
        unsigned max_length = 0;
    };

    plain_inflate(std::string_view bytes, std::size_t max_size) : bytes_(bytes), max_size_(max_size) {}

    [[nodiscard]] std::size_t bits_left() const { return bytes_.size() * 8 - position_; }
    [[nodiscard]] unsigned bits(unsigned count) {
        if (bits_left() < count) throw out_of_input();
        unsigned value = 0;
        for (unsigned i = 0; i < count; ++i, ++position_)
            value |= (static_cast<unsigned>(static_cast<unsigned char>(bytes_[position_ / 8])) >> (position_ % 8) & 1U)
                     << i;
        return value;
    }
    void put(char c) {
        if (out_.size() > max_size_) throw full();
        out_ += c;
    }

    void read_block() {
        has_ended_stream_ = false;
        const bool is_final = bits(1) != 0;
        switch (bits(2)) {
            case 0:
                read_stored();
                break;
            case 1:
                read_compressed(fixed_literals(), fixed_distances());
                break;
            case 2:
                read_dynamic();
                break;
            default:
                throw malformed();
        }
        if (!is_final) return;
        // The next block begins a stream of its own, at a byte, and refers to nothing before it.
        position_ = (position_ + 7) / 8 * 8;
        stream_start_ = out_.size();
        has_ended_stream_ = true;
    }

    void read_stored() {
        position_ = (position_ + 7) / 8 * 8;
        const unsigned length = bits(16);
        if ((length ^ bits(16)) != 0xffffU) throw malformed();
        for (unsigned i = 0; i < length; ++i) put(static_cast<char>(bits(8)));
    }

    void read_dynamic() {
        static constexpr std::array<unsigned, 19> order{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                        11, 4,  12, 3, 13, 2, 14, 1, 15};
        const unsigned literals = bits(5) + 257;
        const unsigned distances = bits(5) + 1;
        const unsigned length_codes = bits(4) + 4;
        if (literals > 286 || distances > 30) throw malformed();
        std::array<unsigned, 288 + 32> lengths{};
        for (unsigned i = 0; i < length_codes; ++i) lengths[order[i]] = bits(3);
        const codes length_code = make_codes(&lengths[0], 19, false);
        lengths = {};
        for (unsigned i = 0; i < literals + distances;) {
            // Without codes there is no end of the block either: malformed, but zlib sees it only behind the lengths.
            const unsigned symbol = length_code.max_length == 0 ? 0 * bits(1) : read_symbol(length_code);
            if (symbol < 16) {
                lengths[i++] = symbol;
                continue;
            }
            if (symbol == 16 && i == 0) throw malformed();
            const unsigned value = symbol == 16 ? lengths[i - 1] : 0;
            const unsigned count = symbol == 16 ? 3 + bits(2) : symbol == 17 ? 3 + bits(3) : 11 + bits(7);
            if (i + count > literals + distances) throw malformed();
            for (unsigned end = i + count; i < end; ++i) lengths[i] = value;
        }
        if (lengths[256] == 0) throw malformed();  // no end of the block
        const codes literal_code = make_codes(&lengths[0], literals, true);
        const codes distance_code = make_codes(&lengths[literals], distances, true);
        read_compressed(literal_code, distance_code);
    }

    void read_compressed(const codes& literals, const codes& distances) {
        static constexpr std::array<unsigned, 29> bases{3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                                        31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
        static constexpr std::array<unsigned, 29> extra{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                        2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
        for (;;) {
            const unsigned symbol = read_symbol(literals);
            if (symbol == 256) return;
            if (symbol < 256) {
                put(static_cast<char>(symbol));
                continue;
            }
            if (symbol > 285) throw malformed();
            const unsigned length = bases[symbol - 257] + bits(extra[symbol - 257]);
            const unsigned code = read_symbol(distances);
            if (code > 29) throw malformed();
            const unsigned extra_bits = code < 2 ? 0 : code / 2 - 1;
            const std::size_t distance = (code < 2 ? code : (2U + code % 2) << extra_bits) + 1 + bits(extra_bits);
            if (distance > out_.size() - stream_start_) throw malformed();
            for (unsigned i = 0; i < length; ++i) put(out_[out_.size() - distance]);
        }
    }

    [[nodiscard]] unsigned read_symbol(const codes& table) {
        unsigned code = 0;
        unsigned first = 0;
        unsigned index = 0;
        for (unsigned length = 1; length <= std::max(1U, table.max_length); ++length) {
            code |= bits(1);
            if (code < first + table.counts[length]) return table.symbols[index + code - first];
            index += table.counts[length];
            first = (first + table.counts[length]) << 1U;
            code <<= 1U;
        }
        throw malformed();
    }

    // May be incomplete only with a single code of one bit, or none.
    [[nodiscard]] static codes make_codes(const unsigned* lengths, unsigned count, bool may_be_incomplete) {
        codes table;
        for (unsigned i = 0; i < count; ++i) ++table.counts[lengths[i]];
        table.counts[0] = 0;
        int left = 1;
        for (unsigned length = 1; length < 16; ++length) {
            if (table.counts[length] != 0) table.max_length = length;
            left = left * 2 - static_cast<int>(table.counts[length]);
            if (left < 0) throw malformed();
        }
        if (left > 0 && table.max_length != 0 && !(may_be_incomplete && table.max_length == 1)) throw malformed();
        unsigned next = 0;
        for (unsigned length = 1; length <= table.max_length; ++length)
            for (unsigned i = 0; i < count; ++i)
                if (lengths[i] == length) table.symbols[next++] = i;
        return table;
    }

    [[nodiscard]] static codes fixed_literals() {
        std::array<unsigned, 288> lengths{};
        for (unsigned i = 0; i < 288; ++i) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
        return make_codes(lengths.data(), 288, false);
    }
    [[nodiscard]] static codes fixed_distances() {
        std::array<unsigned, 32> lengths{};
        lengths.fill(5);
        return make_codes(lengths.data(), 32, false);
    }

    std::string_view bytes_;
    std::string out_;
    std::size_t max_size_;
    std::size_t position_ = 0;      // in bits
    std::size_t stream_start_ = 0;  // in the output
    bool has_ended_stream_ = false;
};

}  // namespace fuzz
