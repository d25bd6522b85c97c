"""Rooms that people can live in: roompp.v1 and the tutorial's format, seen by clients that others wrote."""

import asyncio
import functools
import json
import random

from support import MIB, TEXT, ServerCase, close_frame, end_of, frame, handshake, receive
from websockets.exceptions import ConnectionClosed, InvalidStatus

THREADS = (1, 3)


def with_threads(test):
    """The test gets a server of one thread, and then another one of three."""
    @functools.wraps(test)
    async def run(self):
        for threads in THREADS:
            with self.subTest(threads=threads):
                await test(self, self.start(threads=threads))
    return run


def token(name):
    return (name + "-0123456789abcdef")[:64]


class V1:
    """A client of roompp.v1, which has got its first frames."""

    def __init__(self, client):
        self.client = client
        self.acks = 0

    async def next(self):
        return json.loads(await receive(self.client))

    async def send(self, **told):
        await self.client.send(json.dumps(told))

    async def until(self, kind):
        """The next frame of this kind; what comes before is passed over."""
        while (got := await self.next())["type"] != kind:
            pass
        return got

    async def say(self, text, **more):
        """Says something, and returns the number that the message has got."""
        return (await self.answer(type="message", message=text, **more))["id"]

    async def answer(self, **told):
        """Sends a frame, and returns the ack or error for it; what comes before is passed over."""
        self.acks += 1
        await self.send(ack=self.acks, **told)
        while (got := await self.next()).get("ack") != self.acks:
            pass
        return got

    async def heard(self):
        """What has come until now: all that was said to the room before this was called."""
        self.acks += 1
        await self.send(type="ping", ack=self.acks)
        got = []
        while (one := await self.next()) != {"type": "ack", "ack": self.acks}:
            got.append(one)
        return got


class RoomCase(ServerCase):
    async def connect_v1(self, server, room, route="chat", **query):
        text = "&".join(f"{name}={value}" for name, value in query.items())
        client = await self.connect(server.ws(f"/ws/{route}/{room}/?{text}"), subprotocols=["roompp.v1"])
        self.assertEqual(client.subprotocol, "roompp.v1")
        return V1(client)

    async def join(self, server, room="tea", route="chat", **query):
        one = await self.connect_v1(server, room, route, **query)
        one.history = await one.next()
        self.assertIn(one.history["type"], ("history", "reset"))
        if route in ("chat", "public"):
            one.presence = await one.next()
            self.assertEqual(one.presence["type"], "presence")
        one.you = one.history["you"]
        return one

    def texts(self, of):
        return [one["message"] for one in of["messages"]]


