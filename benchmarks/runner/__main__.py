"""Measures roompp and its peers; see benchmarks/README.md."""

import argparse
import json
import subprocess
import sys
import time

import machine
import measure
import plan
import plot
import report
from servers import SERVERS
from setup import BUILD, HERE, Missing, build_all, build_micro, relative


def name_list(known):
    def parse(text):
        names = text.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"no {unknown[0]!r} among: {', '.join(known)}")
        return names

    return parse


def arguments():
    parser = argparse.ArgumentParser(
        prog="benchmarks/run",
        description="Measures roompp and its peers in turns. A full run (about 20 minutes) writes RESULTS.md and "
        "results.svg beside this program; a quick or partial one writes them into build/.",
    )
    parser.add_argument("--rounds", type=int, help="how often everything is measured (5, with --quick 1)")
    parser.add_argument("--quick", action="store_true", help="small cases, one round, under two minutes")
    parser.add_argument(
        "--only",
        metavar="NAMES",
        type=name_list([s.name for s in SERVERS]),
        help="servers, separated by commas: " + ", ".join(s.name for s in SERVERS),
    )
    parser.add_argument(
        "--modes",
        metavar="MODES",
        type=name_list(plan.MODES),
        default=plan.MODES,
        help="of: " + ", ".join(plan.MODES) + " (idle: handshakes and memory; micro: parts without a server; "
        "transports: polling and events)",
    )
    parser.add_argument("--report", action="store_true", help="measure nothing, write the last run's report again")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    return options


def micro_benchmarks(options, missing):
    if "micro" not in options.modes:
        return []
    try:
        build_micro()
        return measure.micro_benchmarks(options.quick)
    except (Missing, measure.Failed) as why:
        missing["micro-benchmarks"] = str(why)
        return []


def transports(options, failures):
    if "transports" not in options.modes:
        return ""
    rounds = 1 if options.quick else min(options.rounds, 3)
    done = subprocess.run(
        [HERE / "transports" / "run", "--rounds", str(rounds)], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        failures.append("transports/run failed: see what it said above")
    return done.stdout


def measured_run(options):
    wanted = [s for s in SERVERS if (s.name in options.only if options.only else not s.optional)]
    built, not_built = build_all(wanted)
    allowed = measure.raise_file_limit()
    ready, not_started = measure.startable(built)
    wanted_cases = plan.cases(options.quick, options.modes)
    cases = [case for case in wanted_cases if case.connections + 200 <= allowed]
    too_many = {
        case.name: f"needs {case.connections + 200:,} open files, and {allowed:,} are allowed here (ulimit -n)"
        for case in wanted_cases
        if case not in cases
    }
    micro = micro_benchmarks(options, not_built)
    busy = machine.busy_share()
    if busy > 10:
        print(f"Other programs keep this machine {busy:.0f} % busy: the figures will not be good.", flush=True)
    print(f"Measuring {len(ready)} servers, {options.rounds} rounds:", flush=True)
    samples, failures = measure.measure_all(ready, cases, options.rounds)
    ways = transports(options, failures)
    partial = options.quick or options.only or options.modes != plan.MODES
    return {
        "command": " ".join(["benchmarks/run", *sys.argv[1:]]),
        "folder": "build" if partial else ".",
        "rounds": options.rounds,
        "servers": [s.name for s in ready],
        "missing": {**not_built, **not_started, **too_many},
        "cases": [case.arguments for case in cases],
        "machine": {**machine.describe(), "Other load before the run": f"{busy:.0f} % of all cores"},
        "samples": samples,
        "micro": micro,
        "transports": ways,
        "failures": failures,
    }


def main():
    options = arguments()
    started = time.monotonic()
    last_run = BUILD / "last_run.json"
    if options.report:
        run = json.loads(last_run.read_text())
    else:
        try:
            run = measured_run(options)
        except Missing as why:
            sys.exit(f"benchmarks/run: {why}")
        last_run.write_text(json.dumps(run))
    folder = HERE / run["folder"]
    report.write(run, folder / "RESULTS.md")
    drawn = plot.write(run, folder / "results.svg")
    print(f"Wrote {relative(folder / 'RESULTS.md')}{' and results.svg' if drawn else ''}", end="")
    print(f" after {(time.monotonic() - started) / 60:.1f} minutes")
    return 1 if run["failures"] else 0


sys.exit(main())
