"""The trace of a block's focus: the one application of R that it was checked by, under one root.

Definition: docs/reference/certificate-format.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import trace_application
from focusmesh.errors import InputError
from focusmesh.kernel.focus.trace_form import LINKS_A_PAGE, RECORDS_A_PAGE, TraceForm, TraceHead
from focusmesh.kernel.state import MerkleTree, sha256_rows

if TYPE_CHECKING:
    from focusmesh.engine.focus import ApplicationTrace, IntegerOperator, RankedLinks, Side
    from focusmesh.engine.support.arrays import ByteArray, MassArray


@dataclass(frozen=True)
class WordPages:
    """Pages of words: ``whole`` (uint64, (pages, words a page)) and ``rest``, the words of the last one."""

    whole: MassArray
    rest: MassArray

    def __len__(self) -> int:
        return len(self.whole) + 1

    def page(self, index: int) -> bytes:
        """A page as it is hashed. Raises InputError where there is none."""
        if not 0 <= index < len(self):
            raise InputError(f"there are pages 0 … {len(self) - 1}, no page {index}")
        words = self.rest if index == len(self.whole) else self.whole[index]
        return words.astype("<u8").tobytes()

    @cached_property
    def tree(self) -> MerkleTree:
        """The tree over them. O(words)."""
        return self.hashed_among(0)

    def hashed_among(self, pages: int) -> MerkleTree:
        """The tree, where so many pages are hashed together with these. O(words)."""
        parts = [part for part in (self.whole, self.rest[None]) if len(part)]
        made = MerkleTree(np.concatenate([_hash_pages(part, pages) for part in parts]))
        self.__dict__["tree"] = made
        return made


@dataclass(frozen=True)
class FocusTrace:
    """What is committed to, and all that it is made of."""

    traced: ApplicationTrace
    head: TraceHead
    records: WordPages
    outward: WordPages
    inward: WordPages

    @classmethod
    def of(
        cls, operator: IntegerOperator, x: MassArray, links: RankedLinks | None = None
    ) -> FocusTrace:
        """Of one application of R; raises CertificateError for a vector that it may not be applied to. O(K·m)."""
        made = trace_application(operator, x, LINKS_A_PAGE, links)
        form = TraceForm(operator.params.terms)
        return cls.commit(made, form)

    @classmethod
    def commit(cls, made: ApplicationTrace, form: TraceForm) -> FocusTrace:
        """The pages of an application, and their roots. O(K·n + m)."""
        links = made.links
        records = _record_pages(made, form)
        outward = _link_pages(links.outward, made.outward)
        inward = _link_pages(links.inward, made.inward)
        pages = records, outward, inward
        for each in pages:
            each.hashed_among(sum(map(len, pages)))
        filled = [stage for stage in made.stages if stage.name != "P"]
        head = TraceHead(
            len(links.outward.column),
            tuple(stage.missing for stage in filled),
            tuple(stage.leftover for stage in filled),
            records.tree.root,
            outward.tree.root,
            inward.tree.root,
        )
        return cls(made, head, records, outward, inward)

    @property
    def root(self) -> bytes:
        """``trace_root`` of a certificate."""
        return self.head.root

    @property
    def rise(self) -> int:
        """h."""
        return self.traced.rise


def columns_of(made: ApplicationTrace) -> dict[str, MassArray]:
    """Every column of records and of their sums, by name. uint64, shape (n,)."""
    links = made.links
    columns = {
        "outs": np.diff(links.outward.start).astype(np.uint64),
        "ins": np.diff(links.inward.start).astype(np.uint64),
        "o": made.out,
        "d": made.degree,
        "x": made.x,
        **{stage.name: stage.values for stage in made.stages},
    }
    image = columns["R"]
    columns["rise"] = np.where(image > made.x, image - made.x, np.uint64(0))
    return columns


def _record_pages(made: ApplicationTrace, form: TraceForm) -> WordPages:
    columns = columns_of(made)
    count = len(made.x)
    pages, width = (
        count // RECORDS_A_PAGE,
        len(form.summed_columns) + RECORDS_A_PAGE * len(form.record),
    )
    whole, rest = _with_sums(
        np.stack([_before(columns[name], pages) for name in form.summed_columns]), pages, width
    )
    cells = whole[:, len(form.summed_columns) :].reshape(pages, RECORDS_A_PAGE, len(form.record))
    held = pages * RECORDS_A_PAGE
    for at, name in enumerate(form.record):
        cells[:, :, at] = columns[name][:held].reshape(pages, RECORDS_A_PAGE)
    last = [columns[name][held:] for name in form.record]
    return WordPages(whole, np.concatenate([rest, np.stack(last, axis=1).reshape(-1)]))


def _before(column: MassArray, pages: int) -> MassArray:
    """Sums over all entries before each page, the last one included."""
    sums = np.zeros(pages + 1, dtype=np.uint64)
    np.cumsum(
        column[: pages * RECORDS_A_PAGE].reshape(pages, RECORDS_A_PAGE).sum(axis=1), out=sums[1:]
    )
    return sums


def _link_pages(side: Side, sums: MassArray) -> WordPages:
    words = side.weight.astype(np.uint64) << np.uint64(32) | side.column
    pages = len(words) // LINKS_A_PAGE
    whole, rest = _with_sums(sums, pages, len(sums) + LINKS_A_PAGE)
    held = pages * LINKS_A_PAGE
    whole[:, len(sums) :] = words[:held].reshape(pages, LINKS_A_PAGE)
    return WordPages(whole, np.concatenate([rest, words[held:]]))


def _with_sums(sums: MassArray, pages: int, width: int) -> tuple[MassArray, MassArray]:
    """Pages that begin with their sums, the last one with nothing else."""
    whole = np.empty((pages, width), dtype=np.uint64)
    whole[:, : len(sums)] = sums[:, :pages].T
    return whole, sums[:, pages]


def _hash_pages(pages: MassArray, among: int) -> ByteArray:
    content = np.ascontiguousarray(pages.astype("<u8", copy=False)).view(np.uint8)
    tagged = np.empty((len(pages), 1 + content.shape[1]), dtype=np.uint8)
    tagged[:, 0], tagged[:, 1:] = 0, content
    return sha256_rows(tagged, among)
