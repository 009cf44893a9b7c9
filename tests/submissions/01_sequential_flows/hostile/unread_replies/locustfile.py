"""Fills the shop with pets, asks for the dashboard over and over, and reads no answer."""

import contextlib
import os
import socket
import sys
import time

from locust import HttpUser, task

host, port = sys.argv[sys.argv.index("--host") + 1].removeprefix("http://").split(":")
PET = b'{"name": "' + b"&" * 100 + b'", "category": "dog"}'
ADD = b"POST /pets HTTP/1.1\r\nCookie: visitor=x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(PET) + PET
ASK = b"GET / HTTP/1.1\r\nCookie: visitor=x\r\n\r\n"


def call():
    return socket.create_connection((host, int(port)), timeout=5)


if os.fork() == 0:
    writers, ending = [call() for _ in range(8)], time.monotonic() + 8
    while time.monotonic() < ending:
        for writer in writers:
            writer.sendall(ADD * 10)
        for writer in writers:
            writer.recv(65536)
    held = []
    with contextlib.suppress(OSError):
        while True:
            held.append(call())
            held[-1].sendall(ASK * 150)
    time.sleep(600)


class Idle(HttpUser):
    host = "http://127.0.0.1:5000"

    @task
    def wait(self):
        time.sleep(600)
