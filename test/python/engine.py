"""An engine for tests: lets agents in, keeps what they send, and reads it with a decoder of its own."""

import base64
import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
AGENT = os.environ.get("SLUICE_PYTHON_AGENT") or os.path.join(ROOT, "agent", "python")
PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
TOKEN = "secret"


def until(is_so, seconds=30):
    """Waits until something is so; fails when it never is."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def left_in_memory(*traces):
    """Files that the processes of these traces have left in shared memory. Other tests may run beside this one."""
    pids = [trace.of("process")[0]["pid"] for trace in traces]
    names = os.listdir("/dev/shm") if os.path.isdir("/dev/shm") else []
    return [name for name in names if any(name.startswith(f"sluice-{pid}-") for pid in pids)]


class Connection:
    """One agent: its text messages, its records."""

    def __init__(self, sock, is_silent=False):
        self.sock = sock
        self.hello = None
        self.replies = []
        self.records = bytearray()
        self.is_closed = threading.Event()
        self._arrived = threading.Condition()
        self._is_silent = is_silent

    def send(self, message):
        data = json.dumps(message).encode()
        head = bytes([0x81, len(data)]) if len(data) < 126 else bytes([0x81, 126]) + struct.pack(">H", len(data))
        self.sock.sendall(head + data)

    def ask(self, **message):
        """Sends a request and returns its answer."""
        self.send(message)
        end = time.monotonic() + 10
        with self._arrived:
            while time.monotonic() < end:
                for reply in self.replies:
                    if reply.get("id") == message["id"]:
                        return reply
                self._arrived.wait(0.1)
        raise AssertionError(f"no answer to {message}")

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.sock.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def run(self, token):
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.sock.recv(4096)
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if ": " in line)
        if fields.get("Authorization") != f"Bearer {token}" or "Origin" in fields:
            self.sock.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
            self.sock.close()
            self.is_closed.set()
            return
        key = fields["Sec-WebSocket-Key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key).digest()).decode()
        self.sock.sendall(
            f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: sluice.v1\r\n\r\n".encode()
        )
        try:
            while not self._is_silent:
                self._frame()
        except (EOFError, OSError):
            pass
        finally:
            self.is_closed.set()

    def _frame(self):
        first, second = self._exactly(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", self._exactly(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self._exactly(8))[0]
        assert second & 0x80, "frames of clients are masked"
        mask = self._exactly(4)
        payload = self._exactly(size)
        if any(mask):
            payload = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        opcode = first & 0xF
        if opcode == 8:
            self.sock.sendall(bytes([0x88, 2]) + payload[:2])
            raise EOFError
        if opcode == 1:
            message = json.loads(payload)
            with self._arrived:
                if message["kind"] == "hello":
                    self.hello = message
                    self.send({"kind": "welcome", "protocol": 1, "session": "test"})
                else:
                    self.replies.append(message)
                self._arrived.notify_all()
        elif opcode == 2:
            self.records += payload

    def read(self):
        return Trace(bytes(self.records))


class Engine:
    """Listens; ``with Engine() as engine:``."""

    def __init__(self, is_silent=False):
        self.connections = []
        self._is_silent = is_silent
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self._socket.getsockname()[1]}/agent"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            connection = Connection(sock, self._is_silent)
            self.connections.append(connection)
            threading.Thread(target=connection.run, args=(TOKEN,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def env(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("SLUICE_", "PYTHON", "COV", "FORCE_COLOR"))}
        return {**env, "SLUICE_URL": self.url, "SLUICE_TOKEN": TOKEN, "PYTHONPATH": AGENT, "SLUICE_EXIT_MS": "20000", **more}

    def start(self, program, *args, env=None, **more):
        path = program if os.path.isabs(program) else os.path.join(PROGRAMS, program)
        return subprocess.Popen(
            [sys.executable, path, *args], env=env or self.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
        )

    def run(self, program, *args, env=None):
        """Runs a program to its end; its exit code, output and what it has said to the engine."""
        process = self.start(program, *args, env=env)
        out, err = process.communicate(timeout=120)
        end = time.monotonic() + 10
        while time.monotonic() < end and not all(c.is_closed.is_set() for c in self.connections):
            time.sleep(0.01)
        return process.returncode, out, err

    def agent(self, seconds=10):
        """The first agent that has said hello."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for connection in self.connections:
                if connection.hello:
                    return connection
            time.sleep(0.01)
        raise AssertionError("no agent came")

    def traces(self):
        return [c.read() for c in self.connections if c.hello]


