#pragma once
// A message as a client has received it.

#include <string>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// A message that a client has received, after reassembly. Owns its bytes.
struct received_message {
    std::string data;
    payload_kind kind = payload_kind::text;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
