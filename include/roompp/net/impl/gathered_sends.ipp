#pragma once
// Writing what a turn has gathered.

#include <roompp/config.hpp>
#include <roompp/net/gathered_sends.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

ROOMPP_DECL void gathered_sends::write() {
    if (sends_.empty()) return;
    if (++current_ == 0) current_ = 1;
    // Also after an exception: the targets and sockets may not exist any more when the next turn ends.
    struct clear_at_end {
        gathered_sends& self;
        ~clear_at_end() {
            self.sends_.clear();
            self.batches_.clear();
        }
    } const guard{*this};
    writer_->write(sends_, batches_);
}

}  // namespace net
ROOMPP_NAMESPACE_END
