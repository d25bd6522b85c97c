"""The examples as programs: what goes over the wire."""

import asyncio
import json
import os
import subprocess
import unittest
import urllib.request

from support import patience, wait_until
from websockets.asyncio.client import connect as websockets_connect


def connect(url):
    return websockets_connect(url, open_timeout=patience(), close_timeout=patience(), ping_interval=None)


class Example:
    """A running example; its URL is the first line that it prints."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.stdout.close()
        try:
            return self.process.wait(patience())
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


async def heard(client) -> str:
    return await asyncio.wait_for(client.recv(), patience())


class ChatServer(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.chat = Example(os.environ["CHAT_SERVER"], "--port", "0")
        self.addCleanup(self.chat.end)
        self.room = self.chat.url.replace("http", "ws", 1) + "ws/chat/lobby/"

    async def test_a_message_goes_to_everyone_in_the_room_the_sender_too(self):
        async with connect(self.room) as one, connect(self.room) as other:
            await one.send(json.dumps({"message": "hi \u00e4 \U0001f44f"}))
            for client in (one, other):
                self.assertEqual(json.loads(await heard(client)), {"message": "hi \u00e4 \U0001f44f"})

    async def test_more_than_the_message_is_not_passed_on(self):
        async with connect(self.room) as one:
            await one.send(json.dumps({"message": "hi", "admin": True}))
            self.assertEqual(json.loads(await heard(one)), {"message": "hi"})

    async def test_what_is_no_message_is_answered_to_its_sender_alone_and_the_connection_stays(self):
        bad = ["", "hi", "{", "[]", "null", "{}", '{"message": 1}', '{"message": null}', '{"text": "hi"}', "[" * 100_000,
               b"\xff\xfe", b'{"message": "\xff"}']
        async with connect(self.room) as one, connect(self.room) as other:
            for text in bad:
                with self.subTest(text[:20]):
                    await one.send(text)
                    self.assertIn("error", json.loads(await heard(one)))
            await one.send(json.dumps({"message": "still here"}))
            self.assertEqual(json.loads(await heard(other)), {"message": "still here"})

    async def test_open_rooms_are_listed_and_gone_with_their_last_member(self):
        def listed():
            with urllib.request.urlopen(self.chat.url + "api/rooms", timeout=patience()) as answer:
                return json.load(answer)["rooms"]

        self.assertEqual(listed(), [])
        async with connect(self.room) as one:
            await one.send("x")
            await heard(one)
            self.assertEqual(listed(), [{"name": "lobby", "members": 1}])
        wait_until(lambda: listed() == [], "the room to be listed no more")

    def test_it_ends_well_when_it_is_told_to(self):
        self.assertEqual(self.chat.end(), 0)

    def test_a_bad_option_and_a_taken_port_say_what_to_do(self):
        port = self.chat.url.rstrip("/").rsplit(":", 1)[1]
        for options, expected in ((["--port", port], "choose another port"), (["--port", "70000"], "--port"),
                                  (["--pages", "/nowhere"], "/nowhere"), (["--address", "here"], "neither an IP address")):
            with self.subTest(options):
                tried = subprocess.run([os.environ["CHAT_SERVER"], *options], capture_output=True, text=True, timeout=patience())
                self.assertNotEqual(tried.returncode, 0)
                self.assertIn(expected, tried.stderr + tried.stdout)


class WebsocketppServer(unittest.IsolatedAsyncioTestCase):
    """The core on a stock websocketpp endpoint."""

    def setUp(self) -> None:
        program = os.environ["WEBSOCKETPP_SERVER"]
        if program == "none":
            self.skipTest("stock websocketpp does not build with this Asio")
        self.example = Example(program)
        self.addCleanup(self.example.end)

    async def test_rooms_work_on_a_websocketpp_server_that_was_there_before(self):
        lobby, other_room = self.example.url + "lobby", self.example.url + "other"
        async with connect(lobby) as one, connect(lobby) as two, connect(other_room) as apart:
            for number in range(200):
                await one.send(f"message {number} " + "x" * (number * 10))
            for client in (one, two):
                for number in range(200):
                    self.assertEqual(await heard(client), f"message {number} " + "x" * (number * 10))
            await apart.send("alone")
            self.assertEqual(await heard(apart), "alone")


if __name__ == "__main__":
    unittest.main()
