#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <roompp/http/static_files.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace fs = std::filesystem;
using roompp::embedded_file;
using roompp::page_source;
using roompp::detail::file_below;

namespace {

// `site` is served; `secret.txt` and `site-2` are beside it.
class folder {
public:
    folder() {
        all_.write("secret.txt", "secret");
        all_.write("site-2/secret.txt", "secret");
        all_.write("site/index.html", "index");
        all_.write("site/a.css", "css");
        all_.write("site/with space.txt", "space");
        all_.write("site/sub/index.html", "sub");
        all_.write("site/sub/deep/b.js", "js");
        all_.write("site/.env", "hidden");
        all_.write("site/.git/config", "hidden");
        fs::create_directories(beside("site/empty"));
    }

    [[nodiscard]] fs::path beside(std::string_view name) const { return all_.path() / name; }
    [[nodiscard]] fs::path site() const { return beside("site"); }
    // The bytes of the file that a request gets, or "-".
    [[nodiscard]] std::string get(std::string_view encoded) const {
        const auto found = file_below(site(), encoded);
        return found ? page_source::read(*found).value_or("unreadable") : "-";
    }

private:
    temporary_folder all_;
};

const embedded_file pages[] = {{"index.html", "embedded index"}, {"room.html", std::string_view("a\0b", 3)}};

}  // namespace

TEST_CASE("Files below a folder are found", "[page]") {
    const folder some;
    CHECK(some.get("a.css") == "css");
    CHECK(some.get("sub/deep/b.js") == "js");
    CHECK(some.get("with%20space.txt") == "space");
    CHECK(some.get("%61.css") == "css");
}

TEST_CASE("A folder stands for its index page, with a slash at its end only", "[page]") {
    const folder some;
    CHECK(some.get("") == "index");
    CHECK(some.get("sub/") == "sub");
    CHECK(some.get("sub") == "-");
    CHECK(some.get("empty/") == "-");
    CHECK(some.get("a.css/") == "-");
}

TEST_CASE("A missing file is not found", "[page]") {
    const folder some;
    CHECK(some.get("nothing.txt") == "-");
    CHECK(some.get("a.css%") == "-");
    CHECK_FALSE(file_below(some.beside("no such folder"), "index.html"));
}

TEST_CASE("No path leads out of the folder", "[page]") {
    const folder some;
    for (const char* way :
         {"../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "%2e%2e%2fsecret.txt", "sub/../../secret.txt",
          "sub/../a.css", "./a.css", "..\\secret.txt", "%5c..%5csecret.txt", "../site-2/secret.txt", "..", "../",
          "sub/..", "a.css%00.html", "C:/secret.txt", "....//secret.txt"}) {
        CAPTURE(way);
        CHECK(some.get(way) == "-");
    }
    const std::string absolute = some.beside("secret.txt").string();
    CHECK(some.get(absolute) == "-");
    CHECK(some.get("/" + absolute) == "-");
    CHECK(some.get("%2f" + absolute) == "-");
}

TEST_CASE("Hidden files and folders stay hidden", "[page]") {
    const folder some;
    CHECK(some.get(".env") == "-");
    CHECK(some.get("%2eenv") == "-");
    CHECK(some.get(".git/config") == "-");
    CHECK(some.get("sub/../.env") == "-");
}

TEST_CASE("Links are followed within the folder only", "[page]") {
    const folder some;
    std::error_code ec;
    fs::create_symlink("a.css", some.site() / "inside.css", ec);
    if (ec) return;  // a system without links
    fs::create_symlink("../secret.txt", some.site() / "outside.txt");
    fs::create_symlink(some.beside("secret.txt"), some.site() / "absolute.txt");
    fs::create_directory_symlink("..", some.site() / "up");
    fs::create_directory_symlink("../site-2", some.site() / "neighbour");
    fs::create_symlink("loop", some.site() / "loop");
    CHECK(some.get("inside.css") == "css");
    CHECK(some.get("outside.txt") == "-");
    CHECK(some.get("absolute.txt") == "-");
    CHECK(some.get("up/secret.txt") == "-");
    CHECK(some.get("neighbour/secret.txt") == "-");
    CHECK(some.get("loop") == "-");
}

TEST_CASE("The folder may be a link, and end with a slash", "[page]") {
    const folder some;
    CHECK(file_below(some.site() / "", "a.css"));
    std::error_code ec;
    fs::create_directory_symlink("site", some.beside("link"), ec);
    if (ec) return;
    CHECK(file_below(some.beside("link"), "a.css"));
}

TEST_CASE("Pages are read anew each time", "[page]") {
    const folder some;
    const page_source source(some.site());
    CHECK(source.find("a.css") == "css");
    std::ofstream(some.site() / "a.css", std::ios::binary) << "edited";
    CHECK(source.find("a.css") == "edited");
    CHECK_FALSE(source.find("nothing"));
    CHECK_FALSE(source.find("sub"));
}

TEST_CASE("Pages may be compiled into the program", "[page]") {
    const page_source source(pages);
    CHECK(source.find("index.html") == "embedded index");
    CHECK(source.find("room.html") == std::string("a\0b", 3));
    CHECK_FALSE(source.find("a.css"));
}

TEST_CASE("A folder, if one is given, has precedence over compiled pages", "[page]") {
    const folder some;
    CHECK(page_source(pages, "").find("index.html") == "embedded index");
    CHECK(page_source(pages, some.site().string()).find("index.html") == "index");
}

TEST_CASE("The error about a missing required page names the page and the folder", "[page]") {
    const folder some;
    CHECK_NOTHROW(page_source(some.site()).require_page("a.css"));
    CHECK_THROWS_AS(page_source(pages).require_page("a.css"), std::runtime_error);
    std::string message;
    try {
        page_source(some.site()).require_page("nothing.html");
    } catch (const std::runtime_error& problem) {
        message = problem.what();
    }
    CHECK(message.find("'nothing.html'") != std::string::npos);
    CHECK(message.find(some.site().string()) != std::string::npos);
}

TEST_CASE("Equal bytes have equal entity tags, and different bytes different ones", "[pages]") {
    using roompp::entity_tag;
    CHECK(entity_tag("") == "\"cbf29ce484222325\"");
    CHECK(entity_tag("a") == "\"af63dc4c8601ec8c\"");
    CHECK(entity_tag("foobar") == "\"85944171f73967e8\"");
    CHECK(entity_tag("ab") != entity_tag("ba"));
    CHECK(entity_tag("\xff") == entity_tag("\xff"));
}
