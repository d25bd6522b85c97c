"""One room by WebSocket, polling, long polling, event stream and POST, over real sockets."""

import json
import os
import re
import resource
import shutil
import subprocess
import unittest
import urllib.parse

import support
from support import PATIENCE, Ended, ServerCase, get, handshake, receive, wait_until

ANN, BEN = "ann-0123456789abcdef", "ben-0123456789abcdef"


def client(token, name=None, **more):
    return {"client": token, **({"name": name} if name else {}), **more}


class Case(ServerCase):
    options = {}

    def setUp(self):
        super().setUp()
        self.server = self.serve(**self.options)

    def serve(self, **options):
        program = os.environ["TRANSPORTS_PROGRAM"]
        keep, support.program = support.program, lambda: program
        try:
            return self.start(**options)
        finally:
            support.program = keep

    def address(self, way, room="lobby", **query):
        return f"/{way}/{room}/" + (f"?{urllib.parse.urlencode(query)}" if query else "")

    def request(self, data, raw=None):
        connection = raw or self.raw(self.server)
        connection.send(data)
        answer = connection.response()
        if raw is None:
            connection.close()
        return answer

    def poll(self, *headers, way="poll/chat", room="lobby", raw=None, **query):
        answer = self.request(get(self.address(way, room, **query), *headers), raw)
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def hold(self, *headers, way="poll/chat", room="lobby", wait=50, **query):
        """A poll that is held; returns its connection."""
        raw = self.raw(self.server)
        raw.send(get(self.address(way, room, wait=wait, **query), *headers))
        return raw

    def frames_of(self, raw):
        answer = raw.response()
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def send(self, what, *headers, way="send/chat", room="lobby", raw=None, **query):
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        answer = self.request(get(self.address(way, room, **query), *headers, method="POST", body=body), raw)
        return answer.status, json.loads(answer.body) if answer.body.startswith(b"{") else answer.body

    def say(self, text, **query):
        status, frame = self.send({"message": text}, **query)
        self.assertEqual((status, frame["type"]), (200, "ack"), frame)
        return frame["id"]

    def listen(self, *headers, way="events/chat", room="lobby", method="GET", **query):
        raw = self.raw(self.server)
        raw.send(get(self.address(way, room, **query), *headers, method=method))
        head = raw.response(head_only=True)
        self.assertEqual((head.status, head.headers["content-type"]), (200, "text/event-stream"))
        return Events(raw)

    async def websocket(self, room="lobby", way="ws/chat", **query):
        query.setdefault("client", BEN)
        return await self.connect(self.server.ws("") + self.address(way, room, **query), subprotocols=["roompp.v1"])


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


