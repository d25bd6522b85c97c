"""uWebSockets through socketify: its C++ core does sockets, frames, topics and `publish`.

Python runs once for each message received, not for each delivery: for fan-out this is uWebSockets' figure, for echo it
is Python's.
"""

import argparse

from socketify import App


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=9002)
    port = parser.parse_args().port

    app = App()

    def upgrade(response, request, context):
        response.upgrade(
            request.get_header("sec-websocket-key"),
            request.get_header("sec-websocket-protocol"),
            request.get_header("sec-websocket-extensions"),
            context,
            request.get_url(),
        )

    def joined(ws):
        ws.subscribe(ws.get_user_data())

    def broadcast(ws, message, opcode):
        # app.publish, unlike ws.publish, reaches the sender too.
        app.publish(ws.get_user_data(), message, opcode)

    def echo(ws, message, opcode):
        ws.send(message, opcode)

    limits = {"compression": 0, "max_payload_length": 16 << 20, "max_backpressure": 256 << 20, "idle_timeout": 0}
    room = {**limits, "upgrade": upgrade, "open": joined, "message": broadcast}
    app.ws("/room", room)
    app.ws("/room/*", room)
    app.ws("/echo", {**limits, "message": echo})
    app.listen(
        {"port": port, "host": "127.0.0.1"},
        lambda config: print(f"listening on http://127.0.0.1:{config.port}/", flush=True),
    )
    app.run()


if __name__ == "__main__":
    main()
