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

/// A member's position in an audience. Its owner keeps it at one address while the member is in the audience.
struct subscriber_slot {
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);
    std::size_t index = npos;  ///< in the audience; belongs to the audience's loop
    std::size_t loop = 0;      ///< the index of that loop; constant while the slot is in use
};

/// One turn's messages, ready to be written: one batch for everyone, and patches for the few members that get something
/// else.
template <class Batch>
struct delivery {
    /// A part of a batch, between two values of its size().
    struct range {
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    /// For one member, replaces a range of the common batch by a range of the batch of private bytes: by an empty one
    /// for a message that the member must not get; an empty one, by a message for it alone.
    struct member_patch {
        const subscriber_slot* slot = nullptr;
        range common;
        range private_bytes;
    };

    std::shared_ptr<const Batch> common;
    std::shared_ptr<const Batch> private_bytes;
    std::vector<member_patch> patches;

    /// The delivery for the members on one loop: patches refer to slots, which only their own loop may read.
    [[nodiscard]] delivery for_loop(std::size_t index) const {
        delivery filtered{common, private_bytes, {}};
        for (const member_patch& patch : patches)
            if (patch.slot->loop == index) filtered.patches.push_back(patch);
        return filtered;
    }

    /// The batch for a member with these patches, in place of the common one.
    template <class Iterator>
    [[nodiscard]] std::shared_ptr<const Batch> with_patches(Iterator first, Iterator last) const {
        auto own = std::make_shared<Batch>();
        std::size_t position = 0;
        for (; first != last; ++first) {
            own->append(*common, position, first->common.begin);
            own->append(*private_bytes, first->private_bytes.begin, first->private_bytes.end);
            position = first->common.end;
        }
        own->append(*common, position, common->size());
        return own;
    }
};

/// Gathers messages into a delivery, in the order in which they are added. Not thread-safe.
template <class Batch>
class batch_builder {
public:
    using range = typename delivery<Batch>::range;

    /// Adds a message for everyone.
    void add(payload message) {
        add([&](Batch& batch) { batch.append(message); });
    }
    /// The same with whatever `append(Batch&)` adds; here and below, nothing is sent if it adds nothing.
    template <class Append, class = std::enable_if_t<std::is_invocable_v<Append&, Batch&>>>
    void add(Append&& append) {
        append(common());
    }

    /// Adds a message for everyone except one.
    void add_except(const subscriber_slot& slot, payload message) {
        add_except(slot, [&](Batch& batch) { batch.append(message); });
    }
    template <class Append, class = std::enable_if_t<std::is_invocable_v<Append&, Batch&>>>
    void add_except(const subscriber_slot& slot, Append&& append) {
        const std::size_t begin = common().size();
        append(*common_);
        if (common_->size() == begin) return;
        private_bytes();
        patches_.push_back({&slot, {begin, common_->size()}, {0, 0}});
    }

    /// Adds something for everyone except some, who get what add_private() encoded in its place.
    /// @param for_each_slot called with a function that takes each of their slots.
    template <class Append, class ForEachSlot>
    void add_replaced(Append&& append, range replacement, ForEachSlot&& for_each_slot) {
        const std::size_t begin = common().size();
        append(*common_);
        private_bytes();
        const range replaced{begin, common_->size()};
        for_each_slot([&](const subscriber_slot& slot) { patches_.push_back({&slot, replaced, replacement}); });
    }

    /// Adds a message for one alone.
    void add_only(const subscriber_slot& slot, payload message) {
        add_only(slot, add_private([&](Batch& batch) { batch.append(message); }));
    }
    /// Encodes something for some members alone, for add_only() in this turn.
    template <class Append>
    [[nodiscard]] range add_private(Append&& append) {
        const std::size_t begin = private_bytes().size();
        append(*private_bytes_);
        return {begin, private_bytes_->size()};
    }
    /// Gives a member what add_private() encoded.
    void add_only(const subscriber_slot& slot, range encoded) {
        if (encoded.begin == encoded.end) return;
        const std::size_t position = common().size();
        patches_.push_back({&slot, {position, position}, encoded});
    }

    /// A member joins now: what was gathered before is not for it.
    void begin(const subscriber_slot& slot) {
        if (!common_ || common_->size() == 0) return;
        private_bytes();
        patches_.push_back({&slot, {0, common_->size()}, {0, 0}});
    }
    /// A member leaves now; its slot is not referred to any more. O(patches).
    /// @returns what was gathered for it; null if that is nothing.
    [[nodiscard]] std::shared_ptr<const Batch> end(const subscriber_slot& slot) {
        if (empty()) return nullptr;
        const auto own_patches = std::stable_partition(patches_.begin(), patches_.end(),
                                                       [&](const auto& patch) { return patch.slot != &slot; });
        auto own = delivery<Batch>{common_, private_bytes_, {}}.with_patches(own_patches, patches_.end());
        patches_.erase(own_patches, patches_.end());
        return own->size() == 0 ? nullptr : own;
    }

    /// Whether nothing was gathered.
    [[nodiscard]] bool empty() const noexcept { return !common_ || (common_->size() == 0 && patches_.empty()); }

    /// What was gathered; the builder is empty afterwards.
    [[nodiscard]] delivery<Batch> take() {
        delivery<Batch> gathered{std::move(common_), std::move(private_bytes_), std::move(patches_)};
        common_ = nullptr;
        private_bytes_ = nullptr;
        patches_.clear();
        return gathered;
    }

    /// Returns a delivery, so that its memory serves the next turn; does nothing if it is shared. Only for deliveries
    /// that never left this loop.
    void recycle(delivery<Batch>&& done) {
        constexpr std::size_t max_reusable_bytes = 64 * 1024;
        if (common_ || !done.common || done.common.use_count() != 1 || done.common->size() > max_reusable_bytes) return;
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
    Batch& private_bytes() {
        if (!private_bytes_) private_bytes_ = std::make_shared<Batch>();
        return *private_bytes_;
    }

    std::shared_ptr<Batch> common_;
    std::shared_ptr<Batch> private_bytes_;
    std::vector<typename delivery<Batch>::member_patch> patches_;
};

ROOMPP_NAMESPACE_END
