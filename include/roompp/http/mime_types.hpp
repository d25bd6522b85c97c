#pragma once
// Content types by file name.

#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The content type of a file, by the end of its name, such as `text/html; charset=utf-8` for `.html`; unknown ones are
/// `application/octet-stream`.
[[nodiscard]] std::string content_type_of(std::string_view file);

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/mime_types.ipp>
#endif
