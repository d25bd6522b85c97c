#pragma once
// What becomes of a client that receives more slowly than it is sent to.

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// What becomes of a member for which more than limits::queue_bytes would be queued. In no case do the other members
/// wait, or does the queue grow beyond that.
enum class when_slow : unsigned char {
    disconnect,      ///< it is closed with 1013
    skip_to_latest,  ///< all that is queued for it is dropped, and it goes on with the newest message
    drop_oldest      ///< as many of its oldest queued messages are dropped as the new ones need
};

ROOMPP_NAMESPACE_END