class ShortPolling(Case):
    def test_a_poll_is_answered_at_once_with_what_came_after(self):
        self.assertEqual([self.say(text) for text in ("one", "two", "three")], [1, 2, 3])
        first = self.poll(after=0)
        self.assertEqual((first[0]["type"], first[0]["last"], texts(first)), ("history", 3, ["one", "two", "three"]))
        self.assertEqual([one["id"] for one in first[0]["messages"]], [1, 2, 3])
        epoch = first[0]["epoch"]
        self.assertEqual(texts(self.poll(after=2, epoch=epoch)), ["three"])
        self.assertEqual(texts(self.poll(after=3, epoch=epoch)), [])
        self.assertEqual(texts(self.poll(last=2)), ["two", "three"])
        self.assertEqual(texts(self.poll()), [])

    def test_a_poll_of_another_epoch_is_told_to_start_anew(self):
        self.say("one")
        frames = self.poll(after=1, epoch="0123456789abcdef")
        self.assertEqual((frames[0]["type"], texts(frames)), ("reset", ["one"]))

    def test_a_poll_from_before_the_history_or_beyond_the_last_message_is_told_to_start_anew(self):
        for text in "abcde":
            self.say(text, way="send/short")
        epoch = self.poll(way="poll/short", after=5)[0]["epoch"]
        for after, kind, what in ((1, "reset", "cde"), (2, "history", "cde"), (4, "history", "e"), (9, "reset", "cde")):
            with self.subTest(after):
                frames = self.poll(way="poll/short", after=after, epoch=epoch)
                self.assertEqual((frames[0]["type"], "".join(texts(frames))), (kind, what))

    def test_a_room_that_is_not_there_has_no_messages_and_none_is_made(self):
        frames = self.poll(after=0, room="nowhere")
        self.assertEqual((frames[0]["type"], frames[0]["last"], texts(frames)), ("history", 0, []))
        self.assertNotIn("joined nowhere ", self.server.lines)

    def test_a_poll_that_goes_on_in_a_room_that_is_gone_is_told_at_once_to_start_anew(self):
        for query in ({"after": 7}, {"after": 7, "epoch": "0123456789abcdef"}, {"after": 0, "epoch": "0123456789abcdef"}):
            for who in ({}, client(ANN)):
                with self.subTest(query, who=who):
                    frames = self.frames_of(self.hold(room=f"gone-{len(query)}-{query['after']}", **query, **who))
                    self.assertEqual((frames[0]["type"], frames[0]["last"], texts(frames)), ("reset", 0, []))

    def test_many_polls_go_over_one_connection(self):
        raw = self.raw(self.server)
        for i in range(20):
            self.say(str(i), raw=raw)
            self.assertEqual(texts(self.poll(raw=raw, after=i)), [str(i)])

    def test_polls_that_are_sent_at_once_are_answered_in_order(self):
        for i in range(5):
            self.say(str(i))
        raw = self.raw(self.server)
        raw.send(b"".join(get(self.address("poll/chat", after=i)) for i in range(5)))
        for i in range(5):
            self.assertEqual(texts(self.frames_of(raw)), [str(n) for n in range(i, 5)])

    def test_head_is_answered_without_a_body_and_joins_nobody(self):
        raw = self.raw(self.server)
        raw.send(get(self.address("poll/chat", wait=50, after=0, **client(ANN, "Ann")), method="HEAD"))
        self.assertEqual(raw.response(head_only=True).status, 200)
        self.assertNotIn("joined lobby Ann", self.server.lines)

    def test_an_answer_is_not_to_be_kept(self):
        answer = self.request(get(self.address("poll/chat", after=0)))
        self.assertEqual(answer.headers["cache-control"], "no-store")
        self.assertEqual(answer.headers["content-type"], "application/json")

    def test_what_is_wrong_with_a_request_is_said(self):
        for query in ({"after": "x"}, {"after": -1}, {"last": "x"}, {"wait": "x"}, {"wait": "1" * 30}, {"epoch": "a"},
                      {"client": "short"}, {"client": "ü" * 20}, {"name": ""}, {"name": "x" * 51},
                      {"session": "x" * 65, "after": 0}):
            with self.subTest(query):
                answer = self.request(get(self.address("poll/chat", **query)))
                self.assertEqual(answer.status, 400)
                self.assertIn(next(iter(query)).encode().replace(b"epoch", b"after"), answer.body)


