#pragma once
// What the fuzzers share: the entry of libFuzzer, or a main() that replays inputs. A target includes this and defines
// fuzz::check().

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// Checks the properties of a target for one input. Ends the program where one is violated.
void check(std::string_view bytes);

/// Ends the program, with the property's name, unless it holds.
inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "violated: %s\n", property);
    std::abort();
}

/// Numbers for decisions such as where to split bytes. They depend on the input alone, so that a replay does the same.
class choices {
public:
    explicit choices(std::string_view bytes) noexcept {
        for (const char c : bytes) state_ = (state_ ^ static_cast<unsigned char>(c)) * 16777619U;  // FNV-1a
    }
    /// A number below `count`.
    [[nodiscard]] std::size_t next(std::size_t count) noexcept {
        state_ = state_ * 1664525U + 1013904223U;
        return (state_ >> 8U) % count;
    }
    /// The size of a piece: small, rarely up to 64.
    [[nodiscard]] std::size_t next_size() noexcept { return 1 + next(next(4) == 0 ? 64 : 4); }

private:
    std::uint32_t state_ = 2166136261U;
};

/// Takes the text up to the separator off the front of `text`; all of it if there is no separator.
[[nodiscard]] inline std::string_view take_part(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

}  // namespace fuzz

#ifdef ROOMPP_LIBFUZZER

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        fuzz::check({reinterpret_cast<const char*>(data), size});
    } catch (const std::exception& e) {
        std::fprintf(stderr, "uncaught: %s\n", e.what());
        std::abort();
    }
    return 0;
}

#else

namespace fuzz {

// Each input is in memory of exactly its size, and so are its beginnings: they are inputs as well.
inline void replay(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    require(stream.is_open(), "a file can be read");
    const std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    std::printf("%s\n", file.string().c_str());
    std::fflush(stdout);
    for (std::size_t i = 0; i <= bytes.size(); ++i) {
        const std::vector<char> beginning(bytes.data(), bytes.data() + i);
        check({beginning.data(), beginning.size()});
    }
}

}  // namespace fuzz

int main(int argc, char** argv) {
    std::size_t files = 0;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            fuzz::replay(argv[i]);
            ++files;
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            fuzz::replay(entry.path());
            ++files;
        }
    }
    std::printf("%zu files replayed\n", files);
    return files == 0 ? 1 : 0;  // a folder that is not there, or empty, tests nothing
}

#endif