class Entering(RoomCase):
    @with_threads
    async def test_the_first_in_a_room_finds_it_empty(self, server):
        ann = await self.join(server, name="Ann")
        self.assertEqual(ann.history, {"type": "history", "epoch": ann.history["epoch"], "last": 0,
                                       "you": {"id": ann.you["id"], "name": "Ann"}, "messages": []})
        self.assertEqual(len(ann.history["epoch"]), 16)
        self.assertNotEqual(ann.you["id"], "")
        self.assertEqual(ann.presence["count"], 1)
        self.assertEqual([(one["id"], one["name"], one["connections"]) for one in ann.presence["members"]],
                         [(ann.you["id"], "Ann", 1)])

    @with_threads
    async def test_a_newcomer_gets_as_many_of_the_latest_messages_as_it_asks_for(self, server):
        ann = await self.join(server, name="Ann")
        for number in range(1, 6):
            self.assertEqual(await ann.say(f"message {number}"), number)
        for asked, got in (({}, []), ({"last": 0}, []), ({"last": 2}, [4, 5]), ({"last": 5}, [1, 2, 3, 4, 5]),
                           ({"last": 999999999999999999}, [1, 2, 3, 4, 5])):
            ben = await self.join(server, name="Ben", **asked)
            self.assertEqual(ben.history["type"], "history")
            self.assertEqual(ben.history["last"], 5)
            self.assertEqual([one["id"] for one in ben.history["messages"]], got)
            self.assertEqual(self.texts(ben.history), [f"message {number}" for number in got])
            for one in ben.history["messages"]:
                self.assertEqual(one["from"], ann.you)
                self.assertGreater(one["at"], 1_500_000_000_000)

    @with_threads
    async def test_a_newcomer_gets_no_more_messages_than_the_room_keeps(self, server):
        ann = await self.join(server, route="short")
        for number in range(25):
            await ann.say(str(number))
        ben = await self.join(server, route="short", last=1000)
        self.assertEqual(self.texts(ben.history), [str(number) for number in range(15, 25)])

    @with_threads
    async def test_who_comes_back_gets_exactly_what_it_missed(self, server):
        ann = await self.join(server, name="Ann")
        ben = await self.join(server, name="Ben")
        await ann.say("heard")
        place = {"epoch": ben.history["epoch"], "after": (await ben.until("message"))["id"]}
        ben.client.transport.abort()
        for text in ("missed 1", "missed 2 ä€😀\n\"\\"):
            await ann.say(text)
        ben = await self.join(server, name="Ben", **place)
        self.assertEqual(ben.history["type"], "history")
        self.assertEqual(self.texts(ben.history), ["missed 1", "missed 2 ä€😀\n\"\\"])
        self.assertEqual([one["id"] for one in ben.history["messages"]], [2, 3])
        await ann.say("live")
        self.assertEqual((await ben.until("message"))["id"], 4)

    @with_threads
    async def test_who_missed_nothing_gets_nothing(self, server):
        ann = await self.join(server)
        for count in range(2):
            ben = await self.join(server, epoch=ann.history["epoch"], after=count, last=50)
            self.assertEqual((ben.history["type"], ben.history["messages"]), ("history", []))
            await ann.say("hi")

    @with_threads
    async def test_a_place_in_another_epoch_is_reset(self, server):
        ann = await self.join(server)
        await ann.say("one")
        await ann.say("two")
        for epoch in ("0123456789abcdef", "x" * 1000, "%00", "%ff"):
            ben = await self.join(server, epoch=epoch, after=1)
            self.assertEqual(ben.history["type"], "reset")
            self.assertEqual(ben.history["epoch"], ann.history["epoch"])
            self.assertEqual(self.texts(ben.history), ["one", "two"])
        ben = await self.join(server, epoch="0123456789abcdef", after=1, last=1)
        self.assertEqual((ben.history["type"], self.texts(ben.history)), ("reset", ["two"]))

    @with_threads
    async def test_a_place_that_is_too_old_is_reset_and_the_oldest_that_is_not_is_none(self, server):
        ann = await self.join(server, route="short")
        for number in range(1, 26):
            await ann.say(str(number))
        kept = [str(number) for number in range(16, 26)]
        for after, kind, texts in ((25, "history", []), (24, "history", ["25"]), (15, "history", kept),
                                   (14, "reset", kept), (0, "reset", kept)):
            with self.subTest(after=after):
                ben = await self.join(server, route="short", epoch=ann.history["epoch"], after=after)
                self.assertEqual((ben.history["type"], self.texts(ben.history)), (kind, texts))

    @with_threads
    async def test_a_place_in_the_future_is_reset(self, server):
        ann = await self.join(server)
        await ann.say("one")
        for after in (2, 10**17):
            ben = await self.join(server, epoch=ann.history["epoch"], after=after)
            self.assertEqual((ben.history["type"], self.texts(ben.history)), ("reset", ["one"]))

    @with_threads
    async def test_a_room_waits_for_those_who_lost_their_connection(self, server):
        ann = await self.join(server, name="Ann")
        await ann.say("one")
        await ann.client.close()
        ben = await self.join(server, name="Ben", epoch=ann.history["epoch"], after=0)
        self.assertEqual((ben.history["type"], self.texts(ben.history)), ("history", ["one"]))
        self.assertEqual(await ben.say("two"), 2)

    async def test_a_room_that_need_not_wait_is_another_one_the_next_time(self):
        for threads in THREADS:
            server = self.start(threads=threads, empty_room=0)
            ann = await self.join(server)
            await ann.say("one")
            await ann.client.close()
            ben = await self.join(server, epoch=ann.history["epoch"], after=1)
            self.assertEqual((ben.history["type"], ben.history["last"]), ("reset", 0))
            self.assertNotEqual(ben.history["epoch"], ann.history["epoch"])

    @with_threads
    async def test_what_cannot_be_meant_is_refused_with_400(self, server):
        for query in ("last=many", "last=-1", "last=", "last=9999999999999999999", "epoch=0123456789abcdef",
                      "epoch=0123456789abcdef&after=", "epoch=0123456789abcdef&after=-1",
                      "epoch=0123456789abcdef&after=1e3", "name=", "name=%20", "name=%0a", "name=a%00b", "name=%ff",
                      "name=" + "x" * 51, "client=", "client=short", "client=" + "x" * 65,
                      "client=0123456789abcde%20", "client=0123456789abcde%c3%a4"):
            with self.subTest(query), self.assertRaises(InvalidStatus) as refused:
                await self.connect(server.ws(f"/ws/chat/tea/?{query}"), subprotocols=["roompp.v1"])
            self.assertEqual(refused.exception.response.status_code, 400)
        ann = await self.join(server, name="%C3%A4" * 50)
        self.assertEqual(ann.you["name"], "ä" * 50)


