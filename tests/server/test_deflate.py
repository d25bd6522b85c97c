"""Compressed messages, against a client that others wrote and byte by byte (RFC 7692)."""

import zlib

from support import TEXT, ServerCase, frame, handshake, receive

LONG = "The quick brown fox jumps over the lazy dog. " * 40
OFFER = "Sec-WebSocket-Extensions: permessage-deflate"
COMPRESSED = 4  # the reserved bit that says so


def deflated(text):
    compressor = zlib.compressobj(9, wbits=-15)
    return (compressor.compress(text.encode()) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflated(body):
    return zlib.decompressobj(-15).decompress(body + b"\0\0\xff\xff").decode()


class Compression(ServerCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.server = self.start(compress=64, message_bytes=100_000)

    def compressing(self, path):
        client = self.raw(self.server)
        client.send(handshake(path, OFFER))
        answer = client.response()
        self.assertEqual(answer.status, 101)
        self.assertIn("permessage-deflate", answer.headers["sec-websocket-extensions"])
        return client

    async def test_a_real_client_talks_compressed(self):
        first = await self.connect(self.server.ws("/ws/room/a/"), compression="deflate")
        plain = await self.connect(self.server.ws("/ws/room/a/"))
        self.assertIn("permessage-deflate", first.response.headers["Sec-WebSocket-Extensions"])
        self.assertNotIn("Sec-WebSocket-Extensions", plain.response.headers)
        for text in (LONG, "short", "", LONG + "2", "\u00e4" * 5000):
            await first.send(text)
            for client in (first, plain):
                self.assertEqual(await receive(client), text)
            await plain.send(text + "!")
            for client in (first, plain):
                self.assertEqual(await receive(client), text + "!")

    async def test_many_messages_of_one_turn_come_in_order_to_both_kinds(self):
        clients = [await self.connect(self.server.ws("/ws/room/b/"), compression=how)
                   for how in ("deflate", None, "deflate")]
        for i in range(100):
            await clients[0].send(f"{i} " + LONG * (i % 3))
        for client in clients:
            for i in range(100):
                self.assertEqual(await receive(client), f"{i} " + LONG * (i % 3))

    async def test_a_broadcast_is_compressed_on_the_wire_and_what_is_for_one_alone_is_not(self):
        room = self.compressing("/ws/room/c/")
        room.send(frame(TEXT, deflated(LONG), rsv=COMPRESSED))
        first, size = room.take(2)
        self.assertEqual(first, 0xC1)
        self.assertEqual(inflated(room.take(size)), LONG)
        echo = self.compressing("/ws/echo/")
        echo.send(frame(TEXT, deflated("x" * 100), rsv=COMPRESSED))
        self.assertEqual(echo.take(2), bytes([0x81, 100]))

    async def test_a_message_that_decompresses_to_more_than_the_limit_closes_with_1009(self):
        client = self.compressing("/ws/echo/")
        client.send(frame(TEXT, deflated("x" * 50_000_000), rsv=COMPRESSED))
        self.assertEqual(client.close_code(), 1009)
        self.assert_still_serves(self.server)

    async def test_bytes_that_do_not_decompress_close_with_1007(self):
        client = self.compressing("/ws/echo/")
        client.send(frame(TEXT, b"\xff\xff\xff\xff\xff", rsv=COMPRESSED))
        self.assertEqual(client.close_code(), 1007)

    async def test_nothing_is_compressed_for_a_client_that_does_not_offer_it(self):
        client = self.raw_websocket(self.server)
        client.send(frame(TEXT, deflated(LONG), rsv=COMPRESSED))
        self.assertEqual(client.close_code(), 1002)

    async def test_without_the_option_no_offer_is_taken(self):
        plain = self.start()
        client = await self.connect(plain.ws("/ws/echo/"), compression="deflate")
        self.assertNotIn("Sec-WebSocket-Extensions", client.response.headers)
        await client.send(LONG)
        self.assertEqual(await receive(client), LONG)
