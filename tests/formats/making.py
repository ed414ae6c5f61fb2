"""One small file of every format there is, made by whatever focusmesh is imported: ``python making.py FOLDER``.

It needs focusmesh alone, so that a checkout of any version can run it; see README.md beside it.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from focusmesh import FocusParams, Graph, certify
from focusmesh.engine.focus import ProtocolParams
from focusmesh.host.keys.paper_backup import sheet_text
from focusmesh.host.keys.recovery import split
from focusmesh.host.spool import Spool
from focusmesh.host.storage.archives import export_archive
from focusmesh.host.storage.backups import make_backup
from focusmesh.host.storage.ledger_folder import Folder, create, operations
from focusmesh.ids import digest
from focusmesh.kernel.block import Chain, Grant
from focusmesh.kernel.receipts import ReceiptMaker
from focusmesh.kernel.runtime import ROTATION_DOMAIN, rotation_digest
from focusmesh.kernel.state import TABLES, LmdbStore, Parameters
from focusmesh.protocol.identity import (
    ENVELOPE_SEED_BYTES,
    SEAL_RANDOM_BYTES,
    EnvelopeKey,
    SealCosts,
    SigningKey,
    seal,
    seal_key,
)
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, parse, sign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.receipts import Receipt

PASSPHRASE = "correct horse battery staple"
ALICE, BOB, CAROL = (SigningKey(name.ljust(32)) for name in (b"alice", b"bob", b"carol"))
READER = EnvelopeKey(bytes(range(ENVELOPE_SEED_BYTES)))
TEXTS = {name: f"What paper {name} says.".encode() for name in ("one", "two", "three")}
LONG = "".join(f"Line {number} of a long paper.\n" for number in range(200)).encode()
GONE = b"The customer asked for this to be deleted."
CITES, WAITS = b"cites", b"This waits for a node."
KEPT = (*TEXTS.values(), LONG, CITES)
"""The contents that the ledger still has at its end; ``GONE`` it had and forgot."""
LATER_BLOCKS = 14
Operation = tuple[object, ...]


class Writer:
    """A chain, and what its neurons sign next."""

    def __init__(self, chain: Chain, nonces: dict[bytes, int] | None = None) -> None:
        self.chain = chain
        self._nonces = {} if nonces is None else nonces

    def block(
        self, key: SigningKey, *listed: Operation, contents: Sequence[bytes] = ()
    ) -> dict[bytes, Any]:
        """One block of one signal."""
        signal = self.signal(key, *listed)
        published = {digest(content): content for content in contents}
        time = self.chain.tip.time + 1_000
        proposed = self.chain.propose([parse(signal)], time, ALICE, published)
        assert proposed.block is not None, proposed.refused
        return proposed.results

    def signal(self, key: SigningKey, *listed: Operation) -> bytes:
        """The next signal of ``key`` on the wire."""
        nonce = self._nonces.get(key.public, 0)
        self._nonces[key.public] = nonce + 1
        return sign(
            Signal(
                network=self.chain.network,
                neuron=key.public,
                nonce=nonce,
                expires_height=1_000,
                operations=tuple(listed),
            ),
            key,
        )


def link(source: bytes, target: bytes, amount: int, relation: bytes = b"") -> Operation:
    """A link between contents."""
    return "link/1", digest(source), digest(target), relation and digest(relation), amount


def put(content: bytes) -> Operation:
    """A claim of content, which is to travel along."""
    return "put_blob/1", digest(content), len(content)


def forget(content: bytes, *links: tuple[bytes, bytes]) -> Operation:
    """The end of content, and of its author's links of it."""
    listed = (digest(source) + digest(target) + bytes(32) for source, target in links)
    return "forget/1", digest(content), b"".join(listed)


def rotate(network: bytes, old: SigningKey, new: SigningKey) -> Operation:
    """What ``old`` signs so that ``new`` takes over."""
    accepted = new.sign(ROTATION_DOMAIN, rotation_digest(network, old.public, new.public))
    return "rotate_key/1", new.public, accepted


def fill(writer: Writer) -> None:
    """Twenty-two blocks: contents, one of them forgotten, properties, a rotation, the bank, a signal that fails."""
    one, two, three = TEXTS.values()
    writer.block(
        *(ALICE, put(one), put(two), put(CITES)),
        *(link(one, two, 30, CITES), link(two, one, 5)),
        contents=(one, two, CITES),
    )
    writer.block(
        *(BOB, put(three), put(LONG), put(GONE)),
        *(link(three, LONG, 7), link(three, GONE, 9), link(GONE, one, 4)),
        contents=(three, LONG, GONE),
    )
    writer.block(BOB, ("set_property/1", digest(LONG), "title", b"A long paper"))
    writer.block(
        *(ALICE, ("set_property/1", digest(LONG), "stars", b"5")),
        *(("stake/1", 300), ("transfer/1", BOB.public, 50), ("mint/1", BOB.public, 7)),
    )
    writer.block(BOB, forget(GONE, (three, GONE), (GONE, one)))
    writer.block(BOB, rotate(writer.chain.network, BOB, CAROL))
    results = writer.block(ALICE, ("unlink/1", digest(three), digest(LONG), b""))
    assert [result.code for result in results.values()] != ["ok"]
    writer.block(ALICE, ("unlink/1", digest(two), digest(one), b""), ("burn/1", 11))
    for number in range(LATER_BLOCKS):
        fresh = f"note {number}".encode()
        writer.block(CAROL, link(fresh, one, number + 1), link(three, fresh, 2))


