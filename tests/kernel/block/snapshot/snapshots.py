"""Chains that begin with a snapshot: brought over page by page, and what a store says without its own ids."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.ids import digest
from focusmesh.kernel.block import Chain, SnapshotRestore, Snapshots, read_signed_headers
from focusmesh.kernel.block.snapshot import manifest, snapshot
from focusmesh.kernel.block.snapshot import snapshot_loader as filling
from focusmesh.kernel.state import MemoryStore, Particles
from focusmesh.kernel.state.links.history import UNDO
from focusmesh.kernel.state.rows.records import LINK, RowRecords
from focusmesh.kernel.state.snapshot import page_cuts as snapshot_cut
from focusmesh.kernel.state.snapshot import pages as snapshot_page
from focusmesh.kernel.state.tree.records import parse_bucket
from focusmesh.protocol.codec import decode
from tests.kernel.block.ledger import KEYS, REGISTRY, Ledger

if TYPE_CHECKING:
    import pytest

    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Reader, Store


def small_pages(patch: pytest.MonkeyPatch) -> None:
    """Pages so small that a ledger of some hundred links has many of every kind."""
    patch.setattr(snapshot_cut, "COST_MAX", 4_000)
    for module in (snapshot_cut, snapshot_page, snapshot):
        patch.setattr(module, "LONG_ROW_LINKS", 40)
    for module in (manifest, snapshot, filling):
        patch.setattr(module, "PARTICLES_AT_ONCE", 4 * 16)
    patch.setattr(snapshot, "CONTENTS_AT_ONCE", 150)


def linked(blocks: int = 3, hub: int = 120, **parameters: Any) -> Ledger:
    """A ledger of some hundred links, of which one particle has many, with contents, one of them forgotten."""
    ledger = Ledger(**parameters)
    chosen = random.Random(7)
    texts = [b"text %d" % number for number in range(12)]
    named = {digest(text): text for text in texts}
    puts = [["put_blob/1", name, len(text)] for name, text in named.items()]
    ledger.chain.propose([ledger.signed(KEYS[3], *puts)], 2_000, KEYS[0], named)
    for number in range(blocks):
        spokes = [("hub", f"spoke {at}") for at in range(number, hub, blocks)]
        pairs = [(chosen.randrange(90), 100 + chosen.randrange(90)) for _ in range(60)]
        others = [ledger.links(key, *pairs[at::3]) for at, key in enumerate(KEYS[1:])]
        ledger.block(ledger.links(KEYS[0], *spokes), *others)
    ledger.block(ledger.signed(KEYS[3], ["forget/1", digest(texts[0]), b""]))
    return ledger


def begun(chain: Chain, snapshots: Snapshots, store: Store) -> SnapshotRestore:
    """A store that has the headers and the manifest."""
    restoring = SnapshotRestore(store, chain.genesis, REGISTRY)
    restoring.add_headers(read_signed_headers(chain, 1, snapshots.height))
    restoring.begin(snapshots.manifest)
    return restoring


def brought(
    chain: Chain, store: Store | None = None, seed: int = 0, registry: Registry = REGISTRY
) -> Chain:
    """A chain that begins where another one is, its pages taken in a seeded order."""
    store = MemoryStore() if store is None else store
    order = random.Random(seed)
    with Snapshots(chain) as snapshots:
        restoring = begun(chain, snapshots, store)
        while missing := restoring.missing():
            for number in order.sample(missing, len(missing)):
                restoring.take(number, snapshots.page(number))
        return restoring.finish(chain.block(snapshots.height).body)


def told(reader: Reader) -> dict[str, Any]:
    """Every record of the state, digests in the place of ids and leaves in the place of the records of the tree.

    Two stores that tell the same have the same state, whatever led there.
    """
    names = [Particles(kind).digests(reader) for kind in ("particle", "relation", "neuron")]
    rows = {}
    for key, record in reader.scan("rows"):
        kept = RowRecords.unpack([record])
        source = names[0][int.from_bytes(key, "big")].tobytes()
        pages = kept.authors.tobytes(), kept.weights.tobytes()
        rows[source] = (_named(kept.links, names), *pages)
    leaves = [leaf for _, stored in reader.scan("buckets") for leaf in parse_bucket(stored)]
    return {
        "rows": rows,
        "leaves": leaves,
        "particles": {name.tobytes() for name in names[0]},
        "keys": [key for key, _ in reader.scan("keys")],
        "contents": dict(reader.scan("contents")),
        "headers": dict(reader.scan("headers")),
        "proofs": dict(reader.scan("proofs")),
    }


def way_back(reader: Reader, first: int) -> dict[bytes, Any]:
    """The undo records from a height on, digests in the place of ids."""
    names = [Particles(kind).digests(reader) for kind in ("particle", "relation", "neuron")]
    records = {}
    for key, record in reader.scan("undo", first.to_bytes(8, "big")):
        links, *rest = decode(record)
        changed = np.frombuffer(links, dtype=UNDO)
        sources = [names[0][source].tobytes() for source in changed["source"]]
        links = np.zeros(len(changed), dtype=LINK)
        for name in LINK.names or ():
            links[name] = changed[name]
        records[key] = (sorted(zip(sources, _named(links, names), strict=True)), rest)
    return records


def _named(links: Any, names: list[Any]) -> list[tuple[bytes, int, int]]:
    fields = ("target", "relation", "neuron")
    keys = np.concatenate(
        [digests[links[field]] for field, digests in zip(fields, names, strict=True)], axis=1
    )
    numbers = zip(links["amount"].tolist(), links["height"].tolist(), strict=True)
    return [(key.tobytes(), *number) for key, number in zip(keys, numbers, strict=True)]
