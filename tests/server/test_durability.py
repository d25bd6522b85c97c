"""Rooms that outlive their server: the chat with --data, which is killed while clients talk. KILLS says how often (20 by default);
SEED repeats a run."""

import asyncio
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

sys.path.insert(0, str(Path(__file__).parents[1]))
from patience import patience  # noqa: E402

CLIENTS, ROOMS = 6, 2


class ChatServer:
    """The chat with a database; may be killed and started again at its port."""

    def __init__(self, data, preexec=None):
        self.data, self.port, self.preexec = data, 0, preexec
        self.start()

    def start(self):
        self.process = subprocess.Popen([os.environ["CHAT_SERVER"], "--port", str(self.port), "--data", str(self.data)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=self.preexec)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the chat did not start: {self.process.stderr.read()}")
        self.port = int(line.strip().rstrip("/").rsplit(":", 1)[1])

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(patience())
        self.process.stdout.close()
        self.process.stderr.close()


class Talker:
    """Says one message after the other, each until it is acknowledged, and notes all that it hears."""

    def __init__(self, server, number):
        self.server, self.number, self.room = server, number, f"room-{number % ROOMS}"
        self.epoch, self.last, self.heard, self.said, self.resets, self.unavailable = None, 0, [], [], 0, 0
        self.pending = None
        self.is_done = False

    async def run(self, stopped):
        while not (stopped.is_set() and self.pending is None):
            try:
                query = f"name=T{self.number}&client=talker-{self.number:012}"
                if self.epoch is not None:
                    query += f"&epoch={self.epoch}&after={self.last}"
                async with connect(f"ws://127.0.0.1:{self.server.port}/ws/chat/{self.room}/?{query}",
                                   subprotocols=["roompp.v1"], open_timeout=patience()) as link:
                    await self.talk(link, stopped)
            except (OSError, ConnectionClosed, InvalidMessage, TimeoutError):
                await asyncio.sleep(0.01)

    async def talk(self, link, stopped):
        if self.pending is not None:
            await self.send(link)
        async for text in link:
            frame = json.loads(text)
            kind = frame["type"]
            if kind in ("history", "reset"):
                if kind == "reset":
                    self.resets += 1
                self.epoch = frame["epoch"]
                for message in frame["messages"]:
                    self.hear(message)
                if self.pending is None:
                    await self.say_next(link, stopped)
            elif kind == "message":
                self.hear(frame)
            elif kind == "ack":
                if self.pending and frame["ack"] == self.pending[0]:
                    self.said.append((self.pending[1], frame["id"]))
                    self.pending = None
                if not await self.say_next(link, stopped):
                    return
            elif kind == "error" and frame["error"] == "unavailable":
                self.unavailable += 1
                await asyncio.sleep(0.02)
                await self.send(link)

    def hear(self, message):
        self.heard.append((message["id"], message["message"]))
        self.last = message["id"]

    async def say_next(self, link, stopped):
        if stopped.is_set():
            return False
        number = len(self.said) + 1
        self.pending = (number, f"{self.number}: message {number}")
        await self.send(link)
        return True

    async def send(self, link):
        number, text = self.pending
        await link.send(json.dumps({"message": text, "key": str(number), "ack": number}))


class Durability(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        if not os.environ.get("CHAT_SERVER"):
            self.fail("set CHAT_SERVER to the path of the chat server executable")
        options = subprocess.run([os.environ["CHAT_SERVER"], "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        if "--data" not in options:
            self.skipTest("the chat is built without SQLite")
        self.folder = Path(tempfile.mkdtemp(prefix="roompp-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def check(self, talkers, data):
        """Every acknowledged message is there once, in order; every client has heard all, once and in order."""
        with sqlite3.connect(data) as database:
            rows = database.execute("SELECT name, id, CAST(messages.bytes AS TEXT) FROM messages JOIN rooms USING (room)"
                                    " ORDER BY name, id").fetchall()
        for room in {talker.room for talker in talkers}:
            stored = [(number, text) for name, number, text in rows if name == room]
            texts = [text for _, text in stored]
            self.assertEqual([number for number, _ in stored], list(range(1, len(stored) + 1)), "numbers rise by one")
            self.assertEqual(len(set(texts)), len(texts), "each message is there once")
            for talker in (talker for talker in talkers if talker.room == room):
                own = [(text, number) for number, text in stored if text.startswith(f"{talker.number}: ")]
                self.assertEqual(own[:len(talker.said)], talker.said, "what was acknowledged is there, in order")
                first = talker.heard[0][0] - 1
                self.assertEqual(talker.heard, stored[first:first + len(talker.heard)],
                                 "every client has heard all, once and in order")
                self.assertEqual(talker.resets, 0)

    async def test_a_server_that_is_killed_again_and_again_loses_repeats_and_reorders_nothing(self):
        seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
        chance = random.Random(seed)
        data = self.folder / "chat.db"
        server = ChatServer(data)
        talkers = [Talker(server, number) for number in range(CLIENTS)]
        stopped = asyncio.Event()
        tasks = [asyncio.create_task(talker.run(stopped)) for talker in talkers]
        kills = int(os.environ.get("KILLS", "20"))
        for _ in range(kills):
            said = sum(len(talker.said) for talker in talkers)
            # At least one message gets through between two kills, and then it ends at any moment.
            while sum(len(talker.said) for talker in talkers) == said:
                await asyncio.sleep(0.002)
            await asyncio.sleep(chance.random() * 0.05)
            await asyncio.to_thread(server.end, signal.SIGKILL)
            await asyncio.to_thread(server.start)
        stopped.set()
        await asyncio.wait_for(asyncio.gather(*tasks), patience())
        server.end()
        print(f"{kills} kills, {sum(len(talker.said) for talker in talkers)} messages, seed {seed}", flush=True)
        self.check(talkers, data)

    async def test_a_full_disk_makes_messages_unavailable_and_loses_none(self):
        def limit_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (256 * 1024, resource.RLIM_INFINITY))

        data = self.folder / "chat.db"
        server = ChatServer(data, limit_files)
        talkers = [Talker(server, number) for number in range(CLIENTS)]
        stopped = asyncio.Event()
        tasks = [asyncio.create_task(talker.run(stopped)) for talker in talkers]
        deadline = time.monotonic() + patience()
        while not all(talker.unavailable for talker in talkers):
            self.assertLess(time.monotonic(), deadline, "the disk never gets full")
            await asyncio.sleep(0.01)
        # There is space again.
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        said = [len(talker.said) for talker in talkers]
        while any(len(talker.said) <= count for talker, count in zip(talkers, said)):
            self.assertLess(time.monotonic(), deadline, "the room does not go on")
            await asyncio.sleep(0.01)
        stopped.set()
        await asyncio.wait_for(asyncio.gather(*tasks), patience())
        server.end()
        self.check(talkers, data)

    def test_a_database_that_cannot_be_used_is_told_plainly(self):
        data = self.folder / "chat.db"
        data.write_bytes(b"x" * 5000)
        done = subprocess.run([os.environ["CHAT_SERVER"], "--port", "0", "--data", str(data)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=patience(), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("chat.db", done.stderr)
        self.assertIn("not a database", done.stderr)
        self.assertEqual(data.read_bytes(), b"x" * 5000)

    def test_two_servers_do_not_share_a_database(self):
        data = self.folder / "chat.db"
        server = ChatServer(data)
        self.addCleanup(server.end)
        done = subprocess.run([os.environ["CHAT_SERVER"], "--port", "0", "--data", str(data)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=patience(), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("in use by another server", done.stderr)


if __name__ == "__main__":
    unittest.main()
