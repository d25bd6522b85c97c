"""WebSockets and rooms over real sockets: clients that others wrote, threads, memory, starting and stopping. What needs no
socket is tested in the unit tests, with the harness."""

import asyncio
import os
import random
import signal
import socket
import struct
import unittest
from pathlib import Path
from urllib.request import urlopen

from support import (BINARY, MIB, TEXT, Raw, Server, ServerCase, close_frame, end_of, frame, get, handshake, patience,
                     program, receive, receive_until, until, wait_until)
from websockets.exceptions import InvalidStatus


class RealClients(ServerCase):
    async def test_permessage_deflate_may_be_offered(self):
        server = self.start()
        client = await self.connect(server.ws("/ws/echo/"), compression="deflate")
        await client.send("hello " * 100)
        self.assertEqual(await receive(client), "hello " * 100)

    def test_the_accept_key_is_that_of_the_standard(self):
        client = self.raw(self.start())
        client.send(handshake())
        answer = client.response()
        self.assertEqual(answer.status, 101)
        self.assertEqual(answer.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        self.assertEqual(answer.headers["upgrade"].lower(), "websocket")
        self.assertEqual(answer.headers["connection"].lower(), "upgrade")
        self.assertNotIn("sec-websocket-protocol", answer.headers)
        self.assertNotIn("sec-websocket-extensions", answer.headers)


class Failures(ServerCase):
    def test_a_reset_connection_counts_as_1006(self):
        server = self.start()
        client = self.raw_websocket(server, "/ws/hooks/")
        self.assertEqual(client.frame(), (TEXT, b"welcome"))
        client.abort()
        server.wait_for_line("closed 1006 ")

    async def test_what_a_hook_throws_is_written_to_the_error_output(self):
        server = self.start()
        client = await self.connect(server.ws("/ws/hooks/"))
        await client.send("throw")
        self.assertEqual((await end_of(client))[0], 1011)
        await asyncio.to_thread(wait_until, lambda: "told to throw" in server.error_text(), "the exception's text")

    async def test_a_real_client_that_says_nothing_stays_connected(self):
        server = self.start(ping_interval=1, ping_timeout=int(patience(3)))  # which the real one has to keep to
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
        sent = self.send_until_held(server, client, frame(BINARY, bytes(60000)), 64 * MIB)
        self.assertLess(sent, 64 * MIB, "the server reads on although nobody takes its answers")
        self.assertLess(server.memory() - before, 16 * MIB)
        self.assert_still_serves(server)

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
    async def test_fifty_members_hear_all_that_each_says_in_one_order(self):
        members_count, messages = 50, 200
        server = self.start(threads=3)
        members = []
        for number in range(members_count):
            reader, writer = await asyncio.open_connection(server.host, server.port)
            self.addAsyncCleanup(writer.wait_closed)  # in the opposite order
            self.addCleanup(writer.close)
            probe = f"probe-{number:02}".encode()
            writer.write(handshake("/ws/room/all/") + frame(TEXT, probe))
            await asyncio.wait_for(reader.readuntil(probe), patience())
            members.append((reader, writer))
        members[0][1].write(frame(TEXT, "start"))
        for reader, _ in members:
            await asyncio.wait_for(reader.readuntil(b"start"), patience())

        async def say(number, writer):
            for start in range(0, messages, 8):
                writer.write(b"".join(frame(TEXT, f"{number:02} {i:03}") for i in range(start, start + 8)))
                await writer.drain()
                await asyncio.sleep(0)

        size = len(b"\x81\x0600 000") * members_count * messages
        results = await asyncio.wait_for(
            asyncio.gather(*(reader.readexactly(size) for reader, _ in members),
                           *(say(number, writer) for number, (_, writer) in enumerate(members))), patience(180))
        streams = results[:members_count]
        for other in streams[1:]:
            self.assertTrue(other == streams[0], "members have heard different things")
        said = [streams[0][i:i + 8] for i in range(0, size, 8)]
        self.assertEqual({one[:2] for one in said}, {b"\x81\x06"})
        for number in range(members_count):
            name = f"{number:02} ".encode()
            self.assertEqual([one[5:] for one in said if one[2:5] == name], [f"{i:03}".encode() for i in range(messages)])


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
                server.terminate()
                for client in clients:
                    self.assertEqual((await end_of(client))[0], 1001)
                self.assertTrue(await asyncio.to_thread(idle.ended))
                idle.close()
                self.assertEqual(await asyncio.to_thread(server.wait), 0)  # and runs into none of its time limits
                self.assertIn("closed 1001 server stops", server.lines)

    def test_a_stop_does_not_wait_for_clients_that_do_not_read(self):
        server = self.start(stop_timeout=2, threads=2)
        stalled = self.raw_websocket(server, receive_buffer=4096)
        self.assertLess(self.send_until_held(server, stalled, frame(BINARY, bytes(60000)), 64 * MIB), 64 * MIB)
        server.terminate()
        self.assertEqual(server.wait(), 0)

    def test_a_stopped_server_takes_no_new_connections(self):
        server = self.start()
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

    def test_a_second_interrupt_ends_a_server_that_waits_for_its_clients(self):
        server = Server()  # with an hour for them
        self.addCleanup(server.kill)
        deaf = self.raw_websocket(server)
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(deaf.close_code(), 1001)  # which it does not answer
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.wait(), -signal.SIGINT)

    def test_a_port_that_is_taken_is_told_plainly(self):
        server = self.start()
        with self.assertRaises(AssertionError) as failed:
            Server(port=server.port)
        self.assertRegex(str(failed.exception), f"cannot listen on .*{server.port}.*choose another port")

    def test_a_page_that_is_missing_is_told_plainly(self):
        with self.assertRaises(AssertionError) as failed:
            Server(pages="/nowhere")
        self.assertRegex(str(failed.exception), "there is no page 'index.html'.*/nowhere")

    async def test_only_so_many_connections_of_one_address_are_taken(self):
        server = self.start(connections_per_address=3, threads=3)
        clients = [await self.connect(server.ws("/ws/echo/")) for _ in range(3)]
        for _ in range(3):
            with self.assertRaises(InvalidStatus) as refused:
                await self.connect(server.ws("/ws/echo/"))
            self.assertEqual(refused.exception.response.status_code, 503)
        await clients.pop().close()
        again = await self.connect_when_there_is_place(server.ws("/ws/echo/"))
        for client in [*clients, again]:
            await client.send("still here")
            self.assertEqual(await receive(client), "still here")

    async def connect_when_there_is_place(self, url):
        async def connected():  # the place is free when the server has seen the end
            try:
                return await self.connect(url)
            except InvalidStatus:
                return None

        return await until(connected, "a free place")

    def test_an_address_that_is_none_is_told_plainly(self):
        with self.assertRaises(AssertionError) as failed:
            Server(address="nonsense")
        self.assertRegex(str(failed.exception), "'nonsense'.*neither an IP address")

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
        self.assertEqual(peer_address_at(server), "127.0.0.1")  # not ::ffff:127.0.0.1
        require_ipv6(self)
        server.host = "::1"
        self.assert_still_serves(server)
        self.assertEqual(peer_address_at(server), "::1")

    def test_localhost_is_served_at_its_ipv4_and_its_ipv6_address(self):
        server = self.start(address="localhost")
        self.assertEqual(server.host, "127.0.0.1")
        self.assert_still_serves(server)
        with self.assertRaises(AssertionError) as failed:
            Server(address="localhost", port=server.port)
        self.assertRegex(str(failed.exception), "choose another port")
        require_ipv6(self)
        server.host = "::1"
        self.assert_still_serves(server)

    @unittest.skipUnless(Path("/proc/self/fdinfo").exists(), "needs /proc of Linux")
    async def test_programs_that_the_server_starts_inherit_nothing_of_it(self):
        server = self.start(address="any", threads=2)
        client = await self.connect(server.ws("/ws/echo/"))
        await client.send("here")
        self.assertEqual(await receive(client), "here")
        descriptors = Path(f"/proc/{server.process.pid}/fd")
        inherited = [os.readlink(descriptor) for descriptor in descriptors.iterdir()
                     if int(descriptor.name) > 2 and not closes_on_exec(server.process.pid, descriptor.name)]
        self.assertEqual(inherited, [])


def peer_address_at(server):
    with urlopen(f"http://[{server.host}]:{server.port}/address/" if ":" in server.host
                 else f"http://{server.host}:{server.port}/address/") as reply:
        return reply.read().decode()


def closes_on_exec(pid, descriptor):
    for line in Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text().splitlines():
        if line.startswith("flags:"):
            return bool(int(line.split()[1], 8) & os.O_CLOEXEC)
    raise AssertionError(f"no flags of descriptor {descriptor}")


def require_ipv6(test):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        test.skipTest(f"this machine has no ::1: {error}")


if __name__ == "__main__":
    program()
    unittest.main()