class People(RoomCase):
    @with_threads
    async def test_all_are_told_who_comes_and_goes(self, server):
        ann = await self.join(server, name="Ann")
        for leave in (lambda one: one.client.close(), lambda one: one.client.close(4000, "bye"), None):
            ben = await self.join(server, name="Ben")
            self.assertEqual({one["name"] for one in ben.presence["members"]}, {"Ann", "Ben"})
            self.assertEqual(ben.presence["count"], 2)
            joined = await ann.next()
            self.assertEqual(joined["type"], "join")
            self.assertEqual((joined["member"]["id"], joined["member"]["name"]), (ben.you["id"], "Ben"))
            self.assertGreater(joined["member"]["since"], 1_500_000_000_000)
            if leave:
                await leave(ben)
            else:
                ben.client.transport.abort()
            self.assertEqual(await ann.next(), {"type": "leave", "member": ben.you})

    @with_threads
    async def test_several_connections_of_one_client_are_one_person(self, server):
        ann = await self.join(server, name="Ann")
        first = await self.join(server, name="Ben", client=token("ben"))
        second = await self.join(server, name="Ben", client=token("ben"))
        self.assertEqual(first.you, second.you)
        self.assertNotEqual(first.you["id"], ann.you["id"])
        self.assertEqual(second.presence["count"], 2)
        self.assertEqual({one["name"]: one["connections"] for one in second.presence["members"]}, {"Ann": 1, "Ben": 2})
        await first.client.close()
        third = await self.join(server, name="Ben", client=token("ben"))
        await second.client.close()
        await third.client.close()
        # One for the first, and one for the last; what was between is no news.
        self.assertEqual((await ann.next())["type"], "join")
        self.assertEqual(await ann.next(), {"type": "leave", "member": first.you})
        self.assertEqual(await ann.heard(), [])

    @with_threads
    async def test_a_second_connection_with_another_name_renames_the_person_for_all(self, server):
        ann = await self.join(server, name="Ann")
        ben = await self.join(server, name="Ben", client=token("ben"))
        again = await self.join(server, name="Benjamin", client=token("ben"))
        self.assertEqual([one["name"] for one in again.presence["members"] if one["id"] == ben.you["id"]], ["Benjamin"])
        await ann.until("join")
        renamed = await ann.next()
        self.assertEqual((renamed["type"], renamed["member"]["id"], renamed["member"]["name"]),
                         ("join", ben.you["id"], "Benjamin"))
        self.assertEqual((await ben.next())["member"]["name"], "Benjamin")
        await again.client.close()
        await ben.client.close()
        left = await ann.next()
        self.assertEqual((left["type"], left["member"]["id"]), ("leave", ben.you["id"]))

    @with_threads
    async def test_nobody_gets_to_see_the_token_of_another(self, server):
        ann = await self.join(server, name="Ann")
        ben = await self.join(server, name="Ben", client=token("ben"))
        await ben.say("hi")
        await ben.send(type="signal", signal=1)
        await ben.heard()
        await ben.client.close()
        seen = json.dumps([await ann.until("leave"), ben.history, ben.presence])
        carol = await self.join(server, name="Carol", last=10)
        self.assertNotIn(token("ben"), seen + json.dumps([carol.history, carol.presence]))
        self.assertNotEqual(ben.you["id"], "")

    @with_threads
    async def test_clients_without_a_token_are_persons_of_their_own(self, server):
        people = [await self.join(server, name="Ann") for _ in range(3)]
        self.assertEqual(len({one.you["id"] for one in people}), 3)
        self.assertEqual(people[2].presence["count"], 3)

    async def test_a_peer_that_is_gone_without_a_word_is_no_longer_present(self):
        for threads in THREADS:
            with self.subTest(threads=threads):
                server = self.start(threads=threads, ping_interval=1, ping_timeout=1)
                ann = await self.join(server, name="Ann")
                dead = self.raw(server)
                dead.send(handshake("/ws/chat/tea/?name=Dead", "Sec-WebSocket-Protocol: roompp.v1"))
                self.assertEqual(dead.response().status, 101)
                self.assertEqual((await ann.next())["member"]["name"], "Dead")
                left = await ann.next()
                self.assertEqual((left["type"], left["member"]["name"]), ("leave", "Dead"))
                self.assertEqual((await self.join(server)).presence["count"], 2)

    async def test_everybody_comes_and_goes_at_once_and_the_last_word_is_right(self):
        for threads in THREADS:
            with self.subTest(threads=threads):
                server = self.start(threads=threads)
                watcher = await self.join(server, name="watcher")

                async def come_and_go(number, server=server):
                    dice = random.Random(number)
                    for _ in range(10):
                        one = await self.join(server, name=f"guest{number}", client=token(f"guest-{number % 5}"))
                        if dice.random() < 0.5:
                            one.client.transport.abort()
                        else:
                            await one.client.close()

                await asyncio.gather(*(come_and_go(number) for number in range(20)))
                present = {}
                while True:
                    for one in await watcher.heard():
                        if one["type"] == "join":
                            present[one["member"]["id"]] = one["member"]
                        else:
                            self.assertEqual(one["type"], "leave")
                            del present[one["member"]["id"]]
                    if not present and (await self.join(server, name="watcher", client=token("last"))
                                        ).presence["count"] == 2:
                        break


