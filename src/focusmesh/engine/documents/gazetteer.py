"""The gazetteer: names of particles, found in texts word by word, the longest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.documents.name_forms import (
    CAPITAL,
    EXACT,
    PAUSE,
    is_plain,
    pieces,
    spelling_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.engine.documents.name_forms import TextPiece
    from focusmesh.engine.documents.stored_names import Part, StoredNames

TARGETS_MAX = 8
"""A name that more particles share names nobody."""
_CASES_BITS = 32
_CASES = (1 << _CASES_BITS) - 1


class Mention(NamedTuple):
    """A name in a text: from where to where it stands, and the particles that are called so."""

    start: int
    end: int
    key: str
    targets: tuple[int, ...]


class Gazetteer:
    """Names with the particles that they name, which are numbers ≥ 0. About 250 bytes a name."""

    def __init__(self, named: Iterable[tuple[str, int]]) -> None:
        """See ``add``. ``unsought`` counts names that no text is searched for (see ``spelling_of``)."""
        self.unsought = 0
        self._table: dict[str, int | tuple[int, ...]] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._stored: StoredNames | None = None
        self.add(named)

    def add(self, named: Iterable[tuple[str, int]]) -> None:
        """Adds names, each with whom it names; one may name several. O(characters)."""
        self._read_all()
        for name, target in named:
            spelling = spelling_of(name)
            if spelling is None:
                self.unsought += 1
                continue
            self._add(spelling.key, target << _CASES_BITS | _pack(spelling.cases))
            first, length = spelling.key.split(" ", 1)[0], len(spelling.cases)
            known = self._lengths.get(first, ())
            if length not in known:
                self._lengths[first] = tuple(sorted((*known, length), reverse=True))

    def dump(self) -> bytes:
        """All names, for ``load``."""
        from focusmesh.engine.documents.stored_names import dump_names

        self._read_all()
        return dump_names(self.unsought, self._table, self._lengths)

    @classmethod
    def load(cls, content: bytes | memoryview) -> Gazetteer:
        """What ``dump`` wrote, which is read as it is needed. Raises ValueError."""
        from focusmesh.engine.documents.stored_names import StoredNames

        made = cls(())
        made._stored = StoredNames(content)
        made.unsought = made._stored.unsought
        return made

    def _part(self, first_word: str) -> Part:
        """Names, among which are all that begin with a word, and how many words these have."""
        stored = self._stored
        return (self._table, self._lengths) if stored is None else stored.part_of(first_word)

    def _read_all(self) -> None:
        stored = self._stored
        if stored is not None:
            for table, lengths in stored.parts():
                self._table.update(table)
                self._lengths.update(lengths)
            self._stored = None

    @property
    def shared_count(self) -> int:
        """How many names more than ``TARGETS_MAX`` particles have, so that they name nobody. O(names)."""
        self._read_all()
        return sum(_is_shared(held) for held in self._table.values())

    def __len__(self) -> int:
        """How many names it holds."""
        self._read_all()
        return len(self._table)

    def find(self, text: str, *, loose: bool = False) -> list[Mention]:
        """The names in ``text`` from left to right, none over another, of those that begin together the longest.

        ``loose``: as people type questions, names of two telling words or more in any case. O(words), times
        the lengths of names that begin with each.
        """
        return self.find_in(pieces(text), loose=loose)

    def find_in(self, listed: list[TextPiece], *, loose: bool = False) -> list[Mention]:
        """As ``find`` in the pieces of a text."""
        words = [piece.word for piece in listed]
        found: list[Mention] = []
        at, count = 0, len(words)
        while at < count:
            mention, taken = None, 1
            table, lengths = self._part(words[at])
            for length in lengths.get(words[at], ()):
                if at + length <= count:
                    held = table.get(" ".join(words[at : at + length]))
                    if held is not None:
                        mention = _fitting(held, listed[at : at + length], loose)
                        if mention is not None:
                            taken = length
                            break
            if mention is not None:
                found.append(mention)
            at += taken
        return found

    def targets_of(self, phrase: str) -> tuple[int, ...]:
        """The particles that are called ``phrase`` as a whole, in whatever case."""
        spelling = spelling_of(phrase)
        return () if spelling is None else self.targets_by_key(spelling.key)

    def targets_by_key(self, key: str) -> tuple[int, ...]:
        """The particles that are called by the key of a spelling."""
        held = self._part(key.split(" ", 1)[0])[0].get(key)
        return () if held is None or _is_shared(held) else _targets(held)

    def _add(self, key: str, value: int) -> None:
        held = self._table.get(key)
        if held is None:
            self._table[key] = value
            return
        listed = held if isinstance(held, tuple) else (held,)
        known = {one >> _CASES_BITS for one in listed}
        # One more than the most is held, so that it is seen.
        if value >> _CASES_BITS not in known and len(listed) <= TARGETS_MAX:
            self._table[key] = (*listed, value)


def _fitting(held: int | tuple[int, ...], listed: list[TextPiece], loose: bool) -> Mention | None:
    """The mention of those names that are written as they must be; None where none is."""
    if _is_shared(held):
        return None
    free = loose and sum(not is_plain(p.word) and p.word != PAUSE for p in listed) > 1
    targets = tuple(
        value >> _CASES_BITS
        for value in (held if isinstance(held, tuple) else (held,))
        if free or _is_written_so(value & _CASES, listed)
    )
    key = " ".join(piece.word for piece in listed)
    return Mention(listed[0].start, listed[-1].end, key, targets) if targets else None


def _is_written_so(cases: int, listed: list[TextPiece]) -> bool:
    for piece in listed:
        wanted = cases & 3
        if (wanted == EXACT and piece.case != EXACT) or (wanted == CAPITAL and not piece.case):
            return False
        cases >>= 2
    return True


def _pack(cases: tuple[int, ...]) -> int:
    packed = 0
    for place, case in enumerate(cases):
        packed |= case << 2 * place
    return packed


def _is_shared(held: int | tuple[int, ...]) -> bool:
    return isinstance(held, tuple) and len(held) > TARGETS_MAX


def _targets(held: int | tuple[int, ...]) -> tuple[int, ...]:
    return tuple(v >> _CASES_BITS for v in (held if isinstance(held, tuple) else (held,)))
