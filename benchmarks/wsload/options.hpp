// Command-line options of the form `--name value`, `--name` or `--name 1,16`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace wsload {

class options {
public:
    // Ends the program with a message when an argument is not an option: a typing error must not change a measurement.
    options(int argc, char** argv, int first) {
        for (int i = first; i < argc; ++i) {
            const std::string argument = argv[i];
            if (argument.compare(0, 2, "--") != 0) {
                std::fprintf(stderr, "wsload: not an option: %s\n", argument.c_str());
                std::exit(2);
            }
            const bool has_value = i + 1 < argc && std::string(argv[i + 1]).compare(0, 2, "--") != 0;
            values_[argument.substr(2)] = has_value ? argv[++i] : "1";
        }
    }

    bool has(const std::string& name) const { return values_.count(name) != 0; }

    std::string text(const std::string& name, std::string fallback) const {
        const auto found = values_.find(name);
        return found == values_.end() ? std::move(fallback) : found->second;
    }

    long number(const std::string& name, long fallback) const {
        return has(name) ? to_number(name, values_.at(name)) : fallback;
    }

    double real(const std::string& name, double fallback) const {
        return has(name) ? std::strtod(values_.at(name).c_str(), nullptr) : fallback;
    }

    std::size_t count(const std::string& name, std::size_t fallback) const {
        return static_cast<std::size_t>(number(name, static_cast<long>(fallback)));
    }

    // The values of a comma-separated list.
    std::vector<std::size_t> counts(const std::string& name, std::size_t fallback) const {
        if (!has(name)) return {fallback};
        std::vector<std::size_t> list;
        const std::string& all = values_.at(name);
        for (std::size_t begin = 0; begin <= all.size();) {
            const std::size_t end = std::min(all.find(',', begin), all.size());
            list.push_back(static_cast<std::size_t>(to_number(name, all.substr(begin, end - begin))));
            begin = end + 1;
        }
        return list;
    }

private:
    static long to_number(const std::string& name, const std::string& value) {
        char* end = nullptr;
        const long number = std::strtol(value.c_str(), &end, 10);
        if (value.empty() || *end != '\0' || number < 0) {
            std::fprintf(stderr, "wsload: --%s needs a number, not \"%s\"\n", name.c_str(), value.c_str());
            std::exit(2);
        }
        return number;
    }

    std::map<std::string, std::string> values_;
};

}  // namespace wsload
