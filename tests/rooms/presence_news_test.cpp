#include <map>
#include <memory>
#include <string>
#include <vector>

#include <roompp/rooms/presence_news.hpp>

#include "support/catch.hpp"

namespace {

struct fake_newcomer {};
using strings = std::vector<std::string>;

std::shared_ptr<const roompp::person> called(const std::string& id, const std::string& name = "") {
    return std::make_shared<const roompp::person>(roompp::person{id, name, ""});
}

// The news, with the persons who are present now.
strings lines_of(roompp::detail::presence_news<fake_newcomer>& news,
                 const std::map<std::string, std::shared_ptr<const roompp::person>>& present) {
    strings lines;
    for (const auto& change : news.take_changes([&](const std::string& id) -> std::shared_ptr<const roompp::person> {
             const auto found = present.find(id);
             return found == present.end() ? nullptr : found->second;
         }))
        lines.push_back((change.has_left ? '-' : '+') + change.subject->id + change.subject->name);
    return lines;
}

}  // namespace

TEST_CASE("News are what differs from what the members know", "[presence_news]") {
    roompp::detail::presence_news<fake_newcomer> news;
    CHECK(news.empty());
    news.note("new", nullptr);
    news.note("gone", called("gone"));
    news.note("renamed", called("renamed", "Ann"));
    CHECK_FALSE(news.empty());
    CHECK(
        lines_of(news, {{"new", called("new")}, {"renamed", called("renamed", "Anna")}, {"other", called("other")}}) ==
        strings{"-gone", "+new", "+renamedAnna"});
    CHECK(news.empty());
}

TEST_CASE("What cancels out is no news", "[presence_news]") {
    roompp::detail::presence_news<fake_newcomer> news;
    news.note("visitor", nullptr);            // comes
    news.note("visitor", called("visitor"));  // and goes
    news.note("back", called("back"));
    news.note("back", nullptr);
    CHECK(lines_of(news, {{"back", called("back")}}).empty());
}

TEST_CASE("Newcomers are taken once", "[presence_news]") {
    roompp::detail::presence_news<fake_newcomer> news;
    const auto newcomer = std::make_shared<fake_newcomer>();
    news.add_newcomer(newcomer);
    CHECK_FALSE(news.empty());
    CHECK(news.take_newcomers() == std::vector{newcomer});
    CHECK(news.take_newcomers().empty());
    CHECK(news.empty());
}
