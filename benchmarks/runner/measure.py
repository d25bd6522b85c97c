"""Starts servers, runs the load, collects what it prints."""

import json
import re
import resource
import subprocess
import time

from setup import BUILD, HERE, shown

SLOW_ROUNDS = 3  # servers marked as slow are measured in the first rounds only
START_SECONDS = 20
LOAD_SECONDS = 200  # wsload ends by itself long before that


class Failed(Exception):
    pass


def raise_file_limit(wanted=110_000):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limits in ((wanted, max(wanted, hard)), (hard, hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            break
        except (ValueError, OSError):
            continue
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class RunningServer:
    """A server process on a free port, for one measurement: none inherits the memory or heat of another."""

    def __init__(self, server):
        self.command = [*map(str, server.command), "--port", "0"]
        self.log = BUILD / "logs" / f"{server.name}.log"
        self.must_print = server.must_print

    def __enter__(self):
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                self.command, cwd=HERE, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            self.port = self.wait_for_port()
        except Failed:
            self.stop()
            raise
        return self

    def wait_for_port(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            text = self.log.read_text(errors="replace")
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)/", text)
            if found and self.must_print not in text:
                raise Failed(f"the server did not print {self.must_print!r}")
            if found:
                return found.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        lines = text.strip().splitlines() or ["no output"]
        raise Failed(f"the server did not start: {lines[-1][:200]}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __exit__(self, *_):
        self.stop()


def startable(servers):
    """The servers that start, and why the others do not."""
    ready, missing = [], {}
    for server in servers:
        try:
            with RunningServer(server):
                ready.append(server)
        except Failed as why:
            print(f"  without {server.name}: {why}", flush=True)
            missing[server.name] = str(why)
    return ready, missing


def measure(server, case):
    """The JSON lines of one run of wsload against a fresh server."""
    with RunningServer(server) as running:
        at_once = "50" if server.slow else "200"
        command = [
            BUILD / "wsload",
            *case.arguments,
            *server.wsload_flags,
            "--at-once",
            at_once,
            "--port",
            running.port,
            "--pid",
            str(running.process.pid),
        ]
        try:
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=LOAD_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed("wsload did not end") from None
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or not lines:
        reason = done.stderr.strip() or "; ".join(map(str, lines)) or "no output"
        raise Failed(f"{shown(command)}: {reason}"[:400])
    return lines


def micro_benchmarks(quick):
    """What the parts cost alone: [(name, nanoseconds)]."""
    command = [BUILD / "micro", "--benchmark_format=json", f"--benchmark_min_time={0.02 if quick else 0.5}"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=LOAD_SECONDS)
    if done.returncode != 0:
        raise Failed(f"{shown(command)}: {done.stderr.strip()}"[:400])
    return [(one["name"], one["cpu_time"]) for one in json.loads(done.stdout)["benchmarks"]]


def measure_all(servers, cases, rounds):
    """Round by round, case by case, one server after the other: a phase in which the machine is slow hits all alike."""
    samples, failures, started = [], [], time.monotonic()
    for number in range(rounds):
        for index, case in enumerate(cases):
            turn = [s for s in servers if not s.slow or (case.slow_servers and number < SLOW_ROUNDS)]
            turn = [s for s in turn if not case.servers or s.name in case.servers]
            shift = number % len(turn) if turn else 0
            for server in turn[shift:] + turn[:shift]:
                try:
                    lines = measure(server, case)
                    samples += [{"server": server.name, "case": case.name, "round": number, **line} for line in lines]
                except Failed as why:
                    failures.append(f"{server.name}, {case.name}, round {number + 1}: {why}")
                    print(f"  FAILED {failures[-1]}", flush=True)
            minutes = (time.monotonic() - started) / 60
            print(
                f"  round {number + 1}/{rounds}, {case.name} ({index + 1}/{len(cases)}), {minutes:.1f} min", flush=True
            )
    return samples, failures