class Trace:
    """What the records of one agent say. Written from the specification of the format alone."""

    def __init__(self, data):
        self.strings, self.threads, self.lines, self.summaries = {0: ""}, {}, [], []
        #: (category, name, lane, start, end, arguments)
        self.durations = []
        #: (category, name, lane, time, arguments, counter id)
        self.counters = []
        self.blobs = {}
        streams = {"sluice/manifest": b"", "sluice/summary": b""}
        at = 0
        assert len(data) % 8 == 0
        while at < len(data):
            header = struct.unpack_from("<Q", data, at)[0]
            kind = header & 0xF
            size = ((header >> 4) & (0xFFFFFFFF if kind == 15 else 0xFFF)) * 8
            assert 0 < size <= len(data) - at, f"a record of {size} bytes"
            self._record(kind, header, data[at + 8 : at + size], streams)
            at += size
        self.lines = [json.loads(line) for line in streams["sluice/manifest"].splitlines()]
        self.summaries = [json.loads(line) for line in streams["sluice/summary"].splitlines()]

    def _record(self, kind, header, body, streams):
        if kind == 2:
            size = (header >> 32) & 0x7FFF
            self.strings[(header >> 16) & 0x7FFF] = body[:size].decode()
        elif kind == 3:
            self.threads[(header >> 16) & 0xFF] = struct.unpack_from("<QQ", body)
        elif kind == 4:
            self._event(header, body)
        elif kind == 5:
            name, rest = self._text((header >> 16) & 0xFFFF, body)
            streams[name] += rest[: (header >> 32) & 0x7FFFFFFF & 0xFFFF & 0x7FFF]
        elif kind == 15:
            refs = struct.unpack_from("<Q", body)[0]
            name, rest = self._text((refs >> 16) & 0xFFFF, body[8:])
            size = struct.unpack_from("<Q", rest)[0]
            self.blobs.setdefault(name, []).append(json.loads(rest[8 : 8 + size]))
        else:
            assert kind in (1, 7), f"a record of type {kind}"

    def _text(self, ref, body):
        if not ref & 0x8000:
            return self.strings[ref], body
        size = ref & 0x7FFF
        return body[:size].decode(), body[(size + 7) // 8 * 8 :]

    def _event(self, header, body):
        event, count, thread = (header >> 16) & 0xF, (header >> 20) & 0xF, (header >> 24) & 0xFF
        category, name = self.strings[(header >> 32) & 0xFFFF], self.strings[header >> 48]
        words = [w[0] for w in struct.iter_unpack("<Q", body)]
        time_, words = words[0], words[1:]
        if thread == 0:
            _, lane, *words = words
        else:
            _, lane = self.threads[thread]
        args = {}
        for _ in range(count):
            word = words.pop(0)
            key = self.strings[(word >> 16) & 0xFFFF]
            if word & 0xF == 5:
                args[key] = struct.unpack("<d", struct.pack("<Q", words.pop(0)))[0]
            else:
                args[key] = self.strings[word >> 32] if word & 0xF == 6 else word >> 32
        (last,) = words
        if event == 4:
            assert last >= time_, "an event ends before it begins"
            self.durations.append((category, name, lane, time_, last, args))
        else:
            assert event == 1
            self.counters.append((category, name, lane, time_, args, last))

    def of(self, kind):
        """The declarations of a kind, as they are at last."""
        return [line for line in self.lines if line["kind"] == kind]

    def named(self, kind, name):
        return [line for line in self.of(kind) if line["name"] == name][-1]

    def executions(self, stage):
        return [d for d in self.durations if d[0] == "stage" and d[1] == stage]

    def waits(self, name):
        return [d for d in self.durations if d[0] == "wait" and d[1] == name]

    def spans(self, name):
        return [d for d in self.durations if d[0] == "span" and d[1] == name]

    def depths(self, queue):
        return [c for c in self.counters if c[0] == "queue" and c[1] == queue]

    def lane(self, koid):
        return [line for line in self.of("lane") if line["lane"] == koid][-1]

    def assert_no_overlap(self):
        """Executions on one lane never overlap; those of a stage stand on its lanes."""
        last = {}
        for _, stage, lane, start, end, _ in sorted((d for d in self.durations if d[0] == "stage"), key=lambda d: d[3]):
            assert last.get(lane, 0) <= start, f"executions of {stage} overlap"
            last[lane] = end
            assert self.lane(lane)["stage"] == stage


if __name__ == "__main__":
    # For measurements: an engine that is in nobody's way. Ends with its input.
    with Engine() as alone:
        print(alone.url, flush=True)
        sys.stdin.read()
