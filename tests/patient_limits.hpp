#pragma once
// Limits for servers under test: a loaded machine drops nobody.

#include <chrono>

#include <roompp/base/limits.hpp>

/// The default limits, but with any rate of messages, and time limits that no test comes to: those that a test is about
/// it sets itself, and most are tested in virtual time.
inline roompp::limits patient_limits() {
    constexpr std::chrono::hours long_enough(1);
    roompp::limits limits;
    limits.messages_per_second = 0;
    limits.bytes_per_second = 0;
    for (auto* const timeout :
         {&limits.empty_room, &limits.request_timeout, &limits.answer_timeout, &limits.poll_grace, &limits.keep_alive,
          &limits.ping_interval, &limits.ping_timeout, &limits.close_timeout, &limits.stop_timeout})
        *timeout = long_enough;
    return limits;
}
