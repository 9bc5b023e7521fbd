"""A line between a writer and a PostgreSQL server that waits before each message of the writer.

What the server sees where a writer is killed, or its line cut, before its n-th message does not
depend on the library that the writer speaks with: messages are counted on the line itself.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

#: Asks of a client for a line in cipher; what it says next is the first message once more.
_CIPHER = (80877103, 80877104)


class Wire:
    """A line for one connection; `before` is called with n and the message, ahead of each.

    Parameters
    ----------
    server : int
        Port of the server on this machine.
    before : callable
        It may kill or `cut`; a message is not passed on after that.
    """

    def __init__(self, server: int, before: Callable[[Wire, int, bytes], None]) -> None:
        self.server, self.before, self.count = server, before, 0
        self._open, self._ends = True, list[socket.socket]()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):  # nobody came: wake the thread that waits
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._thread.join(30)
        self._listening.close()

    def cut(self) -> None:
        """Cut the line on both sides."""
        self._open = False
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def deafen(self) -> None:
        """Cut the way back: what the server answers from now on never comes."""
        self._open = False
        with suppress(OSError):
            self._ends[0].shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        client, _ = self._listening.accept()
        with client, socket.create_connection(("127.0.0.1", self.server)) as server:
            self._ends = [client, server]
            for end in self._ends:  # else each small message waits for the last one's receipt
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._back, daemon=True)
            back.start()
            with suppress(OSError):
                for message in _messages(client):
                    self.count += 1
                    self.before(self, self.count, message)
                    server.sendall(message)
            with suppress(OSError):
                server.shutdown(socket.SHUT_WR)
            back.join(30)

    def _back(self) -> None:
        client, server = self._ends
        with suppress(OSError):
            while data := server.recv(65536):
                if self._open:
                    client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def _messages(client: socket.socket) -> Iterator[bytes]:
    """Give what a client says, message by message."""
    held, first = b"", True
    while True:
        head = 0 if first else 1  # the first message has no letter
        size = head + int.from_bytes(held[head : head + 4], "big") if len(held) >= head + 4 else 0
        if size and len(held) >= size:
            message, held = held[:size], held[size:]
            first = first and int.from_bytes(message[4:8], "big") in _CIPHER
            yield message
        elif data := client.recv(65536):
            held += data
        else:
            return