class LongPolling(Case):
    options = {"messages_per_second": 0}

    def test_a_poll_is_held_until_there_is_news(self):
        raw = self.raw(self.server)
        first = self.poll(raw=raw, after=0, wait=50, **client(ANN, "Ann"))
        self.assertEqual(first[0]["you"]["name"], "Ann")
        self.assertEqual(first[1]["type"], "presence")
        self.assertEqual([one["name"] for one in first[1]["members"]], ["Ann"])
        epoch = first[0]["epoch"]
        for i in range(10):
            raw.send(get(self.address("poll/chat", after=i, epoch=epoch, wait=50, **client(ANN, "Ann"))))
            self.say(f"number {i}", **client(BEN, "Ben"))
            frames = self.frames_of(raw)
            if i == 0 and texts(frames) == []:  # Ben's coming was news as well
                self.assertEqual(frames[1]["type"], "join")
                raw.send(get(self.address("poll/chat", after=i, epoch=epoch, wait=50, **client(ANN, "Ann"))))
                frames = self.frames_of(raw)
            self.assertEqual(texts(frames), [f"number {i}"])
            self.assertEqual(frames[0]["messages"][0]["from"]["name"], "Ben")
        self.server.wait_for_line("joined lobby Ann")
        self.assertEqual(self.server.lines.count("joined lobby Ann"), 1)

    def test_a_poll_without_a_client_is_held_as_well(self):
        self.say("one", **client(BEN))
        raw = self.hold(after=1)
        self.say("two", **client(BEN))
        self.assertEqual(texts(self.frames_of(raw)), ["two"])
        raw = self.hold(after=0, room="later")
        self.say("first", room="later", **client(BEN))
        self.assertEqual(texts(self.frames_of(raw)), ["first"])

    def test_held_polls_that_are_sent_at_once_are_answered_in_order(self):
        for query in ({}, client(ANN)):
            with self.subTest(query):
                raw = self.raw(self.server)
                room = "with" if query else "without"
                self.poll(after=0, room=room, **query)
                raw.send(get(self.address("poll/chat", room, after=0, wait=1, **query)) * 3)
                for _ in range(3):
                    self.assertEqual(texts(self.frames_of(raw)), [])

    def test_an_answer_without_news_comes_when_the_wait_is_over(self):
        self.poll(after=0, **client(ANN))
        for query in (client(ANN), {}):
            frames = self.poll(after=0, wait=1, **query)
            self.assertEqual((len(frames), texts(frames)), (1, []))

    def test_a_new_poll_answers_the_one_that_is_held(self):
        self.poll(after=0, **client(ANN))
        first = self.hold(after=0, **client(ANN))
        self.assert_held(first)
        second = self.hold(after=0, **client(ANN))
        self.assertEqual(texts(self.frames_of(first)), [])
        self.say("news", **client(ANN))
        self.assertEqual(texts(self.frames_of(second)), ["news"])

    def test_sessions_of_one_client_do_not_disturb_each_other_and_are_one_person(self):
        self.poll(after=0, session="a", **client(ANN, "Ann"))
        frames = self.poll(after=0, session="b", **client(ANN, "Ann"))
        self.assertEqual([one["connections"] for one in frames[1]["members"]], [2])
        held = [self.hold(after=0, session=session, **client(ANN)) for session in "ab"]
        for raw in held:
            self.assert_held(raw)
        self.say("news", **client(ANN), session="a")
        for raw in held:
            self.assertEqual(texts(self.frames_of(raw)), ["news"])

    def assert_held(self, raw):
        """The server has read the request, and does not answer: it has answered a later one of the same loop."""
        self.assert_serves()
        raw.socket.setblocking(False)
        try:
            with self.assertRaises(BlockingIOError):
                raw.socket.recv(1)
        finally:
            raw.socket.settimeout(PATIENCE)

    def assert_serves(self):
        self.poll(room="another", after=0)

    def test_what_came_between_two_polls_waits_for_the_next(self):
        self.poll(after=0, **client(ANN, "Ann"))
        self.say("one", **client(BEN, "Ben"))
        self.send({"type": "signal", "signal": {"typing": True}}, **client(BEN))
        you = self.poll(after=0, **client(BEN))[0]["you"]["id"]
        frames = self.poll(after=0, **client(ANN))
        self.assertEqual(texts(frames), ["one"])
        self.assertEqual([one["type"] for one in frames[1:]], ["join", "signal"])
        self.assertEqual(frames[1]["member"]["id"], you)
        self.assertEqual(frames[2]["signal"], {"typing": True})
        self.assertEqual(len(self.poll(after=1, **client(ANN))), 1)

    def test_too_much_between_two_polls_is_dropped_but_no_message_and_not_who_is_there(self):
        self.poll(after=0, **client(ANN, "Ann"))
        self.send({"message": "/flood me"}, **client(BEN, "Ben"))
        self.say("after the flood", **client(BEN))
        frames = self.poll(after=0, **client(ANN))
        self.assertEqual(texts(frames), ["after the flood"])
        self.assertEqual([one["type"] for one in frames[1:]], ["presence"])
        self.assertEqual({one["name"] for one in frames[1]["members"]}, {"Ann", "Ben"})
        self.say("and on", **client(BEN))
        self.assertEqual(texts(self.poll(after=1, **client(ANN))), ["and on"])

    def test_the_number_of_people_is_told_even_if_they_are_too_many_to_be_listed(self):
        self.poll(after=0, **client(ANN, "Ann"))
        raw = self.raw(self.server)
        for i in range(1100):
            status, frame = self.send({"type": "signal", "signal": 1}, raw=raw, client=f"client-number-{i:04}")
            self.assertEqual(status, 200, frame)
        self.send({"message": "/flood me"}, **client(ANN))
        presence = self.poll(after=0, **client(ANN))[1]
        self.assertEqual((presence["type"], presence["count"], len(presence["members"])), ("presence", 1101, 1000))

    def test_an_answer_that_never_arrived_is_asked_for_again(self):
        self.poll(after=0, **client(ANN))
        raw = self.hold(after=0, **client(ANN))
        self.assert_held(raw)
        raw.abort()
        self.say("news", **client(BEN))
        for _ in range(2):  # as if the first answer had been lost
            self.assertEqual(texts(self.poll(after=0, **client(ANN))), ["news"])

    def test_a_client_that_goes_while_its_poll_is_held_keeps_its_place_for_a_while(self):
        self.poll(after=0, **client(ANN, "Ann"))
        raw = self.hold(after=0, **client(ANN, "Ann"))
        self.assert_held(raw)
        raw.close()
        self.assertEqual(texts(self.poll(after=0, wait=1, **client(ANN, "Ann"))), [])
        self.server.wait_for_line("joined lobby Ann")
        self.assertEqual(self.server.lines.count("joined lobby Ann"), 1)
        self.assertNotIn("left lobby Ann 1006", self.server.lines)


