"""Where a light node gets shares from: a ledger's folder, or whoever serves one over HTTP."""

from __future__ import annotations

import json
import re
from http.client import HTTPException
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request

import msgspec

from focusmesh.errors import FileError, ParameterError, ProofError
from focusmesh.host.httpclient import open_with_retries
from focusmesh.host.service import (
    HEADERS_MAX,
    ElectorateAnswer,
    FraudPage,
    GenesisAnswer,
    HeaderPage,
    NamespaceShares,
    NotThereError,
    SharedLine,
    SharedShare,
    SquareRoots,
    Status,
)

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from focusmesh.kernel.availability import ProvedShare, Roots
    from focusmesh.kernel.block import Header, SignedHeader

    Axis: TypeAlias = Literal["row", "column"]

_Record = TypeVar("_Record")
_SECONDS = 30.0
_PEER = re.compile(r"[0-9a-f]{64}@")
_ANSWER_BYTES_MAX = 32 << 20


class Source(Protocol):
    """Answers for the square of a block; what it says is believed of nobody."""

    def tip(self) -> int:
        """Height of the last block."""

    def roots(self, height: int) -> SquareRoots: ...

    def share(self, height: int, row: int, column: int, axis: Axis) -> SharedShare: ...

    def line(self, height: int, line: int, axis: Axis) -> SharedLine: ...

    def namespace(self, height: int, name: str) -> NamespaceShares: ...

    def headers(self, first: int, last: int) -> list[SignedHeader]:
        """Those of the heights from ``first`` to ``last`` that there are, HEADERS_MAX of them at most."""

    def genesis(self) -> bytes:
        """The bytes that the network's id is the digest of."""

    def validators(self, height: int) -> bytes:
        """Who makes the block at a height final, as the header before commits to them."""

    def frauds(self) -> list[bytes]:
        """The ids of blocks that are proved to be wrong."""

    def fraud(self, block: bytes) -> bytes:
        """Such a proof."""

    def close(self) -> None: ...


class LedgerFolderSource:
    """A ledger of this machine, whose blocks are there."""

    def __init__(self, where: str) -> None:
        """Raises FileError, StoreError."""
        from focusmesh.host.service import Networks, Squares
        from focusmesh.host.storage import Folder, OpenedChain

        folder = Folder.existing(where)
        self._opened = OpenedChain.of(folder)
        self._squares = Squares(self._opened)
        self._networks = Networks(folder, self._opened)

    def tip(self) -> int:
        with self._opened.lock:
            return self._opened.reading().height

    def roots(self, height: int) -> SquareRoots:
        return self._squares.roots(height)

    def share(self, height: int, row: int, column: int, axis: Axis) -> SharedShare:
        return self._squares.share(height, row, column, axis)

    def line(self, height: int, line: int, axis: Axis) -> SharedLine:
        return self._squares.line(height, line, axis)

    def namespace(self, height: int, name: str) -> NamespaceShares:
        return self._squares.namespace(height, name)

    def headers(self, first: int, last: int) -> list[SignedHeader]:
        return signed_headers(self._networks.headers(first, min(last - first + 1, HEADERS_MAX)))

    def genesis(self) -> bytes:
        return _bytes(self._networks.genesis().genesis)

    def validators(self, height: int) -> bytes:
        return _bytes(self._networks.validator_set(height).voters)

    def frauds(self) -> list[bytes]:
        return fraud_ids(self._networks.frauds())

    def fraud(self, block: bytes) -> bytes:
        return self._networks.fraud(block.hex())

    def close(self) -> None:
        self._opened.release()


class ServerSource:
    """A server's ``/v1/blocks``. FileError: it cannot be reached; NotThereError: it has no such thing."""

    def __init__(self, url: str, key: str | None = None) -> None:
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise ParameterError(
                f"{url!r} is not an address of a server, such as http://127.0.0.1:8427"
            )
        self._url = url.rstrip("/")
        self._key = key
        self.received = 0
        """Bytes of answers."""

    def tip(self) -> int:
        status = self._ask("/v1/status", Status)
        if status.tip is None:
            raise NotThereError(f"{self._url} serves a graph, not a ledger: it has no blocks")
        return status.tip

    def roots(self, height: int) -> SquareRoots:
        return self._ask(f"/v1/blocks/{height}/square", SquareRoots)

    def share(self, height: int, row: int, column: int, axis: Axis) -> SharedShare:
        return self._ask(f"/v1/blocks/{height}/square/{row}/{column}?axis={axis}", SharedShare)

    def line(self, height: int, line: int, axis: Axis) -> SharedLine:
        return self._ask(f"/v1/blocks/{height}/square/lines/{line}?axis={axis}", SharedLine)

    def namespace(self, height: int, name: str) -> NamespaceShares:
        return self._ask(f"/v1/blocks/{height}/namespaces/{name}", NamespaceShares)

    def headers(self, first: int, last: int) -> list[SignedHeader]:
        limit = min(last - first + 1, HEADERS_MAX)
        return signed_headers(self._ask(f"/v1/headers?from={first}&limit={limit}", HeaderPage))

    def genesis(self) -> bytes:
        return _bytes(self._ask("/v1/genesis", GenesisAnswer).genesis)

    def validators(self, height: int) -> bytes:
        return _bytes(self._ask(f"/v1/electorates/{height}", ElectorateAnswer).voters)

    def frauds(self) -> list[bytes]:
        return fraud_ids(self._ask("/v1/fraud", FraudPage))

    def fraud(self, block: bytes) -> bytes:
        return self._answer(f"/v1/fraud/{block.hex()}")

    def close(self) -> None:
        """Nothing is held between two questions."""

    def _answer(self, path: str) -> bytes:
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        request = Request(self._url + path, headers=headers)
        try:
            with open_with_retries(request, _SECONDS) as answer:
                data: bytes = answer.read(_ANSWER_BYTES_MAX)
        except HTTPError as error:
            raise NotThereError(f"{self._url}{path}: {_detail(error)}") from error
        except (URLError, HTTPException, OSError) as error:
            raise FileError(f"{self._url} does not answer: {error}") from error
        self.received += len(data)
        return data

    def _ask(self, path: str, kind: type[_Record]) -> _Record:
        data = self._answer(path)
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.DecodeError as error:
            raise ProofError(
                "roots", f"{self._url}{path} answers something else: {error}"
            ) from error


