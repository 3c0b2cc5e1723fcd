"""A module's side of gRPC with PyPI's h2: h2_module.py SOCKET. What it does with a call is told by the last part of the path."""

import json
import os
import socket
import sys
import threading

from h2.events import DataReceived, PingAckReceived, RequestReceived, StreamEnded, StreamReset
from h2_wire import Messages, Wire, message

OK = [("grpc-status", "0")]
RESPONSE = [(":status", "200"), ("content-type", "application/grpc")]
INTERNAL_ERROR = 2

seen = {"resets": [], "pings": 0, "continuations": 0, "connections": 0}


class Call:
    def __init__(self, wire, stream, fields):
        self.wire, self.stream, self.fields = wire, stream, dict(fields)
        self.method = self.fields[":path"].rsplit("/", 1)[1]
        self.messages, self.body, self.begun = Messages(), [], False

    def begin(self, more=()):
        if not self.begun:
            self.begun = True
            self.wire.headers(self.stream, [*RESPONSE, *more])

    def answer(self, body, padding=None):
        self.begin()
        self.wire.send(self.stream, message(body), padding=padding)

    def finish(self):
        self.begin()
        self.wire.headers(self.stream, OK, end=True)

    def on_message(self, body):
        if self.method == "Echo":
            self.answer(body)
        elif self.method == "Padded":
            self.answer(body, padding=200)
        elif self.method == "Cut":
            self.answer(body)
            self.wire.reset(self.stream, INTERNAL_ERROR)
        elif self.method == "Leave":
            # Everybody who is here may stay; nobody else comes in.
            self.wire.ping(b"goodbye!")
            self.wire.go_away(self.stream)
            self.answer(body)
        elif self.method == "Hang":
            self.begin()
        else:
            self.body.append(body)

    def on_end(self):
        if self.method == "Unary":
            self.answer(b"".join(self.body))
            self.finish()
        elif self.method == "Many":
            for index in range(1000):
                self.answer(index.to_bytes(4, "big") * (index % 7 + 1))
            self.finish()
        elif self.method == "Headers":
            self.begin([("x-long", self.fields["x-long"]), ("x-note", self.fields["x-note"])])
            self.finish()
        elif self.method == "Refuse":
            self.wire.headers(self.stream, [*RESPONSE, ("grpc-status", "5"), ("grpc-message", "Gr%C3%B6%C3%9Fe")], end=True)
        elif self.method == "Seen":
            self.answer(json.dumps(seen).encode())
            self.finish()
        elif self.method in ("Echo", "Padded", "Leave"):
            self.finish()


def serve(sock):
    wire = Wire(sock, client_side=False)
    calls = {}
    seen["connections"] += 1
    while (event := wire.next()) is not None:
        call = calls.get(getattr(event, "stream_id", None))
        if isinstance(event, RequestReceived):
            calls[event.stream_id] = Call(wire, event.stream_id, event.headers)
            seen["continuations"] += wire.continuations
            wire.continuations = 0
        elif isinstance(event, DataReceived) and call:
            for body in call.messages.feed(event.data):
                call.on_message(body)
        elif isinstance(event, StreamReset):
            seen["resets"].append(int(event.error_code))
            calls.pop(event.stream_id, None)
        elif isinstance(event, StreamEnded) and call:
            del calls[event.stream_id]
            call.on_end()
        elif isinstance(event, PingAckReceived):
            seen["pings"] += 1
    sock.close()


def main(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    print("listening", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


# Whoever started us is gone when its end of the pipe is.
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
main(sys.argv[1])
