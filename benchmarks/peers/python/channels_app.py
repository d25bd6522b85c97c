"""A Django Channels chat with the in-memory layer, on Daphne or on uvicorn (`--server`).

Plain text in, plain text out; otherwise as in the Channels tutorial: one consumer a connection, one group a room.
"""

import argparse
import socket

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="only for benchmarks",
    ALLOWED_HOSTS=["*"],
    # The default capacity of 100 drops messages silently when members are slow.
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 100_000}}},
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402  (needs the settings)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path, re_path  # noqa: E402


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data=text_data, bytes_data=bytes_data)


class Chat(AsyncWebsocketConsumer):
    async def connect(self):
        self.group = "chat_" + self.scope["path"].strip("/").replace("/", "_")
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "text": text_data})

    async def chat_message(self, event):
        await self.send(text_data=event["text"])


application = ProtocolTypeRouter(
    {"websocket": URLRouter([path("echo", Echo.as_asgi()), re_path(r"^room", Chat.as_asgi())])}
)


def announce(port):
    print(f"listening on http://127.0.0.1:{port}/", flush=True)


def serve_with_daphne(port):
    from daphne.server import Server

    server = Server(
        application,
        endpoints=[f"tcp:port={port}:interface=127.0.0.1:backlog=4096"],
        ready_callable=lambda: announce(server.listening_addresses[0][1]),
    )
    server.run()


def serve_with_uvicorn(port):
    import uvicorn

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(4096)
    announce(listener.getsockname()[1])
    config = uvicorn.Config(
        application,
        log_level="error",
        lifespan="off",
        backlog=4096,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
    )
    uvicorn.Server(config).run(sockets=[listener])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=9002)
    parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
    options = parser.parse_args()
    {"daphne": serve_with_daphne, "uvicorn": serve_with_uvicorn}[options.server](options.port)


if __name__ == "__main__":
    main()
