"""Python's websocket-client speaks with the server: see ../run. It does not compress."""

import struct
import sys

import websocket

TEXT = "h\u00e9llo \u623f\u95f4 \U0001f389"
BINARY = bytes(range(256)) * 4096


def connect(url, **options):
    return websocket.create_connection(url, timeout=60, http_no_proxy=["127.0.0.1"], **options)


def speak(url):
    echo = connect(url + "/ws/echo/")
    echo.send(TEXT)
    assert echo.recv() == TEXT
    print("text")
    echo.send_binary(BINARY)
    assert echo.recv() == BINARY
    print("binary")
    for opcode, part, fin in ((websocket.ABNF.OPCODE_TEXT, "in ", 0), (websocket.ABNF.OPCODE_CONT, "three ", 0),
                              (websocket.ABNF.OPCODE_CONT, "parts", 1)):
        echo.send_frame(websocket.ABNF.create_frame(part, opcode, fin))
    assert echo.recv() == "in three parts"
    print("fragments")
    echo.ping(b"are you there?")
    opcode, frame = echo.recv_data_frame(True)
    assert (opcode, frame.data) == (websocket.ABNF.OPCODE_PONG, b"are you there?")
    print("ping")
    echo.close()

    hooks = connect(url + "/ws/hooks/", subprotocols=["roompp.test"])
    assert hooks.subprotocol == "roompp.test"
    assert hooks.recv() == "welcome"
    hooks.close(4000, b"done")
    print("close")
    hooks = connect(url + "/ws/hooks/", subprotocols=["roompp.test"])
    assert hooks.recv() == "welcome"
    hooks.send("close")
    opcode, data = hooks.recv_data()
    assert (opcode, data) == (websocket.ABNF.OPCODE_CLOSE, struct.pack("!H", 4001) + b"bye")
    print("closed")


speak(sys.argv[1])
