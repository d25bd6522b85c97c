#pragma once
// Names for the periods in which message numbers rise without interruption.

#include <string>

#include <roompp/base/loop.hpp>
#include <roompp/base/text.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A new epoch: 16 hexadecimal digits, random, so that no two rooms have the same. On the loop's thread.
[[nodiscard]] inline std::string new_epoch(loop& home) { return detail::to_hex(home.random(), 16); }

ROOMPP_NAMESPACE_END