class Speaking(RoomCase):
    @with_threads
    async def test_a_message_goes_to_all_with_its_number_and_its_sender(self, server):
        ann = await self.join(server, name="Ann", client=token("ann"))
        ben = await self.join(server, name="Ben")
        await ann.send(type="message", message="hi", ack=7)
        for one in (ann, ben):
            got = await one.until("message")
            self.assertEqual(got, {"type": "message", "id": 1, "from": ann.you, "at": got["at"], "message": "hi"})
        self.assertEqual(await ann.next(), {"type": "ack", "ack": 7, "id": 1})
        await ann.send(message="without a type")
        self.assertEqual((await ben.next())["message"], "without a type")

    @with_threads
    async def test_acknowledgements_have_the_numbers_that_all_see(self, server):
        people = [await self.join(server, name=f"p{number}") for number in range(3)]

        async def speak(one):
            return [(await one.say(f"{one.you['name']} {number}"), f"{one.you['name']} {number}")
                    for number in range(30)]

        said = sorted(pair for pairs in await asyncio.gather(*(speak(one) for one in people)) for pair in pairs)
        self.assertEqual([number for number, _ in said], list(range(1, 91)))
        late = await self.join(server, last=100)
        self.assertEqual([(one["id"], one["message"]) for one in late.history["messages"]], said)

    @with_threads
    async def test_what_is_no_number_to_acknowledge_is_passed_over(self, server):
        ann = await self.join(server)
        for ack in (0, -1, 2**53, 2**64, 1.5, "1", True, None, [], {}, 1e300):
            await ann.client.send(json.dumps({"message": "hi", "ack": ack}))
            self.assertEqual((await ann.next())["type"], "message")
        for ack in (1, 2**53 - 1):
            await ann.send(message="hi", ack=ack)
            self.assertEqual((await ann.until("ack"))["ack"], ack)
        self.assertEqual(await ann.heard(), [])

    @with_threads
    async def test_a_private_message_goes_to_all_connections_of_both_and_to_nobody_else(self, server):
        ann = [await self.join(server, name="Ann", client=token("ann")) for _ in range(2)]
        ben = [await self.join(server, name="Ben", client=token("ben")) for _ in range(2)]
        carol = await self.join(server, name="Carol")
        answer = await ann[0].answer(type="direct", to=ben[0].you["id"], message="psst")
        self.assertEqual(answer, {"type": "ack", "ack": 1})
        await ann[0].send(type="direct", to=ben[0].you["id"], message="psst again")
        for one in (*ben, ann[1]):
            for text in ("psst", "psst again"):
                got = await one.until("direct")
                self.assertEqual(got, {"type": "direct", "from": ann[0].you, "to": ben[0].you["id"], "at": got["at"],
                                       "message": text})
        self.assertEqual((await ann[0].until("direct"))["message"], "psst again")
        self.assertEqual(await carol.heard(), [])
        self.assertEqual((await self.join(server, last=100)).history["messages"], [])

    @with_threads
    async def test_a_private_message_to_oneself_comes_once(self, server):
        ann = await self.join(server, name="Ann")
        await ann.send(type="direct", to=ann.you["id"], message="note")
        self.assertEqual([one["message"] for one in await ann.heard()], ["note"])

    @with_threads
    async def test_a_signal_goes_to_all_others_and_is_not_kept(self, server):
        ann = await self.join(server, name="Ann", client=token("ann"))
        ben = await self.join(server, name="Ben")
        tab = await self.join(server, name="Ann", client=token("ann"))
        signals = [{"typing": True}, None, False, 0, -1.5, "text", [], [1, [2, {"a": None}]], {"": ""}, "ä\0"]
        for signal in signals:
            self.assertEqual(await ann.answer(type="signal", signal=signal), {"type": "ack", "ack": ann.acks})
        for one in (ben, tab):
            for signal in signals:
                self.assertEqual(await one.until("signal"), {"type": "signal", "from": ann.you, "signal": signal})
        self.assertEqual((await self.join(server, last=100)).history["last"], 0)

    @with_threads
    async def test_a_ping_is_acknowledged(self, server):
        ann = await self.join(server)
        await ann.send(type="ping", ack=99)
        self.assertEqual(await ann.next(), {"type": "ack", "ack": 99})

    @with_threads
    async def test_the_tutorials_clients_are_in_the_same_room(self, server):
        ann = await self.join(server, name="Ann")
        old = await self.connect(server.ws("/ws/chat/tea/"))
        self.assertEqual((await ann.next())["type"], "join")
        await old.send('{"message": "from the tutorial"}')
        got = await ann.next()
        self.assertEqual((got["type"], got["id"], got["message"]), ("message", 1, "from the tutorial"))
        self.assertEqual(json.loads(await receive(old)), {"message": "from the tutorial"})
        await ann.send(type="signal", signal={"typing": True})
        await ann.say("from v1")
        self.assertEqual(json.loads(await receive(old)), {"message": "from v1"})
        await ann.answer(type="direct", to=got["from"]["id"], message="psst")
        self.assertEqual(json.loads(await receive(old)), {"message": "psst"})
        await old.close()
        self.assertEqual(await ann.until("leave"), {"type": "leave", "member": got["from"]})

    @with_threads
    async def test_a_message_of_bytes_reaches_v1_as_base64(self, server):
        ann = await self.join(server, route="short")
        plain = await self.connect(server.ws("/ws/short/tea/"))
        await plain.send(b"\x00\xff")
        got = await ann.next()
        self.assertEqual((got["base64"], "message" in got), ("AP8=", False))
        self.assertEqual(await receive(plain), b"\x00\xff")

    @with_threads
    async def test_the_application_decides_what_is_said(self, server):
        ann = await self.join(server)
        self.assertEqual((await ann.answer(message="drop this"))["error"], "dropped")
        self.assertEqual(await ann.say("said"), 1)
        await ann.send(message="kick me")
        self.assertEqual(await end_of(ann.client), (4003, "kicked"))
        ben = await self.join(server)
        await ben.send(message="throw", ack=1)
        self.assertEqual((await end_of(ben.client))[0], 1011)
        carol = await self.join(server)
        self.assertEqual(await carol.say("still here"), 2)


