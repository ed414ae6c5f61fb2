"""The columns of a chain's last block, made out of those of an earlier one: for who reads block after block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.session.columns import columns_with, names_of, said, texts_of
from focusmesh.kernel.state import BLOB_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    import numpy.typing as npt

    from focusmesh.engine.links import LinkColumns, Names
    from focusmesh.engine.support.arrays import ByteArray, IndexArray, OffsetArray
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import LinkArrays, StateView

    Keys = npt.NDArray[np.bytes_]
    Words = npt.NDArray[np.object_]


class FollowedColumns:
    """What ``columns_of`` is for a chain's last block, each time made of what it was before.

    Names and texts are the same objects as before where no particle came and none says something else. Not safe between
    threads.
    """

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._seen: _Seen | None = None

    def columns(self, chain: Chain) -> LinkColumns:
        """The columns as of the last block. O(m) to copy, and what changed since; at first O(n log n + m)."""
        with chain.state.at() as view:
            seen = None if self._seen is None else self._seen.advance(view)
            if seen is None:
                seen = _Seen(view.height, _Particles.read(view), view.links())
            self._seen = seen
            particles = seen.particles
            return columns_with(
                chain, view, seen.links, particles.place, particles.names, particles.texts
            )


@dataclass(frozen=True)
class _Particles:
    """Particles in the order of their digests (``keys``), and the place of each by its id.

    ``words`` are name, text and whether the content is kept of each, shape (3, n).
    """

    keys: Keys
    place: IndexArray
    words: Words
    names: Names
    texts: Names | None

    @classmethod
    def read(cls, view: StateView) -> Self:
        """All of them. O(n log n)."""
        digests = view.names()[0]
        keys = _keys(digests)
        order = np.argsort(keys)
        place = np.empty(len(order), dtype=np.uint32)
        place[order] = np.arange(len(order), dtype=np.uint32)
        return cls._of(keys[order], place, _words(digests[order], view))

    @classmethod
    def _of(cls, keys: Keys, place: IndexArray, words: Words) -> Self:
        return cls(keys, place, words, names_of(words[0].tolist()), texts_of(words[1].tolist()))

    def advance(self, view: StateView, claimed: Iterable[bytes]) -> _Particles:
        """With those that came since, and what those say by now whose claims are others. O(n)."""
        # Content may come after its claim, for particles that are without until then.
        unsaid = np.flatnonzero(~self.words[2].astype(np.bool_))
        known = np.union1d(unsaid, self._places(claimed))
        again = _words(_digests(self.keys[known]), view)
        other = (again != self.words[:, known]).any(axis=0)
        came = view.names()[0][len(self.place) :]
        if not len(came) and not other.any():
            return self
        words = self.words.copy()
        words[:, known] = again
        keys = _keys(came)
        order = np.argsort(keys)
        # Whoever came stands before the first that is larger.
        before = np.searchsorted(self.keys, keys[order])
        place = np.empty(len(order), dtype=np.uint32)
        place[order] = before + np.arange(len(order))
        shift = np.searchsorted(before, self.place, "right").astype(np.uint32)
        return self._of(
            np.insert(self.keys, before, keys[order]),
            np.append(self.place + shift, place),
            np.insert(words, before, _words(came[order], view), axis=1),
        )

    def _places(self, digests: Iterable[bytes]) -> OffsetArray:
        """The places of those digests that are particles."""
        wanted = np.array(sorted(digests), dtype=self.keys.dtype)
        at = np.searchsorted(self.keys, wanted)
        there = at < len(self.keys)
        there[there] = self.keys[at[there]] == wanted[there]
        return at[there].astype(np.int64)


@dataclass(frozen=True)
class _Seen:
    """What was read at a height."""

    height: int
    particles: _Particles
    links: LinkArrays

    def advance(self, view: StateView) -> _Seen | None:
        """The same at the height of ``view``; None where it is not kept what changed since."""
        undo = view.undo_since(self.height)
        if undo is None:
            return None
        # Content goes with its claim alone.
        size = len(BLOB_PREFIX)
        claims = [key[size:] for key in undo.entries if key.startswith(BLOB_PREFIX)]
        particles = self.particles.advance(view, claims)
        return _Seen(view.height, particles, view.links_after(self.links, undo))


def _keys(digests: ByteArray) -> Keys:
    """Digests as one array of strings, which sort as the digests do."""
    return np.ascontiguousarray(digests).view("S32").reshape(-1)


def _digests(keys: Keys) -> ByteArray:
    return np.ascontiguousarray(keys).view(np.uint8).reshape(-1, 32)


def _words(digests: ByteArray, view: StateView) -> Words:
    words = np.empty((3, len(digests)), dtype=object)
    for row, listed in enumerate(said(digests, view)):
        words[row] = listed
    return words
