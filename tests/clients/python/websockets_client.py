"""Python's websockets speaks with the server: see ../run."""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

TEXT = "h\u00e9llo \u623f\u95f4 \U0001f389"
BINARY = bytes(range(256)) * 4096
LONG = "roompp " * 2000


async def speak(url):
    async with connect(url + "/ws/echo/", max_size=None, proxy=None) as echo:
        await echo.send(TEXT)
        assert await echo.recv() == TEXT
        print("text")
        await echo.send(BINARY)
        assert await echo.recv() == BINARY
        print("binary")
        await echo.send(["in ", "three ", "parts"])
        assert await echo.recv() == "in three parts"
        print("fragments")
        await (await echo.ping(b"are you there?"))
        print("ping")
    async with connect(url + "/ws/room/alone/", compression="deflate", proxy=None) as room:
        assert "permessage-deflate" in room.response.headers["Sec-WebSocket-Extensions"]
        for _ in range(3):
            await room.send(LONG)
            assert await room.recv() == LONG
        print("deflate")
    hooks = await connect(url + "/ws/hooks/", subprotocols=["roompp.test"], proxy=None)
    assert await hooks.recv() == "welcome"
    await hooks.close(4000, "done")
    print("close")
    async with connect(url + "/ws/hooks/", subprotocols=["roompp.test"], proxy=None) as hooks:
        assert await hooks.recv() == "welcome"
        await hooks.send("close")
        try:
            await hooks.recv()
        except ConnectionClosed as end:
            assert (end.rcvd.code, end.rcvd.reason) == (4001, "bye")
            print("closed")


asyncio.run(speak(sys.argv[1]))
