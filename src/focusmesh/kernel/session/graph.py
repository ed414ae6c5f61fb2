"""LedgerGraph: a ledger with the methods of a graph, edits being signed signals in durable blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.engine.graph import Graph
from focusmesh.engine.links import NO_TIME, Edits, LinkStore, checked_edge
from focusmesh.errors import InputError, ParameterError
from focusmesh.kernel.session.ledger_properties import value_bytes
from focusmesh.kernel.session.particle_names import name_of, particle
from focusmesh.kernel.session.steps import link_step, property_step, put_step, unlink_step

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Self

    from focusmesh.engine.links import Link
    from focusmesh.engine.recall import Recalled, RecallParams
    from focusmesh.engine.rewrite import ProgramLinks
    from focusmesh.kernel.receipts import Receipt
    from focusmesh.kernel.session.packets import Step
    from focusmesh.kernel.session.session import Placed
    from focusmesh.kernel.state import Parameters


class Ledger(Protocol):
    """What a graph needs of a ledger: its links as of some block, and a way to change them."""

    @property
    def parameters(self) -> Parameters:
        """Those of the network."""

    @property
    def author(self) -> bytes:
        """The key under which edits stand: the signer's first one. Raises the error of the key that is missing."""

    def height(self) -> int:
        """That of the last block."""

    def graph(self, height: int | None = None) -> Graph:
        """All links as of a block: amounts as weights in units of weight, authors in hexadecimal, heights as times.

        Contents that are too long for names are texts; the root is that of the block.
        """

    def content(self, digest: bytes) -> bytes | None:
        """The content with this digest, None where it is not kept."""

    def receipt(self, height: int, seeds: Mapping[bytes, float], k: int, beta: float) -> Receipt:
        """A receipt, signed, of what matters most from ``seeds`` as of a block."""

    def send(self, steps: Iterable[Step]) -> list[Placed]:
        """Signs and sends steps; where each of their signals stands, once its block is durable."""

    def forget(self, name: Hashable) -> object:
        """Removes content that the author published from every file, and takes back the author's links of it."""

    def close(self) -> None:
        """Gives the ledger back to other processes."""


class LedgerLinks(LinkStore):
    """The links of a ledger as of a block, read when they are first looked at after an edit."""

    def __init__(self, ledger: Ledger) -> None:
        """Nothing is read yet."""
        self._ledger = ledger
        self._height = -1
        self._make_locks()
        self._held: Any = None
        self.report = None

    # What a store in memory keeps here is read from the ledger.
    @property
    def _current(self) -> Any:
        with self._reading:
            if self._held is None:
                self._height = self._ledger.height()
                self._held = self._ledger.graph(self._height).snapshot(), Edits()
            return self._held

    @_current.setter
    def _current(self, current: Any) -> None:
        self._held = current

    @property
    def height(self) -> int:
        """The height of the block that is shown."""
        with self._reading:
            return self._height if self._current else -1

    def refresh(self) -> bool:
        """Goes on to the last block; whether that is another than was looked at last."""
        with self._reading:
            before, self._height = self._height, self._ledger.height()
            if self._height != before:
                self._held = None
            return self._height != before

    def let_go(self) -> None:
        """Reads the ledger again when it is next looked at."""
        with self._reading:
            self._held = None

    def writing(self) -> AbstractContextManager[object]:
        """Held by the one edit that is under way."""
        return self._writing

    def _find(self, name: Hashable) -> int | None:
        found = super()._find(name)
        if found is not None or not isinstance(name, bytes | str):
            return found
        # A CID, text that nobody put, or a digest whose text is known: the other spelling of the same particle.
        meant = particle(name).id
        return super()._find(meant) if meant != name else super()._find(self._name(meant))

    def _name(self, particle_id: bytes) -> str | bytes:
        return name_of(particle_id, self._ledger.content(particle_id))


