"""A ledger that is open: read by any process, written to by one at a time, itself or through the node that runs."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import FileError, InputError, ParameterError, StoreBusyError
from focusmesh.host.keys import PASSPHRASE_VARIABLE, Keyring, Keystore
from focusmesh.host.storage import SECONDS_BETWEEN_LOOKS, Folder, OpenedChain, milliseconds, serving
from focusmesh.kernel.session import LedgerGraph, Session, Signer, graph_of
from focusmesh.kernel.state import read_account

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from focusmesh.engine.graph import Graph
    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.ledger.erasure import Forgotten
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.receipts import Receipt
    from focusmesh.kernel.session import Links, OperationBatch, Placed, Sender, Step
    from focusmesh.kernel.state import Parameters

PATIENCE_SECONDS = 5.0
"""How long an edit waits while another process writes."""


class OpenLedger:
    """A ledger's folder, open. Nothing is locked until something is sent while no node runs; then it is to the end."""

    def __init__(self, folder: Folder, keyring: Keyring, tip: int = 0) -> None:
        """Opens to read; raises StoreError, BlockError ("operations")."""
        self.folder = folder
        self._keyring = keyring
        self._tip = tip
        self._took_in = False
        self._opened: OpenedChain | None = OpenedChain.of(folder)
        self.parameters: Parameters = self.chain.parameters

    @property
    def chain(self) -> Chain:
        """The chain as of its last block."""
        return self._open_chain.reading()

    @property
    def neuron(self) -> bytes:
        """The public key that signs."""
        return self._keyring.neuron(self.chain.proposers)

    @property
    def author(self) -> bytes:
        """The key under which what it signs stands: the first one, where it was rotated since."""
        neuron = self.neuron
        account = read_account(self.chain.state.get, neuron)
        return neuron if account is None else account.origin or neuron

    def height(self) -> int:
        """That of the last block."""
        return self.chain.height

    def signals_count(self) -> int:
        """How many signals of the neuron that signs are in the ledger, or wait for the node that runs."""
        from focusmesh.host.ledger.submission import ThroughNode
        from focusmesh.host.spool import Spool

        with self._open_chain.lock:
            spool = Spool(self.folder.spool)
            return ThroughNode(self.folder, spool, self._open_chain.reading).next_nonce(self.neuron)

    def links_there(self, links: Links, progress: Progress | None = None) -> int:
        """How many of ``links``, from the first on, the neuron that signs has put into the ledger in this order.

        Waits for signals of its own that the node that runs has not taken yet; raises FileError where it does not.
        """
        from focusmesh.host.ledger.import_resume import links_there, wait_for_own

        wait_for_own(self)
        with self._open_chain.lock:
            return links_there(self.chain, self.neuron, links, progress)

    def graph(self, height: int | None = None) -> Graph:
        """All links as of a block, the last one by default, as a graph in memory."""
        with self._open_chain.lock:
            return graph_of(self.chain, height)

    def content(self, digest: bytes) -> bytes | None:
        """The content with this digest, None where it is not kept."""
        with self._open_chain.lock, self.chain.state.at() as view:
            return view.content(digest)

    def has_contents(self, digests: Sequence[bytes]) -> npt.NDArray[np.bool_]:
        """Of which of ``digests`` the ledger keeps the content."""
        with self._open_chain.lock, self.chain.state.at() as view:
            found = view.reader.get_many("contents", digests)
        return np.array([content is not None for content in found], dtype=bool)

    def receipt(self, height: int, seeds: Mapping[bytes, float], k: int, beta: float) -> Receipt:
        """A receipt of what matters most from ``seeds`` as of a block, signed with the key that signs edits."""
        from focusmesh.kernel.receipts import ReceiptMaker

        with self._open_chain.lock:
            signer = self._keyring.signer(self.chain.proposers)
            return ReceiptMaker(self.chain, signer).context(height, seeds, k, beta)

    def send(self, steps: Iterable[Step], *, whole: bool = False) -> list[Placed]:
        """Signs and sends steps, and waits until their blocks are durable; ``whole``: in one signal or not at all.

        Raises StoreBusyError where another process writes, and goes on doing so for some seconds.
        """
        with self._open_chain.lock:
            return self._session().send(steps, whole=whole)

    def send_batches(self, batches: Sequence[OperationBatch]) -> list[Placed]:
        """``send`` of what is cut into signals already."""
        with self._open_chain.lock:
            return self._session().send_batches(batches)

    def forget(self, name: Hashable) -> Forgotten:
        """See ``forgetting.forget``."""
        from focusmesh.host.ledger.erasure import forget

        with self._open_chain.lock:
            return forget(self, name)

    @property
    def is_writing(self) -> bool:
        """Whether this process makes the blocks, from its first edit on unless a node does."""
        return self._open_chain.is_writing

    def close(self) -> None:
        """Gives the ledger back to other processes; closing again does nothing."""
        if self._opened is not None:
            self._opened.release()
            self._opened = None

    @property
    def _open_chain(self) -> OpenedChain:
        if self._opened is None:
            raise InputError(f"the ledger {self.folder.path} was closed: open it again")
        return self._opened

    def _session(self) -> Session:
        key = self._keyring.signer(self.chain.proposers)
        signer = Signer(key, self.chain.network, self.parameters, self._tip)
        return Session(self._sender(self._open_chain), signer)

    def _sender(self, shared: OpenedChain) -> Sender:
        from focusmesh.host.ledger.submission import OwnBlocks, ThroughNode
        from focusmesh.host.spool import Spool

        refused_after = time.monotonic() + PATIENCE_SECONDS
        while True:
            node = serving(self.folder)
            if node is not None and node != os.getpid():
                return ThroughNode(self.folder, Spool(self.folder.spool), shared.reading)
            if shared.reading().validator_set is not None:
                raise FileError(
                    f"{self.folder.path}: validators decide its blocks, and its node does not run: "
                    f"`focusmesh node start {self.folder.path}` takes signals there"
                )
            if self.folder.follows.exists():
                raise FileError(
                    f"{self.folder.path} follows a network, whose blocks are made elsewhere, and its node does not "
                    f"run: `focusmesh node start {self.folder.path}` takes signals there"
                )
            proposer = self._keyring.proposer(self.chain.proposers)
            try:
                return OwnBlocks(self._writing(shared), proposer, milliseconds)
            except StoreBusyError as error:
                if time.monotonic() > refused_after:
                    raise StoreBusyError(
                        f"{error}; where several write, `focusmesh node start {self.folder.path}` does it for all"
                    ) from error
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _writing(self, shared: OpenedChain) -> Chain:
        """The chain open for writing; what waits for a node that ended comes into blocks first, in its turn."""
        from focusmesh.host.node import take_in

        chain = shared.writing()
        if not self._took_in:
            take_in(self.folder, chain, self._keyring.proposer)
            self._took_in = True
        return chain


def open(  # noqa: A001  (the name that users of a library expect)
    path: str | os.PathLike[str],
    key: str | None = None,
    *,
    keys: str | os.PathLike[str] | None = None,
    passphrase: str | None = None,
) -> LedgerGraph:
    """The ledger in a folder as a Graph whose edits are signed signals in durable blocks.

    ``key`` names the key that signs (default: the one that makes the blocks) in the folder ``keys`` (default: where
    FOCUSMESH_KEYS says, else the user's); ``passphrase`` opens it (default: FOCUSMESH_PASSPHRASE). Reading needs no
    key. Edits go through the node where one runs on the folder; else this process makes the blocks, and no other can
    write until the graph is closed. Raises FileError where there is no ledger, MissingExtraError without the extra
    ``ledger``.
    """

    def phrase(name: str) -> str:
        found = os.environ.get(PASSPHRASE_VARIABLE) if passphrase is None else passphrase
        if not found:
            raise ParameterError(
                f"the key {name!r} needs passphrase=, or {PASSPHRASE_VARIABLE} to be set"
            )
        return found

    store = Keystore.at(None if keys is None else os.fspath(keys), os.environ)
    return LedgerGraph(OpenLedger(Folder.existing(os.fspath(path)), Keyring(store, key, phrase)))
