"""A chain that begins with a snapshot, checked: what it keeps is held against its headers, record by record.

There is no genesis state to carry blocks out from. So headers are checked from the first to the last; the oldest state
within the history window is taken apart into the pages of a snapshot and put together anew in memory, where each page
has to lead to the roots of its header; and from there on every block is carried out again.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import BlockError, CodedError, FocusmeshError
from focusmesh.ids import digest
from focusmesh.kernel.block.audit.difference import Difference, VerifiedChain, difference_of
from focusmesh.kernel.block.audit.maker_proofs import check_maker_proofs
from focusmesh.kernel.block.chain.block_import import BlockImport
from focusmesh.kernel.block.chain.chain import Chain
from focusmesh.kernel.block.chain.decisions import read_decision
from focusmesh.kernel.block.chain.header_chain import HeaderChain, signed_header
from focusmesh.kernel.block.chain.parameter_proofs import (
    is_parameter_proof,
    parameter_proof_key,
    read_parameter_proof,
)
from focusmesh.kernel.block.chain.rule_records import (
    EPOCH_PREFIX,
    PARAMETERS_PREFIX,
    is_rule_record,
    rule_records,
)
from focusmesh.kernel.block.chain.validator_sets import ELECTORATE_PREFIX
from focusmesh.kernel.block.records import (
    NODE_KEYS,
    height_key,
    read_block,
    read_header,
    read_vector,
)
from focusmesh.kernel.block.signal_order import signals_root
from focusmesh.kernel.block.snapshot.manifest import Manifest, ManifestPages
from focusmesh.kernel.block.snapshot.restore import seal
from focusmesh.kernel.block.snapshot.snapshot import Snapshots, has_own_focus
from focusmesh.kernel.block.snapshot.snapshot_loader import Filling
from focusmesh.kernel.block.succession import proved_parameters
from focusmesh.kernel.block.validation import check_body, check_same, check_signatures
from focusmesh.kernel.focus import values_of
from focusmesh.kernel.state import (
    BLOB_PREFIX,
    ROW_PREFIX,
    TABLES,
    MemoryStore,
    Particles,
    wrong_node,
)
from focusmesh.protocol.codec import decode
from focusmesh.protocol.world import SameProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.support.progress import Progress
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Reader, Store
    from focusmesh.protocol.world import Checker

_SAME = ("keys", "particles", "digests", "rows")
"""Tables that the state fills alike, whatever came before it."""
_META = {
    b"genesis",
    b"height",
    b"base",
    b"tree",
    b"count/p",
    b"count/n",
    b"count/r",
    *NODE_KEYS,
}


class _Moment:
    """A store of which one moment is to be seen."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @contextmanager
    def read(self) -> Iterator[Reader]:
        yield self._reader


def audit_chain(
    store: Store,
    registry: Registry,
    checker: Checker | None = None,
    progress: Progress | None = None,
) -> VerifiedChain:
    """Holds every record of a chain that begins with a snapshot against its headers, and those against the genesis.

    Raises BlockError as ``verify_chain``; ("height") where no block within the window has a focus of its own. What
    blocks between the snapshot and the window did is not carried out again. O(state · log n + headers + what the
    blocks within the window took), memory for all of the state.
    """
    with store.read() as reader:
        chain = Chain(_Moment(reader), registry)  # type: ignore[arg-type]  # it is only read
        _check_headers(reader, chain, registry, progress)
        height = _oldest(reader, chain)
        checker = SameProcess() if checker is None else checker
        _check_bodies(reader, chain, height, checker)
        with _legible(f"the state after block {height}"):
            made = _refill(reader, chain, height)
        _carry_out(reader, made, registry, checker, chain.height, progress)
        with _legible(f"the state after block {chain.height}"):
            found = _wrong_record(reader, made, height) or _wrong_content(reader, chain)
        if found is not None:
            raise difference_of(found)
        with _legible("what is kept of the past"):
            _check_past(reader, chain, height)
        records = sum(reader.count(table) for table in TABLES)
        return VerifiedChain(chain.network, chain.height, chain.tip.id, records, chain.base)


