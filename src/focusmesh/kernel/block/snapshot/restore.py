"""A chain that begins at a snapshot: headers first, then pages of a state, each verified when it comes.

Everything is kept in the store that becomes the chain's, so that whoever is killed goes on where it was. Nothing is
trusted but the genesis: headers are signed, the manifest leads to the roots of one of them, a page is what the manifest
says or it is refused, and at the end the focus is applied once in integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import InputError, ProofError, StoreError
from focusmesh.ids import digest
from focusmesh.kernel.block.block import Block
from focusmesh.kernel.block.chain.chain import Chain
from focusmesh.kernel.block.chain.header_chain import HeaderChain, write_signed_header
from focusmesh.kernel.block.chain.parameter_proofs import (
    position_at,
    write_parameter_proof,
)
from focusmesh.kernel.block.chain.rotations import write_rotation
from focusmesh.kernel.block.chain.rule_records import is_rule_record, parameters_at, seal_rules
from focusmesh.kernel.block.chain.validator_sets import (
    ELECTORATE_PREFIX,
    seal_validator_set,
    validator_set_bytes,
    write_validator_set,
)
from focusmesh.kernel.block.header import Header
from focusmesh.kernel.block.records import (
    MANIFEST_KEY,
    RESTORING_KEY,
    delete_headers_after,
    height_key,
    write_block,
    write_genesis,
)
from focusmesh.kernel.block.snapshot.manifest import Manifest, ManifestPages
from focusmesh.kernel.block.snapshot.snapshot_loader import Filling
from focusmesh.kernel.block.validation import check_same, data_root
from focusmesh.kernel.focus import ChainFocus, FocusEdits
from focusmesh.kernel.state import Tree, write_base

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block.chain.header_chain import SignedHeader
    from focusmesh.kernel.block.genesis import Genesis
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Parameters, Reader, Store, Writer
    from focusmesh.protocol.world import Checker

_KEPT = ("headers", "proofs", "bodies")


class SnapshotRestore:
    """A store on its way to a chain. Not for several threads at once.

    In this order: ``add_headers``, ``begin`` with a manifest, ``take`` for what is ``missing``, ``finish``. All of it
    raises StoreError where the store cannot be written, and can be done again then.
    """

    def __init__(
        self, store: Store, genesis: Genesis, registry: Registry, checker: Checker | None = None
    ) -> None:
        """Over an empty store, or one that was left in the middle of this.

        Raises BlockError ("genesis", "operations"), or StoreError for a store that holds anything else.
        """
        self._store, self._registry, self._checker = store, registry, checker
        self.genesis = genesis
        self._headers: HeaderChain
        self._waiting: dict[int, SignedHeader] = {}
        self._filling: Filling | None
        first = HeaderChain(genesis, registry)
        with store.read() as reader:
            is_new, found = not reader.count("meta"), reader.get("meta", RESTORING_KEY)
        if not is_new and found != genesis.network:
            raise StoreError("this store holds something else than the beginning of this ledger")
        if is_new:
            with store.write() as writer:
                writer.put("meta", RESTORING_KEY, genesis.network)
                write_block(writer, Block(first.tip, first.tip.encode(), b"", b""))
                if first.validator_set is not None:
                    write_validator_set(writer, 1, validator_set_bytes(first.validator_set))
        self._reread(first)

    @property
    def headers(self) -> HeaderChain:
        """The headers so far; not to be added to but by ``add_headers``."""
        return self._headers

    @property
    def block_bytes_max(self) -> int:
        """The most bytes that the body of the block at ``height`` can have. Raises InputError before ``begin``."""
        return self._parameters_of(self._begin().pages.header).block_bytes_max

    @property
    def height(self) -> int | None:
        """Of the block whose state is taken in; None before ``begin``."""
        return None if self._filling is None else self._filling.pages.header.height

    @property
    def is_whole(self) -> bool:
        """Whether every page is in."""
        return self._filling is not None and not self.missing()

    @property
    def progress(self) -> tuple[int, int]:
        """Pages taken, and pages known of so far: contents join when the state is whole."""
        return (0, 0) if self._filling is None else self._filling.progress

    @property
    def lacking(self) -> list[bytes]:
        """Digests of contents that are claimed and not here: never sent to the network, too large, or not yet taken."""
        filling = self._begin()
        with self._store.read() as reader:
            return filling.lacking(reader)

    def add_headers(self, signed: Sequence[SignedHeader]) -> None:
        """Keeps the next headers, those that are final; what follows waits for a decision, or for ``abandon_open``.

        Raises BlockError as ``HeaderChain.add``; those before the wrong one are kept.
        """
        try:
            for each in signed:
                self._waiting[self._headers.add(each).height] = each
        finally:
            final = self._headers.final.height
            taken = {height: each for height, each in self._waiting.items() if height <= final}
            try:
                with self._store.write() as writer:
                    for height, each in taken.items():
                        write_signed_header(writer, height, each, self.genesis.parameters)
            except BaseException:
                self._reread(HeaderChain(self.genesis, self._registry))
                raise
            for height in taken:
                del self._waiting[height]

    def abandon_open(self) -> None:
        """Forgets the headers that nobody has shown to be final."""
        self._headers.abandon()
        self._waiting.clear()

    def begin(self, manifest: bytes) -> None:
        """Begins with the snapshot of one of the blocks whose headers are here.

        Raises ProofError for a manifest that does not lead to its roots, with nothing changed; InputError where
        another one was begun with.
        """
        if self._filling is not None:
            raise InputError("a snapshot is being restored already: abandon it first")
        read = Manifest.decode(manifest)
        header = Header.decode(read.header)
        with self._store.read() as reader:
            if reader.get("headers", height_key(header.height)) != read.header:
                raise ProofError(
                    "snapshot-manifest", f"block {header.height} of it is not among the headers"
                )
        filling = Filling(ManifestPages(read, header), self._parameters_of(header))
        with self._store.write() as writer:
            writer.put("meta", MANIFEST_KEY, manifest)
        self._filling = filling

    def missing(self) -> list[int]:
        """Numbers of the pages that can be taken now, in any order; none where all are in."""
        return self._begin().missing()

    def take(self, number: int, page: bytes) -> None:
        """Takes a page in; one that is in already does nothing. O(page · log n).

        Raises ProofError ("snapshot-page") for a page that is not what the manifest says, with nothing changed:
        whoever sent it lies. The same for a number that is not to be asked for (yet).
        """
        filling = self._begin()
        if filling.has(number):
            return
        try:
            with self._store.write() as writer:
                filling.take(writer, number, page)
        except ProofError:
            raise
        except BaseException:
            # Perhaps behind the commit: only the store knows.
            self._reread(self._headers)
            raise
        filling.took(number)

    def take_contents(self, contents: Sequence[bytes]) -> None:
        """Takes contents that were ``lacking``. Raises ProofError ("snapshot-content") for one that nobody claims."""
        filling = self._begin()
        sizes = dict(filling.claims)
        named = {digest(content): content for content in contents}
        for name, content in named.items():
            if sizes.get(name) != len(content):
                raise ProofError("snapshot-content", f"no particle claims content {name.hex()}")
        with self._store.write() as writer:
            writer.put_many("contents", sorted(named.items()))

    def abandon(self) -> None:
        """Lets go of the snapshot and of what came of it; the headers stay. O(records)."""
        with self._store.write() as writer:
            of_state = [key for key, _ in writer.scan("meta") if not _is_of_headers(key)]
            writer.delete_many("meta", of_state)
            for table in _tables():
                writer.delete_many(table, [key for key, _ in writer.scan(table)])
        self._reread(self._headers)

    def finish(self, body: bytes) -> Chain:
        """The chain, once every page is in. ``body`` is that of the block at ``height``.

        Raises InputError where pages are missing; BlockError ("data-root") for another body, and where the chain's own
        proposers went wrong: "state-root", "focus-…". The store is then as it was.
        """
        filling = self._begin()
        if filling.missing():
            raise InputError(f"{len(filling.missing())} pages of the snapshot are missing")
        header = filling.pages.header
        if header.height:
            check_same("data_root", header.data_root, data_root(body, self._parameters_of(header)))
        with self._store.read() as reader:
            check_same("state_root", header.state_root, Tree.open(reader).root)
            focus = self._audit(filling, reader)
            proof = reader.get("proofs", height_key(header.height)) or b""
        with self._store.write() as writer:
            self._seal(writer, Block(header, header.encode(), proof, body))
        self._filling = None
        return Chain(self._store, self._registry, self._checker, focus=focus)

    def _seal(self, writer: Writer, block: Block) -> None:
        for key, _ in list(writer.scan("meta", RESTORING_KEY, RESTORING_KEY + b"\xff")):
            writer.delete_many("meta", [key])
        delete_headers_after(writer, block.header.height)
        seal(writer, self.genesis, block)

    def _audit(self, filling: Filling, reader: Reader) -> ChainFocus | None:
        """The focus, applied once in integers and held against its certificate; None where there is none yet."""
        certificate = filling.pages.header.focus_certificate
        if certificate is None:
            return None
        parameters = self._parameters_of(filling.pages.header)
        edits = FocusEdits.of(*filling.graph(reader))
        limit, vector = parameters.residual_limit, filling.vector(reader)
        focus = ChainFocus.of(parameters.operator, limit, edits, vector, trace=parameters.has_trace)
        rise, *roots = focus.measure()
        said = (certificate.rise, certificate.limit, certificate.params_hash)
        check_same(
            "focus_certificate",
            (*said, certificate.leaders_root, certificate.trace_root),
            (rise, focus.limit, focus.params_hash, *roots),
        )
        return focus

    def _parameters_of(self, header: Header) -> Parameters:
        """Those that hold for the block of a header that is here."""
        with self._store.read() as reader:
            return position_at(reader, header.height, self.genesis.parameters).parameters

    def _begin(self) -> Filling:
        if self._filling is None:
            raise InputError("no restore has begun: give the manifest of a snapshot first")
        return self._filling

    def _reread(self, headers: HeaderChain) -> None:
        """Goes on from what the store holds."""
        self._headers = headers
        self._waiting.clear()
        self._filling = None
        with self._store.read() as reader:
            headers.resume(reader)
            manifest = reader.get("meta", MANIFEST_KEY)
            if manifest is not None:
                read = Manifest.decode(manifest)
                pages = ManifestPages(read, Header.decode(read.header))
                self._filling = Filling(pages, self._parameters_of(pages.header))
                self._filling.resume(reader)


def seal(writer: Writer, genesis: Genesis, block: Block) -> None:
    """Makes a chain of a state that is whole, and of the headers up to its ``block``."""
    write_genesis(writer, genesis)
    write_block(writer, block)
    state, height = Tree.open(writer), block.header.height
    seal_rules(writer, state, height)
    write_parameter_proof(writer, state, block.header)
    parameters = parameters_at(writer, height + 1, genesis.parameters)
    if parameters.agreement is None:
        write_rotation(writer, state, block.header, parameters)
    seal_validator_set(writer, state, block.header, parameters)
    write_base(writer, height)


def _is_of_headers(key: bytes) -> bool:
    """Whether a record of "meta" came with the headers, and stays as long as they do."""
    return key == RESTORING_KEY or key.startswith(ELECTORATE_PREFIX) or is_rule_record(key)


def _tables() -> list[str]:
    from focusmesh.kernel.state import TABLES

    return [table for table in TABLES if table not in (*_KEPT, "meta")]