class SeveralThreads(LongPolling):
    options = {**LongPolling.options, "threads": 3}

    def assert_held(self, raw):  # its loop may be another one than that of the later request
        pass

    test_a_new_poll_answers_the_one_that_is_held = None  # which is the later one, is for the threads to decide


class Leaving(Case):
    options = {"poll_grace": 1}

    def test_a_client_that_polls_no_more_leaves_after_a_while(self):
        other = self.listen(**client(BEN, "Ben"))
        self.poll(after=0, **client(ANN, "Ann"))
        self.assertEqual(other.frame_of("join")["member"]["name"], "Ann")
        self.assertEqual(other.frame_of("leave")["member"]["name"], "Ann")
        self.server.wait_for_line("left lobby Ann 1006")
        self.poll(after=0, **client(ANN, "Ann"))
        wait_until(lambda: self.server.lines.count("joined lobby Ann") == 2, "Ann's coming back")

    def test_a_poll_that_is_held_is_no_silence(self):
        self.poll(after=0, **client(ANN, "Ann"))
        self.poll(after=0, wait=3, **client(ANN, "Ann"))
        self.server.wait_for_line("joined lobby Ann")
        self.assertEqual([line for line in self.server.lines if "Ann" in line], ["joined lobby Ann"])

    def test_who_only_says_something_comes_and_goes(self):
        other = self.listen(**client(BEN, "Ben"))
        self.say("hello", name="Guest")
        self.assertEqual([other.frame()["type"] for _ in range(5)], ["history", "presence", "join", "message", "leave"])
        self.server.wait_for_line("left lobby Guest 1000")


class EventStream(Case):
    def test_each_frame_is_an_event_and_messages_have_ids(self):
        stream = self.listen(**client(ANN, "Ann"))
        history = stream.frame()
        self.assertEqual((history["type"], history["you"]["name"]), ("history", "Ann"))
        self.assertEqual(stream.frame()["type"], "presence")
        self.say("line\none\r\n\"two\" ü", **client(ANN))
        frame = stream.frame()
        self.assertEqual((frame["type"], frame["id"], frame["message"]), ("message", 1, "line\none\r\n\"two\" ü"))
        self.assertEqual(frame["from"], history["you"])
        self.assertEqual(stream.last_id, f"{history['epoch']}:1")
        self.send({"type": "signal", "signal": 1}, **client(BEN, "Ben"))
        self.assertEqual(stream.frame_of("signal")["signal"], 1)
        self.assertEqual(stream.last_id, f"{history['epoch']}:1")

    def test_a_client_that_comes_back_gets_what_it_missed(self):
        stream = self.listen(**client(ANN))
        self.say("one", **client(BEN))
        stream.frame_of("message")
        stream.raw.close()
        self.say("two", **client(BEN))
        again = self.listen(f"Last-Event-ID: {stream.last_id}", **client(ANN))
        history = again.frame()
        self.assertEqual((history["type"], texts([history])), ("history", ["two"]))
        epoch, last = again.last_id.split(":")
        self.assertEqual((epoch, last), (history["epoch"], "2"))
        by_query = self.listen(epoch=epoch, after=1, **client(ANN)).frame()
        self.assertEqual(texts([by_query]), ["two"])
        for wrong in ("0123456789abcdef:1", f"{epoch}:99"):
            self.assertEqual(self.listen(f"Last-Event-ID: {wrong}").frame()["type"], "reset")
        for senseless in ("x", ":", f"{epoch}:", f"{epoch}:x"):
            self.assertEqual(self.listen(f"Last-Event-ID: {senseless}").frame()["type"], "history")

    def test_a_client_that_goes_leaves_the_room(self):
        for leave in (lambda raw: raw.close(), lambda raw: raw.abort()):
            stream = self.listen(**client(ANN, "Ann"))
            stream.frame()
            leave(stream.raw)
            self.server.wait_for_line("left lobby Ann 1006")
            self.server.lines.clear()

    def test_what_a_client_posts_comes_from_its_stream(self):
        stream = self.listen(**client(ANN, "Ann"))
        self.assertEqual(self.send({"message": "/only me"}, **client(ANN))[0], 409)
        self.assertEqual(stream.frame_of("direct")["message"], "only you")
        self.send({"type": "signal", "signal": "mine"}, **client(ANN))
        self.say("mine as well", **client(ANN))
        self.assertEqual(stream.frame()["type"], "message")  # one's own signal does not come back
        self.server.wait_for_line("joined lobby Ann")
        self.assertEqual(self.server.lines.count("joined lobby Ann"), 1)

    def test_head_joins_nobody(self):
        stream = self.listen(method="HEAD", **client(ANN, "Ann"))
        self.assertEqual(stream.raw.read_to_end(), b"")
        self.assertNotIn("joined lobby Ann", self.server.lines)

    def test_a_stream_without_news_is_kept_alive_by_comments(self):
        server = self.serve(keep_alive=1)
        raw = self.raw(server)
        raw.send(get("/events/chat/lobby/"))
        raw.response(head_only=True)
        wait_until(lambda: raw._more() or b": still here\n\n" in raw.buffer, "a comment")


