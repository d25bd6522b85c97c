"""What the figures were measured on."""

import datetime
import os
import pathlib
import platform
import re
import subprocess
import time

from setup import BUILD, CXX, CXX_FLAGS, PEERS


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip().splitlines()[0]
    except (OSError, IndexError):
        return "not found"


def read(path, fallback=""):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return fallback


def cpu_model():
    found = re.search(r"^model name\s*:\s*(.+)$", read("/proc/cpuinfo"), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def memory_gib():
    found = re.search(r"^MemTotal:\s*(\d+) kB", read("/proc/meminfo"), re.MULTILINE)
    return f"{int(found.group(1)) / 2**20:.0f} GiB" if found else "unknown"


def debian_version(package):
    return first_line("dpkg-query", "-W", "-f=${Version}", package)


def system_name():
    found = re.search(r'^PRETTY_NAME="(.+)"$', read("/etc/os-release"), re.MULTILINE)
    return found.group(1) if found else platform.system()


def python_packages():
    wanted = ("channels", "daphne", "Django", "socketify", "uvicorn", "uvloop", "websockets")
    lines = read(PEERS / "python" / "requirements.txt").splitlines()
    return ", ".join(line.replace("==", " ") for line in lines if line.split("==")[0] in wanted)


def npm_packages():
    found = re.findall(r'^    "([\w.]+)": "([\d.]+)"', read(PEERS / "node" / "package.json"), re.MULTILINE)
    return ", ".join(f"{name} {version}" for name, version in found)


def busy_share(seconds=1.0):
    """The share of all cores that is busy now, in percent: before a run, what others do on this machine."""

    def ticks():
        fields = [int(field) for field in read("/proc/stat").splitlines()[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]

    total, idle = ticks()
    time.sleep(seconds)
    total_after, idle_after = ticks()
    return 100 * (1 - (idle_after - idle) / max(1, total_after - total))


def describe():
    virtual = "hypervisor" in read("/proc/cpuinfo")
    return {
        "Date": datetime.date.today().isoformat(),
        "CPU": f"{cpu_model()}, {os.cpu_count()} cores" + (", virtual machine" if virtual else ""),
        "Memory": memory_gib(),
        "System": f"{system_name()}, Linux {platform.release()}",
        "TCP congestion control": read("/proc/sys/net/ipv4/tcp_congestion_control", "unknown"),
        "C++": f"{first_line(CXX, '--version')}, {' '.join(CXX_FLAGS)}",
        "C++ libraries": ", ".join(
            f"{name} {debian_version(package)}"
            for name, package in (
                ("Asio", "libasio-dev"),
                ("websocketpp", "libwebsocketpp-dev"),
                ("Boost", "libboost-dev"),
                ("liburing", "liburing-dev"),
            )
        ),
        "Go": f"{first_line('go', 'version').replace('go version ', '')}, gorilla/websocket "
        + (re.search(r"gorilla/websocket v([\d.]+)", read(PEERS / "gorilla" / "go.mod")) or [None, "?"])[1],
        "Node": f"{first_line('node', '--version')}, {npm_packages()}",
        "Python": f"{first_line(str(BUILD / 'venv' / 'bin' / 'python'), '--version')}, {python_packages()}",
    }
