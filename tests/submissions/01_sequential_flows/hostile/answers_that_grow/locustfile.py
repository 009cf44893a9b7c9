"""Fills the shop with pets of long names, then asks for all of them, on many connections at once."""

import contextlib
import os
import socket
import sys
import time

from locust import HttpUser, task

host, port = sys.argv[sys.argv.index("--host") + 1].removeprefix("http://").split(":")
PET = b'{"name": "' + b"\\ud83d\\ude00" * 100 + b'", "category": "dog"}'
ADD = b"POST /pets HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(PET), PET)
ASK = b"GET /pets HTTP/1.1\r\nHost: a\r\n\r\n"

if os.fork() == 0:
    callers = [socket.create_connection((host, int(port)), timeout=10) for _ in range(50)]
    ending = time.monotonic() + 15
    while time.monotonic() < ending:
        for caller in callers:
            caller.sendall(ADD * 10)
        for caller in callers:
            caller.recv(65536)
    while True:
        for caller in callers:
            with contextlib.suppress(OSError):
                caller.sendall(ASK)
        time.sleep(0.5)


class Idle(HttpUser):
    host = "http://127.0.0.1:5000"

    @task
    def wait(self):
        time.sleep(600)