class Closing(Case):
    def test_a_member_that_is_kicked_is_told_on_every_transport(self):
        stream = self.listen(**client(ANN, "Ann"))
        stream.frame()
        self.send({"message": "/kick me"}, **client(ANN))
        while (event := stream.event())[0] != "close":
            pass
        self.assertEqual(json.loads(event[1]),
                         {"type": "error", "error": "closed", "code": 4000, "message": "as you wish"})
        self.assertEqual(stream.raw.read_to_end(), b"")
        self.server.wait_for_line("left lobby Ann 4000")

    def test_polls_that_are_held_are_told_when_the_room_is_closed(self):
        self.poll(after=0, **client(ANN, "Ann"))
        raw = self.hold(after=0, **client(ANN, "Ann"))
        status, frame = self.send({"message": "/kick all"}, **client(BEN, "Ben"))
        self.assertEqual((status, frame["error"]), (409, "dropped")) if status == 409 else self.assertEqual(status, 503)
        answer = raw.response()
        while answer.status == 200:  # Ben's coming was news
            raw.send(get(self.address("poll/chat", after=0, wait=50, **client(ANN, "Ann"))))
            answer = raw.response()
        self.assertEqual((answer.status, json.loads(answer.body)["code"]), (403, 4002))
        self.server.wait_for_line("left lobby Ann 4002")

    def test_a_client_that_does_not_wait_is_told_with_its_next_poll(self):
        self.poll(after=0, **client(ANN, "Ann"))
        self.send({"message": "/kick me"}, **client(ANN))
        answer = self.request(get(self.address("poll/chat", after=0, **client(ANN))))
        self.assertEqual((answer.status, json.loads(answer.body)["message"]), (403, "as you wish"))
        self.poll(after=0, **client(ANN, "Ann"))  # nobody has said that it may not come back

    def closed_answer(self, answer):
        frame = json.loads(answer.body)
        self.assertEqual((answer.status, frame["error"], frame["code"], frame["message"]),
                         (503, "closed", 1000, "not in this room any more"))

    def test_a_client_that_polls_and_is_taken_out_of_the_room_is_told(self):
        self.poll(after=0, **client(ANN, "Ann"))
        self.assertEqual(self.send({"message": "/leave"}, **client(ANN))[0], 503)
        self.server.wait_for_line("left lobby Ann 1000")
        self.closed_answer(self.request(get(self.address("poll/chat", after=0, **client(ANN)))))
        self.poll(after=0, **client(ANN, "Ann"))  # nobody has said that it may not come back
        self.assertEqual(self.server.lines.count("left lobby Ann 1000"), 1)

    def test_a_poll_that_is_held_when_its_client_is_taken_out_of_the_room_is_told(self):
        for i in range(3):
            self.poll(after=0, **client(ANN, "Ann"))
            raw = self.hold(after=0, **client(ANN, "Ann"))
            self.assertEqual(self.send({"message": "/leave"}, **client(ANN))[0], 503)
            self.closed_answer(raw.response())

    def test_a_client_that_only_posts_and_is_taken_out_of_the_room_comes_in_again(self):
        self.say("hello", **client(ANN))
        self.assertEqual(self.send({"message": "/leave"}, **client(ANN))[0], 503)
        status, frame = self.send({"message": "still here?"}, **client(ANN))
        self.assertEqual((status, frame["code"]), (503, 1000))
        self.say("again", **client(ANN))

    def test_an_event_stream_ends_when_its_client_is_taken_out_of_the_room(self):
        stream = self.listen(**client(ANN, "Ann"))
        self.assertEqual(self.send({"message": "/leave"}, **client(ANN))[0], 503)
        while (event := stream.event())[0] != "close":
            pass
        self.assertEqual(json.loads(event[1])["code"], 1000)
        self.assertEqual(stream.raw.read_to_end(), b"")
        self.assertEqual(self.server.lines.count("left lobby Ann 1000"), 1)

    def test_a_room_that_lets_nobody_in_says_so_on_every_transport(self):
        answer = self.request(get(self.address("poll/chat", "closed", after=0, **client(ANN))))
        self.assertEqual((answer.status, json.loads(answer.body)["code"]), (403, 4001))
        status, frame = self.send({"message": "hi"}, room="closed", **client(ANN))
        self.assertEqual((status, frame.get("code")), (403, 4001))
        stream = self.listen(room="closed", **client(ANN))
        self.assertEqual(json.loads(stream.event()[1])["message"], "nobody may  enter ")

    def test_a_hook_that_throws_ends_the_member_and_is_reported(self):
        self.poll(after=0, **client(ANN, "Ann"))
        self.send({"message": "/throw"}, **client(ANN))
        answer = self.request(get(self.address("poll/chat", after=0, **client(ANN))))
        self.assertEqual((answer.status, json.loads(answer.body)["code"]), (503, 1011))


