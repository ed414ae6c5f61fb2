"""Answers that travel compressed, and lists that come as tables."""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING, Any

import brotli
import pytest

from focusmesh.host.service import Service
from focusmesh.interface.server.representation import Compression, wants_table
from focusmesh.interface.server.representation.compression import (
    BYTES_MAX,
    BYTES_MIN,
    choose_encoding,
)
from tests.interface.server.conftest import LOCAL, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interface.server.conftest import Client


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("gzip;q=0", None),
        ("br;q=0, gzip;q=0, *", None),
        ("*", "br"),
        ("GZIP", "gzip"),
        ("gzip;q=much", None),
    ],
)
def test_the_coding_is_what_the_client_likes_best(accepted: str, coding: str | None) -> None:
    assert choose_encoding(accepted) == coding


def raw(client: Client, path: str, accepted: str) -> tuple[Any, bytes]:
    """The headers of an answer, and its bytes as they were sent."""
    with client.stream("GET", f"{LOCAL}{path}", headers={"Accept-Encoding": accepted}) as answer:
        return answer.headers, b"".join(answer.iter_raw())


def test_large_answers_are_compressed_and_small_ones_are_not(shared_client: Client) -> None:
    _, plain = raw(shared_client, "/openapi.json", "identity")
    for coding, unpack in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        headers, packed = raw(shared_client, "/openapi.json", coding)
        assert headers["content-encoding"] == coding
        assert int(headers["content-length"]) == len(packed) < len(plain) / 4
        assert "Accept-Encoding" in headers["vary"]
        assert unpack(packed) == plain
    headers, _ = raw(shared_client, "/v1/rank?top=1", "gzip")
    assert "content-encoding" not in headers
    headers, _ = raw(shared_client, "/v1/export/links", "gzip")
    assert "content-encoding" not in headers


def test_the_tag_of_a_compressed_answer_is_weak_and_is_known_again(shared_client: Client) -> None:
    path = "/v1/graphql?query=" + "%7Brank%7Bbound%7D%7D" + "%20" * 2_000
    headers, _ = raw(shared_client, path, "identity")
    assert headers["etag"].startswith('"')
    many = "/v1/context?seed=alpha&" + "&".join(["seed=beta"] * 900)
    headers, _ = raw(shared_client, many, "gzip")
    again = shared_client.get(many, headers={"If-None-Match": headers["etag"]})
    assert again.status_code == 304


def test_compression_can_be_turned_off(letters: Path) -> None:
    with served(Service.open(letters), serve__compress=False) as client:
        headers, _ = raw(client, "/openapi.json", "gzip")
        assert "content-encoding" not in headers


@pytest.mark.parametrize("size", [BYTES_MIN - 1, BYTES_MAX + 1])
def test_bodies_that_are_too_small_or_too_large_go_as_they_are(size: int) -> None:
    import asyncio

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def answer() -> None:
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(size).encode())]
        compression = Compression("gzip", send)
        await compression({"type": "http.response.start", "status": 200, "headers": headers})
        await compression({"type": "http.response.body", "body": bytes(size)})

    asyncio.run(answer())
    assert len(sent[1]["body"]) == size


@pytest.mark.parametrize(
    ("accepted", "wants"),
    [
        ("text/csv", True),
        ("text/csv, application/json;q=0.9", True),
        ("application/json, text/csv", False),
        ("application/json", False),
        ("*/*", False),
        ("text/csv;q=0", False),
        ("text/html, text/csv;q=0.1", True),
    ],
)
def test_a_table_is_sent_to_who_asks_for_one(accepted: str, wants: bool) -> None:
    assert wants_table(accepted) == wants


def table(client: Client, path: str) -> tuple[Any, list[dict[str, str]]]:
    answer = client.get(path, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert "Accept" in answer.headers["vary"]
    assert answer.text.endswith("\r\n")
    return answer.headers, list(csv.DictReader(io.StringIO(answer.text, newline="")))


@pytest.mark.parametrize(
    "path",
    [
        "/v1/rank",
        "/v1/rank?particle=alpha",
        "/v1/context?seed=alpha",
        "/v1/recall?question=letter",
        "/v1/walk?from=alpha",
        "/v1/explain?from=alpha&target=gamma",
        "/v1/links",
        "/v1/particles",
    ],
)
def test_tables_say_what_the_json_says(shared_client: Client, path: str) -> None:
    json = shared_client.get(path).json()
    _, rows = table(shared_client, path)
    assert len(rows) == len(json["items"]) > 0
    for row, item in zip(rows, json["items"], strict=True):
        assert row["root"] == json["root"]
        if "bound" in json:
            assert float(row["bound"]) == json["bound"]
            if "bound" in item:
                assert float(row["item_bound"]) == item["bound"]
        if isinstance(item, str):
            assert row["particle"] == item
        elif "score" in item and item["score"] is not None:
            assert (float(row["score"]), row["particle"]) == (item["score"], item["particle"])


def test_a_table_of_a_ledger_has_its_blocks(ledger_client: Client) -> None:
    _, rows = table(ledger_client, "/v1/blocks")
    assert [row["height"] for row in rows] == ["2", "1", "0"]


def test_the_next_page_of_a_table_is_in_a_header(shared_client: Client) -> None:
    headers, first = table(shared_client, "/v1/rank?top=3")
    _, second = table(shared_client, f"/v1/rank?top=3&cursor={headers['focusmesh-cursor']}")
    assert [row["rank"] for row in (*first, *second)] == ["1", "2", "3", "4"]


def test_names_with_commas_quotes_and_lines_come_back(tmp_path: Path) -> None:
    import focusmesh

    names = ['a,"b"', "two\r\nlines", "=1+1", "plain"]
    graph = focusmesh.Graph.from_edges(names, [*names[1:], names[0]])
    graph.save(tmp_path / "odd.focusmesh")
    with served(Service.open(tmp_path / "odd.focusmesh")) as client:
        _, rows = table(client, "/v1/particles")
        assert {row["particle"] for row in rows} == set(names)


def test_what_lists_nothing_stays_json(shared_client: Client) -> None:
    answer = shared_client.get("/v1/status", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("application/json")
