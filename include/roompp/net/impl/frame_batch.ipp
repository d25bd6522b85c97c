#pragma once
// The compressed form of a batch.

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/frame_header.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

ROOMPP_DECL std::shared_ptr<const frame_batch> frame_batch::compressed(const compression& algorithm) const {
    const std::lock_guard lock(compressing_);
    if (compressed_) return compressed_;
    auto made = std::make_shared<frame_batch>();
    for (std::string_view rest = bytes_; !rest.empty();) {
        const auto frame = encoded_frame::parse_first(rest);
        rest.remove_prefix(frame.bytes.size());
        std::string smaller;
        if (algorithm.deflate(frame.body, smaller))
            made->bytes_.append(frame_header(frame.kind, smaller.size(), true).bytes()).append(smaller);
        else
            made->bytes_.append(frame.bytes);
    }
    compressed_ = std::move(made);
    return compressed_;
}

}  // namespace net
ROOMPP_NAMESPACE_END
