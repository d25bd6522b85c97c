#pragma once
// Definitions of <roompp/http/static_files.hpp>.

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <roompp/base/text.hpp>
#include <roompp/http/static_files.hpp>
#include <roompp/http/url.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL std::optional<std::string> page_source::find(const std::string& name) const {
    if (has_folder()) return read(path_of(name));
    const embedded_page* const page = find_embedded(name);
    return page ? std::optional<std::string>(page->file.bytes) : std::nullopt;
}

ROOMPP_DECL const page_source::embedded_page* page_source::find_embedded(const std::string& name) const noexcept {
    for (const embedded_page& page : embedded_)
        if (page.file.name == name) return &page;
    return nullptr;
}

ROOMPP_DECL void page_source::require_page(const std::string& name) const {
    if (find(name)) return;
    std::string location = "among the pages compiled into the program";
    if (embedded_.empty()) {
        std::error_code ignored;
        location = "as " + std::filesystem::absolute(folder_ / name, ignored).string();
    }
    throw std::runtime_error("roompp: there is no page '" + name + "' (looked for it " + location +
                             "); start the program where the page is, or name its folder");
}

ROOMPP_DECL std::optional<std::string> page_source::read(const std::filesystem::path& file) {
    std::error_code ec;
    if (!std::filesystem::is_regular_file(file, ec)) return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

namespace detail {

ROOMPP_DECL std::optional<std::filesystem::path> file_below(const std::filesystem::path& root,
                                                            std::string_view encoded) {
    const auto decoded = percent_decode(encoded);
    if (!decoded || decoded->find_first_of(std::string_view("\\\0:", 3)) != std::string::npos) return std::nullopt;
    std::filesystem::path path = root;
    for (std::string_view rest = *decoded; !rest.empty();) {
        const std::string_view part = rest.substr(0, rest.find('/'));
        rest.remove_prefix((std::min)(rest.size(), part.size() + 1));
        if (!part.empty() && part.front() == '.') return std::nullopt;
        path /= part;
    }
    if (decoded->empty() || decoded->back() == '/') path /= "index.html";

    // A link must not lead out either.
    std::error_code ec;
    const auto real_root = std::filesystem::canonical(root, ec);
    if (ec) return std::nullopt;
    auto real = std::filesystem::canonical(path, ec);
    if (ec || !std::filesystem::is_regular_file(real, ec)) return std::nullopt;
    const auto difference = std::mismatch(real_root.begin(), real_root.end(), real.begin(), real.end());
    if (difference.first != real_root.end()) return std::nullopt;
    return real;
}

ROOMPP_DECL void static_files::add_folder(std::string prefix, const std::filesystem::path& root) {
    if (prefix.empty() || prefix.front() != '/' || prefix.back() != '/')
        throw std::invalid_argument("roompp: the prefix '" + prefix + "' must start and end with '/'");
    std::error_code ec;
    auto real_root = std::filesystem::canonical(root, ec);
    if (ec || !std::filesystem::is_directory(real_root, ec))
        throw std::runtime_error("roompp: there is no folder '" + root.string() + "' to serve under " + prefix);
    folders_.push_back({std::move(prefix), std::move(real_root)});
}

// Whether the client has this version (RFC 9110, section 13.1.2).
[[nodiscard]] ROOMPP_DECL bool is_known(const request& request, const std::string& tag) {
    const std::string& known_tags = request.header("If-None-Match");
    return known_tags == "*" || known_tags.find(tag) != std::string::npos;
}

ROOMPP_DECL response static_files::page(const request& request, const page_source& source,
                                        const std::string& name) const {
    if (source.has_folder()) {
        auto page = deliver_file(request, source.path_of(name));
        return page ? std::move(*page) : response(500, "The page can't be read.\n");
    }
    const auto* const embedded = source.find_embedded(name);
    if (!embedded) return {500, "The page can't be read.\n"};
    response page = deliver_head(content_type_of(name), embedded->tag);
    if (is_known(request, embedded->tag))
        page.status = 304;
    else
        page.body = embedded->file.bytes;
    return page;
}

ROOMPP_DECL std::optional<response> static_files::respond(const request& request) const {
    const std::string_view path = request.path();
    for (const served_folder& folder : folders_)
        if (path.substr(0, folder.prefix.size()) == folder.prefix) return file(request, folder);
    return std::nullopt;
}

ROOMPP_DECL response static_files::file(const request& request, const served_folder& folder) const {
    if (request.method() != "GET" && request.method() != "HEAD") {
        response refusal(405, "Files can only be read: use GET or HEAD.\n");
        refusal.headers.emplace_back("Allow", "GET, HEAD");
        return refusal;
    }
    const auto path = file_below(folder.root, request.path().substr(folder.prefix.size()));
    if (path) {
        if (auto found = deliver_file(request, *path)) return std::move(*found);
    }
    return {404, "Not found.\n"};
}

// A file that the client has, or that it only asks about, is not read if its tag is known.
ROOMPP_DECL std::optional<response> static_files::deliver_file(const request& request,
                                                               const std::filesystem::path& file) const {
    const auto version = file_version::find(file);
    if (!version) return std::nullopt;
    const std::string type = content_type_of(file.filename().string());
    if (const auto known_tag = tags_.find(file, *version)) {
        response head = deliver_head(type, *known_tag);
        head.content_length = version->size;
        if (is_known(request, *known_tag)) head.status = 304;
        if (head.status == 304 || request.method() == "HEAD") return head;
    }
    auto bytes = page_source::read(file);
    if (!bytes) return std::nullopt;
    const std::string tag = entity_tag(*bytes);
    if (bytes->size() == version->size) tags_.keep(file, *version, tag);
    response whole = deliver_head(type, tag);
    if (is_known(request, tag))
        whole.status = 304;
    else
        whole.body = std::move(*bytes);
    return whole;
}

// A 200 without its body.
ROOMPP_DECL response static_files::deliver_head(std::string type, const std::string& tag) const {
    response page(200, std::move(type), {});
    page.headers = {{"ETag", tag}, {"Cache-Control", "no-cache"}, {"Referrer-Policy", "same-origin"}};
    if (!policy_.empty()) page.headers.emplace_back("Content-Security-Policy", policy_);
    return page;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
