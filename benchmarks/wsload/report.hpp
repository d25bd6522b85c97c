// One measurement as one line of JSON.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "cpu_usage.hpp"

namespace wsload {

class report {
public:
    explicit report(std::string_view mode) : text_("{\"mode\":\"" + std::string(mode) + "\"") {}

    report& count(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
    report& difference(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }

    report& real(std::string_view name, double value, int decimals) {
        char number[64];
        std::snprintf(number, sizeof number, "%.*f", decimals, value);
        return raw(name, number);
    }

    // CPU time in microseconds for each of `events`; `event` names one of them.
    report& cpu(const std::string& event, const cpu_seconds& used, std::uint64_t events) {
        const double each = events == 0 ? 0 : 1e6 / static_cast<double>(events);
        real("server_cpu_us_per_" + event, used.server * each, 3);
        real("ksoftirqd_cpu_us_per_" + event, used.ksoftirqd * each, 3);
        return real("machine_cpu_us_per_" + event, used.machine * each, 3);
    }

    report& percentiles(std::vector<std::uint64_t> nanoseconds) {
        std::sort(nanoseconds.begin(), nanoseconds.end());
        const auto at = [&](double share) {
            if (nanoseconds.empty()) return 0.0;
            const auto rank = static_cast<std::size_t>(share * static_cast<double>(nanoseconds.size()));
            return static_cast<double>(nanoseconds[std::min(rank, nanoseconds.size() - 1)]) * 1e-3;
        };
        return real("p50_us", at(.5), 0).real("p99_us", at(.99), 0).real("p999_us", at(.999), 0);
    }

    void print() const {
        std::printf("%s}\n", text_.c_str());
        std::fflush(stdout);
    }

private:
    report& raw(std::string_view name, const std::string& value) {
        text_ += ",\"" + std::string(name) + "\":" + value;
        return *this;
    }

    std::string text_;
};

}  // namespace wsload