def ledger(folder: Folder, operator: FocusParams) -> None:
    """A network of alice, who makes the blocks, and bob."""
    coefficients = ProtocolParams.of(operator)
    parameters = Parameters(
        proposers=(ALICE.public,),
        minters=(ALICE.public,),
        history_window=6,
        alpha=coefficients.alpha,
        diffusion=coefficients.diffusion,
        series=coefficients.series,
    )
    grants = [Grant(ALICE.public, 1_000, 10**9), Grant(BOB.public, 10, 10**6)]
    create(folder, "formats", parameters, grants, 1_700_000_000_000)


def write_receipts(chain: Chain, folder: Path, diffuse: bool) -> None:
    """Receipts of the last block, and its header."""
    maker, one, two = ReceiptMaker(chain, CAROL), digest(TEXTS["one"]), digest(TEXTS["two"])
    kinds: dict[str, Receipt] = {"rows": maker.context(None, {one: 1.0}, k=3)}
    if not diffuse:
        kinds = {
            "rank": maker.rank(None, 3),
            "scores": maker.scores(None, [one, two]),
            "link": maker.link(None, one, two, ALICE.public, digest(CITES)),
            "context": maker.context(None, {one: 1.0}, k=3),
        }
    for name, receipt in kinds.items():
        (folder / f"{name}.receipt.json").write_text(receipt.to_json(), encoding="utf-8")
    name = "rows.header.json" if diffuse else "header.json"
    header = chain.tip.as_json() | {"block_id": chain.tip.id.hex()}
    (folder / name).write_text(json.dumps(header) + "\n", encoding="utf-8")


def write_ledger(folder: Path) -> None:
    """A ledger as it lies on disk with a signal that waits, its export, its receipts, and what is in it."""
    where = Folder(folder / "ledger")
    one = TEXTS["one"]
    ledger(where, FocusParams())
    store = LmdbStore(where.store)
    chain = Chain(store, operations())
    writer = Writer(chain)
    fill(writer)
    write_receipts(chain, folder, diffuse=False)
    with (folder / "exported.chain").open("wb") as stream:
        export_archive(chain, stream)
    (folder / "facts.json").write_text(json.dumps(facts(chain, store), indent=1) + "\n")
    store.close()
    waiting = writer.signal(CAROL, put(WAITS), link(WAITS, one, 1))
    Spool(where.spool).leave(Packet(waiting, (WAITS,)))
    pack(where.path, folder / "ledger.tar.xz")
    make_backup(where, folder / "backup")
    pack(folder / "backup", folder / "backup.tar.xz")


def pack(where: Path, archive: Path) -> None:
    """A ledger's folder as one file, without the marks of the processes that had it open."""
    with tarfile.open(archive, "w:xz") as packed:
        for path in sorted(where.rglob("*")):
            if path.is_file() and path.suffix != ".lock" and path.name != "lock.mdb":
                packed.add(path, path.relative_to(where).as_posix(), filter=_plain)


def unpack(made: Path, folder: Path, name: str = "ledger") -> Path:
    """The ledger of the files in ``made``, or their backup, as it was, in ``folder``."""
    with tarfile.open(made / f"{name}.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    return folder


def facts(chain: Chain, store: LmdbStore) -> dict[str, Any]:
    """What any later version has to find: the last block, and a digest of the records of each table but ``meta``."""
    tables: dict[str, list[Any]] = {}
    with store.read() as reader:
        for table in TABLES:
            if table != "meta":
                hashed, count = hashlib.sha256(), 0
                for key, value in reader.scan(table):
                    hashed.update(len(key).to_bytes(4, "big") + key)
                    hashed.update(len(value).to_bytes(4, "big") + value)
                    count += 1
                tables[table] = [count, hashed.hexdigest()]
    return {
        "network": chain.network.hex(),
        "height": chain.height,
        "block": chain.tip.id.hex(),
        "state_root": chain.state.root.hex(),
        "tables": tables,
    }


def write_rows_receipt(folder: Path) -> None:
    """A network of diffusion alone proves contexts by rows."""
    where = Folder(folder / "diffuse")
    ledger(where, FocusParams.pagerank(0.85))
    store = LmdbStore(where.store)
    chain = Chain(store, operations())
    fill(Writer(chain))
    write_receipts(chain, folder, diffuse=True)
    store.close()


def write_graph(folder: Path) -> None:
    """A graph file, and the certificate of its focus."""
    graph = Graph.from_edges(list("abcd"), list("bcaa"), [100, 50, 200, 300])
    graph.save(folder / "graph.focusmesh")
    certify(graph).save(folder / "graph.certificate")


def write_secrets(folder: Path) -> None:
    """A sealed key, whose sealing costs little, sheets of its shares, and an envelope."""
    random, costs = bytes(range(SEAL_RANDOM_BYTES)), SealCosts(passes=1, memory_kib=64, lanes=1)
    sealed = seal_key(ALICE.seed, PASSPHRASE, random, public=ALICE.public, costs=costs)
    (folder / "alice.key.json").write_bytes(sealed)
    envelope = seal(LONG, [READER.public], lambda count: bytes(range(count)))
    (folder / "long.envelope").write_bytes(envelope)
    sheets = [sheet_text(share, 3, "alice", ALICE.public) for share in split(ALICE.seed, 2, 3)]
    (folder / "alice.shares.txt").write_text("\n".join(sheets), encoding="utf-8")


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


def write_all(folder: Path) -> None:
    """Every file; the folders of the ledgers stay beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_ledger(folder)
    write_rows_receipt(folder)
    write_graph(folder)
    write_secrets(folder)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
