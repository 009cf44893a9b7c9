"""The target: a real server that copes with every kind of client and is gone when the block ends."""

import contextlib
import errno
import http.client
import io
import logging
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from checks.lab.outcome import Inconclusive
from checks.lab.target import server as target_module
from checks.lab.target.server import MOST_BODY, Target, serve
from tests.lab.witness import seen, until, witness

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MIB = 1024 * 1024


def address(target: Target) -> tuple[str, int]:
    parts = urlsplit(target.url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def test_it_listens_on_loopback_only(target: Target) -> None:
    assert address(target)[0] == "127.0.0.1"


def test_two_targets_stand_side_by_side(target: Target) -> None:
    with serve(witness) as other:
        requests.get(other.url, timeout=30)
        seen(other, 1)
    assert not target.journal


def test_threads_give_way_quickly_until_the_last_of_several_targets_is_closed() -> None:
    usual = sys.getswitchinterval()
    first = ExitStack()
    first.enter_context(serve(witness))
    with serve(witness):
        first.close()
        assert sys.getswitchinterval() < usual
    assert sys.getswitchinterval() == usual


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_it_listens_where_it_is_told_to_again_and_again_although_clients_stay_connected() -> None:
    port = a_free_port()
    with contextlib.ExitStack() as clients:
        for _ in range(3):
            client = clients.enter_context(requests.Session())
            with serve(witness, port=port) as target:
                assert target.url == f"http://127.0.0.1:{port}"
                assert client.get(target.url, timeout=30).ok


def test_where_the_port_is_taken_it_listens_on_a_free_one() -> None:
    port = a_free_port()
    with serve(witness, port=port) as first, serve(witness, port=port) as second:
        assert address(first)[1] == port
        assert address(second)[1] not in (0, port)
        assert requests.get(second.url, timeout=30).ok
        assert not first.journal


def test_the_port_is_closed_after_the_block() -> None:
    with serve(witness) as target:
        requests.get(target.url, timeout=30)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address(target), timeout=30)


def test_no_thread_is_left_although_a_client_stays_connected() -> None:
    before = set(threading.enumerate())
    with requests.Session() as client, serve(witness) as target:
        client.get(target.url, timeout=30)
        with pytest.raises(RuntimeError), serve(witness):  # nor if the block ends with an error
            raise RuntimeError
    until(lambda: set(threading.enumerate()) <= before)


def test_a_client_keeps_its_connection(target: Target) -> None:
    with requests.Session() as client:
        for _ in range(5):
            client.get(target.url, timeout=30)
        assert len({request.peer_port for request in seen(target, 5)}) == 1


def test_a_large_body_reaches_the_application_whole(target: Target) -> None:
    assert requests.post(target.url, data=b"x" * (MOST_BODY - 1), timeout=30).text == str(MOST_BODY - 1)


def test_a_body_without_a_length_reaches_the_application_whole(target: Target) -> None:
    assert requests.post(target.url, data=iter([b"ab", b"cde"]), timeout=30).text == "5"


def test_a_huge_body_is_refused_and_never_kept(target: Target) -> None:
    connection = http.client.HTTPConnection(*address(target), timeout=30)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(64 * MIB))
    connection.endheaders(b"the first bytes of very many")
    assert connection.getresponse().status == 413
    connection.close()
    assert requests.get(target.url, timeout=30).ok
    assert [request.method for request in seen(target, 1)] == ["GET"]


def test_a_client_that_hangs_up_before_its_request_is_whole_leaves_no_trace(target: Target) -> None:
    with socket.create_connection(address(target), timeout=30) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\nabc")
    assert requests.get(target.url, timeout=30).ok
    assert [request.method for request in seen(target, 1)] == ["GET"]


def test_a_client_that_hangs_up_while_the_answer_comes_is_on_record() -> None:
    def endless(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        while True:
            yield b"x" * 65536

    with serve(endless) as target:
        with socket.create_connection(address(target), timeout=30) as client:
            client.sendall(b"GET /endless HTTP/1.1\r\nHost: shop\r\n\r\n")
            assert client.recv(1)
        assert [request.path for request in seen(target, 1)] == ["/endless"]


def test_answers_that_nobody_reads_and_half_requests_are_kept_in_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[io.BytesIO] = []

    def file(_mode: str) -> io.BytesIO:
        files.append(io.BytesIO())
        return files[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", file)

    def long(_environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [bytes(64 * MIB)]

    with serve(long) as target, contextlib.ExitStack() as clients:
        for half in (b"GET / HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % MOST_BODY):
            client = clients.enter_context(socket.create_connection(address(target), timeout=30))
            client.sendall(half + bytes(MOST_BODY - 1) * half.startswith(b"POST"))
        reader = clients.enter_context(socket.create_connection(address(target), timeout=30))
        reader.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert sum(iter(lambda: len(reader.recv(MIB)), 0)) > 64 * MIB
    assert not files


def test_nonsense_does_not_end_the_service(target: Target) -> None:
    with socket.create_connection(address(target), timeout=30) as client:
        client.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        client.recv(1000)
    assert requests.get(target.url, timeout=30).ok


def test_an_application_that_fails_does_not_end_the_service_and_prints_nothing(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert requests.get(f"{target.url}/broken", timeout=30).status_code == 500
        assert requests.get(target.url, timeout=30).ok
    assert caplog.text == ""


def test_where_no_port_can_be_had_the_verdict_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EADDRNOTAVAIL, "no address left")

    monkeypatch.setattr(target_module, "_listening", refuse)
    with pytest.raises(Inconclusive, match="no address left"), serve(witness):
        pass
