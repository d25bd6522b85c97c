"""Rooms with very many members, which lose their connections or do not read. Run by ctest as tests of their own (label
load), not with the others:
    RECONNECTING_MEMBERS=... SLOW_MEMBERS=... SERVER_TEST_PROGRAM=... tests/server/run load_rooms
SEAM_MESSAGES (60000 by default, a minute's worth) and SEED make the first of them shorter, and repeat one.
"""

import itertools
import os
import subprocess
import unittest

from support import Server

QUEUE_BYTES = 256 * 1024
WRITERS = ("send", "io_uring")  # who sends what a room says; see --writer


class LoadCase(unittest.TestCase):
    def start(self, **options):
        server = Server(**options)
        self.addCleanup(server.end)
        return server

    def run_clients(self, variable, server, **options):
        path = os.environ.get(variable)
        if not path:
            self.fail(f"set {variable} to the path of the program that CMake builds")
        options.update(port=server.port)
        arguments = [str(part) for name, value in options.items() for part in ("--" + name.replace("_", "-"), value)]
        done = subprocess.run([path, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        print(done.stdout, end="", flush=True)
        self.assertEqual(done.returncode, 0, done.stdout)


class ReconnectingMembers(LoadCase):
    def nothing_is_lost(self, **server):
        options = {"messages": os.environ.get("SEAM_MESSAGES", 60000)}
        if "SEED" in os.environ:
            options["seed"] = os.environ["SEED"]
        self.run_clients("RECONNECTING_MEMBERS", self.start(**server), **options)

    def test_they_get_everything_once_and_in_order_with_one_thread(self):
        self.nothing_is_lost(threads=1)

    def test_they_get_everything_once_and_in_order_with_two_threads(self):
        self.nothing_is_lost(threads=2)

    def test_they_get_everything_once_and_in_order_through_io_uring(self):
        self.nothing_is_lost(threads=2, writer="io_uring")


class SlowMembers(LoadCase):
    def with_policy(self, policy):
        for threads, writer in itertools.product((1, 2), WRITERS):
            with self.subTest(threads=threads, writer=writer):
                server = self.start(threads=threads, writer=writer, queue_bytes=QUEUE_BYTES)
                self.run_clients("SLOW_MEMBERS", server, policy=policy, queue_bytes=QUEUE_BYTES,
                                 server_pid=server.process.pid)

    def test_they_are_closed_with_1013_and_hold_up_no_one(self):
        self.with_policy("disconnect")

    def test_they_skip_to_the_newest_message_and_hold_up_no_one(self):
        self.with_policy("skip")

    def test_they_lose_the_oldest_messages_and_hold_up_no_one(self):
        self.with_policy("drop")