def source_of(where: str, key: str | None = None) -> Source:
    """A URL is a server, KEY@ADDRESS#NETWORK a node of a network, anything else a ledger's folder."""
    if "://" in where:
        return ServerSource(where, key)
    if _PEER.match(where):
        from focusmesh.host.light.peer_source import PeerSource

        return PeerSource(where)
    return LedgerFolderSource(where)


def header_of(
    told: SquareRoots, proposer: bytes | None = None, height: int | None = None
) -> Header:
    """The header, signed by its proposer (``proposer`` if given), of ``height`` if given.

    Raises BlockError, ProofError.
    """
    from focusmesh.kernel.block import Header, check_proof

    header = Header.decode(_bytes(told.header_bytes))
    if header.height != told.height or header.id.hex() != told.id:
        raise ProofError(
            "roots", f"the header is that of block {header.height}, {header.id.hex()[:16]}"
        )
    if height is not None and header.height != height:
        raise ProofError(
            "roots", f"the source sent block {header.height} instead of block {height}"
        )
    check_proof(header, _bytes(told.proof))
    if proposer is not None and header.proposer != proposer:
        raise ProofError("roots", f"{header.proposer.hex()} made the block, not {proposer.hex()}")
    return header


def roots_of(told: SquareRoots, data_root: bytes) -> Roots:
    """The roots, which are those under the header's data root. Raises ProofError ("roots")."""
    from focusmesh.kernel.availability import Roots

    roots = Roots(tuple(map(_bytes, told.rows)), tuple(map(_bytes, told.columns)))
    roots.verify(data_root)
    return roots


def signed_headers(told: HeaderPage) -> list[SignedHeader]:
    """Headers as they travel, not checked yet. Raises ProofError ("roots")."""
    from focusmesh.kernel.block import SignedHeader

    return [
        SignedHeader(
            _bytes(row.header),
            _bytes(row.proof),
            _bytes(row.rotation),
            _bytes(row.decision),
            _bytes(row.parameters),
        )
        for row in told.items
    ]


def fraud_ids(told: FraudPage) -> list[bytes]:
    """Which blocks are said to be wrong. Raises ProofError ("roots")."""
    return [_bytes(row.block) for row in told.items]


def share_of(told: SharedShare) -> ProvedShare:
    """The share with its proof, not checked yet. Raises ProofError ("roots")."""
    from focusmesh.kernel.availability import NamespaceProof, ProvedShare

    proof = NamespaceProof(told.start, told.stop, tuple(map(_bytes, told.nodes)))
    return ProvedShare(told.row, told.column, told.axis, _bytes(told.share), proof)


def line_of(told: SharedLine) -> list[bytes]:
    """The shares of a whole row or column, not checked yet. Raises ProofError ("roots")."""
    return list(map(_bytes, told.shares))


def namespace_shares(told: NamespaceShares, roots: Roots) -> list[bytes]:
    """All shares of the namespace in order, proved to be all. Raises ProofError."""
    from focusmesh.kernel.availability import NAMESPACES, NamespaceProof, verify_namespace

    wanted = NAMESPACES.get(told.name, b"")
    if [row.row for row in told.rows] != list(range(roots.width)):
        raise ProofError("namespace", f"rows 0 … {roots.width - 1} must be shown, each once")
    shares: list[bytes] = []
    for row in told.rows:
        nodes = tuple(map(_bytes, row.nodes))
        proof = NamespaceProof(row.start, row.stop, nodes, _bytes(row.absent))
        shown = list(map(_bytes, row.shares))
        verify_namespace(proof, roots.rows[row.row], 2 * roots.width, wanted, shown)
        shares += shown
    return shares


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ProofError("roots", f"{text[:40]!r} is not hexadecimal") from error


def _detail(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read(_ANSWER_BYTES_MAX))["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
