#pragma once
// Definitions of <roompp/http/entity_tags.hpp>.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <roompp/base/text.hpp>
#include <roompp/config.hpp>
#include <roompp/http/entity_tags.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL std::string entity_tag(std::string_view bytes) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return '"' + detail::to_hex(hash, 16) + '"';
}

namespace detail {

ROOMPP_DECL std::optional<file_version> file_version::find(const std::filesystem::path& file) {
    std::error_code ec;
    if (!std::filesystem::is_regular_file(file, ec)) return std::nullopt;
    file_version version;
    version.size = std::filesystem::file_size(file, ec);
    if (ec) return std::nullopt;
    version.modified = std::filesystem::last_write_time(file, ec);
    if (ec) return std::nullopt;
    return version;
}

ROOMPP_DECL std::optional<std::string> entity_tags::find(const std::filesystem::path& file,
                                                         const file_version& version) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(file);
    if (found == entries_.end() || found->second.version.size != version.size ||
        found->second.version.modified != version.modified)
        return std::nullopt;
    return found->second.tag;
}

ROOMPP_DECL void entity_tags::keep(const std::filesystem::path& file, const file_version& version,
                                   const std::string& tag) {
    constexpr std::chrono::seconds min_age{2};  // more than the precision of any file system's times
    if (std::filesystem::file_time_type::clock::now() - version.modified < min_age) return;
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= max_files && entries_.find(file) == entries_.end()) entries_.clear();
    entries_[file] = {version, tag};
}

}  // namespace detail
ROOMPP_NAMESPACE_END
