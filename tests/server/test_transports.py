"""One room by WebSocket, polling, long polling, event stream and POST, over real sockets.

Here is what sockets, threads, processes and other people's clients are needed for; what the routes do in detail, and when,
is tested with the harness, in the unit tests."""

import json
import os
import re
import resource
import shutil
import subprocess
import unittest
import urllib.parse

import support
from support import ServerCase, get, patience, receive

ANN, BEN = "ann-0123456789abcdef", "ben-0123456789abcdef"


def client(token, name=None):
    return {"client": token, **({"name": name} if name else {})}


class Case(ServerCase):
    options = {}

    def setUp(self):
        super().setUp()
        program = os.environ["TRANSPORTS_PROGRAM"]
        keep, support.program = support.program, lambda: program
        try:
            self.server = self.start(**self.options)
        finally:
            support.program = keep

    def address(self, way, room="lobby", **query):
        return f"/{way}/chat/{room}/" + (f"?{urllib.parse.urlencode(query)}" if query else "")

    def request(self, data, raw=None):
        connection = raw or self.raw(self.server)
        connection.send(data)
        answer = connection.response()
        if raw is None:
            connection.close()
        return answer

    def poll(self, raw=None, **query):
        answer = self.request(get(self.address("poll", **query)), raw)
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def hold(self, **query):
        """A poll that is held; returns its connection."""
        raw = self.raw(self.server)
        raw.send(get(self.address("poll", wait=50, **query)))
        return raw

    def frames_of(self, raw):
        answer = raw.response()
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def send(self, what, raw=None, **query):
        body = json.dumps(what).encode()
        answer = self.request(get(self.address("send", **query), method="POST", body=body), raw)
        return answer.status, json.loads(answer.body)

    def say(self, text, **query):
        status, frame = self.send({"message": text}, **query)
        self.assertEqual((status, frame["type"]), (200, "ack"), frame)
        return frame["id"]

    def listen(self, **query):
        raw = self.raw(self.server)
        raw.send(get(self.address("events", **query)))
        head = raw.response(head_only=True)
        self.assertEqual((head.status, head.headers["content-type"]), (200, "text/event-stream"))
        return Events(raw)

    async def websocket(self, **query):
        query.setdefault("client", BEN)
        return await self.connect(self.server.ws("") + self.address("ws", **query), subprotocols=["roompp.v1"])


class Events:
    """Reads text/event-stream as the HTML standard says."""

    def __init__(self, raw):
        self.raw = raw
        self.last_id = ""

    def line(self):
        while b"\n" not in self.raw.buffer:
            self.raw._more()
        line, self.raw.buffer = self.raw.buffer.split(b"\n", 1)
        return line.decode()

    def event(self):
        """The next one: its type and its data."""
        kind, data = "message", []
        while True:
            line = self.line()
            if line == "" and data:
                return kind, "\n".join(data)
            if line == "":
                kind = "message"
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                kind = value
            elif field == "id":
                self.last_id = value

    def frame(self):
        kind, data = self.event()
        if kind != "message":
            raise AssertionError(f"an event {kind}: {data}")
        return json.loads(data)

    def frame_of(self, kind):
        while (frame := self.frame())["type"] != kind:
            pass
        return frame


def texts(frames):
    """The messages in the answer to a poll."""
    return [one["message"] for one in frames[0]["messages"]]


class OneRoom(Case):
    async def test_everybody_gets_the_same_messages_with_the_same_numbers(self):
        socket = await self.websocket(**client(BEN, "Ben"))
        self.assertEqual(json.loads(await receive(socket))["type"], "history")
        stream = self.listen(**client(ANN, "Ann"))
        epoch = stream.frame()["epoch"]
        self.poll(after=0, client="c" * 20)
        for i in range(30):
            if i % 2:
                self.say(f"number {i}", **client(ANN))
            else:
                await socket.send(json.dumps({"type": "message", "message": f"number {i}", "ack": i + 1}))
                while json.loads(await receive(socket))["type"] != "ack":
                    pass
        by_stream = [stream.frame_of("message") for _ in range(30)]
        by_poll = self.poll(after=0, epoch=epoch, client="c" * 20)[0]["messages"]
        self.assertEqual([(one["id"], one["message"]) for one in by_stream], [(i + 1, f"number {i}") for i in range(30)])
        self.assertEqual(by_poll, [{key: one[key] for key in ("id", "from", "at", "message")} for one in by_stream])

    def test_a_poll_is_held_until_there_is_news(self):
        raw = self.raw(self.server)
        first = self.poll(raw=raw, after=0, wait=50, **client(ANN, "Ann"))
        self.assertEqual(first[0]["you"]["name"], "Ann")
        self.assertEqual(first[1]["type"], "presence")
        self.assertEqual([one["name"] for one in first[1]["members"]], ["Ann"])
        epoch = first[0]["epoch"]
        for i in range(10):
            raw.send(get(self.address("poll", after=i, epoch=epoch, wait=50, **client(ANN, "Ann"))))
            self.say(f"number {i}", **client(BEN, "Ben"))
            frames = self.frames_of(raw)
            if i == 0 and texts(frames) == []:  # Ben's coming was news as well
                self.assertEqual(frames[1]["type"], "join")
                raw.send(get(self.address("poll", after=i, epoch=epoch, wait=50, **client(ANN, "Ann"))))
                frames = self.frames_of(raw)
            self.assertEqual(texts(frames), [f"number {i}"])
            self.assertEqual(frames[0]["messages"][0]["from"]["name"], "Ben")
        self.server.wait_for_line("joined lobby Ann")
        self.assertEqual(self.server.lines.count("joined lobby Ann"), 1)

    def test_a_client_that_goes_leaves_the_room(self):
        for leave in (lambda raw: raw.close(), lambda raw: raw.abort()):
            stream = self.listen(**client(ANN, "Ann"))
            stream.frame()
            leave(stream.raw)
            self.server.wait_for_line("left lobby Ann 1006")
            self.server.lines.clear()


