"""WebSockets and rooms, seen by clients that others wrote, and by clients that break the rules."""

import asyncio
import random
import socket
import struct
import time
import unittest

from support import (BINARY, CLOSE, CONTINUATION, MIB, PATIENCE, PING, PONG, TEXT, Ended, Raw, Server, ServerCase,
                     close_frame, end_of, frame, get, handshake, program, random_key, receive, receive_until, wait_until)
from websockets.exceptions import InvalidStatus


class EchoedMessages(ServerCase):
    def setUp(self):
        self.server = self.start()

    async def echo(self, message):
        client = await self.connect(self.server.ws("/ws/echo/"))
        await client.send(message)
        self.assertEqual(await receive(client), message)

    async def test_text_comes_back_as_text(self):
        await self.echo("hello")

    async def test_binary_comes_back_as_binary(self):
        await self.echo(bytes(range(256)))

    async def test_an_empty_text_comes_back(self):
        await self.echo("")

    async def test_an_empty_binary_message_comes_back(self):
        await self.echo(b"")

    async def test_text_of_every_length_of_utf8_comes_back(self):
        await self.echo("a\0ä€😀" + chr(0x10FFFF))

    async def test_a_message_of_one_mebibyte_comes_back(self):
        await self.echo(random.Random(1).randbytes(MIB))

    async def test_messages_at_the_edges_of_the_length_encodings_come_back(self):
        client = await self.connect(self.server.ws("/ws/echo/"))
        for size in (1, 125, 126, 127, 511, 512, 513, 65535, 65536, 65537):
            message = random.Random(size).randbytes(size)
            await client.send(message)
            self.assertEqual(await receive(client), message)

    async def test_a_thousand_messages_sent_at_once_come_back_in_order(self):
        client = await self.connect(self.server.ws("/ws/echo/"))
        sent = [f"message {i}" for i in range(1000)]
        for message in sent:
            await client.send(message)
        self.assertEqual([await receive(client) for _ in sent], sent)

    async def test_a_fragmented_message_comes_back_whole(self):
        client = await self.connect(self.server.ws("/ws/echo/"))
        await client.send(["one ", "two ", "", "three"])
        self.assertEqual(await receive(client), "one two three")

    async def test_a_ping_is_answered(self):
        client = await self.connect(self.server.ws("/ws/echo/"))
        await asyncio.wait_for(await client.ping(b"are you there"), PATIENCE)

    async def test_permessage_deflate_may_be_offered(self):
        client = await self.connect(self.server.ws("/ws/echo/"), compression="deflate")
        await client.send("hello " * 100)
        self.assertEqual(await receive(client), "hello " * 100)

    def test_a_ping_between_fragments_is_answered_before_the_message(self):
        client = self.raw_websocket(self.server)
        client.send(frame(TEXT, "one ", fin=False) + frame(PING, "now") + frame(CONTINUATION, "two"))
        self.assertEqual(client.frame(), (PONG, b"now"))
        self.assertEqual(client.frame(), (TEXT, b"one two"))

    def test_an_unasked_pong_is_ignored(self):
        client = self.raw_websocket(self.server)
        client.send(frame(PONG, "nobody asked") + frame(TEXT, "hello"))
        self.assertEqual(client.frame(), (TEXT, b"hello"))

    def test_a_character_may_be_split_between_fragments(self):
        client = self.raw_websocket(self.server)
        euro = "€".encode()
        client.send(frame(TEXT, euro[:1], fin=False) + frame(CONTINUATION, euro[1:]))
        self.assertEqual(client.frame(), (TEXT, euro))

    def test_a_message_may_come_one_byte_at_a_time(self):
        client = self.raw_websocket(self.server)
        for byte in frame(TEXT, "drop by drop") + frame(BINARY, bytes(200)):
            client.send(bytes([byte]))
        self.assertEqual(client.frame(), (TEXT, b"drop by drop"))
        self.assertEqual(client.frame(), (BINARY, bytes(200)))

    def test_messages_may_come_in_the_packet_of_the_handshake(self):
        client = self.raw(self.server)
        large = random.Random(2).randbytes(20000)
        client.send(handshake() + frame(TEXT, "at once") + frame(BINARY, large) + frame(TEXT, "and one more"))
        self.assertEqual(client.response().status, 101)
        self.assertEqual(client.frame(), (TEXT, b"at once"))
        self.assertEqual(client.frame(), (BINARY, large))
        self.assertEqual(client.frame(), (TEXT, b"and one more"))

    def test_a_broken_message_in_the_packet_of_the_handshake_is_told(self):
        client = self.raw(self.server)
        client.send(handshake() + frame(3, "reserved"))
        self.assertEqual(client.response().status, 101)
        self.assertEqual(client.close_code(), 1002)


