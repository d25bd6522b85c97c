"""How long tests wait for what should happen. They wait for states, so a generous bound costs time only when a test fails;
what is too slow is for benchmarks to say.

    python3 tests/patience.py SECONDS    prints the bound in whole seconds, for scripts
"""

import os
import sys
import time

MAX_LOAD = 10  # beyond it, a machine is broken rather than busy


def patience(seconds=60):
    """A bound in seconds, scaled by the environment's TEST_PATIENCE (for slow machines and sanitizers) and by how many
    programs share a core at this moment. The same in patience.mjs and patience.hpp."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * float(os.environ.get("TEST_PATIENCE") or 1) * min(MAX_LOAD, max(1, load))


def wait_until(condition, description):
    """Asks again and again until the condition holds; returns its value."""
    start = time.monotonic()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() - start > patience():
            raise AssertionError(f"waited in vain for this: {description}")
        time.sleep(0.01)


if __name__ == "__main__":
    print(int(patience(float(sys.argv[1]))))
