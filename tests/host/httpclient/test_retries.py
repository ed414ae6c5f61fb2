"""Who is told to come again later does, for as long as that is worth while."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request

import pytest

from focusmesh.host.httpclient import WAIT_SECONDS_MAX, open_with_retries

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def answering(statuses: list[tuple[int, str]]) -> Iterator[str]:
    """A server that answers with these statuses and values of Retry-After, then with 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, retry = statuses.pop(0) if statuses else (200, "")
            self.send_response(status)
            if retry:
                self.send_header("Retry-After", retry)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_too_many_is_asked_again_after_the_time_that_is_said() -> None:
    waited: list[float] = []
    answers = [(429, "3"), (429, ""), (429, "soon")]
    with answering(answers) as url, open_with_retries(Request(url), 10, waited.append) as answer:
        assert answer.read() == b"ok"
    assert waited == [3.0, 1.0, 1.0]


@pytest.mark.parametrize(("status", "retry"), [(503, "1"), (404, ""), (429, "3600")])
def test_other_failures_and_long_waits_are_told(status: int, retry: str) -> None:
    waited: list[float] = []
    with answering([(status, retry)]) as url, pytest.raises(HTTPError) as failed:
        open_with_retries(Request(url), 10, waited.append)
    failed.value.close()
    assert (failed.value.code, waited) == (status, [])


def test_it_waits_so_long_and_no_longer() -> None:
    waited: list[float] = []
    with answering([(429, "7")] * 100) as url, pytest.raises(HTTPError) as failed:
        open_with_retries(Request(url), 10, waited.append)
    failed.value.close()
    assert sum(waited) <= WAIT_SECONDS_MAX