class RulesOfTheProtocol(ServerCase):
    def setUp(self):
        self.server = self.start(message_bytes=1000, close_timeout=1)

    def refused(self, *frames):
        """The close code that these frames get; the connection must end, and the server go on."""
        client = self.raw_websocket(self.server)
        client.send(b"".join(frames))
        code = client.close_code()
        client.send(close_frame(code))
        self.assertTrue(client.ended())
        self.assert_still_serves(self.server)
        return code

    def test_a_message_that_is_not_utf8_closes_with_1007(self):
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"ends early \xe2\x82"):
            with self.subTest(bad):
                self.assertEqual(self.refused(frame(TEXT, bad)), 1007)

    def test_a_fragmented_message_that_is_not_utf8_closes_with_1007(self):
        self.assertEqual(self.refused(frame(TEXT, b"\xe2", fin=False), frame(CONTINUATION, b"(")), 1007)

    def test_a_binary_message_need_not_be_utf8(self):
        client = self.raw_websocket(self.server)
        client.send(frame(BINARY, b"\xff\xfe"))
        self.assertEqual(client.frame(), (BINARY, b"\xff\xfe"))

    def test_a_message_at_the_limit_passes(self):
        client = self.raw_websocket(self.server)
        client.send(frame(BINARY, bytes(1000)))
        self.assertEqual(client.frame(), (BINARY, bytes(1000)))

    def test_a_message_that_is_too_big_closes_with_1009(self):
        self.assertEqual(self.refused(frame(BINARY, bytes(1001))), 1009)

    def test_fragments_that_are_too_big_together_close_with_1009(self):
        self.assertEqual(self.refused(frame(BINARY, bytes(600), fin=False), frame(CONTINUATION, bytes(600))), 1009)

    def test_a_length_of_a_tebibyte_closes_with_1009_and_takes_no_memory(self):
        before = self.server.memory()
        self.assertEqual(self.refused(frame(BINARY, bytes(10), length=1 << 40)), 1009)
        self.assertLess(self.server.memory() - before, 16 * MIB)

    def test_a_length_beyond_63_bits_is_refused(self):
        self.assertIn(self.refused(b"\x82\xff" + b"\xff" * 8 + b"mask"), (1002, 1009))

    def test_a_message_that_is_not_masked_closes_with_1002(self):
        self.assertEqual(self.refused(frame(TEXT, "hello", masked=False)), 1002)

    def test_reserved_bits_close_with_1002(self):
        for bit in (1, 2, 4):
            with self.subTest(bit):
                self.assertEqual(self.refused(frame(TEXT, "hello", rsv=bit)), 1002)

    def test_reserved_opcodes_close_with_1002(self):
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            with self.subTest(opcode):
                self.assertEqual(self.refused(frame(opcode, "hello")), 1002)

    def test_a_fragmented_control_frame_closes_with_1002(self):
        self.assertEqual(self.refused(frame(PING, "one", fin=False)), 1002)

    def test_a_control_frame_of_126_bytes_closes_with_1002(self):
        self.assertEqual(self.refused(frame(PING, bytes(126))), 1002)

    def test_a_ping_of_125_bytes_is_answered(self):
        client = self.raw_websocket(self.server)
        client.send(frame(PING, bytes(125)))
        self.assertEqual(client.frame(), (PONG, bytes(125)))

    def test_a_continuation_of_nothing_closes_with_1002(self):
        self.assertEqual(self.refused(frame(CONTINUATION, "hello")), 1002)

    def test_a_new_message_within_a_fragmented_one_closes_with_1002(self):
        self.assertEqual(self.refused(frame(TEXT, "one", fin=False), frame(TEXT, "two")), 1002)

    def test_a_length_that_is_not_minimal_is_refused(self):
        # RFC 6455 says that it must not be, but not with which code to close; websocketpp closes with 1011.
        self.assertIn(self.refused(b"\x82\xfe\x00\x05mask" + b"hello"), (1002, 1011))

    def test_a_close_frame_of_one_byte_closes_with_1002(self):
        self.assertEqual(self.refused(frame(CLOSE, b"\x03")), 1002)

    def test_close_codes_that_must_not_be_sent_close_with_1002(self):
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999):
            with self.subTest(code):
                self.assertEqual(self.refused(close_frame(code)), 1002)

    def test_a_close_reason_that_is_not_utf8_is_refused(self):
        self.assertIn(self.refused(close_frame(1000, b"\xff")), (1002, 1007))

    def test_what_comes_after_a_close_frame_is_ignored(self):
        client = self.raw_websocket(self.server)
        client.send(close_frame(1000) + frame(TEXT, "too late"))
        self.assertEqual(client.frame()[0], CLOSE)
        self.assertEqual(client.read_to_end(), b"")