class Errors(RoomCase):
    async def error_for(self, one, text):
        await one.client.send(text)
        got = await one.next()
        self.assertEqual(got["type"], "error", text)
        self.assertTrue(got["message"])
        return got

    @with_threads
    async def test_what_is_no_frame_is_malformed_and_the_connection_goes_on(self, server):
        ann = await self.join(server)
        for text in ("", " ", "hello", "{", '{"message": "hi"', '{"message": "hi"}}', "null", "true", "1", '"text"', "[]",
                     '[{"message": "hi"}]', "{}", '{"message": null}', '{"message": 5}', '{"message": ["hi"]}',
                     '{"type": "message"}', '{"type": 5}', '{"type": "direct", "to": "x"}',
                     '{"type": "direct", "message": "hi"}', '{"type": "direct", "to": 5, "message": "hi"}',
                     '{"type": "signal"}', "{'message': 'hi'}", '{"message": "\\ud800"}', '{"message": 1e999}',
                     b'{"message": "binary"}', b"", b"\xff\xfe"):
            with self.subTest(text):
                self.assertEqual((await self.error_for(ann, text))["error"], "malformed")
        self.assertEqual(await ann.say("still here"), 1)

    @with_threads
    async def test_an_error_repeats_the_number_of_its_frame(self, server):
        ann = await self.join(server)
        for told, code in (({"type": "message"}, "malformed"), ({"type": "dance"}, "unknown_type"),
                           ({"type": "direct", "to": "nobody", "message": "hi"}, "no_such_person"),
                           ({"type": "signal"}, "malformed"), ({"message": "drop this"}, "dropped")):
            with self.subTest(told):
                got = await ann.answer(**told)
                self.assertEqual((got["type"], got["error"]), ("error", code))

    @with_threads
    async def test_an_unknown_type_is_told_so(self, server):
        ann = await self.join(server)
        for kind in ("", "dance", "Message", "history", "ack", "x" * 10000):
            self.assertEqual((await self.error_for(ann, json.dumps({"type": kind, "message": "hi"})))["error"],
                             "unknown_type")

    @with_threads
    async def test_a_room_may_have_no_private_messages_and_no_signals(self, server):
        ann = await self.join(server, route="public")
        for told in ({"type": "direct", "to": ann.you["id"], "message": "hi"}, {"type": "signal", "signal": 1}):
            self.assertEqual((await ann.answer(**told))["error"], "unknown_type")

    @with_threads
    async def test_a_person_who_has_left_cannot_be_written_to(self, server):
        ann = await self.join(server)
        ben = await self.join(server, name="Ben", client=token("ben"))
        await ben.client.close()
        await ann.until("leave")
        self.assertEqual((await ann.answer(type="direct", to=ben.you["id"], message="hi"))["error"], "no_such_person")

    @with_threads
    async def test_a_message_that_is_not_utf8_closes_with_1007(self, server):
        client = self.raw(server)
        client.send(handshake("/ws/chat/tea/", "Sec-WebSocket-Protocol: roompp.v1") +
                    frame(TEXT, b'{"message": "\xff"}'))
        self.assertEqual(client.response().status, 101)
        self.assertEqual(client.close_code(), 1007)

    async def test_a_message_that_is_too_big_closes_with_1009(self):
        for threads in THREADS:
            server = self.start(threads=threads, message_bytes=1000)
            ann = await self.join(server)
            await ann.send(message="x" * 900)
            self.assertEqual((await ann.next())["message"], "x" * 900)
            await ann.send(message="x" * 1000)
            self.assertEqual((await end_of(ann.client))[0], 1009)

    @with_threads
    async def test_hostile_json_does_no_harm(self, server):
        deep = 250_000
        bystander = await self.join(server, name="bystander")
        hostile = [
            "[" * 500_000, "{\"a\":" * 100_000, "[" * deep + "]" * deep,
            '{"type":"signal","signal":' + "[" * deep + "]" * deep + "}",
            '{"type":"signal","signal":' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}",
            '{"message":"hi","ack":' + "[" * deep + "]" * deep + "}",
            '{"message":' + "[" * deep + "]" * deep + "}",
            '{"message":"hi","x":' + "[" * deep + "]" * deep + "}",
            '{"type":"direct","to":' + "[" * deep + "]" * deep + ',"message":"hi"}',
            '{"message":"hi","ack":' + "9" * 500_000 + "}", '{"message":"hi","ack":-' + "9" * 400 + "}",
            '{"message":"hi","ack":1e' + "9" * 1000 + "}", '{"message":"hi","ack":0.' + "0" * 100_000 + "1}",
            '{"type":"signal","signal":' + "9" * 300 + "}", '{"type":"signal","signal":1e308}',
            '{"type":"signal","signal":-0.0}',
            '{"message":"one","message":"two","type":"signal","type":"message","ack":5,"ack":6}',
            "{" + ",".join('"message":"hi"' for _ in range(50_000)) + "}",
            "{" + ",".join(f'"{number}":{number}' for number in range(50_000)) + "}",
            '{"message":"' + "\\u0000" * 100_000 + '"}', '{"message":"\\u0000","to":"\\u0000"}',
            '{"type":"direct","to":"' + "x" * 500_000 + '","message":"hi"}', "\ufeff{\"message\":\"hi\"}",
            '{"type":"\\u0000","message":"hi"}', '{"type":"signal","signal":"</script>\\u2028"}',
        ]
        for number, text in enumerate(hostile):
            with self.subTest(text[:60], number=number):
                for route in ("chat", "tutorial"):
                    if route == "chat":
                        one = await self.join(server)
                        await one.client.send(text)
                        await one.heard()
                        await one.client.close()
                    else:
                        old = await self.connect(server.ws("/ws/chat/tea/"))
                        await old.send(text)
                        await old.close()
        await bystander.heard()
        self.assertGreater(await bystander.say("still here"), 0)
        self.assert_still_serves(server)

    @with_threads
    async def test_the_last_of_duplicate_keys_counts(self, server):
        ann = await self.join(server)
        await ann.client.send('{"message":"one","message":"two","ack":5,"ack":6}')
        self.assertEqual((await ann.next())["message"], "two")
        self.assertEqual((await ann.next())["ack"], 6)

    @with_threads
    async def test_bytes_without_sense_do_no_harm(self, server):
        dice = random.Random(20240301)
        bystander = await self.join(server, name="bystander")
        valid = ['{"type":"message","message":"hi","ack":1}', '{"type":"direct","to":"x","message":"hi","ack":2}',
                 '{"type":"signal","signal":{"typing":true}}', '{"type":"ping","ack":3}']
        for _ in range(40):
            client = self.raw(server)
            client.send(handshake(f"/ws/chat/tea/?last={dice.randrange(200)}", "Sec-WebSocket-Protocol: roompp.v1"))
            self.assertEqual(client.response().status, 101)
            for _ in range(20):
                text = bytearray(dice.choice(valid).encode())
                for _ in range(dice.randrange(4)):
                    text[dice.randrange(len(text))] = dice.randrange(128)
                client.send(frame(TEXT, bytes(text)))
            if dice.random() < 0.5:
                client.abort()
            else:
                client.send(close_frame(1000))
                self.assertTrue(await asyncio.to_thread(client.ended))
        await bystander.heard()
        self.assertGreater(await bystander.say("still here"), 0)


