#pragma once
// The encoded forms of a message in a history: made once, for all members who join later.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/rooms/history_budget.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The forms in which encodings have written one stored message. Owned by its history.
class encoded_forms {
public:
    /// Frees them. @returns the memory that they took, in bytes.
    std::size_t clear() noexcept {
        std::size_t bytes = 0;
        for (const form& entry : forms_) bytes += memory_of(entry.text);
        std::vector<form>().swap(forms_);
        return bytes;
    }

private:
    friend class encoded_message;
    struct form {
        const void* key;
        std::string text;
    };
    static std::size_t memory_of(const std::string& text) noexcept { return sizeof(form) + text.capacity() + 1; }

    std::vector<form> forms_;  // as few as the application has encodings
};

/// Access to the encoded forms of a message, for encodings: see room_event::encoded. A view, valid as long as the event. Not
/// thread-safe: belongs to the room's home loop. Without a history behind it, nothing is stored.
class encoded_message {
public:
    encoded_message() = default;
    /// For histories: all three must outlive the view.
    /// @param memory the memory of the history's forms, in bytes; grows with each that is stored.
    /// @param share what it counts against; null: nothing.
    encoded_message(encoded_forms& forms, std::size_t& memory, history_share* share) noexcept
        : forms_(&forms), memory_(&memory), share_(share) {}

    /// Appends the message in one form to a text.
    /// @param key tells the form from others: the address of an object that exists as long as the program.
    /// @param encode makes the form, as `std::string()`; called only if it is not stored. A form must depend on nothing but
    /// the message.
    template <class Encode>
    void append_to(std::string& text, const void* key, Encode&& encode) const {
        if (forms_) {
            for (const auto& entry : forms_->forms_)
                if (entry.key == key) {
                    text += entry.text;
                    return;
                }
        }
        std::string made = std::forward<Encode>(encode)();
        text += made;
        if (!forms_) return;
        made.shrink_to_fit();  // it may stay for long
        const std::size_t bytes = encoded_forms::memory_of(made);
        if (share_ && !share_->reserve_encoded(bytes)) return;
        forms_->forms_.push_back({key, std::move(made)});
        *memory_ += bytes;
    }

private:
    encoded_forms* forms_ = nullptr;
    std::size_t* memory_ = nullptr;
    history_share* share_ = nullptr;
};

ROOMPP_NAMESPACE_END
