"""roompp.v1 over real sockets and threads, seen by a client that others wrote. What needs neither is tested in the unit tests,
with the harness (v1_*_test.cpp)."""

import asyncio
import json

from support import ServerCase, receive


class V1:
    """A client of roompp.v1."""

    def __init__(self, client):
        self.client = client
        self.acks = 0

    async def next(self):
        return json.loads(await receive(self.client))

    async def say(self, text):
        """Says something, and returns the number that the message has got."""
        self.acks += 1
        await self.client.send(json.dumps({"message": text, "ack": self.acks}))
        while (got := await self.next()).get("ack") != self.acks:
            pass
        return got["id"]


class Rooms(ServerCase):
    async def join(self, server, query):
        client = await self.connect(server.ws(f"/ws/chat/tea/?{query}"), subprotocols=["roompp.v1"])
        self.assertEqual(client.subprotocol, "roompp.v1")
        one = V1(client)
        one.history = await one.next()
        self.assertEqual(one.history["type"], "history")
        self.assertEqual((await one.next())["type"], "presence")
        return one

    async def test_acknowledgements_have_the_numbers_that_all_see(self):
        for threads in (1, 3):
            with self.subTest(threads=threads):
                server = self.start(threads=threads)
                people = [await self.join(server, f"name=p{number}") for number in range(3)]

                async def speak(one):
                    name = one.history["you"]["name"]
                    return [(await one.say(f"{name} {number}"), f"{name} {number}") for number in range(30)]

                said = sorted(pair for pairs in await asyncio.gather(*(speak(one) for one in people)) for pair in pairs)
                self.assertEqual([number for number, _ in said], list(range(1, 91)))
                late = await self.join(server, "last=100")
                self.assertEqual([(one["id"], one["message"]) for one in late.history["messages"]], said)
