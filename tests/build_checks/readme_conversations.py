"""Starts each program of the README and has with it the conversation that the README promises."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from websockets.asyncio.client import connect

sys.path.insert(0, str(Path(__file__).parents[1]))
from patience import patience  # noqa: E402

SITE = "127.0.0.1:8000"
SCRATCH = Path(os.environ["SCRATCH"])


async def until_it_listens() -> None:
    start = time.monotonic()
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", 8000)
            writer.close()
            return
        except OSError:
            if time.monotonic() - start > patience():
                raise AssertionError("the program does not listen on port 8000") from None
            await asyncio.sleep(0.05)


def status(path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://{SITE}{path}", timeout=patience()) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


async def heard(client) -> str:
    return await asyncio.wait_for(client.recv(), patience())


async def echo_server() -> None:
    assert status("/") == 200
    async with connect(f"ws://{SITE}/ws/echo/") as client:
        await client.send("hello")
        assert await heard(client) == "hello"


async def chat_server() -> None:
    assert status("/") == 200
    assert status("/lobby/") == 200
    async with connect(f"ws://{SITE}/ws/chat/lobby/") as one, connect(f"ws://{SITE}/ws/chat/lobby/") as other:
        await one.send('{"message": "hi"}')
        assert await heard(one) == '{"message": "hi"}'
        assert await heard(other) == '{"message": "hi"}'


async def growing_chat() -> None:
    assert status("/size/") == 200
    assert status("/ws/chat/lobby/") == 426
    way = f"ws://{SITE}/ws/chat/lobby/?token=open+sesame"
    async with connect(way) as one:
        async with connect(way) as other:
            assert await heard(one) == "somebody came"
            await other.send("/size")
            assert await heard(other) == "there are 2 of us"
            await one.send("hi")
            assert await heard(one) == "hi"
            assert await heard(other) == "hi"
        assert await heard(one) == "somebody went"


async def hooks() -> None:
    async with connect(f"ws://{SITE}/ws/", subprotocols=["v1"]) as client:
        assert client.subprotocol == "v1"
        assert await heard(client) == "welcome"
        await client.send(b"bytes")
        assert await heard(client) == b"bytes"


async def three_ways() -> None:
    async with connect(f"ws://{SITE}/ws/chat/lobby/?name=Ann", subprotocols=["roompp.v1"]) as ann:
        assert json.loads(await heard(ann))["type"] == "history"
        assert json.loads(await heard(ann))["type"] == "presence"
        async with connect(f"ws://{SITE}/ws/chat/lobby/") as plain:
            assert json.loads(await heard(ann))["type"] == "join"
            await plain.send('{"message": "hi"}')
            assert await heard(plain) == '{"message":"hi"}'
            told = json.loads(await heard(ann))
            assert (told["type"], told["id"], told["message"]) == ("message", 1, "hi")
            with urllib.request.urlopen(f"http://{SITE}/poll/chat/lobby/?after=0", timeout=patience()) as answer:
                assert json.load(answer)[0]["messages"][0]["message"] == "hi"


async def main() -> None:
    conversations = {1: (echo_server, "echo_server"), 2: (chat_server, "chat_server"), 3: (growing_chat, "chat_server"),
                     4: (hooks, "chat_server"), 5: (three_ways, "chat_server")}
    tests = [6]
    programs = list(SCRATCH.glob("program_*.cpp"))
    assert len(programs) == len(conversations) + len(tests), "a program of the README has no conversation here"
    for number, (conversation, folder) in conversations.items():
        program = subprocess.Popen([SCRATCH / f"program_{number}"], cwd=f"examples/{folder}")
        try:
            await until_it_listens()
            await conversation()
        finally:
            program.send_signal(signal.SIGTERM)
            program.wait(patience())
        print(f"program {number}: {conversation.__name__} spoke as it should")
    for number in tests:
        subprocess.run([SCRATCH / f"program_{number}"], check=True, timeout=patience())
        print(f"program {number}: the test passes")


asyncio.run(main())