class Bounds(RoomCase):
    async def test_what_comes_too_fast_is_dropped_and_each_sender_is_told(self):
        for threads in THREADS:
            with self.subTest(threads=threads):
                server = self.start(threads=threads, messages_per_second=10, on_flood="drop")
                ann = await self.join(server)
                count = 300
                for number in range(1, count + 1):
                    await ann.send(message=str(number), ack=number)
                acks, errors, messages = [], [], []
                while len(acks) + len(errors) < count:
                    got = await ann.next()
                    if got["type"] == "error":
                        self.assertEqual(got["error"], "rate_limited")
                        errors.append(got["ack"])
                    else:
                        (acks if got["type"] == "ack" else messages).append(got)
                self.assertEqual(sorted(errors + [one["ack"] for one in acks]), list(range(1, count + 1)))
                self.assertEqual([one["ack"] for one in acks][:10], list(range(1, 11)))
                self.assertTrue(errors)
                self.assertEqual([(one["id"], one["message"]) for one in messages],
                                 [(number + 1, str(one["ack"])) for number, one in enumerate(acks)])

    async def test_a_flood_closes_with_1008_if_so_wanted(self):
        for threads in THREADS:
            server = self.start(threads=threads, messages_per_second=10)
            ann = await self.join(server)
            try:
                for _ in range(300):
                    await ann.send(message="hi")
            except ConnectionClosed:  # it may be closed before all is sent
                pass
            self.assertEqual((await end_of(ann.client))[0], 1008)
            await (await self.join(server)).say("the others go on")

    async def test_too_many_bytes_a_second_are_a_flood_too(self):
        server = self.start(bytes_per_second=2000, message_bytes=1000, on_flood="drop")
        ann = await self.join(server)
        answers = set()
        for number in range(1, 101):
            await ann.send(message="x" * 900, ack=number)
        for _ in range(100):
            while (got := await ann.next())["type"] == "message":
                pass
            answers.add(got.get("error", got["type"]))
        self.assertEqual(answers, {"ack", "rate_limited"})

    async def test_a_room_that_is_full_closes_with_1013_until_somebody_leaves(self):
        for threads in THREADS:
            with self.subTest(threads=threads):
                server = self.start(threads=threads, members_per_room=2)
                ann, ben = await self.join(server), await self.join(server)
                for _ in range(3):
                    late = await self.connect_v1(server, "tea")
                    self.assertEqual((await end_of(late.client))[0], 1013)
                await self.join(server, room="other")
                await ben.client.close()
                await ann.until("leave")
                await self.join(server)
                self.assertEqual(await ann.say("hi"), 1)

    async def test_who_would_open_one_room_too_many_is_closed_with_1013(self):
        for threads in THREADS:
            with self.subTest(threads=threads):
                server = self.start(threads=threads, rooms=3)
                for name in ("a", "b", "c"):
                    await self.join(server, room=name)
                late = await self.connect_v1(server, "d")
                self.assertEqual((await end_of(late.client))[0], 1013)
                await self.join(server, room="a")

    async def test_rooms_that_wait_for_somebody_to_come_back_make_place_for_others(self):
        server = self.start(rooms=3)
        for number in range(12):
            one = await self.join(server, room=f"room{number}")
            await one.say("kept")
            await one.client.close()

    @with_threads
    async def test_what_grows_when_it_is_written_as_json_disconnects_nobody(self, server):
        ann = await self.join(server, route="short")
        plain = await self.connect(server.ws("/ws/short/tea/"))
        await plain.send("\x01" * MIB)
        self.assertEqual(await receive(plain), "\x01" * MIB)
        self.assertEqual((await ann.next())["message"], "\x01" * MIB)
        self.assertEqual(await ann.say("still here"), 2)

    @with_threads
    async def test_a_history_that_grows_when_it_is_written_as_json_keeps_nobody_out(self, server):
        plain = await self.connect(server.ws("/ws/short/tea/"))
        for _ in range(8):
            await plain.send("\x01" * (MIB // 8))
            await receive(plain)
        ann = await self.join(server, route="short", last=10)
        self.assertEqual(ann.history["last"], 8)
        self.assertEqual(await ann.say("here"), 9)

    async def test_a_server_that_stops_closes_its_members_with_1001(self):
        for threads in THREADS:
            with self.subTest(threads=threads):
                server = self.start(threads=threads)
                people = [await self.join(server, room=f"room{number % 4}") for number in range(12)]
                server.terminate()
                for code, _ in await asyncio.gather(*(end_of(one.client) for one in people)):
                    self.assertEqual(code, 1001)
                self.assertEqual(await asyncio.to_thread(server.wait), 0)
