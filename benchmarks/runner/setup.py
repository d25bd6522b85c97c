"""Installs and builds what the benchmarks need, below benchmarks/build/. Each step says what it does, once."""

import functools
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent.parent
BUILD = HERE / "build"
PEERS = HERE / "peers"
CXX = os.environ.get("CXX", "g++")
CXX_FLAGS = ["-std=c++17", "-O2"]


class Missing(Exception):
    """A server cannot be measured here; the text says why."""


def relative(path):
    """A path as the report shows it: from benchmarks/ on, nothing of this machine's folders."""
    path = pathlib.Path(path)
    return str(path.relative_to(HERE)) if path.is_absolute() and path.is_relative_to(HERE) else str(path)


def shown(command):
    return " ".join(relative(part) for part in command)


def run(command, folder=HERE, **environment):
    print(f"  {shown(command)}", flush=True)
    BUILD.mkdir(exist_ok=True)
    log = BUILD / "setup.log"
    with log.open("w") as output:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
    if done.returncode != 0:
        lines = log.read_text(errors="replace").strip().splitlines()
        errors = [line for line in lines if "error" in line.lower()] or lines or ["no output"]
        raise Missing(f"`{command[0]}` failed: {errors[0][:200].replace(str(HERE), 'benchmarks')}")


@functools.lru_cache(maxsize=None)
def installed(package):
    query = ["dpkg-query", "-W", "-f=${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True).stdout == "installed"


def need_packages(packages):
    if shutil.which("dpkg-query") is None:
        return  # not Debian: the compiler will say what is missing
    missing = tuple(package for package in packages if not installed(package))
    if missing:
        run([HERE.parent / "scripts" / "install_packages", "--yes", *missing])
        installed.cache_clear()


def need_command(name, *packages):
    if shutil.which(name) is None:
        need_packages(packages)
    if shutil.which(name) is None:
        raise Missing(f"there is no `{name}` command")


def newer(sources, product):
    if not product.exists():
        return True
    built = product.stat().st_mtime
    files = [f for s in sources for f in (s.rglob("*") if s.is_dir() else [s]) if f.is_file()]
    return any(f.stat().st_mtime > built for f in files)


def cpp(name, source, flags, packages):
    """Builds one program from one source file."""

    def build():
        if not source.exists():
            raise Missing(f"there is no {relative(source)}")
        need_command(CXX, "g++")
        need_packages(packages)
        product = BUILD / name
        headers = [HERE / folder for folder in ("wsload", "bare")]
        if "-I../include" in flags:
            headers.append(HERE.parent / "include")
        if newer([source, *headers], product):
            run([CXX, *CXX_FLAGS, relative(source), "-o", relative(product), *flags])

    return build


def go_module(name, folder):
    def build():
        need_command("go", "golang-go")
        if newer([folder], BUILD / name):
            run(["go", "build", "-o", BUILD / name, "."], folder=folder)

    return build


def node_packages(target, manifest):
    """Copies the scripts beside the packages that they load: Node looks for those beside the script."""

    def build():
        need_command("node", "nodejs")
        need_command("npm", "npm")
        if not newer([manifest], target / "installed"):
            return
        target.mkdir(parents=True, exist_ok=True)
        for file in manifest.iterdir():
            if file.is_file():
                shutil.copy(file, target)
        run(["npm", "ci", "--no-audit", "--no-fund"], folder=target)
        (target / "installed").touch()

    return build


def python_packages(folder):
    def build():
        marker = BUILD / "venv" / "installed"
        if not newer([folder / "requirements.txt"], marker):
            return
        need_packages(["python3-venv"])
        run(["python3", "-m", "venv", BUILD / "venv"])
        run([BUILD / "venv" / "bin" / "pip", "install", "-q", "-r", folder / "requirements.txt"])
        marker.touch()

    return build


def build_micro():
    flags = ["-I../include", "-DASIO_STANDALONE", "-lbenchmark", "-pthread"]
    cpp("micro", HERE / "micro.cpp", flags, ["libbenchmark-dev", "libasio-dev", "libwebsocketpp-dev"])()


def build_all(servers):
    """The servers that can be measured, and why the others cannot."""
    BUILD.mkdir(exist_ok=True)
    print("Installing and building what is missing:", flush=True)
    cpp("wsload", HERE / "wsload.cpp", [], [])()
    ready, missing = [], {}
    for server in servers:
        try:
            for step in server.build:
                step()
            ready.append(server)
        except Missing as why:
            print(f"  without {server.name}: {why}", flush=True)
            missing[server.name] = str(why)
    return ready, missing
