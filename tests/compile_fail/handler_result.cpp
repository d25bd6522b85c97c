// expect: roompp: what this handler returns can't become the result of its hook
#include <roompp/base/handler.hpp>

struct answer {};

void misuse() {
    const roompp::handler<answer(int)> hook([](int number) { return number; });
    hook(1);
}
