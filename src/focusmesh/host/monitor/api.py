"""The public HTTP API of one node, as far as a watch asks it. What comes is believed of nobody."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import TYPE_CHECKING, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request

import msgspec

from focusmesh.errors import FileError, ParameterError, ProofError
from focusmesh.host.httpclient import open_with_retries
from focusmesh.host.service import Block, BlockPage, ProofAnswer, SnapshotTold, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.host.service import BlockSummary

_SECONDS = 60.0
_ANSWER_BYTES_MAX = 32 << 20
RecordT = TypeVar("RecordT")


class NodeApi:
    """Raises FileError where the node does not answer or refuses, ProofError ("answer") for what is no answer."""

    def __init__(self, url: str, key: str | None = None) -> None:
        """Raises ParameterError for what is no URL of a server."""
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise ParameterError(
                f"{url[:200]!r} is not an address of a server, such as http://127.0.0.1:8420"
            )
        self.url = url.rstrip("/")
        self._key = key

    def tip(self) -> int:
        """The height of the last block; FileError where no ledger is served."""
        status = self._record("/v1/status", Status)
        if status.tip is None:
            raise FileError(f"{self.url} serves a graph, not a ledger: there is nothing to rebuild")
        return status.tip

    def newest(self, count: int) -> Sequence[BlockSummary]:
        """The last blocks, newest first."""
        return self._record(f"/v1/blocks?limit={count}", BlockPage).items

    def block(self, height: int) -> Block:
        """A block with its header's bytes."""
        return self._record(f"/v1/blocks/{height}", Block)

    def proof(self, key: bytes, height: int) -> ProofAnswer:
        """What a key of the state has, with the proof."""
        return self._record(f"/v1/proof?key={key.hex()}&at={height}", ProofAnswer)

    def snapshot(self, height: int | None) -> SnapshotTold:
        """The manifest of a state."""
        return self._record(
            "/v1/snapshot" + ("" if height is None else f"?at={height}"), SnapshotTold
        )

    def page(self, height: int, number: int) -> bytes:
        """A page of it."""
        return self.bytes_at(f"/v1/snapshot/{height}/{number}")

    def bytes_at(self, path: str) -> bytes:
        """What is there."""
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            with open_with_retries(Request(self.url + path, headers=headers), _SECONDS) as answer:
                data: bytes = answer.read(_ANSWER_BYTES_MAX)
                return data
        except HTTPError as error:
            raise FileError(f"{self.url}{path}: {_detail(error)}") from error
        except (URLError, HTTPException, OSError) as error:
            raise FileError(f"{self.url} does not answer: {error}") from error

    def _record(self, path: str, kind: type[RecordT]) -> RecordT:
        data = self.bytes_at(path)
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.DecodeError as error:
            raise ProofError("answer", f"{self.url}{path} is not an answer: {error}") from error


def hexadecimal(text: str, what: str) -> bytes:
    """Raises ProofError ("answer")."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ProofError("answer", f"{what} is not hexadecimal: {text[:40]!r}") from error


def _detail(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read(_ANSWER_BYTES_MAX))["detail"])
    except (ValueError, KeyError, TypeError, OSError):
        return f"{error.code} {error.reason}"
