#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <roompp/storage/sqlite_store.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace d = roompp::detail;
using namespace std::chrono_literals;
using std::chrono::system_clock;

namespace {

const system_clock::time_point noon{std::chrono::seconds(1'700'000'000)};

const std::shared_ptr<const roompp::person> ann =
    std::make_shared<const roompp::person>(roompp::person{"ann", "Ann", "{}"});

// A store that commits each message.
class site {
public:
    explicit site(roompp::sqlite_settings settings = {}) : settings_(std::move(settings)) {
        settings_.path = (folder_.path() / "chat.db").string();
        restart();
    }
    template <class Action>
    void restart(Action&& meanwhile) {
        store_.reset();
        meanwhile();
        store_ = std::make_unique<d::sqlite_store>(settings_);
    }
    void restart() {
        restart([] {});
    }
    // Moves everything into the database's own file.
    void checkpoint() const {
        d::sqlite_database(settings_.path, d::sqlite_database::access::read_write)
            .execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    d::sqlite_store& store() { return *store_; }
    const std::string& path() const { return settings_.path; }
    d::sqlite_reader reader() const { return d::sqlite_reader(settings_.path); }

    d::stored_room room(const std::string& name) {
        auto found = store_->find_room(name);
        if (found) return *found;
        d::stored_room added;
        added.epoch = "epoch of " + name;
        store_->begin();
        store_->add_room(name, added);
        store_->commit();
        return added;
    }
    void say(const std::string& name, const std::string& text, system_clock::time_point at = noon,
             const std::string& key = {}, std::shared_ptr<const roompp::person> sender = nullptr) {
        auto target = room(name);
        store_->begin();
        store_->append(target, {target.last_id + 1, at, std::move(sender), roompp::payload_kind::text, text}, key, at);
        store_->update(target, at);
        store_->commit();
    }
    std::vector<std::string> texts(const std::string& name, std::uint64_t after = 0) {
        std::vector<std::string> all;
        for (auto& message : reader().read(room(name).number, after, 1'000'000, 1'000'000'000))
            all.push_back(std::move(message.bytes));
        return all;
    }
    void expire(system_clock::time_point now) {
        store_->begin();
        store_->expire(now, [](const std::string&, const d::stored_room&) {});
        store_->commit();
    }

private:
    temporary_folder folder_;
    roompp::sqlite_settings settings_;
    std::unique_ptr<d::sqlite_store> store_;
};

}  // namespace

TEST_CASE("What a room has said is there after a restart, with its numbers and senders", "[sqlite]") {
    site chat;
    chat.say("lobby", "one", noon, {}, ann);
    chat.say("lobby", std::string("\0two", 4));
    chat.say("other", "three");
    chat.restart();
    const auto lobby = chat.store().find_room("lobby");
    REQUIRE(lobby);
    CHECK(lobby->epoch == "epoch of lobby");
    CHECK(lobby->last_id == 2);
    CHECK(lobby->bytes == 7);
    const auto messages = chat.reader().read(lobby->number, 0, 10, 1000);
    REQUIRE(messages.size() == 2);
    CHECK(messages[0].sender->name == "Ann");
    CHECK(messages[0].at == noon);
    CHECK(messages[1].bytes == std::string("\0two", 4));
    CHECK(messages[1].id == 2);
    CHECK_FALSE(messages[1].sender);
    CHECK_FALSE(chat.store().find_room("nowhere"));
}

TEST_CASE("Reading is bounded in messages and bytes, and gives at least one", "[sqlite]") {
    site chat;
    for (int i = 0; i < 10; ++i) chat.say("lobby", std::string(100, 'x'));
    auto reader = chat.reader();
    const auto room = chat.room("lobby").number;
    CHECK(reader.read(room, 0, 3, 1000).size() == 3);
    CHECK(reader.read(room, 0, 100, 250).size() == 2);
    CHECK(reader.read(room, 0, 100, 1).size() == 1);
    CHECK(reader.read(room, 9, 100, 1000).size() == 1);
    CHECK(reader.read(room, 10, 100, 1000).empty());
    CHECK(reader.read_latest(room, 3, 1000).front().id == 8);
    CHECK(reader.read_latest(room, 3, 1000).back().id == 10);
    CHECK(reader.read_latest(room, 3, 1).size() == 1);
}

TEST_CASE("What is rolled back was never said, nor its sender known", "[sqlite]") {
    site chat;
    chat.say("lobby", "one");
    auto room = chat.room("lobby");
    chat.store().begin();
    chat.store().append(room, {2, noon, ann, roompp::payload_kind::text, "two"}, "key", noon);
    chat.store().roll_back();
    CHECK(chat.texts("lobby") == std::vector<std::string>{"one"});
    CHECK_FALSE(chat.store().find_key(chat.room("lobby"), "key", noon));
    chat.say("lobby", "again", noon, {}, ann);
    CHECK(chat.reader().read(room.number, 1, 1, 100)[0].sender->name == "Ann");
}

TEST_CASE("A key is recognised for as long and for as many messages as the settings say", "[sqlite]") {
    roompp::sqlite_settings settings;
    settings.key_age = 60s;
    settings.room_keys = 3;
    site chat(settings);
    chat.say("lobby", "one", noon, "k1");
    chat.say("lobby", "two", noon + 30s, "k2");
    const auto find = [&](const std::string& key, system_clock::time_point now) {
        return chat.store().find_key(chat.room("lobby"), key, now);
    };
    CHECK(find("k1", noon + 60s) == 1);
    CHECK(find("k2", noon + 60s) == 2);
    CHECK_FALSE(find("k1", noon + 61s));
    CHECK_FALSE(find("k3", noon));
    CHECK_FALSE(chat.store().find_key(chat.room("other"), "k1", noon));
    chat.say("lobby", "three", noon + 30s);
    chat.say("lobby", "four", noon + 30s);
    CHECK_FALSE(find("k1", noon + 30s));  // three messages ago
    CHECK(find("k2", noon + 30s) == 2);
    chat.expire(noon + 1h);
    CHECK_FALSE(find("k2", noon));
}

TEST_CASE("A room keeps so many messages, and so many bytes", "[sqlite]") {
    roompp::sqlite_settings settings;
    settings.room_messages = 10;
    settings.room_bytes = 1000;
    site chat(settings);
    for (int i = 1; i <= 100; ++i) {
        chat.say("lobby", std::to_string(i));
        const auto texts = chat.texts("lobby");
        CHECK(texts.back() == std::to_string(i));
        CHECK(texts.size() <= 11);
        CHECK(texts.size() >= std::size_t(std::min(i, 10)));
    }
    for (int i = 0; i < 20; ++i) {
        chat.say("lobby", std::string(300, 'x'));
        CHECK(chat.room("lobby").bytes <= 1000);
    }
    CHECK(chat.texts("lobby").size() >= 2);
    CHECK(chat.room("lobby").last_id == 120);
    CHECK(chat.room("lobby").first_id == 121 - chat.texts("lobby").size());
    chat.say("lobby", std::string(5000, 'x'));  // alone too large
    CHECK(chat.texts("lobby").empty());
    CHECK(chat.room("lobby").bytes == 0);
    chat.say("lobby", "next");
    CHECK(chat.texts("lobby") == std::vector<std::string>{"next"});
}

TEST_CASE("Old messages are deleted", "[sqlite]") {
    roompp::sqlite_settings settings;
    settings.message_age = 100s;
    site chat(settings);
    chat.say("lobby", "old", noon);
    chat.say("lobby", "new", noon + 50s);
    chat.say("other", "old", noon);
    chat.expire(noon + 100s);
    CHECK(chat.texts("lobby").size() == 2);
    chat.expire(noon + 101s);
    CHECK(chat.texts("lobby") == std::vector<std::string>{"new"});
    CHECK(chat.texts("other").empty());
    CHECK(chat.room("other").last_id == 1);
    CHECK(chat.room("other").first_id == 2);
}

TEST_CASE("All rooms together keep so many bytes: the oldest messages go", "[sqlite]") {
    roompp::sqlite_settings settings;
    settings.all_bytes = 500;
    site chat(settings);
    for (int i = 0; i < 5; ++i) chat.say("first", std::string(100, 'a'), noon + std::chrono::seconds(i));
    for (int i = 0; i < 3; ++i) chat.say("second", std::string(100, 'b'), noon + 10s);
    chat.expire(noon + 20s);
    CHECK(chat.texts("first").size() == 2);
    CHECK(chat.texts("second").size() == 3);
}

TEST_CASE("A forgotten person is in no message, whose numbers stay", "[sqlite]") {
    site chat;
    const auto ann_later = std::make_shared<const roompp::person>(roompp::person{"ann", "Ann B.", ""});
    const auto ben = std::make_shared<const roompp::person>(roompp::person{"ben", "Ben", ""});
    chat.say("lobby", "of ann", noon, {}, ann);
    chat.say("lobby", "of ben", noon, {}, ben);
    chat.say("other", "of ann as well", noon, {}, ann_later);
    chat.store().begin();
    CHECK(chat.store().forget_person("ann") == 2);
    CHECK(chat.store().forget_person("") == 0);
    chat.store().commit();
    CHECK(chat.texts("lobby") == std::vector<std::string>{"", "of ben"});
    CHECK(chat.room("lobby").bytes == 6);
    CHECK(chat.room("lobby").last_id == 2);
    CHECK_FALSE(chat.reader().read(chat.room("lobby").number, 0, 1, 10)[0].sender);
    chat.say("lobby", "back", noon, {}, ann);
    CHECK(chat.reader().read(chat.room("lobby").number, 2, 1, 10)[0].sender->name == "Ann");
}

TEST_CASE("A forgotten room is gone, and another of its name has another number", "[sqlite]") {
    site chat;
    chat.say("lobby", "one", noon, "key");
    const auto number = chat.room("lobby").number;
    chat.store().begin();
    CHECK(chat.store().forget_room("lobby"));
    CHECK_FALSE(chat.store().forget_room("lobby"));
    chat.store().commit();
    CHECK_FALSE(chat.store().find_room("lobby"));
    CHECK(chat.room("lobby").number != number);
    CHECK_FALSE(chat.store().find_key(chat.room("lobby"), "key", noon));
}

TEST_CASE("Messages are exported as lines of JSON", "[sqlite]") {
    site chat;
    chat.say("lobby", "a \"quoted\"\nline", noon + 250ms, {}, ann);
    auto room = chat.room("lobby");
    chat.store().begin();
    chat.store().append(room, {2, noon, nullptr, roompp::payload_kind::binary, std::string("\x00\xff", 2)}, {}, noon);
    chat.store().update(room, noon);
    chat.store().commit();
    chat.say("other", "elsewhere");
    std::vector<std::string> lines;
    const auto add = [&](std::string_view line) { lines.emplace_back(line); };
    chat.reader().export_lines("lobby", add);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == R"({"room":"lobby","epoch":"epoch of lobby","id":1,"at":"2023-11-14T22:13:20.250Z",)"
                      R"("sender":{"id":"ann","name":"Ann","data":"{}"},"text":"a \"quoted\"\nline"})");
    CHECK(lines[1] == R"({"room":"lobby","epoch":"epoch of lobby","id":2,"at":"2023-11-14T22:13:20.000Z",)"
                      R"("sender":null,"hex":"00ff"})");
    lines.clear();
    chat.reader().export_lines("", add);
    CHECK(lines.size() == 3);
}

TEST_CASE("A database that cannot be used is refused with the reason, and nothing in it is changed", "[sqlite]") {
    const temporary_folder folder;
    const auto open = [](const std::string& path) {
        roompp::sqlite_settings settings;
        settings.path = path;
        d::sqlite_store store(settings);
    };
    const std::string path = (folder.path() / "file.db").string();
    SECTION("a file that is no database") {
        std::ofstream(path) << std::string(5000, 'x');
        CHECK_THROWS_WITH(open(path), Catch::Contains(path) && Catch::Contains("not a database"));
        CHECK(std::filesystem::file_size(path) == 5000);
    }
    SECTION("a database of another program") {
        d::sqlite_database other(path, d::sqlite_database::access::read_write);
        other.execute("CREATE TABLE t (a)");
        CHECK_THROWS_WITH(open(path), Catch::Contains("of another program"));
        CHECK(other.find_number("SELECT count(*) FROM sqlite_schema") == 1);
    }
    SECTION("a newer version") {
        open(path);
        d::sqlite_database(path, d::sqlite_database::access::read_write).execute("PRAGMA user_version = 99");
        CHECK_THROWS_WITH(open(path), Catch::Contains("newer version of roompp (99, this one knows 1)"));
    }
    SECTION("a folder that is not there") {
        CHECK_THROWS_WITH(open((folder.path() / "nowhere/file.db").string()), Catch::Contains("nowhere/file.db"));
    }
    SECTION("another server has it") {
        roompp::sqlite_settings settings;
        settings.path = path;
        const d::sqlite_store store(settings);
        CHECK_THROWS_WITH(open(path), Catch::Contains("in use by another server"));
    }
    SECTION("part of it is overwritten") {
        open(path);
        {
            std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
            file.seekp(100);
            file << std::string(4000, '\x77');
        }
        CHECK_THROWS_WITH(open(path), Catch::Contains(path));
    }
}

TEST_CASE("A database that is not the one that was used last gets new epochs, as numbers may go on from an older state",
          "[sqlite]") {
    site chat;
    chat.say("lobby", "one");
    chat.restart();
    CHECK_FALSE(chat.store().has_lost_continuity());
    const temporary_folder backups;
    const auto copy = (backups.path() / "copy.db").string();
    chat.checkpoint();
    std::filesystem::copy_file(chat.path(), copy);
    chat.restart();
    CHECK(chat.store().find_room("lobby")->epoch == "epoch of lobby");
    SECTION("an older copy in its place") {
        chat.restart(
            [&] { std::filesystem::copy_file(copy, chat.path(), std::filesystem::copy_options::overwrite_existing); });
    }
    SECTION("a copy without the file beside it") {
        chat.restart([&] { std::filesystem::remove(chat.path() + "-server"); });
    }
    SECTION("commits that were not synced when the system ended") {
        chat.restart([&] {
            std::string generation;
            std::ifstream(chat.path() + "-server") >> generation;
            std::ofstream(chat.path() + "-server") << generation << " another-run unsynced\n";
        });
    }
    CHECK(chat.store().has_lost_continuity());
    CHECK(chat.store().find_room("lobby")->epoch != "epoch of lobby");
    CHECK(chat.store().find_room("lobby")->last_id == 1);
    chat.restart();
    CHECK_FALSE(chat.store().has_lost_continuity());
}
