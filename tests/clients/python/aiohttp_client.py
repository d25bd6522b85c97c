"""Python's aiohttp speaks with the server: see ../run. It sends no messages in fragments."""

import asyncio
import sys

import aiohttp

TEXT = "h\u00e9llo \u623f\u95f4 \U0001f389"
BINARY = bytes(range(256)) * 4096
LONG = "roompp " * 2000


async def speak(url):
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url + "/ws/echo/", max_msg_size=0, autoping=False) as echo:
            await echo.send_str(TEXT)
            assert await echo.receive_str() == TEXT
            print("text")
            await echo.send_bytes(BINARY)
            assert await echo.receive_bytes() == BINARY
            print("binary")
            await echo.ping(b"are you there?")
            pong = await echo.receive()
            assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"are you there?")
            print("ping")
        async with session.ws_connect(url + "/ws/room/alone/", compress=15) as room:
            assert room.compress
            for _ in range(3):
                await room.send_str(LONG)
                assert await room.receive_str() == LONG
            print("deflate")
        async with session.ws_connect(url + "/ws/hooks/", protocols=["roompp.test"]) as hooks:
            assert hooks.protocol == "roompp.test"
            assert await hooks.receive_str() == "welcome"
            await hooks.close(code=4000, message=b"done")
            print("close")
        async with session.ws_connect(url + "/ws/hooks/", protocols=["roompp.test"]) as hooks:
            assert await hooks.receive_str() == "welcome"
            await hooks.send_str("close")
            end = await hooks.receive()
            assert (end.type, end.data, end.extra) == (aiohttp.WSMsgType.CLOSE, 4001, "bye")
            print("closed")


asyncio.run(speak(sys.argv[1]))