class LedgerGraph(Graph):
    """A graph whose links are in a ledger; made by ``focusmesh.open``, closed by ``close`` or the end of a ``with``.

    It is asked like any Graph, and shows the block of ``height``: the last one when it was opened, when it was last
    edited here, or at the last ``refresh``. ``link``, ``unlink``, ``reweight`` and ``update`` return when their block
    is durable, and raise SignalError where the ledger refuses. Names are text (UTF-8) or digests (32 bytes, or their
    CID); authors are public keys in hexadecimal, times the heights of the blocks that changed a link last.

    ``root`` is ``STATE_ROOT@HEIGHT`` of that block; what is recalled or compiled is named by it. Content of up to 1 MiB
    that is UTF-8 and too long for a name is the text of its digest.

    Weights are whole numbers: an axon's are those that the ledger's focus is made of. Copies (``copy``, pickles,
    ``renamed``, ``weighed``, ``live``) are graphs in memory, which no longer know the ledger.
    """

    def __init__(self, ledger: Ledger) -> None:
        """Reads all links: O(n + m)."""
        self._ledger = ledger
        self._links = LedgerLinks(ledger)
        super().__init__(self._links)

    @property
    def height(self) -> int:
        """The height of the block that this graph shows."""
        return self._links.height

    @property
    def author(self) -> str:
        """The author of the edits, as ``authors`` lists it: the first public key of who signs, in hexadecimal."""
        return self._ledger.author.hex()

    def refresh(self) -> bool:
        """Goes on to the last block, whoever made it; whether that is another than was looked at last."""
        return self._links.refresh()

    def at(self, height: int) -> Graph:
        """The graph as of an earlier block, in memory; the ledger keeps its last ``history_window`` states."""
        return self._ledger.graph(height)

    def update(self, edges: Iterable[Sequence[Any]]) -> None:
        """Adds many links ``(source, target[, weight[, relation]])``, in as few signals as can hold them.

        One signal holds some thousands of links; each is carried out as a whole or not at all, and all of them are
        checked for their form first. Raises InputError for a weight that is no whole number of units, for a link of
        someone else, with a time, or to itself; SignalError with the code of the ledger's refusal.
        """
        steps = [self._link_step(*checked_edge(edge, row), row) for row, edge in enumerate(edges)]
        self._send(steps)

    def link_program(
        self,
        program: str,
        names: Iterable[Hashable] = (),
        *,
        lists: Mapping[str, Iterable[Sequence[Hashable]]] | None = None,
        relation: Hashable | None = None,
        weight: float = 1,
        fuel: int | None = None,
        evaluator: str = "lazy",
        dry_run: bool = False,
    ) -> ProgramLinks:
        """Signs a program whose links every node works out for itself: all of them in one signal, or none.

        It is run here first; without ``fuel`` it is allowed as much as that took. A ledger counts by the lazy
        evaluator alone. ``weight``: units that a link of weight 1 locks. With ``dry_run`` nothing is signed. Raises
        ProgramError, LinkProgramError, FuelError, MemoryLimitError, InputError, and SignalError as ``update``.
        """
        from focusmesh.kernel.session.programs import program_step

        if evaluator != "lazy":
            raise ParameterError(f"a ledger counts by the evaluator lazy, not {evaluator}")
        amount = self._amount(weight, "link program")
        made = program_step(program, names, lists, relation, amount, fuel)
        if not dry_run:
            self._send([made.step])
        return made.found

    def unlink(
        self,
        source: Hashable,
        target: Hashable,
        relation: Hashable | None = None,
        author: Hashable | None = None,
    ) -> None:
        """Withdraws this neuron's links from ``source`` to ``target``, all or those of a relation.

        Raises InputError when there is none; nobody can withdraw the links of another neuron.
        """
        with self._links.writing():
            mine = self._mine(source, target, relation, author)
            self._send([unlink_step(source, target, _relation_of(link)) for link in mine])

    def reweight(
        self,
        source: Hashable,
        target: Hashable,
        weight: float,
        relation: Hashable | None = None,
        author: Hashable | None = None,
    ) -> None:
        """Sets what this neuron's link from ``source`` to ``target``, of one relation, weighs.

        Raises InputError when there is none, or when there are several and no relation is named.
        """
        with self._links.writing():
            mine = self._mine(source, target, relation, author)
            if len(mine) > 1:
                raise InputError(
                    f"{len(mine)} links lead from {source!r} to {target!r}: name the relation"
                )
            kind = _relation_of(mine[0])
            steps = [unlink_step(source, target, kind)]
            if weight:
                amount = self._amount(weight, f"{source!r} → {target!r}")
                steps.append(link_step(source, target, kind, amount))
            self._send(steps)

    def put(self, content: bytes) -> bytes:
        """Puts content into the ledger; its digest, a particle that can be linked."""
        step = put_step(content)
        self._send([step])
        (digest,) = step.contents
        return digest

    def set_text(self, name: Hashable, text: str) -> None:
        """Refused: what a particle says is its content here, and so its name. ``put`` adds content."""
        raise InputError(
            f"{name!r} names its own text in a ledger, which cannot change: put another text and link it"
        )

    def set_properties(self, values: Mapping[Hashable, Mapping[str, Any]]) -> None:
        """Signs properties, of texts and bytes: name → key → value. They stand under this neuron's name.

        ``properties`` has of several neurons' values that of the one with most stake; of particles without links none.
        Raises InputError for other values, SignalError as ``update``.
        """
        self._send(
            [
                property_step(name, key, value_bytes(value))
                for name, said in values.items()
                for key, value in said.items()
            ]
        )

    def set_property(self, name: Hashable, key: str, value: Any) -> None:
        """As ``set_properties``, for one."""
        self.set_properties({name: {key: value}})

    def unset_property(self, name: Hashable, key: str) -> None:
        """Takes back what this neuron said. Raises SignalError ``"absent"`` where it said nothing."""
        self._send([property_step(name, key, b"")])

    def add_labels(self, labels: Mapping[Hashable, str | Iterable[str]]) -> None:
        """Refused: labels of a ledger are the targets of links."""
        raise InputError(
            "labels of a ledger are the targets of links to types: link(name, label, relation='type')"
        )

    def add_label(self, name: Hashable, label: str) -> None:
        """Refused, as ``add_labels``."""
        self.add_labels({name: label})

    def set_link_property(
        self,
        source: Hashable,
        target: Hashable,
        key: str,
        value: Any,
        relation: Hashable | None = None,
        author: Hashable | None = None,
    ) -> None:
        """Refused: a ledger keeps what is said of particles, and not of links."""
        raise InputError(
            f"a ledger has no properties of links: set {key!r} of a particle that stands for {source!r} → {target!r}"
        )

    def content(self, name: Hashable) -> bytes | None:
        """The content of a particle, None where the ledger does not keep it."""
        return self._ledger.content(particle(name).id)

    def forget(self, name: Hashable) -> None:
        """Removes the content that this neuron put under a name from the ledger's files, and its links from and to it.

        The particle is there afterwards if others link it, under its digest. Raises SignalError: ``"absent"`` where no
        content of that name is kept, ``"owner"`` where another neuron published it.
        """
        with self._links.writing():
            try:
                self._ledger.forget(name)
            finally:
                self._links.let_go()

    @property
    def provable(self) -> RecallParams:
        """What to hand to ``recall`` as ``params`` for an answer that ``receipt`` can prove: by focus alone."""
        from focusmesh.kernel.session.recall_receipts import provable_params

        return provable_params(self._ledger.parameters)

    def receipt(self, recalled: Recalled) -> Receipt:
        """A receipt of what was recalled here, with ``params=graph.provable``: ``to_json()`` is what others verify.

        It proves the focus as seen from ``recalled.entries`` as of the block that ``recalled.root`` names, best first,
        what was recalled being among it. Which entries the words of the question named is not in it: their texts are in
        the ledger for everyone to read. Signed with the key that signs edits. Raises InputError where the answer is of
        another graph or operator, or was not listed by focus; BlockError ("height") where its state is not kept.
        """
        from focusmesh.kernel.session.recall_receipts import recalled_receipt

        return recalled_receipt(self._ledger, recalled)

    def close(self) -> None:
        """Lets other processes write to the ledger; what was read stays readable."""
        self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        return Graph.copy, (self.copy(),)

    def __repr__(self) -> str:
        counts = f"{self.particle_count:,} particles, {self.link_count:,} links"
        return f"<LedgerGraph at height {self.height}: {counts}>"

    def _send(self, steps: Sequence[Step]) -> None:
        with self._links.writing():
            try:
                if steps:
                    self._ledger.send(steps)
            finally:
                self._links.let_go()

    def _link_step(self, source: Hashable, target: Hashable, link: Link, row: int) -> Step:
        where = f"edge {row} ({source!r} → {target!r})"
        if link.author not in ("", self.author):
            raise InputError(f"{where}: only {link.author!r} can sign a link of its own")
        if link.time != NO_TIME:
            raise InputError(
                f"{where}: a ledger takes the time of a link from its block: leave it out"
            )
        return link_step(source, target, _relation_of(link), self._amount(link.weight, where))

    def _amount(self, weight: float, where: str) -> int:
        if weight != int(weight) or weight < 1:
            raise InputError(f"{where}: weight {weight!r} is not a whole number of units from 1 on")
        return int(weight) * self._ledger.parameters.weight_unit

    def _mine(
        self,
        source: Hashable,
        target: Hashable,
        relation: Hashable | None,
        author: Hashable | None,
    ) -> list[Link]:
        chosen = [link for link in self.between(source, target) if link.matches(relation, author)]
        own = self.author
        mine = [link for link in chosen if link.author == own]
        if not mine:
            others = ", ".join(sorted({str(link.author)[:16] for link in chosen}))
            hint = f"; there are those of {others}" if others else ""
            raise InputError(f"no such link of yours from {source!r} to {target!r}{hint}")
        return mine


def _relation_of(link: Link) -> Hashable | None:
    """The relation of a link, None where it has none."""
    return None if link.relation == "" else link.relation