class Stopping(Case):
    def test_everything_ends_when_the_server_stops(self):
        self.poll(after=0, **client(ANN, "Ann"))
        self.poll(after=0, session="between", **client(ANN, "Ann"))
        stream = self.listen(**client(BEN, "Ben"))
        stream.frame()
        self.poll(after=0, **client(ANN, "Ann"))  # the newcomers were news
        held = self.hold(after=0, **client(ANN, "Ann"))
        observer = self.hold(after=0, room="nowhere")
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


class Sending(Case):
    def test_a_post_is_acknowledged_with_the_number_of_its_message(self):
        self.assertEqual(self.send({"message": "hi"}), (200, {"type": "ack", "id": 1}))
        self.assertEqual(self.send({"type": "message", "message": "hi", "ack": 7}),
                         (200, {"type": "ack", "ack": 7, "id": 2}))
        self.assertEqual(self.send({"type": "signal", "signal": 1}), (200, {"type": "ack"}))

    def test_what_is_wrong_is_answered_with_an_error(self):
        for body, status, error in ((b"", 400, "malformed"), (b"hi", 400, "malformed"), (b"[]", 400, "malformed"),
                                    (b'{"message": 1}', 400, "malformed"), (b'\xff', 400, "malformed"),
                                    (b'{"type": "dance"}', 400, "unknown_type"),
                                    (b'{"message": "/nothing", "ack": 3}', 409, "dropped"),
                                    (b'{"type": "direct", "to": "nobody", "message": "hi"}', 404, "no_such_person")):
            with self.subTest(body):
                got, frame = self.send(body, **client(ANN))
                self.assertEqual((got, frame["type"], frame["error"]), (status, "error", error))

    def test_a_direct_message_reaches_the_person_on_every_transport(self):
        stream = self.listen(**client(ANN, "Ann"))
        ann = stream.frame()["you"]["id"]
        self.poll(after=0, **client(ANN))
        status, _ = self.send({"type": "direct", "to": ann, "message": "psst"}, **client(BEN, "Ben"))
        self.assertEqual(status, 200)
        self.assertEqual(stream.frame_of("direct")["message"], "psst")
        self.assertIn("psst", [one.get("message") for one in self.poll(after=0, **client(ANN))])

    def test_a_get_is_refused(self):
        answer = self.request(get(self.address("send/chat")))
        self.assertEqual((answer.status, answer.headers["allow"]), (405, "POST"))


