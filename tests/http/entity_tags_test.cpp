#include <chrono>
#include <filesystem>
#include <string>

#include <roompp/http/entity_tags.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using roompp::detail::entity_tags;
using roompp::detail::file_version;
using namespace std::chrono_literals;

namespace {

// Makes a file older, as if it had been written then.
void set_age(const std::filesystem::path& file, std::chrono::seconds age) {
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - age);
}

}  // namespace

TEST_CASE("A tag is known until its file changes", "[entity_tags]") {
    const temporary_folder folder;
    folder.write("a.txt", "first");
    const auto file = folder.path() / "a.txt";
    set_age(file, 100s);
    entity_tags tags;
    const auto version = file_version::find(file);
    REQUIRE(version);
    CHECK_FALSE(tags.find(file, *version));
    tags.keep(file, *version, roompp::entity_tag("first"));
    CHECK(tags.find(file, *file_version::find(file)) == roompp::entity_tag("first"));
    SECTION("in its bytes") {
        folder.write("a.txt", "other");
        CHECK_FALSE(tags.find(file, *file_version::find(file)));
    }
    SECTION("in its size") {
        folder.write("a.txt", "longer than that");
        set_age(file, 100s);
        CHECK_FALSE(tags.find(file, *file_version::find(file)));
    }
}

TEST_CASE("The tag of a file that was changed just now is not kept", "[entity_tags]") {
    const temporary_folder folder;
    folder.write("a.txt", "first");
    const auto file = folder.path() / "a.txt";
    set_age(file, -100s);  // the clock may also be wrong
    const auto version = file_version::find(file);
    entity_tags tags;
    tags.keep(file, *version, "tag");
    CHECK_FALSE(tags.find(file, *version));
}

TEST_CASE("The number of known tags is bounded", "[entity_tags]") {
    entity_tags tags;
    const file_version version{1, std::filesystem::file_time_type::clock::now() - 100s};
    for (std::size_t i = 0; i <= entity_tags::max_files; ++i) tags.keep(std::to_string(i), version, "tag");
    CHECK_FALSE(tags.find("0", version));
    CHECK(tags.find(std::to_string(entity_tags::max_files), version) == "tag");
}

TEST_CASE("What is no plain file has no version", "[entity_tags]") {
    const temporary_folder folder;
    CHECK_FALSE(file_version::find(folder.path()));
    CHECK_FALSE(file_version::find(folder.path() / "missing"));
}
