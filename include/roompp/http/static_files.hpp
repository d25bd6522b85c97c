#pragma once
// Pages: files on disk, or bytes in the program.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/http/response.hpp>
#include <roompp/http/url.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A file that is compiled into the program.
struct embedded_file {
    std::string_view name;
    std::string_view bytes;
};

/// Where the pages of a server come from: a folder, read anew for every request, so that an edited page shows on
/// reload, or files that are compiled into the program.
class page_source {
public:
    /// The folder in which relative file names are looked up.
    explicit page_source(std::filesystem::path folder = ".") : folder_(std::move(folder)) {}
    /// Files within the program; the array must outlive the server.
    template <std::size_t N>
    explicit page_source(const embedded_file (&files)[N]) : embedded_(files, files + N) {}
    /// The folder if one is named, else the embedded files: what an example's `--pages` option wants.
    template <std::size_t N>
    page_source(const embedded_file (&files)[N], const std::string& folder) : folder_(folder) {
        if (folder.empty()) embedded_.assign(files, files + N);
    }

    /// The bytes of a page.
    [[nodiscard]] std::optional<std::string> find(const std::string& name) const {
        if (!embedded_.empty()) {
            for (const embedded_file& one : embedded_)
                if (one.name == name) return std::string(one.bytes);
            return std::nullopt;
        }
        return read(folder_ / name);
    }

    /// Makes sure that a page is there.
    /// @throws std::runtime_error that names the page and where it was looked for.
    void require_page(const std::string& name) const {
        if (find(name)) return;
        std::string where = "among the pages compiled into the program";
        if (embedded_.empty()) {
            std::error_code ignored;
            where = "as " + std::filesystem::absolute(folder_ / name, ignored).string();
        }
        throw std::runtime_error("roompp: there is no page '" + name + "' (looked for it " + where +
                                 "); start the program where the page is, or name its folder");
    }

    /// Reads a file whole.
    [[nodiscard]] static std::optional<std::string> read(const std::filesystem::path& file) {
        std::error_code ec;
        if (!std::filesystem::is_regular_file(file, ec)) return std::nullopt;
        std::ifstream in(file, std::ios::binary);
        if (!in) return std::nullopt;
        return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }

private:
    std::filesystem::path folder_;
    std::vector<embedded_file> embedded_;
};

namespace detail {

/// The file below `root` that a request's path names, if it is a plain file there: no way leads out of the folder, and
/// hidden files stay hidden.
[[nodiscard]] inline std::optional<std::filesystem::path> file_below(const std::filesystem::path& root,
                                                                     std::string_view encoded) {
    const auto decoded = percent_decode(encoded);
    if (!decoded || decoded->find_first_of(std::string_view("\\\0:", 3)) != std::string::npos) return std::nullopt;
    std::filesystem::path wanted = root;
    for (std::string_view rest = *decoded; !rest.empty();) {
        const std::string_view part = rest.substr(0, rest.find('/'));
        rest.remove_prefix((std::min)(rest.size(), part.size() + 1));
        if (!part.empty() && part.front() == '.') return std::nullopt;
        wanted /= part;
    }
    if (decoded->empty() || decoded->back() == '/') wanted /= "index.html";

    // A link must not lead out either.
    std::error_code ec;
    const auto real_root = std::filesystem::canonical(root, ec);
    if (ec) return std::nullopt;
    auto real = std::filesystem::canonical(wanted, ec);
    if (ec || !std::filesystem::is_regular_file(real, ec)) return std::nullopt;
    const auto differ = std::mismatch(real_root.begin(), real_root.end(), real.begin(), real.end());
    if (differ.first != real_root.end()) return std::nullopt;
    return real;
}

}  // namespace detail

ROOMPP_NAMESPACE_END
