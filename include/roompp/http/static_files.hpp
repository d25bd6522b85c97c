#pragma once
// Pages and folders: files on disk, or bytes in the program.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/http/entity_tags.hpp>
#include <roompp/http/mime_types.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/response.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A file that is compiled into the program.
struct embedded_file {
    std::string_view name;
    std::string_view bytes;
};

/// Where the pages of a server come from: a folder, read anew for every request, so that an edited page shows on
/// reload, or files that are compiled into the program. A value; safe to read from several threads.
class page_source {
public:
    /// The folder in which relative file names are looked up.
    explicit page_source(std::filesystem::path folder = ".") : folder_(std::move(folder)) {}
    /// Files within the program; the array must outlive the server.
    template <std::size_t N>
    explicit page_source(const embedded_file (&files)[N]) : page_source(files, {}) {}
    /// The folder if its name is not empty, else the embedded files: for an option such as `--pages` of a program.
    template <std::size_t N>
    page_source(const embedded_file (&files)[N], const std::string& folder) : folder_(folder) {
        if (!folder.empty()) return;
        for (const embedded_file& file : files) embedded_.push_back({file, entity_tag(file.bytes)});
    }

    /// A page that is compiled into the program.
    struct embedded_page {
        embedded_file file;
        std::string tag;  ///< its entity tag
    };

    /// The bytes of a page; nothing without one of that name.
    [[nodiscard]] std::optional<std::string> find(const std::string& name) const;
    /// The page of that name within the program; null if there is none, or if the pages come from a folder.
    [[nodiscard]] const embedded_page* find_embedded(const std::string& name) const noexcept;
    /// Whether the pages come from a folder, and where a page is in it.
    [[nodiscard]] bool has_folder() const noexcept { return embedded_.empty(); }
    [[nodiscard]] std::filesystem::path path_of(const std::string& name) const { return folder_ / name; }

    /// Makes sure that a page exists.
    /// @throws std::runtime_error that names the page and where it was looked for.
    void require_page(const std::string& name) const;

    /// Reads a file whole; nothing if it is none, or can't be read.
    [[nodiscard]] static std::optional<std::string> read(const std::filesystem::path& file);

private:
    std::filesystem::path folder_;
    std::vector<embedded_page> embedded_;
};

namespace detail {

/// The file below `root` that a request's path names, if it is a plain file: no way leads out of the folder, and hidden
/// files stay hidden.
/// @param encoded the path below the folder, percent-encoded.
[[nodiscard]] std::optional<std::filesystem::path> file_below(const std::filesystem::path& root,
                                                              std::string_view encoded);

/// The pages and folders of a server. Configured before the server runs; const access is thread-safe after that.
class static_files {
public:
    /// Where pages come from that are looked up afterwards.
    void source(page_source source) { source_ = std::move(source); }
    [[nodiscard]] const page_source& source() const noexcept { return source_; }
    /// The Content-Security-Policy of all files; empty for none.
    void content_security_policy(std::string policy) { policy_ = std::move(policy); }
    /// Adds the files below a folder.
    /// @throws std::runtime_error if there is no such folder; std::invalid_argument if the prefix has no '/' at its
    /// ends.
    void add_folder(std::string prefix, const std::filesystem::path& root);

    /// The response to a request for a page.
    [[nodiscard]] response page(const request& request, const page_source& source, const std::string& name) const;
    /// The response to a request for a path below a folder; nothing if it is below none.
    [[nodiscard]] std::optional<response> respond(const request& request) const;

private:
    struct served_folder {
        std::string prefix;
        std::filesystem::path root;
    };

    [[nodiscard]] response file(const request& request, const served_folder& folder) const;
    [[nodiscard]] std::optional<response> deliver_file(const request& request, const std::filesystem::path& file) const;
    [[nodiscard]] response deliver_head(std::string type, const std::string& tag) const;

    mutable entity_tags tags_;  // has its own lock
    std::vector<served_folder> folders_;
    page_source source_;
    std::string policy_ =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
};

}  // namespace detail

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/static_files.ipp>
#endif
