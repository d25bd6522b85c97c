#pragma once
// A message as the application sees it: bytes, and whether they are text or binary.

#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The two kinds of WebSocket data message (RFC 6455, section 5.6).
enum class payload_kind : unsigned char {
    text = 1,   ///< UTF-8 text; what is not is repaired with U+FFFD when it is sent
    binary = 2  ///< any bytes
};

/// A view of one message. The caller keeps the bytes alive while it is used; everything in this library that takes a
/// payload copies what it needs before it returns.
///
/// Strings convert to a text payload, and a payload converts to `std::string_view`, so handlers and calls may use
/// plain strings where the kind does not matter.
class payload {
public:
    constexpr payload() noexcept = default;
    /// @param data the bytes, which must outlive this.
    constexpr payload(std::string_view data, payload_kind kind = payload_kind::text) noexcept
        : data_(data), kind_(kind) {}
    constexpr payload(const char* text) noexcept : data_(text) {}
    payload(const std::string& text) noexcept : data_(text) {}

    /// The bytes.
    [[nodiscard]] constexpr std::string_view data() const noexcept { return data_; }
    /// Whether the bytes are text or binary.
    [[nodiscard]] constexpr payload_kind kind() const noexcept { return kind_; }
    [[nodiscard]] constexpr bool is_text() const noexcept { return kind_ == payload_kind::text; }
    [[nodiscard]] constexpr bool is_binary() const noexcept { return kind_ == payload_kind::binary; }
    /// Length in bytes.
    [[nodiscard]] constexpr std::size_t size() const noexcept { return data_.size(); }

    constexpr operator std::string_view() const noexcept { return data_; }
    explicit operator std::string() const { return std::string(data_); }

private:
    std::string_view data_;
    payload_kind kind_ = payload_kind::text;
};

/// A binary payload of these bytes.
[[nodiscard]] constexpr payload binary(std::string_view data) noexcept { return {data, payload_kind::binary}; }

ROOMPP_NAMESPACE_END
