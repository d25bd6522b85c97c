// The least that a room server can do with one `send` a member and batch: epoll and sockets, no library.
#include <string_view>
#include <vector>

#include "bare/server.hpp"

namespace {

class plain_fanout {
public:
    void opened(int) {}
    void closing(int) {}

    void send(const std::vector<bare::room*>& rooms) {
        for (bare::room* r : rooms) {
            for (bare::member* m : r->members) {
                bare::send_or_queue(*m, r->batch);
                if (!m->unsent.empty()) queued_.push_back(m);
            }
        }
    }

    std::vector<bare::member*>& queued() { return queued_; }

private:
    std::vector<bare::member*> queued_;
};

}  // namespace

int main(int argc, char** argv) {
    plain_fanout fanout;
    bare::serve(argc, argv, fanout);
}