class SeveralThreads(OneRoom):
    options = {"threads": 3}


class Stopping(Case):
    def test_everything_ends_when_the_server_stops(self):
        self.poll(after=0, **client(ANN, "Ann"))
        self.poll(after=0, session="between", **client(ANN, "Ann"))
        stream = self.listen(**client(BEN, "Ben"))
        stream.frame()
        self.poll(after=0, **client(ANN, "Ann"))  # the newcomers were news
        held = self.hold(after=0, **client(ANN, "Ann"))
        observer = self.hold(after=0, room="nowhere")
        self.poll(after=0, session="between", **client(ANN, "Ann"))  # and so the two before it have been read, too
        self.server.terminate()
        for raw in (held, observer):
            answer = raw.response()
            self.assertEqual((answer.status, json.loads(answer.body)["code"]), (503, 1001))
        while (event := stream.event())[0] != "close":
            pass
        self.assertEqual(json.loads(event[1])["code"], 1001)
        self.assertEqual(stream.raw.read_to_end(), b"")
        for raw in (held, observer, stream.raw):
            raw.close()
        self.assertEqual(self.server.wait(), 0)
        for line in ("left lobby Ann 1001", "left lobby Ben 1001"):
            self.server.wait_for_line(line)
        self.assertEqual(self.server.lines.count("left lobby Ann 1001"), 2)  # all has been read: the server has ended


class Crowds(Case):
    options = {"connections": 20}

    async def test_clients_that_poll_count_as_connections_and_leave_half_of_them_to_others(self):
        raw = self.raw(self.server)
        statuses = []
        for i in range(30):
            raw.send(get(self.address("poll", after=0, client=f"client-number-{i:04}")))
            answer = raw.response()
            statuses.append(answer.status)
        self.assertEqual(statuses, [200] * 10 + [503] * 20)
        self.assertEqual(self.send({"message": "hi"}, raw=raw)[0], 503)
        self.say("hi", raw=raw, client="client-number-0000")
        socket = await self.websocket()
        self.assertEqual(json.loads(await receive(socket))["last"], 1)
        self.listen(**client(ANN)).frame()


class Crowd(Case):
    """benchmarks/transports/crowd.cpp fails if anybody gets a message twice, not at all or in another order."""
    options = {"connections": 50_000}

    def crowd(self, **options):
        arguments = [str(part) for name, value in options.items() for part in ("--" + name.replace("_", "-"), value)]
        done = subprocess.run([os.environ["TRANSPORTS_CROWD"], "--port", str(self.server.port), "--prefix",
                               "quiet/lobby", "--patience", str(int(patience(120))), *arguments],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 4096
        if soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
            self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        super().setUp()

    def test_a_thousand_that_poll_and_a_thousand_websockets_get_each_of_a_thousand_messages_once_and_in_order(self):
        done = self.crowd(websockets=1000, long_polls=1000, messages=1000, burst=10)
        self.assertEqual(done["websocket"]["delivered"], 1_000_000)
        self.assertEqual(done["long polling"]["delivered"], 1_000_000)


class MixedCrowd(Crowd):
    options = {**Crowd.options, "threads": 3}
    test_a_thousand_that_poll_and_a_thousand_websockets_get_each_of_a_thousand_messages_once_and_in_order = None

    def test_all_four_ways_get_each_message_once_and_in_order_on_several_threads(self):
        done = self.crowd(websockets=200, streams=200, long_polls=200, short_polls=200, interval=20, messages=500, burst=3)
        for way in ("websocket", "events", "long polling", "short polling"):
            self.assertEqual(done[way]["delivered"], 100_000)


class Curl(Case):
    def setUp(self):
        super().setUp()
        self.assertIsNotNone(shutil.which("curl"), "curl is missing: install the package curl")

    def test_the_commands_of_the_documentation_do_what_it_says(self):
        """docs/transports.md shows a conversation: each command line, and what it prints."""
        text = (support.Path(__file__).parents[2] / "docs" / "transports.md").read_text()
        blocks = re.findall(r"```console\n(.*?)```", text, re.S)
        self.assertTrue(blocks)
        for block in blocks:
            for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M):
                command = command.replace("http://localhost:8000", self.server.url.rstrip("/"))
                with self.subTest(command):
                    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=patience(),
                                          cwd=self.server_folder())
                    self.assert_like(done.stdout, expected)

    def server_folder(self):
        return support.Path(__file__).parent

    def assert_like(self, got, expected):
        pattern = re.escape(expected.strip()).replace(re.escape("…"), ".*?")
        self.assertRegex(got.strip(), re.compile(f"^{pattern}$", re.S))


if __name__ == "__main__":
    unittest.main()
