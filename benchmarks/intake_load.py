"""A load generator on raw sockets: one thread, one epoll. It shares the cores with what it measures."""

from __future__ import annotations

import random
import select
import socket
import time
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Measured:
    seconds: float
    statuses: dict[bytes, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile_ms(self, percent: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000


class _Connection:
    """A kept-alive connection with one request under way at most."""

    __slots__ = ("received", "since", "sock")

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.since = 0.0

    def ask(self, request: bytes, since: float) -> None:
        self.since = since
        self.received = b""
        self.sock.sendall(request)  # smaller than the socket's buffer, so it does not wait

    def answered(self) -> bytes | None:
        """Read what is there; the status once the answer is whole."""
        self.received += self.sock.recv(65536)
        if not self.received:
            raise ConnectionError("the server closed a connection")
        head, mark, body = self.received.partition(b"\r\n\r\n")
        if not mark:
            return None
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        return head[9:12] if len(body) >= length else None


def closed_loop(port: int, requests: list[bytes], connections: int) -> Measured:
    """Each connection sends its next request when it has the answer to the last one."""
    poll = select.epoll()
    open_ = {}
    for _ in range(connections):
        connection = _Connection(port)
        open_[connection.sock.fileno()] = connection
        poll.register(connection.sock, select.EPOLLIN)
    todo = iter(requests)
    measured = Measured(0.0)
    clock = time.perf_counter
    start = clock()
    for connection in open_.values():
        connection.ask(next(todo), clock())
    under_way = connections
    while under_way:
        for fd, _ in poll.poll():
            connection = open_[fd]
            status = connection.answered()
            if status is None:
                continue
            _note(measured, status, clock() - connection.since)
            request = next(todo, None)
            if request is None:
                under_way -= 1
            else:
                connection.ask(request, clock())
    measured.seconds = clock() - start
    for connection in open_.values():
        connection.sock.close()
    return measured


def open_loop(port: int, requests: list[bytes], rate: float, *, seed: int = 7) -> Measured:
    """Random arrivals at `rate` a second; latency counts from the moment a request was due."""
    chance = random.Random(seed)
    poll = select.epoll()
    idle: deque[_Connection] = deque()
    open_: dict[int, _Connection] = {}
    measured = Measured(0.0)
    clock = time.perf_counter
    start = due = clock() + 0.05
    position = under_way = 0
    while position < len(requests) or under_way:
        now = clock()
        if position < len(requests) and now >= due:
            if not idle:
                connection = _Connection(port)
                open_[connection.sock.fileno()] = connection
                poll.register(connection.sock, select.EPOLLIN)
                idle.append(connection)
            idle.pop().ask(requests[position], due)
            position += 1
            under_way += 1
            due += chance.expovariate(rate)
            continue
        wait = due - now if position < len(requests) else 1.0
        for fd, _ in poll.poll(max(0.0, wait - 0.001)):  # poll counts in milliseconds: the last one spins
            connection = open_[fd]
            status = connection.answered()
            if status is not None:
                _note(measured, status, clock() - connection.since)
                idle.append(connection)
                under_way -= 1
    measured.seconds = clock() - start
    for connection in open_.values():
        connection.sock.close()
    return measured


def _note(measured: Measured, status: bytes, latency: float) -> None:
    measured.latencies.append(latency)
    measured.statuses[status] = measured.statuses.get(status, 0) + 1