class Limits(Case):
    options = {"messages_per_second": 3, "message_bytes": 1000, "members_per_room": 2}

    def test_a_client_that_posts_too_fast_is_told(self):
        statuses = [self.send({"message": str(i)}, **client(ANN))[0] for i in range(10)]
        self.assertEqual(statuses[:3], [200] * 3)
        self.assertIn(429, statuses)
        self.assertEqual(self.send({"message": "other"}, **client(BEN))[0], 200)

    def test_a_message_that_is_too_large_gets_413(self):
        status, frame = self.send({"message": "x" * 1000}, **client(ANN))
        self.assertEqual((status, frame["error"]), (413, "too_large"))

    def test_a_full_room_lets_nobody_else_in(self):
        self.poll(after=0, **client(ANN))
        self.listen(**client(BEN)).frame()
        answer = self.request(get(self.address("poll/chat", after=0, client="c" * 20)))
        self.assertEqual((answer.status, json.loads(answer.body)["code"]), (503, 1013))
        self.assertIn("retry-after", answer.headers)


class Floods(Case):
    """Who has no member in the room begins with a full bucket: it is that of the address."""
    options = {"messages_per_second": 1}

    def joined(self):
        return sum(line.startswith("joined lobby") for line in self.server.lines)

    def check(self, answers):
        statuses = [status for status, _ in answers]
        self.assertEqual(statuses[0], 200)
        self.assertEqual(set(statuses), {200, 429})
        self.assertEqual({frame["error"] for status, frame in answers if status == 429}, {"rate_limited"})
        self.assertLess(statuses.count(200), 30)
        wait_until(lambda: self.joined() >= statuses.count(200), "the lines of those who joined")
        self.assertEqual(self.joined(), statuses.count(200))  # the others cost no hook

    def test_posts_of_nobody_in_particular_count_together(self):
        raw = self.raw(self.server)
        self.check([self.send({"message": "hi"}, raw=raw) for _ in range(50)])

    def test_posts_of_ever_new_clients_count_together(self):
        raw = self.raw(self.server)
        self.check([self.send({"message": "hi"}, raw=raw, client=f"client-number-{i:04}") for i in range(50)])

    def test_polls_of_ever_new_clients_count_together(self):
        raw = self.raw(self.server)
        answers = []
        for i in range(50):
            raw.send(get(self.address("poll/chat", after=0, client=f"client-number-{i:04}")))
            answer = raw.response()
            frames = json.loads(answer.body)
            answers.append((answer.status, frames))
        self.check(answers)

    def test_those_who_are_in_the_room_have_buckets_of_their_own(self):
        stream = self.listen(**client(ANN, "Ann"))
        stream.frame()
        statuses = [self.send({"message": "hi"})[0] for _ in range(20)]
        self.assertIn(429, statuses)
        self.say("hello", **client(ANN))

    def test_polls_without_a_client_and_of_those_who_are_there_do_not_count(self):
        self.poll(after=0, **client(ANN))
        for _ in range(20):
            self.poll(after=0)
            self.poll(after=0, **client(ANN))


class ByteFloods(Case):
    options = {"bytes_per_second": 1000, "message_bytes": 1000}

    def test_the_bytes_of_posts_of_nobody_in_particular_count_together(self):
        raw = self.raw(self.server)
        answers = [self.send({"message": "x" * 900}, raw=raw) for _ in range(50)]
        self.assertEqual(answers[0][0], 200)
        self.assertEqual({status for status, _ in answers}, {200, 429})


class Crowds(Case):
    options = {"connections": 20}

    async def test_clients_that_poll_count_as_connections_and_leave_half_of_them_to_others(self):
        raw = self.raw(self.server)
        statuses = []
        for i in range(30):
            raw.send(get(self.address("poll/chat", after=0, client=f"client-number-{i:04}")))
            answer = raw.response()
            statuses.append(answer.status)
        self.assertEqual(statuses, [200] * 10 + [503] * 20)
        self.assertEqual(self.send({"message": "hi"}, raw=raw)[0], 503)
        self.say("hi", raw=raw, client="client-number-0000")
        socket = await self.websocket()
        self.assertEqual(json.loads(await receive(socket))["last"], 1)
        self.listen(**client(ANN)).frame()


