#pragma once
// The command-line options of a program, `--name value` each, and the memory of its server.

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

namespace crowd {

class options {
public:
    options(int argc, char** argv) {
        for (int i = 1; i < argc; i += 2) {
            if (i + 1 == argc) throw std::invalid_argument(std::string(argv[i]) + " needs a value");
            values_[argv[i]] = argv[i + 1];
        }
    }
    [[nodiscard]] std::string text(const char* name, const std::string& fallback) const {
        const auto found = values_.find(name);
        return found == values_.end() ? fallback : found->second;
    }
    [[nodiscard]] std::uint64_t number(const char* name, std::uint64_t fallback) const {
        const auto found = values_.find(name);
        return found == values_.end() ? fallback : std::stoull(found->second);
    }

private:
    std::map<std::string, std::string> values_;
};

/// The resident bytes of a process.
[[nodiscard]] inline std::size_t memory_of(std::uint64_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmRSS:", 0) == 0) return std::stoul(line.substr(6)) * 1024;
    throw std::runtime_error("there is no process " + std::to_string(process));
}

}  // namespace crowd