def _oldest(reader: Reader, chain: Chain) -> int:
    """The first block within the window whose state can be taken apart; block 0 has no particles."""
    first = max(chain.base, chain.height - chain.parameters.history_window)
    for height in range(first, chain.height + 1):
        if not height or has_own_focus(read_header(reader, height)):
            return height
    raise BlockError("height", f"no block from {first} on has a focus of its own: verify later")


def _check_headers(
    reader: Reader, chain: Chain, registry: Registry, progress: Progress | None
) -> None:
    headers = HeaderChain(chain.genesis, registry)
    if read_header(reader, 0) != headers.tip or reader.count("headers") != chain.height + 1:
        raise BlockError("difference", "the headers are not those of the genesis and all after it")
    told = Throttle(progress, "verifying headers", chain.height, "headers")
    for height in range(1, chain.height + 1):
        with _place_errors(height):
            headers.add(signed_header(reader, height))
        told.at(height)
    told.finish(chain.height)
    check_maker_proofs(reader, chain)
    _check_rules(reader, chain)


def _check_rules(reader: Reader, chain: Chain) -> None:
    """That it is kept which parameters and which epoch began with which block, with proofs, and nothing else."""
    headers = [read_header(reader, height) for height in range(chain.height + 1)]
    epoch = chain.rules.epoch
    epochs = [(each.epoch if each.version > 1 else None) for each in headers]
    epochs.append(None if epoch is None else epoch.number)
    hashes = [*(each.params_hash for each in headers), chain.params_hash]
    turns = range(1, chain.height + 2)
    turned = [at for at in turns if hashes[at] != hashes[at - 1]]
    expected = [
        EPOCH_PREFIX + height_key(at) for at in turns if epochs[at] not in (None, epochs[at - 1])
    ]
    expected += [PARAMETERS_PREFIX + height_key(at) for at in turned]
    proved = [key for key, _ in reader.scan("proofs") if is_parameter_proof("proofs", key)]
    kept = rule_records(reader, chain.height + 1)
    numbers = {EPOCH_PREFIX + height_key(at): epochs[at] for at in turns}
    named = {PARAMETERS_PREFIX + height_key(at): hashes[at] for at in turns}
    if proved != [parameter_proof_key(at) for at in turned]:
        raise BlockError("difference", "proofs of parameters are missing, or extra ones are stored")
    if turned[-1:] == [chain.height + 1]:
        data = proved_parameters(
            read_parameter_proof(reader, chain.height + 1), chain.tip.state_root
        )
        check_same("params_hash", chain.params_hash, digest(data))
    if [key for key, _ in kept] != sorted(expected) or any(
        decode(value) != numbers[key] if key in numbers else digest(value) != named[key]
        for key, value in kept
    ):
        raise BlockError(
            "difference", "records of rules are missing, are wrong, or extra ones are stored"
        )


def _check_bodies(reader: Reader, chain: Chain, last: int, checker: Checker) -> None:
    """Which bodies there are, and those up to ``last``, which are not carried out."""
    kept = [key for key, _ in reader.scan("bodies")]
    first = max(chain.base, 1)
    if kept != [height_key(height) for height in (0, *range(first, chain.height + 1))]:
        raise BlockError("difference", "bodies are missing, or extra ones are stored")
    for height in range(first, last + 1):
        block = read_block(reader, height)
        with _place_errors(height):
            _, signals = check_body(block, block.header.parent, chain.parameters_of(height))
            check_same("signals_root", block.header.signals_root, signals_root(signals))
            check_signatures(signals, checker)


def _refill(reader: Reader, chain: Chain, height: int) -> MemoryStore:
    """A chain that begins with the state after a block, put together of its pages, with the ids of its store."""
    made = MemoryStore()
    block = read_block(reader, height)
    with made.write() as writer:
        for kind in ("relation", "neuron"):
            Particles(kind).intern(writer, Particles(kind).digests(reader))
        for table in ("headers", "proofs"):
            writer.put_many(table, list(reader.scan(table, b"", height_key(height + 1))))
        validators = reader.scan(
            "meta", ELECTORATE_PREFIX, ELECTORATE_PREFIX + height_key(height + 1)
        )
        writer.put_many("meta", [*validators, *rule_records(reader, height)])
        writer.put("bodies", height_key(0), b"")
    with Snapshots(chain, height) as snapshot:
        pages = ManifestPages(Manifest.decode(snapshot.manifest), block.header)
        filling = Filling(pages, chain.parameters_of(height), snapshot.particle_ids)
        while missing := filling.missing():
            for number in missing:
                with made.write() as writer:
                    filling.take(writer, number, snapshot.page(number))
                filling.took(number)
    with made.write() as writer:
        seal(writer, chain.genesis, block)
    return made


