"""One HTTP/2 connection over a socket with PyPI's h2, for the programs that stand in for a client and for a module.

h2 takes a GOAWAY for the end of everything, so such frames are kept from it: what is going on may then come to its end.
"""

from collections import deque

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived
from hyperframe.frame import GoAwayFrame

FRAME_HEADER = 9
GOAWAY = 7


class Wire:
    def __init__(self, sock, client_side):
        self.sock = sock
        self.connection = H2Connection(H2Configuration(client_side=client_side, header_encoding="latin-1"))
        self.events = deque()
        self.goaways = []
        self.continuations = 0
        self.is_closed = False
        self._rest = b""
        # The client's preface comes before the first frame.
        self._before = 0 if client_side else len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self.connection.initiate_connection()
        self.flush()

    def flush(self):
        self.sock.sendall(self.connection.data_to_send())

    def pump(self):
        """Waits for bytes and queues what they mean; what was received may be sent again at once."""
        chunk = self.sock.recv(65536)
        if not chunk:
            self.is_closed = True
            return
        for event in self.connection.receive_data(self._without_goaways(chunk)):
            if isinstance(event, DataReceived):
                self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.events.append(event)
        self.flush()

    def next(self):
        """The next event; None when the peer closed the connection."""
        while not self.events:
            if self.is_closed:
                return None
            self.pump()
        return self.events.popleft()

    def send(self, stream, data, end=False, padding=None):
        """As much at a time as the peer's windows and frame size let through."""
        extra = 0 if padding is None else padding + 1
        while data and not self.is_closed:
            window = min(self.connection.local_flow_control_window(stream), self.connection.max_outbound_frame_size) - extra
            if window <= 0:
                self.pump()
                continue
            self.connection.send_data(stream, data[:window], pad_length=padding)
            self.flush()
            data = data[window:]
        if end:
            self.connection.end_stream(stream)
            self.flush()

    def headers(self, stream, fields, end=False):
        self.connection.send_headers(stream, fields, end_stream=end)
        self.flush()

    def reset(self, stream, code):
        self.connection.reset_stream(stream, code)
        self.flush()

    def ping(self, text):
        self.connection.ping(text)
        self.flush()

    def go_away(self, last_stream):
        """Behind h2's back, which would send nothing after it."""
        self.sock.sendall(GoAwayFrame(0, last_stream_id=last_stream, error_code=0).serialize())

    def _without_goaways(self, chunk):
        self._rest += chunk
        kept, self._rest = self._rest[: self._before], self._rest[self._before :]
        self._before -= len(kept)
        while len(self._rest) >= FRAME_HEADER:
            end = FRAME_HEADER + int.from_bytes(self._rest[:3], "big")
            if len(self._rest) < end:
                break
            kind, frame, self._rest = self._rest[3], self._rest[:end], self._rest[end:]
            if kind == 9:
                self.continuations += 1
            if kind == GOAWAY:
                self.goaways.append([int.from_bytes(frame[9:13], "big"), int.from_bytes(frame[13:17], "big")])
            else:
                kept += frame
        return kept


def message(body):
    return b"\0" + len(body).to_bytes(4, "big") + body


class Messages:
    """Bytes of DATA frames to gRPC messages."""

    def __init__(self):
        self._rest = b""

    def feed(self, data):
        self._rest += data
        found = []
        while len(self._rest) >= 5:
            end = 5 + int.from_bytes(self._rest[1:5], "big")
            if len(self._rest) < end:
                break
            found.append(self._rest[5:end])
            self._rest = self._rest[end:]
        return found
