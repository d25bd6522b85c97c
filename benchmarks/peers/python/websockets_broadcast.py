"""A room server on the `websockets` package: its `broadcast` for rooms."""

import argparse
import asyncio
from collections import defaultdict

from websockets.asyncio.server import broadcast, serve

rooms = defaultdict(set)


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def chat(connection, room):
    room.add(connection)
    try:
        async for message in connection:
            broadcast(room, message)
    finally:
        room.discard(connection)


async def handle(connection):
    path = connection.request.path
    if path == "/echo":
        await echo(connection)
    else:
        await chat(connection, rooms[path])


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=9002)
    port = parser.parse_args().port
    async with serve(handle, "127.0.0.1", port, compression=None, ping_interval=None, backlog=4096) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on http://127.0.0.1:{port}/", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