class FewPlaces(Case):
    options = {"connections": 3, "poll_grace": 1}

    def test_there_is_a_place_for_one_that_polls_and_for_the_next_when_it_has_gone(self):
        raw = self.raw(self.server)
        self.poll(after=0, raw=raw, **client(ANN, "Ann"))
        raw.send(get(self.address("poll/chat", after=0, **client(BEN, "Ben"))))
        self.assertEqual(raw.response().status, 503)
        self.server.wait_for_line("left lobby Ann 1006")
        self.poll(after=0, raw=raw, **client(BEN, "Ben"))


class Permission(Case):
    def statuses(self, *headers, room="lobby", **query):
        return [self.request(get(self.address("poll/short", room, after=0, **query), *headers)).status,
                self.request(get(self.address("send/short", room, **query), *headers, method="POST",
                                 body=b'{"message":"hi"}')).status,
                self.stream_status(*headers, room=room, **query)]

    def stream_status(self, *headers, room, **query):
        raw = self.raw(self.server)
        raw.send(get(self.address("events/short", room, **query), *headers))
        status = raw.response(head_only=True).status
        raw.close()
        return status

    def test_pages_of_other_sites_are_refused(self):
        self.assertEqual(self.statuses(), [200] * 3)
        self.assertEqual(self.statuses("Origin: http://localhost"), [200] * 3)
        for evil in ("https://evil.example", "null", "http://localhost.evil.example", "file://"):
            self.assertEqual(self.statuses(f"Origin: {evil}"), [403] * 3)
        for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
            self.assertEqual(self.statuses(f"Sec-Fetch-Site: {site}"), [status] * 3)

    def test_pages_of_a_friend_may_read_the_answers(self):
        self.assertEqual(self.statuses("Origin: https://friend.example"), [200] * 3)
        answer = self.request(get(self.address("poll/short", after=0), "Origin: https://friend.example"))
        self.assertEqual(answer.headers["access-control-allow-origin"], "https://friend.example")
        self.assertEqual(answer.headers["vary"], "Origin")

    def test_the_application_may_refuse(self):
        self.assertEqual(self.statuses(token="bad"), [401] * 3)

    def test_the_application_may_say_who_it_is(self):
        self.send({"message": "hi"}, "Cookie: user=carl", way="send/short")
        frames = self.poll("Cookie: user=carl", way="poll/short", after=0)
        self.assertEqual(frames[0]["messages"][0]["from"], {"id": "carl", "name": "User carl"})
        self.assertEqual(frames[0]["you"], {"id": "carl", "name": "User carl"})


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

    async def test_one_client_is_one_person_on_every_transport(self):
        socket = await self.websocket(**client(ANN, "Ann"))
        you = json.loads(await receive(socket))["you"]
        self.assertEqual(self.poll(after=0, **client(ANN, "Ann"))[0]["you"], you)
        self.assertEqual(self.listen(**client(ANN, "Ann")).frame()["you"], you)
        people = self.poll(after=0, **client(BEN, "Ben"))[1]["members"]
        self.assertEqual({one["name"]: one["connections"] for one in people}, {"Ann": 3, "Ben": 1})


class Crowd(Case):
    """benchmarks/transports/crowd.cpp fails if anybody gets a message twice, not at all or in another order."""
    options = {"connections": 50_000, "messages_per_second": 0}

    def crowd(self, **options):
        arguments = [str(part) for name, value in options.items() for part in ("--" + name.replace("_", "-"), value)]
        done = subprocess.run([os.environ["TRANSPORTS_CROWD"], "--port", str(self.server.port), "--prefix",
                               "quiet/lobby", *arguments], capture_output=True, text=True)
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
                    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=PATIENCE,
                                          cwd=self.server_folder())
                    self.assert_like(done.stdout, expected)

    def server_folder(self):
        return support.Path(__file__).parent

    def assert_like(self, got, expected):
        pattern = re.escape(expected.strip()).replace(re.escape("…"), ".*?")
        self.assertRegex(got.strip(), re.compile(f"^{pattern}$", re.S))


if __name__ == "__main__":
    unittest.main()
