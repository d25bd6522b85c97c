#pragma once
// Text that leaves the library: UTF-8, whatever the application gave.

#include <string>
#include <string_view>

#include <roompp/base/payload.hpp>
#include <roompp/base/utf8_validator.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// A text with U+FFFD in place of each maximal part that is not UTF-8, as browsers decode it (the Encoding Standard's UTF-8
/// decoder; Unicode, section 3.9, U+FFFD Substitution of Maximal Subparts).
[[nodiscard]] std::string repair_utf8(std::string_view text);

/// A close reason as it may be sent: UTF-8, repaired if need be, of at most 123 bytes (RFC 6455, section 5.5), cut between
/// characters.
[[nodiscard]] std::string repair_close_reason(std::string_view reason);

/// A message of the application as it may be sent: a view of it, or, if it is a text that is not UTF-8, of a repaired copy.
/// Peers must fail a connection that brings them other text (RFC 6455, section 8.1). Binary messages are left as they are.
/// One pass over the text, without an allocation unless it is repaired.
class utf8_payload {
public:
    /// @param message its bytes must outlive this.
    explicit utf8_payload(payload message) : message_(message) {
        if (message.is_text() && !is_utf8(message.data())) message_ = repaired_ = repair_utf8(message.data());
    }
    utf8_payload(const utf8_payload&) = delete;
    utf8_payload& operator=(const utf8_payload&) = delete;

    /// The message. Valid as long as this and the bytes that it was made of.
    [[nodiscard]] payload get() const noexcept { return message_; }

private:
    payload message_;
    std::string repaired_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/base/impl/utf8_text.ipp>
#endif
