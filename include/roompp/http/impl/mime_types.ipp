#pragma once
// Definitions of <roompp/http/mime_types.hpp>.

#include <roompp/http/mime_types.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL std::string content_type_of(std::string_view file) {
    struct mime_type {
        std::string_view ending;
        const char* type;
    };
    static constexpr mime_type types[] = {{".html", "text/html; charset=utf-8"},
                                          {".htm", "text/html; charset=utf-8"},
                                          {".css", "text/css; charset=utf-8"},
                                          {".js", "text/javascript; charset=utf-8"},
                                          {".mjs", "text/javascript; charset=utf-8"},
                                          {".json", "application/json"},
                                          {".txt", "text/plain; charset=utf-8"},
                                          {".md", "text/markdown; charset=utf-8"},
                                          {".svg", "image/svg+xml"},
                                          {".png", "image/png"},
                                          {".jpg", "image/jpeg"},
                                          {".jpeg", "image/jpeg"},
                                          {".gif", "image/gif"},
                                          {".webp", "image/webp"},
                                          {".ico", "image/x-icon"},
                                          {".woff2", "font/woff2"},
                                          {".wasm", "application/wasm"},
                                          {".pdf", "application/pdf"},
                                          {".xml", "application/xml"},
                                          {".webmanifest", "application/manifest+json"}};
    for (const mime_type& entry : types)
        if (file.size() >= entry.ending.size() && file.substr(file.size() - entry.ending.size()) == entry.ending)
            return entry.type;
    return "application/octet-stream";
}

ROOMPP_NAMESPACE_END
