"""Calls through the router with PyPI's h2: h2_client.py HOST PORT SCENARIO prints what it saw as JSON."""

import json
import socket
import sys

from h2.events import DataReceived, PingAckReceived, ResponseReceived, StreamEnded, StreamReset, TrailersReceived
from h2_wire import Messages, Wire, message

MIB = 1024 * 1024
NAMES = [(":method", "POST"), (":scheme", "http"), (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers")]
CANCEL = 8


class Call:
    def __init__(self, wire, method, more=(), end=False):
        self.wire = wire
        self.stream = wire.connection.get_next_available_stream_id()
        self.parser, self.messages, self.headers, self.trailers = Messages(), [], {}, {}
        self.is_over, self.reset_code = False, None
        wire.headers(self.stream, [(":path", f"/test.Service/{method}"), *NAMES, *more], end=end)

    def send(self, body, end=False, padding=None):
        self.wire.send(self.stream, message(body), end=end, padding=padding)

    def until(self, condition):
        """Reads on until `condition` holds or the call is over."""
        while not condition() and not self.is_over:
            event = self.wire.next()
            if event is None:
                raise SystemExit(f"the connection was closed: {self.wire.goaways}")
            self.take(event)
        return self

    def take(self, event):
        if getattr(event, "stream_id", None) != self.stream:
            return
        if isinstance(event, ResponseReceived):
            self.headers = dict(event.headers)
        elif isinstance(event, TrailersReceived):
            self.trailers = dict(event.headers)
        elif isinstance(event, DataReceived):
            self.messages += self.parser.feed(event.data)
        elif isinstance(event, StreamReset):
            self.is_over, self.reset_code = True, int(event.error_code)
        elif isinstance(event, StreamEnded):
            self.is_over = True

    def to_end(self):
        return self.until(lambda: False)

    @property
    def status(self):
        return self.trailers.get("grpc-status", self.headers.get("grpc-status"))


def unary(wire):
    call = Call(wire, "Unary")
    call.send(b"hello", end=True)
    call.to_end()
    return {"messages": [m.decode() for m in call.messages], "status": call.status, "http": call.headers[":status"]}


def stream(wire):
    call = Call(wire, "Many", end=True).to_end()
    expected = [index.to_bytes(4, "big") * (index % 7 + 1) for index in range(1000)]
    return {"same": call.messages == expected, "status": call.status}


def bidi(wire):
    call = Call(wire, "Echo")
    for index in range(100):
        call.send(b"%d" % index)
        call.until(lambda: len(call.messages) > index)
    wire.connection.end_stream(call.stream)
    wire.flush()
    call.to_end()
    return {"same": call.messages == [b"%d" % index for index in range(100)], "status": call.status}


def big(wire):
    """More than any window both ways, twice at once, so that the windows are given back."""
    body = bytes(range(256)) * (MIB // 256)
    calls = [Call(wire, "Unary"), Call(wire, "Unary")]
    for call in calls:
        call.send(body, end=True)
    while not all(call.is_over for call in calls):
        event = wire.next()
        for call in calls:
            call.take(event)
    return {"same": [call.messages == [body] for call in calls], "status": [call.status for call in calls]}


def padding(wire):
    call = Call(wire, "Padded")
    bodies = [bytes([index]) * (index * 300) for index in range(100)]
    for body in bodies:
        call.send(body, padding=255)
    call.send(b"last", end=True, padding=0)
    call.to_end()
    return {"same": call.messages == [*bodies, b"last"], "status": call.status}


def continuation(wire):
    # Long codes, so that the block is longer than a frame whatever Huffman makes of it.
    long = "".join(chr(33 + (index * 31 + index // 94) % 94) for index in range(30_000))
    wire.continuations = 0
    call = Call(wire, "Headers", more=[("x-long", long), ("x-note", "n")], end=True).to_end()
    return {"same": call.headers.get("x-long") == long, "note": call.headers.get("x-note"), "more": wire.continuations > 0, "status": call.status}


def trailers_only(wire):
    call = Call(wire, "Refuse", end=True).to_end()
    return {"status": call.status, "message": call.headers.get("grpc-message"), "messages": len(call.messages), "trailers": call.trailers}


def cut_by_module(wire):
    call = Call(wire, "Cut")
    call.send(b"one")
    call.to_end()
    return {"messages": [m.decode() for m in call.messages], "status": call.status, "next": unary(wire)["status"]}


def cut_by_client(wire):
    call = Call(wire, "Hang")
    call.send(b"one")
    call.until(lambda: call.headers)
    wire.reset(call.stream, CANCEL)
    return {"next": unary(wire)["status"], "seen": seen(wire)["resets"]}


def ping(wire):
    wire.ping(b"12345678")
    while not isinstance(event := wire.next(), PingAckReceived):
        pass
    return {"answer": event.ping_data.decode()}


def module_leaves(wire):
    """A call in flight on a connection that the module is giving up goes on; the next one comes on another."""
    before = seen(wire)
    call = Call(wire, "Leave")
    call.send(b"one")
    call.until(lambda: call.messages)
    after = unary(wire)
    wire.send(call.stream, message(b"two"), end=True)
    call.to_end()
    now = seen(wire)
    return {
        "messages": [m.decode() for m in call.messages],
        "status": call.status,
        "after": after["status"],
        "connections": now["connections"] - before["connections"],
        "pings": now["pings"] > before["pings"],
    }


def client_leaves(wire):
    call = Call(wire, "Echo")
    call.send(b"one")
    call.until(lambda: call.messages)
    wire.go_away(0)
    call.send(b"two", end=True)
    call.to_end()
    while wire.next() is not None:
        pass
    return {"messages": [m.decode() for m in call.messages], "status": call.status}


def server_leaves(wire):
    call = Call(wire, "Echo")
    call.send(b"one")
    call.until(lambda: call.messages)
    print("open", flush=True)
    while len(wire.goaways) < 2:
        wire.pump()
    call.send(b"two", end=True)
    call.to_end()
    while wire.next() is not None:
        pass
    return {"messages": [m.decode() for m in call.messages], "status": call.status, "goaways": wire.goaways}


def seen(wire):
    return json.loads(Call(wire, "Seen", end=True).to_end().messages[0])


def module_seen(wire):
    return seen(wire)


if __name__ == "__main__":
    host, port, scenario = sys.argv[1:]
    sock = socket.create_connection((host, int(port)))
    sock.settimeout(20)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(json.dumps(globals()[scenario](Wire(sock, client_side=True))))