def _carry_out(
    reader: Reader,
    store: MemoryStore,
    registry: Registry,
    checker: Checker,
    last: int,
    progress: Progress | None,
) -> None:
    first = Chain(store, registry).height
    told = Throttle(progress, "verifying blocks", last - first, "blocks")
    arriving = BlockImport(store, registry, checker)
    for height in range(first + 1, last + 1):
        with _place_errors(height):
            arriving.add(read_block(reader, height), None, read_decision(reader, height))
        told.at(height - first)
    with _place_errors(last):
        arriving.finish()
    told.finish(last - first)


def _wrong_record(reader: Reader, made: MemoryStore, height: int) -> Difference | None:
    """The first record of the state, or of the way back to ``height``, that is not what comes out."""
    with made.read() as other:
        for table in (*_SAME, "undo"):
            start = height_key(height + 1) if table == "undo" else b""
            for mine, theirs in zip_longest(reader.scan(table, start), other.scan(table, start)):
                if mine != theirs:
                    key = min(pair[0] for pair in (mine, theirs) if pair)
                    return Difference(table, key, *(pair and pair[1] for pair in (mine, theirs)))
        for key, value in reader.scan("meta"):
            if key.startswith(ELECTORATE_PREFIX) or is_rule_record(key):
                continue
            if key not in _META or (key.startswith(b"count/") and other.get("meta", key) != value):
                return Difference("meta", key, value, None)
    wrong = wrong_node(reader)
    return None if wrong is None else Difference(*wrong, b"", b"")


def _wrong_content(reader: Reader, chain: Chain) -> Difference | None:
    for name, content in reader.scan("contents"):
        if digest(content) != name or chain.state.get(BLOB_PREFIX + name) is None:
            return Difference("contents", name, content, None)
    return None


def _check_past(reader: Reader, chain: Chain, oldest: int) -> None:
    """The vectors that are kept, and the way back from ``oldest`` to the beginning of the window."""
    for height in sorted({int.from_bytes(key[:8], "big") for key, _ in reader.scan("vectors")}):
        vector = read_vector(reader, height, chain.state.digests, chain.parameters)
        if values_of(vector).root != read_header(reader, height).focus_root:
            raise difference_of(Difference("vectors", height_key(height), b"", b""))
    first = max(chain.base, chain.height - chain.parameters.history_window)
    kept = [key for key, _ in reader.scan("undo")]
    if kept != [height_key(height) for height in range(first + 1, chain.height + 1)]:
        raise BlockError(
            "difference", "records of table 'undo' are missing, or extra ones are stored"
        )
    for height in range(oldest - 1, first - 1, -1):
        if not _leads_back(reader, chain, height):
            raise difference_of(Difference("undo", height_key(height + 1), b"", b""))


def _leads_back(reader: Reader, chain: Chain, height: int) -> bool:
    with chain.state.at(height) as view:
        if view.root != read_header(reader, height).state_root:
            return False
        digests = chain.state.digests
        for source in np.unique(view.changed_sources(height + 1)).tolist():
            name = digests[source].tobytes()
            row = view.row(name)
            if (row and row.value()) != view.get(ROW_PREFIX + name):
                return False
    return True


@contextmanager
def _legible(what: str) -> Iterator[None]:
    """Records that contradict each other end in whatever error: here it is told what they are of."""
    try:
        yield
    except BlockError as error:
        if error.code in ("height", "difference"):
            raise
        raise BlockError("difference", f"{what}: {error}") from error
    except (FocusmeshError, LookupError, ValueError) as error:
        raise BlockError("difference", f"{what}: {error}") from error


@contextmanager
def _place_errors(height: int) -> Iterator[None]:
    try:
        yield
    except CodedError as error:
        raise BlockError(error.code, f"at height {height}: {error}") from error
