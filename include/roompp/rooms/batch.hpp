#pragma once
// The messages of one turn, encoded once and shared by all members.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Where a member sits in an audience; its owner keeps it in one place while the member is in.
struct subscriber_slot {
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);
    std::size_t index = npos;  ///< among the audience; belongs to the audience's loop
    std::size_t loop = 0;      ///< the index of that loop; never changes while others know the seat
};

/// One turn's messages, ready to be written: the same batch for everyone, and the few exceptions.
template <class Batch>
struct delivery {
    /// A part of a batch, between two values of its size().
    struct part {
        std::size_t from = 0;
        std::size_t to = 0;
    };
    /// For one member, a part of the common batch is replaced by a part of the batch `aside`: by nothing for a message
    /// that it must not get; an empty part, by a message for it alone.
    struct member_patch {
        const subscriber_slot* slot = nullptr;
        part common;
        part aside;
    };

    std::shared_ptr<const Batch> common;
    std::shared_ptr<const Batch> aside;
    std::vector<member_patch> patches;

    /// The delivery for the members on one loop: patches tell of seats, which only their own loop may look into.
    [[nodiscard]] delivery for_loop(std::size_t index) const {
        delivery its{common, aside, {}};
        for (const member_patch& one : patches)
            if (one.slot->loop == index) its.patches.push_back(one);
        return its;
    }

    /// What a member with these patches gets instead of the common batch.
    template <class Detours>
    [[nodiscard]] std::shared_ptr<const Batch> with_patches(Detours first, Detours last) const {
        auto own = std::make_shared<Batch>();
        std::size_t at = 0;
        for (; first != last; ++first) {
            own->append(*common, at, first->common.from);
            own->append(*aside, first->aside.from, first->aside.to);
            at = first->common.to;
        }
        own->append(*common, at, common->size());
        return own;
    }
};

/// Gathers messages into a delivery, in the order in which they were added.
template <class Batch>
class batch_builder {
public:
    using part = typename delivery<Batch>::part;

    /// A message for everyone.
    void add(payload message) {
        add([&](Batch& batch) { batch.append(message); });
    }
    /// The same with whatever `append(Batch&)` adds; here and below, nothing is sent if it adds nothing.
    template <class Append, class = std::enable_if_t<std::is_invocable_v<Append&, Batch&>>>
    void add(Append&& append) {
        append(common());
    }

    /// A message for everyone but one.
    void add_except(const subscriber_slot& who, payload message) {
        add_except(who, [&](Batch& batch) { batch.append(message); });
    }
    template <class Append, class = std::enable_if_t<std::is_invocable_v<Append&, Batch&>>>
    void add_except(const subscriber_slot& who, Append&& append) {
        const std::size_t from = common().size();
        append(*common_);
        if (common_->size() == from) return;
        aside();
        patches_.push_back({&who, {from, common_->size()}, {0, 0}});
    }

    /// A message for one alone.
    void add_only(const subscriber_slot& who, payload message) {
        add_only(who, set_aside([&](Batch& batch) { batch.append(message); }));
    }
    /// Something for some alone: encoded once by set_aside(), and given to each of them in this turn.
    template <class Append>
    [[nodiscard]] part set_aside(Append&& append) {
        const std::size_t from = aside().size();
        append(*aside_);
        return {from, aside_->size()};
    }
    void add_only(const subscriber_slot& who, part of_aside) {
        if (of_aside.from == of_aside.to) return;
        const std::size_t at = common().size();
        patches_.push_back({&who, {at, at}, of_aside});
    }

    /// `who` comes now: what was gathered before is not for it.
    void begin(const subscriber_slot& who) {
        if (!common_ || common_->size() == 0) return;
        aside();
        patches_.push_back({&who, {0, common_->size()}, {0, 0}});
    }
    /// `who` goes now, and is not referred to any more. O(patches).
    /// @returns what was gathered for it, null if that is nothing.
    [[nodiscard]] std::shared_ptr<const Batch> end(const subscriber_slot& who) {
        if (empty()) return nullptr;
        const auto its =
            std::stable_partition(patches_.begin(), patches_.end(), [&](const auto& one) { return one.slot != &who; });
        auto own = delivery<Batch>{common_, aside_, {}}.with_patches(its, patches_.end());
        patches_.erase(its, patches_.end());
        return own->size() == 0 ? nullptr : own;
    }

    [[nodiscard]] bool empty() const noexcept { return !common_ || (common_->size() == 0 && patches_.empty()); }

    /// What was gathered; the builder is empty afterwards.
    [[nodiscard]] delivery<Batch> take() {
        delivery<Batch> taken{std::move(common_), std::move(aside_), std::move(patches_)};
        common_ = nullptr;
        aside_ = nullptr;
        patches_.clear();
        return taken;
    }

    /// Gives a delivery that nobody holds any more back, so that its memory serves the next turn. Only for deliveries
    /// that never left this loop.
    void recycle(delivery<Batch>&& done) {
        constexpr std::size_t worth_keeping = 64 * 1024;
        if (common_ || !done.common || done.common.use_count() != 1 || done.common->size() > worth_keeping) return;
        common_ = std::const_pointer_cast<Batch>(std::move(done.common));
        common_->clear();
        patches_ = std::move(done.patches);
        patches_.clear();
    }

private:
    Batch& common() {
        if (!common_) common_ = std::make_shared<Batch>();
        return *common_;
    }
    Batch& aside() {
        if (!aside_) aside_ = std::make_shared<Batch>();
        return *aside_;
    }

    std::shared_ptr<Batch> common_;
    std::shared_ptr<Batch> aside_;
    std::vector<typename delivery<Batch>::member_patch> patches_;
};

ROOMPP_NAMESPACE_END
