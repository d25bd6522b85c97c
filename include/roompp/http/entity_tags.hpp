#pragma once
// Entity tags of files, and the files' tags that are known.

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A strong entity tag (RFC 9110, section 8.8.3): the FNV-1a hash of the bytes, quoted.
[[nodiscard]] std::string entity_tag(std::string_view bytes);

namespace detail {

/// What tells that a file has changed.
struct file_version {
    std::uintmax_t size = 0;
    std::filesystem::file_time_type modified;

    /// The version of a plain file; nothing if there is none.
    [[nodiscard]] static std::optional<file_version> find(const std::filesystem::path& file);
};

/// The tags of files as long as these do not change, so that a conditional request reads no file. Safe from any thread.
class entity_tags {
public:
    static constexpr std::size_t max_files = 1000;

    /// The tag of this version of a file, if it is known.
    [[nodiscard]] std::optional<std::string> find(const std::filesystem::path& file, const file_version& version) const;
    /// Keeps the tag of the bytes that were read after `version` was found. A file that was changed just now is not kept: it
    /// may change again without a later time. When max_files are kept, all are forgotten.
    void keep(const std::filesystem::path& file, const file_version& version, const std::string& tag);

private:
    struct entry {
        file_version version;
        std::string tag;
    };

    mutable std::mutex mutex_;
    std::map<std::filesystem::path, entry> entries_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/entity_tags.ipp>
#endif
