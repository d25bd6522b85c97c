#pragma once
// What runs a server in a test: its loops, its network and its time, one thing after the other in one thread.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/server/server.hpp>
#include <roompp/testing/failure.hpp>
#include <roompp/testing/memory_stream.hpp>
#include <roompp/testing/random.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// Drives one server, until its end or the server's. The seed decides what happens first where several things may: which
/// loop runs next, whose bytes arrive first, and in how many parts, and whether they do before or after what is due when
/// time has passed. Seed 0 is the plain order: everything that the server has to do is done, and everything that it sends
/// is received, before the bytes of the next client arrive, and all of that before time passes. What one loop was given,
/// and what one connection carries, keeps its order with every seed, so every run is one that could really happen. The
/// server's random numbers come from the seed as well.
class simulation final : public server::loop_driver,
                         private memory_link::listener,
                         public std::enable_shared_from_this<simulation> {
public:
    using clock = loop::clock;

    /// @throws std::logic_error if the server is driven already.
    [[nodiscard]] static std::shared_ptr<simulation> start(server& served, std::uint64_t seed) {
        if (served.driven_by())
            throw std::logic_error("roompp: this server is in another roompp::testing::world; use that one");
        auto made = std::make_shared<simulation>(served, seed);
        made->take_over();
        return made;
    }
    /// The one that drives the server, or a new one with seed 0.
    [[nodiscard]] static std::shared_ptr<simulation> of(server& served) {
        auto running = std::dynamic_pointer_cast<simulation>(served.driven_by());
        return running ? running : start(served, 0);
    }

    /// For start().
    simulation(server& served, std::uint64_t seed)
        : server_(&served), seed_(seed), random_(seed), random_for_server_(~seed) {}
    ~simulation() override { end(); }

    /// Ends the conversations, once: what is on its way arrives, then the clients vanish, and the server is told.
    void end() {
        if (!server_) return;
        run_quietly();
        const auto links = all_links();
        for (const auto& one : links) one->vanish();
        run_quietly();
        for (const auto& one : links) one->forget();
        for (const auto& what : errors_)
            std::fprintf(stderr, "roompp: a handler failed as its test ended: %s\n", text_of(what).c_str());
        server_->detach_driver();
        server_ = nullptr;
        shards_.clear();
        busy_.clear();
        ticks_.clear();
    }
    [[nodiscard]] bool has_ended() const noexcept { return server_ == nullptr; }

    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
    /// The time since the start.
    [[nodiscard]] clock::duration elapsed() const noexcept { return now_ - started_; }
    [[nodiscard]] std::chrono::system_clock::time_point wall_now() const noexcept { return wall_; }
    void set_wall_time(std::chrono::system_clock::time_point now) {
        wall_ = now;
        for (net::shard* one : shards_) one->home().set_wall_time(wall_);
    }
    /// What hooks have thrown since this was last asked, and no on_error() took; see settle().
    [[nodiscard]] std::vector<std::string> errors() {
        run();
        std::vector<std::string> texts;
        for (const auto& what : std::exchange(errors_, {})) texts.push_back(text_of(what));
        return texts;
    }

    /// A new connection to the server, on its next loop, as a listening socket would have it.
    /// @param capacity the most bytes under way in each direction.
    /// @throws failure if the world, or its server, has ended.
    [[nodiscard]] std::shared_ptr<memory_link> connect(std::string peer, std::size_t capacity) {
        require_server();
        net::shard& host = *shards_[next_shard_++ % shards_.size()];
        memory_link::listener& told = *this;
        auto link = std::make_shared<memory_link>(host, told, std::move(peer), capacity);
        host.home().post([its = server_, &host, link] { its->serve(host, memory_stream(link)); });
        remember(link);
        return link;
    }
    /// A number for a new client, from 1.
    [[nodiscard]] std::size_t next_number() noexcept { return ++clients_; }

    /// How many steps settle() goes on for.
    void most_steps(std::size_t n) noexcept { most_steps_ = n; }

    /// Runs everything that is ready, and what comes of it, until nothing is.
    /// @throws failure if it does not come to an end, if a hook calls this, or if the world has ended; hook_failure if hooks
    /// have thrown what no on_error() takes.
    void settle() {
        run();
        throw_errors();
    }

    /// Stops the server, and settles.
    void stop() {
        require_rest();
        server_->stop();
        settle();
    }

    /// Lets time pass, second by second, as the server's loops see it, and settles after each. What is on its way before
    /// that arrives first; with another seed than 0, what is due within the first second may come before it.
    void advance(clock::duration by) {
        require_rest();
        if (seed_ == 0 || by <= clock::duration::zero()) run();
        while (by > clock::duration::zero()) {
            const auto step = std::min<clock::duration>(by, std::chrono::seconds(1));
            by -= step;
            pass(step);
            run();
        }
        throw_errors();
    }

private:
    using link_ptr = std::shared_ptr<memory_link>;

    // A flag that is up for a while.
    class raised {
    public:
        explicit raised(bool& flag) : flag_(flag) { flag_ = true; }
        ~raised() { flag_ = false; }
        raised(const raised&) = delete;
        raised& operator=(const raised&) = delete;

    private:
        bool& flag_;
    };

    // Makes the calling thread a loop's for a while.
    class visit {
    public:
        explicit visit(loop& home) : home_(home) { home_.enter(); }
        ~visit() { home_.suspend(); }
        visit(const visit&) = delete;
        visit& operator=(const visit&) = delete;

    private:
        loop& home_;
    };

    void take_over() {
        shards_ = server_->attach_driver(shared_from_this());
        now_ = started_ = shards_.front()->now();
        for (net::shard* one : shards_) one->home().suspend();
        pass({});
        while (!ticks_.empty()) tick(0);
    }

    // server::driver
    [[nodiscard]] std::uint64_t random() override { return random_for_server_.next(); }
    void failed(const std::exception_ptr& what) override { errors_.push_back(what); }
    void on_server_end() override { end(); }

    void require_server() const {
        if (!server_)
            throw failure(
                "roompp::testing: the world has ended, or its server: keep both for as long as their clients");
    }
    // Within a hook, the server can't go on.
    void require_rest() const {
        require_server();
        if (running_)
            throw failure(
                "roompp::testing: a hook of the server can't look at what comes of it, nor let time pass: the server "
                "would have to go on before the hook has returned. Do so after it, or only send here");
    }

    void run() {
        require_rest();
        const raised running(running_);
        const auto kept = weak_from_this().lock();  // a hook may let the last client go
        busy_.assign(shards_.size(), true);
        for (std::size_t steps = 0; seed_ == 0 ? step_in_order() : step_at_random(); ++steps)
            if (steps == most_steps_)
                throw failure("the server does not come to rest: after " + std::to_string(most_steps_) +
                              " steps there still is something to do; does a handler post itself, or answer itself?");
    }
    void run_quietly() noexcept {
        try {
            run();
        } catch (...) {  // the test has ended: there is nobody to tell
        }
    }

    void throw_errors() {
        if (errors_.empty()) return;
        std::string story = "the server's hooks have thrown what no on_error() takes:";
        for (const auto& what : std::exchange(errors_, {})) {
            if (is_foreign(what)) std::rethrow_exception(what);  // a test framework's own: it must go on as it is
            story += "\n  " + text_of(what);
        }
        throw hook_failure(story +
                           "\n  A test that expects this asks world.errors() first, or gives the server an on_error()");
    }
    static bool is_foreign(const std::exception_ptr& what) {
        try {
            std::rethrow_exception(what);
        } catch (const std::exception&) {
            return false;
        } catch (...) {
            return true;
        }
    }
    static std::string text_of(const std::exception_ptr& what) {
        try {
            std::rethrow_exception(what);
        } catch (const std::exception& e) {
            return e.what();
        } catch (...) {
            return "an exception that is not derived from std::exception";
        }
    }

    // The loops see it one after the other, as run() goes on.
    void pass(clock::duration step) {
        now_ += step;
        wall_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(step);
        for (std::size_t i = 0; i < shards_.size(); ++i) ticks_.push_back(i);
        for (const auto& held : std::exchange(held_, {})) bytes_for_client(*held);
    }
    void tick(std::size_t index) {
        net::shard& one = *shards_[ticks_[index]];
        ticks_.erase(ticks_.begin() + static_cast<std::ptrdiff_t>(index));
        guarded(one, [&] {
            one.home().set_wall_time(wall_);
            one.advance(now_);
        });
        std::fill(busy_.begin(), busy_.end(), true);
    }
    bool poll(std::size_t index) {
        bool ran = true;
        guarded(*shards_[index], [&] { ran = shards_[index]->poll_one(); });
        if (ran && shards_.size() > 1) std::fill(busy_.begin(), busy_.end(), true);  // it may have given others work
        busy_[index] = ran;
        return ran;
    }
    template <class Action>
    void guarded(net::shard& one, Action&& action) {
        try {
            const visit here(one.home());
            action();
        } catch (...) {
            server_->report(std::current_exception());
        }
    }

    // memory_link::listener
    void bytes_on_their_way(memory_link& link) override {
        if (std::exchange(link.listed_for_server, true)) return;
        to_server_.push_back(link.shared_from_this());
    }
    void bytes_for_client(memory_link& link) override {
        if (std::exchange(link.listed_for_client, true)) return;
        to_client_.push_back(link.shared_from_this());
    }

    bool step_in_order() {
        if (!ticks_.empty()) {
            tick(0);
            return true;
        }
        for (std::size_t i = 0; i < shards_.size(); ++i)
            if (busy_[i] && poll(i)) return true;
        if (!to_client_.empty()) {
            carry_to_client(0, memory_link::everything);
            return true;
        }
        if (!to_server_.empty()) {
            carry_to_server(0, memory_link::everything);
            return true;
        }
        return false;
    }

    bool step_at_random() {
        const auto busy = static_cast<std::size_t>(std::count(busy_.begin(), busy_.end(), true));
        const std::size_t choices = ticks_.size() + busy + to_client_.size() + to_server_.size();
        if (choices == 0) return false;
        std::size_t chosen = random_.below(choices);
        if (chosen < ticks_.size()) {
            tick(chosen);
        } else if ((chosen -= ticks_.size()) < busy) {
            std::size_t i = 0;
            while (!busy_[i] || chosen-- != 0) ++i;
            poll(i);
        } else if ((chosen -= busy) < to_client_.size()) {
            carry_to_client(chosen, some_of(to_client_[chosen]->can_be_taken(now_)));
        } else {
            chosen -= to_client_.size();
            carry_to_server(chosen, some_of(to_server_[chosen]->can_arrive()));
        }
        return true;
    }
    // Everything half of the time, else a part.
    std::size_t some_of(std::size_t bytes) {
        return bytes < 2 || random_.below(2) == 0 ? memory_link::everything : 1 + random_.below(bytes);
    }

    void carry_to_server(std::size_t index, std::size_t most) {
        const auto link = take(to_server_, index);
        link->listed_for_server = false;
        if (!link->has_news_for_server()) return;
        link->arrive(most);
        busy_[link->host().home().index()] = true;
        if (link->has_news_for_server()) bytes_on_their_way(*link);
    }
    void carry_to_client(std::size_t index, std::size_t most) {
        const auto link = take(to_client_, index);
        link->listed_for_client = false;
        if (link->has_news_for_client(now_)) {
            link->deliver(most, now_);
            busy_[link->host().home().index()] = true;
        }
        if (link->has_news_for_client(now_))
            bytes_for_client(*link);
        else if (link->holds_back(now_))
            held_.push_back(link);
    }
    static link_ptr take(std::deque<link_ptr>& from, std::size_t index) {
        if (index != 0) from[index].swap(from.front());
        auto taken = std::move(from.front());
        from.pop_front();
        return taken;
    }

    void remember(const link_ptr& link) {
        if (links_.size() == links_.capacity())  // now and then, so that the past is not kept
            links_.erase(std::remove_if(links_.begin(), links_.end(), [](const auto& one) { return one.expired(); }),
                         links_.end());
        links_.push_back(link);
    }
    [[nodiscard]] std::vector<link_ptr> all_links() const {
        std::vector<link_ptr> living;
        for (const auto& one : links_)
            if (auto still = one.lock()) living.push_back(std::move(still));
        return living;
    }

    server* server_;  // null after the end
    std::uint64_t seed_;
    random_numbers random_;
    random_numbers random_for_server_;  // apart, so that the order does not depend on what it asks for
    std::vector<net::shard*> shards_;
    std::vector<bool> busy_;          // by loop: there may be something for it to do
    std::vector<std::size_t> ticks_;  // the loops that do not know yet how late it is
    std::deque<link_ptr> to_server_;
    std::deque<link_ptr> to_client_;
    std::vector<link_ptr> held_;
    std::vector<std::exception_ptr> errors_;  // that nobody has been told of
    std::vector<std::weak_ptr<memory_link>> links_;
    std::size_t most_steps_ = 20'000'000;
    std::size_t next_shard_ = 0;
    std::size_t clients_ = 0;
    bool running_ = false;
    clock::time_point started_{};
    clock::time_point now_{};
    // Noon of the first day of 2030, in UTC.
    std::chrono::system_clock::time_point wall_{std::chrono::seconds(1'893'499'200)};
};

}  // namespace testing
ROOMPP_NAMESPACE_END