class Handshakes(ServerCase):
    def setUp(self):
        self.server = self.start()

    def status_of(self, request):
        client = self.raw(self.server)
        client.send(request)
        return client.response()

    def test_the_accept_key_is_that_of_the_standard(self):
        answer = self.status_of(handshake())
        self.assertEqual(answer.status, 101)
        self.assertEqual(answer.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        self.assertEqual(answer.headers["upgrade"].lower(), "websocket")
        self.assertEqual(answer.headers["connection"].lower(), "upgrade")
        self.assertNotIn("sec-websocket-protocol", answer.headers)
        self.assertNotIn("sec-websocket-extensions", answer.headers)

    def test_a_browsers_connection_header_with_keep_alive_is_understood(self):
        answer = self.status_of(get("/ws/echo/", "upgrade: WebSocket", "connection: keep-alive, Upgrade",
                                    f"sec-websocket-key: {KEY_OF_ITS_OWN}", "sec-websocket-version: 13"))
        self.assertEqual(answer.status, 101)

    def test_a_handshake_may_come_one_byte_at_a_time(self):
        client = self.raw(self.server)
        for byte in handshake() + frame(TEXT, "hello"):
            client.send(bytes([byte]))
        self.assertEqual(client.response().status, 101)
        self.assertEqual(client.frame(), (TEXT, b"hello"))

    def test_a_handshake_may_follow_a_request_on_the_same_connection(self):
        client = self.raw(self.server)
        client.send(get("/hello/you/") + handshake() + frame(TEXT, "hello"))
        self.assertEqual(client.response().status, 200)
        self.assertEqual(client.response().status, 101)
        self.assertEqual(client.frame(), (TEXT, b"hello"))

    async def test_a_connection_may_be_refused_with_a_status(self):
        with self.assertRaises(InvalidStatus) as refused:
            await self.connect(self.server.ws("/ws/hooks/?token=bad"))
        self.assertEqual(refused.exception.response.status_code, 401)
        client = await self.connect(self.server.ws("/ws/hooks/?token=good"))
        self.assertEqual(await receive(client), "welcome")

    async def test_an_unknown_path_gets_404(self):
        for path in ("/ws/", "/ws/nothing/", "/ws/echo", "/hello/you/", "/ws/room//", "/ws/room/a/b/"):
            with self.subTest(path), self.assertRaises(InvalidStatus) as refused:
                await self.connect(self.server.ws(path))
            self.assertEqual(refused.exception.response.status_code, 404)

    async def test_a_bad_room_name_gets_400(self):
        for name in ("a%20b", "%ff", "%2e%2e", "..", "%zz", "%4", "%", "a%2Fb", "a%00b", "x" * 101, "%3Cscript%3E", "ä"):
            with self.subTest(name):
                answer = self.status_of(handshake(f"/ws/room/{name}/".encode().decode("latin-1")))
                self.assertEqual(answer.status, 400)
                self.assertNotIn(b"<", answer.body)

    async def test_a_room_name_of_100_characters_is_good(self):
        self.assertEqual(self.status_of(handshake(f"/ws/room/{'x' * 100}/")).status, 101)

    async def test_a_subprotocol_is_agreed_upon_if_it_is_offered(self):
        client = await self.connect(self.server.ws("/ws/hooks/"), subprotocols=["other", "roompp.test"])
        self.assertEqual(client.subprotocol, "roompp.test")

    async def test_a_subprotocol_that_is_not_offered_is_not_sent(self):
        client = await self.connect(self.server.ws("/ws/hooks/"), subprotocols=["other"])
        self.assertIsNone(client.subprotocol)
        client = await self.connect(self.server.ws("/ws/hooks/"))
        self.assertIsNone(client.subprotocol)

    def test_another_version_of_the_protocol_gets_426_and_is_told_the_right_one(self):
        for version in ("8", "12", "14", "", "13, 8", "thirteen"):
            with self.subTest(version):
                answer = self.status_of(handshake(version=version))
                self.assertEqual(answer.status, 426)
                self.assertEqual(answer.headers["sec-websocket-version"], "13")

    def test_a_bad_key_gets_400(self):
        for key in ("", "short", KEY_OF_ITS_OWN[:-1], KEY_OF_ITS_OWN + "=", "!" * 22 + "==", "A" * 24):
            with self.subTest(key):
                self.assertEqual(self.status_of(handshake(key=key)).status, 400)

    def test_another_method_gets_400_or_405(self):
        for method in ("POST", "HEAD", "PUT"):
            with self.subTest(method):
                client = self.raw(self.server)
                client.send(handshake().replace(b"GET", method.encode(), 1))
                self.assertIn(client.response(head_only=method == "HEAD").status, (400, 405))

    def test_a_page_of_another_site_gets_403(self):
        for origin in ("http://evil.example", "http://localhost.evil.example", "http://evil.example/localhost", "null",
                       "localhost", "http://localhost:1"):
            with self.subTest(origin):
                self.assertEqual(self.status_of(handshake("/ws/echo/", f"Origin: {origin}")).status, 403)

    def test_the_servers_own_page_may_connect(self):
        for origin in ("http://localhost", "https://localhost", "http://LOCALHOST"):
            with self.subTest(origin):
                self.assertEqual(self.status_of(handshake("/ws/echo/", f"Origin: {origin}")).status, 101)

    async def test_the_servers_own_page_may_connect_with_a_port_in_its_origin(self):
        client = await self.connect(self.server.ws("/ws/echo/"), origin=self.server.url[:-1])
        await client.send("hello")
        self.assertEqual(await receive(client), "hello")

    def test_a_program_without_an_origin_may_connect(self):
        self.assertEqual(self.status_of(handshake()).status, 101)


KEY_OF_ITS_OWN = random_key(random.Random(3))


class CloseCodes(ServerCase):
    def setUp(self):
        self.server = self.start(close_timeout=1)

    async def open(self):
        client = await self.connect(self.server.ws("/ws/hooks/"))
        self.assertEqual(await receive(client), "welcome")
        return client

    async def test_the_server_sees_the_clients_code_and_reason(self):
        client = await self.open()
        await client.close(4321, "because")
        self.server.wait_for_line("closed 4321 because")

    async def test_the_client_sees_the_servers_code_and_reason(self):
        client = await self.open()
        await client.send("close")
        self.assertEqual(await end_of(client), (4001, "bye"))
        self.server.wait_for_line("closed 4001 bye")

    def test_a_close_frame_without_a_code_counts_as_1005(self):
        client = self.raw_websocket(self.server, "/ws/hooks/")
        client.send(frame(CLOSE))
        client.close_code()
        self.server.wait_for_line("closed 1005 ")
        self.assertTrue(client.ended())

    def test_a_reset_connection_counts_as_1006(self):
        client = self.raw_websocket(self.server, "/ws/hooks/")
        self.assertEqual(client.frame(), (TEXT, b"welcome"))
        client.abort()
        self.server.wait_for_line("closed 1006 ")

    def test_an_end_without_a_close_frame_counts_as_1006(self):
        client = self.raw_websocket(self.server, "/ws/hooks/")
        self.assertEqual(client.frame(), (TEXT, b"welcome"))
        client.close()
        self.server.wait_for_line("closed 1006 ")

    def test_a_client_that_does_not_answer_a_close_is_dropped_after_the_close_timeout(self):
        client = self.raw_websocket(self.server, "/ws/hooks/")
        client.send(frame(TEXT, "close"))
        self.assertEqual(client.close_code(), 4001)
        started = time.monotonic()
        self.assertTrue(client.ended())
        self.assertLess(time.monotonic() - started, 10)
        self.server.wait_for_line("closed 4001 ")

    def test_each_connection_is_told_to_have_closed_once(self):
        client = self.raw_websocket(self.server, "/ws/hooks/")
        client.send(close_frame(4000, b"one") + close_frame(4000, b"two"))
        client.close()
        self.server.wait_for_line("closed 4000 one")
        self.server.terminate()
        self.server.wait()
        self.assertEqual(len([line for line in self.server.lines if line.startswith("closed")]), 1)


class Failures(ServerCase):
    async def test_an_exception_in_a_hook_closes_with_1011_and_spares_the_others(self):
        server = self.start()
        bystander = await self.connect(server.ws("/ws/hooks/"))
        unlucky = await self.connect(server.ws("/ws/hooks/"))
        await unlucky.send("throw")
        self.assertEqual((await end_of(unlucky))[0], 1011)
        await bystander.send("still here")
        self.assertEqual([await receive(bystander) for _ in range(2)], ["welcome", "still here"])
        self.assertIn("told to throw", server.error_text())

    async def test_an_exception_in_a_rooms_hook_closes_only_its_member(self):
        for threads in (1, 3):
            with self.subTest(threads=threads):
                server = self.start(threads=threads)
                bystander = await self.connect(server.ws("/ws/other/a/"))
                unlucky = await self.connect(server.ws("/ws/other/a/"))
                await receive_until(unlucky, "joined")
                await unlucky.send("throw")
                self.assertEqual((await end_of(unlucky))[0], 1011)
                await receive_until(bystander, "left")
                await bystander.send("anyone?")
                self.assertEqual(await receive(bystander), "only you")

    def test_a_peer_that_is_gone_without_a_word_is_dropped_and_a_quiet_one_is_not(self):
        server = self.start(ping_interval=1, ping_timeout=1)
        dead = self.raw_websocket(server, "/ws/hooks/")
        quiet = self.raw_websocket(server)
        pings = 0
        while "closed 1006 " not in server.lines or pings < 2:
            opcode, payload = quiet.frame()
            self.assertEqual(opcode, PING)
            quiet.send(frame(PONG, payload))
            pings += 1
            self.assertLess(pings, 20, "the dead peer is still there")
        self.assertEqual(dead.frame(), (TEXT, b"welcome"))
        self.assertEqual(dead.frame()[0], PING)
        self.assertTrue(dead.ended())
        quiet.send(frame(TEXT, "still here"))
        opcode, payload = quiet.frame()
        while opcode == PING:
            opcode, payload = quiet.frame()
        self.assertEqual(payload, b"still here")

    async def test_a_real_client_that_says_nothing_stays_connected(self):
        server = self.start(ping_interval=1, ping_timeout=1)
        client = await self.connect(server.ws("/ws/echo/"))
        self.raw_websocket(server, "/ws/hooks/")  # is dropped by the same rule: so the client has lived long enough
        await asyncio.to_thread(server.wait_for_line, "closed 1006 ")
        await client.send("still here")
        self.assertEqual(await receive(client), "still here")

    async def test_a_member_that_does_not_read_is_dropped_and_holds_up_no_one(self):
        for threads in (1, 3):
            with self.subTest(threads=threads):
                server = self.start(threads=threads, queue_bytes=MIB, close_timeout=1)
                stalled = self.raw_websocket(server, "/ws/other/a/", receive_buffer=4096)
                reader = await self.connect(server.ws("/ws/other/a/"))
                await receive_until(reader, "joined")
                sender = await self.connect(server.ws("/ws/other/a/"))
                await receive_until(reader, "joined")
                await receive_until(sender, "joined")
                before = server.memory()
                most = before
                left = 0
                for i in range(400):
                    message = str(i).ljust(64 * 1024)
                    await sender.send(message)
                    got = [await receive(reader)]
                    while got[-1] == "left":
                        got.append(await receive(reader))
                    left += len(got) - 1
                    self.assertEqual(got[-1][:8], message[:8])
                    most = max(most, server.memory())
                self.assertLess(most - before, 32 * MIB)
                if not left:
                    self.assertEqual(await receive(reader), "left")
                stalled.read_freely()
                received = await asyncio.to_thread(stalled.read_to_end)
                self.assertLess(len(received), 400 * 64 * 1024)

    def test_a_client_that_sends_and_never_reads_takes_no_more_memory_than_it_may(self):
        server = self.start(queue_bytes=MIB, close_timeout=1)
        before = server.memory()
        client = self.raw_websocket(server, receive_buffer=4096)
        client.socket.settimeout(1)
        message = frame(BINARY, bytes(60000))
        sent = 0
        try:
            while sent < 64 * MIB:
                client.send(message)
                sent += len(message)
        except (TimeoutError, ConnectionError):
            pass
        self.assertLess(sent, 64 * MIB, "the server reads on although nobody takes its answers")
        self.assertLess(server.memory() - before, 16 * MIB)
        self.assert_still_serves(server)

    def test_an_echo_that_was_paused_goes_on_when_the_client_reads_again(self):
        server = self.start()
        client = self.raw_websocket(server, receive_buffer=4096)
        messages = [struct.pack("!I", i) + bytes(60000) for i in range(200)]
        client.socket.setblocking(False)
        rest = memoryview(b"".join(frame(BINARY, one) for one in messages))
        got = b""
        blocked = False
        deadline = time.monotonic() + 2 * PATIENCE
        while len(got) < len(messages) * 60008 and time.monotonic() < deadline:
            try:
                if rest:
                    rest = rest[client.socket.send(rest[:262144]):]
                    continue
            except BlockingIOError:
                if not blocked:
                    client.read_freely()
                blocked = True
            try:
                got += client.socket.recv(MIB)
            except BlockingIOError:
                time.sleep(0.001)
        self.assertTrue(blocked)
        client.buffer = got
        self.assertEqual([client.frame() for _ in messages], [(BINARY, one) for one in messages])

    def test_bytes_without_sense_do_no_harm(self):
        server = self.start(threads=2, request_timeout=2, close_timeout=1)
        self.assert_still_serves(server)
        before = server.memory()
        dice = random.Random(20240229)
        valid = [get("/hello/you/"), get("/", "If-None-Match: *"), handshake(), handshake("/ws/room/a/"),
                 get("/shout/", method="POST", body=b"hello")]
        for number in range(300):
            client = self.raw(server)
            kind = number % 4
            if kind == 0:
                data = dice.randbytes(dice.randrange(1, 4000))
            elif kind == 1:
                data = bytearray(dice.choice(valid))
                for _ in range(dice.randrange(1, 8)):
                    data[dice.randrange(len(data))] = dice.randrange(256)
            elif kind == 2:
                data = handshake(dice.choice(["/ws/echo/", "/ws/room/a/", "/ws/other/a/", "/ws/hooks/"]))
                data += dice.randbytes(dice.randrange(1, 4000))
            else:
                data = handshake("/ws/other/b/")
                for _ in range(dice.randrange(1, 20)):
                    data += frame(dice.choice([0, 1, 2, 8, 9, 10]), dice.randbytes(dice.randrange(0, 300)),
                                  fin=dice.random() < 0.7)
            try:
                client.send(bytes(data))
                if number % 3 == 0:
                    client.abort()
                    continue
                client.socket.shutdown(socket.SHUT_WR)
            except ConnectionError:
                pass
            except OSError as error:  # the server has ended it already
                self.assertEqual(error.errno, 107)
            self.assertTrue(client.ended())
            client.close()
        self.assertLess(server.memory() - before, 32 * MIB)
        self.assert_still_serves(server)
        client = self.raw_websocket(server)
        client.send(frame(TEXT, "still here"))
        self.assertEqual(client.frame(), (TEXT, b"still here"))


class Rooms(ServerCase):
    async def in_room(self, server, room, route="room"):
        """A client that is a member for certain: it has got what it has sent."""
        client = await self.connect(server.ws(f"/ws/{route}/{room}/"))
        probe = f"probe {id(client)}"
        await client.send(probe)
        await receive_until(client, probe)
        return client

    async def test_members_of_one_room_hear_each_other_and_others_do_not(self):
        for threads in (1, 3):
            with self.subTest(threads=threads):
                server = self.start(threads=threads)
                one = await self.in_room(server, "a")
                two = await self.in_room(server, "a")
                elsewhere = await self.in_room(server, "b")
                await one.send("hello")
                self.assertEqual(await receive(two), "hello")
                await receive_until(one, "hello")
                await two.send(b"binary too")
                self.assertEqual(await receive(one), b"binary too")
                self.assertEqual(await receive(two), b"binary too")
                await elsewhere.send("alone")
                self.assertEqual(await receive(elsewhere), "alone")

    async def test_a_room_name_is_the_same_however_it_is_encoded(self):
        server = self.start()
        one = await self.in_room(server, "abc")
        two = await self.in_room(server, "%61b%63")
        await receive_until(one, f"probe {id(two)}")

    async def test_an_empty_message_is_broadcast(self):
        server = self.start()
        one = await self.in_room(server, "a")
        await one.send("")
        self.assertEqual(await receive(one), "")

    async def test_two_senders_are_heard_in_one_order_by_all(self):
        for threads in (1, 3):
            with self.subTest(threads=threads):
                server = self.start(threads=threads)
                members = [await self.in_room(server, "a") for _ in range(5)]
                await members[0].send("start")
                for member in members:
                    await receive_until(member, "start")

                async def say(member, name):
                    for i in range(300):
                        await member.send(f"{name} {i}")

                async def hear(member):
                    return [await receive(member) for _ in range(600)]

                heard = await asyncio.gather(*(hear(member) for member in members), say(members[0], "x"),
                                             say(members[1], "y"))
                for other in heard[1:5]:
                    self.assertEqual(other, heard[0])
                for name in "xy":
                    self.assertEqual([one for one in heard[0] if one[0] == name], [f"{name} {i}" for i in range(300)])

    async def everyone_speaks(self, threads):
        members_count, messages = 50, 200
        server = self.start(threads=threads)
        members = []
        for number in range(members_count):
            reader, writer = await asyncio.open_connection(server.host, server.port)
            self.addCleanup(writer.close)
            probe = f"probe-{number:02}".encode()
            writer.write(handshake("/ws/room/all/") + frame(TEXT, probe))
            await asyncio.wait_for(reader.readuntil(probe), PATIENCE)
            members.append((reader, writer))
        members[0][1].write(frame(TEXT, "start"))
        for reader, _ in members:
            await asyncio.wait_for(reader.readuntil(b"start"), PATIENCE)

        async def say(number, writer):
            for start in range(0, messages, 8):
                writer.write(b"".join(frame(TEXT, f"{number:02} {i:03}") for i in range(start, start + 8)))
                await writer.drain()
                await asyncio.sleep(0)

        size = len(b"\x81\x0600 000") * members_count * messages
        results = await asyncio.wait_for(
            asyncio.gather(*(reader.readexactly(size) for reader, _ in members),
                           *(say(number, writer) for number, (_, writer) in enumerate(members))), 3 * PATIENCE)
        streams = results[:members_count]
        for other in streams[1:]:
            self.assertTrue(other == streams[0], "members have heard different things")
        said = [streams[0][i:i + 8] for i in range(0, size, 8)]
        self.assertEqual({one[:2] for one in said}, {b"\x81\x06"})
        for number in range(members_count):
            name = f"{number:02} ".encode()
            self.assertEqual([one[5:] for one in said if one[2:5] == name], [f"{i:03}".encode() for i in range(messages)])

    async def test_fifty_members_hear_all_that_each_says_in_one_order_with_one_thread(self):
        await self.everyone_speaks(1)

    async def test_fifty_members_hear_all_that_each_says_in_one_order_with_three_threads(self):
        await self.everyone_speaks(3)

    async def test_a_broadcast_may_leave_out_its_sender_and_direct_messages_keep_their_place(self):
        for threads in (1, 3):
            with self.subTest(threads=threads):
                server = self.start(threads=threads)
                one = await self.connect(server.ws("/ws/other/a/"))
                self.assertEqual(await receive(one), "joined")
                two = await self.connect(server.ws("/ws/other/a/"))
                self.assertEqual(await receive(one), "joined")
                self.assertEqual(await receive(two), "joined")
                for i in range(50):
                    await one.send(f"one {i}")
                self.assertEqual([await receive(two) for _ in range(50)], [f"one {i}" for i in range(50)])
                self.assertEqual([await receive(one) for _ in range(50)], ["only you"] * 50)
                await two.send("two")
                self.assertEqual(await receive(one), "two")
                self.assertEqual(await receive(two), "only you")

                # Both at once: what one hears of itself and what it hears of the other tells of one order.
                for i in range(100):
                    await asyncio.gather(one.send(f"a{i}"), two.send(f"b{i}"))
                one_heard = [await receive(one) for _ in range(200)]
                two_heard = [await receive(two) for _ in range(200)]
                numbers = iter(range(100))
                others = iter(range(100))
                as_a = [f"a{next(numbers)}" if heard == "only you" else heard for heard in one_heard]
                as_b = [f"b{next(others)}" if heard == "only you" else heard for heard in two_heard]
                self.assertEqual(as_a, as_b)

    async def test_a_room_tells_of_who_joins_and_leaves(self):
        for threads in (1, 3):
            with self.subTest(threads=threads):
                server = self.start(threads=threads)
                one = await self.connect(server.ws("/ws/other/a/"))
                self.assertEqual(await receive(one), "joined")
                for leave in (lambda client: client.close(), lambda client: client.close(4000, "gone"), None):
                    two = await self.connect(server.ws("/ws/other/a/"))
                    self.assertEqual(await receive(two), "joined")
                    self.assertEqual(await receive(one), "joined")
                    if leave:
                        await leave(two)
                    else:
                        two.transport.abort()
                    self.assertEqual(await receive(one), "left")

    async def test_a_room_can_be_left_and_joined_many_times(self):
        server = self.start(threads=3)

        async def come_and_go():
            for _ in range(20):
                client = await self.in_room(server, "busy")
                await client.close()

        await asyncio.gather(*(come_and_go() for _ in range(5)))
        self.assert_still_serves(server)


class StartAndStop(ServerCase):
    async def test_a_stop_closes_with_1001_and_ends_the_program_well(self):
        for threads in (1, 3):
            with self.subTest(threads=threads):
                server = self.start(threads=threads)
                clients = [await self.connect(server.ws(path)) for path in
                           ("/ws/echo/", "/ws/room/a/", "/ws/room/a/", "/ws/other/a/", "/ws/hooks/")]
                idle = self.raw(server)
                idle.send(get("/hello/you/"))
                self.assertEqual(idle.response().status, 200)
                started = time.monotonic()
                server.terminate()
                for client in clients:
                    self.assertEqual((await end_of(client))[0], 1001)
                self.assertTrue(await asyncio.to_thread(idle.ended))
                idle.close()
                self.assertEqual(await asyncio.to_thread(server.wait), 0)
                self.assertLess(time.monotonic() - started, 10)
                self.assertIn("closed 1001 server stops", server.lines)

    def test_a_stop_does_not_wait_for_clients_that_do_not_answer(self):
        server = self.start(stop_timeout=2, close_timeout=60)
        deaf = self.raw_websocket(server)
        halfway = self.raw(server)
        halfway.send(b"GET /hel")
        self.assert_still_serves(server)
        started = time.monotonic()
        server.terminate()
        self.assertEqual(server.wait(), 0)
        self.assertLess(time.monotonic() - started, 10)
        self.assertEqual(deaf.close_code(), 1001)

    def test_a_stop_does_not_wait_for_clients_that_do_not_read(self):
        server = self.start(stop_timeout=2, close_timeout=60, threads=2)
        stalled = self.raw_websocket(server, receive_buffer=4096)
        stalled.socket.settimeout(1)
        try:
            for _ in range(1000):
                stalled.send(frame(BINARY, bytes(60000)))
        except (TimeoutError, ConnectionError):
            pass
        server.terminate()
        self.assertEqual(server.wait(), 0)

    def test_a_stopped_server_takes_no_new_connections(self):
        server = self.start(stop_timeout=30, close_timeout=30)
        deaf = self.raw_websocket(server)
        server.terminate()
        self.assertEqual(deaf.close_code(), 1001)

        def refused():
            try:
                Raw(server.host, server.port).close()
                return False
            except ConnectionRefusedError:
                return True

        wait_until(refused, "the port to be closed")
        deaf.send(close_frame(1001))
        deaf.close()
        self.assertEqual(server.wait(), 0)

    def test_an_interrupt_from_the_keyboard_stops_as_well(self):
        server = self.start()
        server.process.send_signal(2)
        self.assertEqual(server.wait(), 0)

    def test_a_port_that_is_taken_is_told_plainly(self):
        server = self.start()
        with self.assertRaises(AssertionError) as failed:
            Server(port=server.port)
        self.assertRegex(str(failed.exception), f"cannot listen on .*{server.port}.*choose another port")

    def test_a_page_that_is_missing_is_told_plainly(self):
        with self.assertRaises(AssertionError) as failed:
            Server(pages="/nowhere")
        self.assertRegex(str(failed.exception), "there is no page 'index.html'.*/nowhere")

    def test_an_address_that_is_none_is_told_plainly(self):
        with self.assertRaises(AssertionError) as failed:
            Server(address="nonsense")
        self.assertRegex(str(failed.exception), "'nonsense'.*no IP address")

    def test_an_ipv6_address_is_served(self):
        require_ipv6(self)
        server = self.start(address="::1")
        self.assertEqual(server.url, f"http://[::1]:{server.port}/")
        client = self.raw_websocket(server)
        client.send(frame(TEXT, "six"))
        self.assertEqual(client.frame(), (TEXT, b"six"))

    def test_without_an_address_ipv4_and_ipv6_are_served(self):
        server = self.start(address="any")
        self.assertEqual(server.url, f"http://localhost:{server.port}/")
        server.host = "127.0.0.1"
        self.assert_still_serves(server)
        require_ipv6(self)
        server.host = "::1"
        self.assert_still_serves(server)

    def test_a_full_server_says_so_and_recovers(self):
        server = self.start(connections=3)
        members = [self.raw_websocket(server) for _ in range(3)]
        turned_away = self.raw(server)
        turned_away.send(get("/hello/you/"))
        self.assertEqual(turned_away.response().status, 503)
        self.assertTrue(turned_away.ended())
        turned_away.close()
        members[0].close()

        def served():
            client = self.raw(server)
            try:
                client.send(get("/hello/you/"))
                return client.response().status == 200
            except (Ended, ConnectionError):
                return False
            finally:
                client.close()

        wait_until(served, "a place to be free again")


def require_ipv6(test):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        test.skipTest(f"this machine has no ::1: {error}")


if __name__ == "__main__":
    program()
    unittest.main()
