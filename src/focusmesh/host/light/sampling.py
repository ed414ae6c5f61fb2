"""A light node's three jobs on sources of shares: sample a block, repair it, prove what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import BlockError, FileError, FocusmeshError, ProofError
from focusmesh.host.light.share_sources import header_of, line_of, roots_of, share_of
from focusmesh.host.service import NotThereError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.light.share_sources import Axis, Source
    from focusmesh.kernel.availability import Gathering, ProvedShare, Roots, Sampled
    from focusmesh.kernel.block import Header

_Place = TypeVar("_Place")
_SILENT_MAX = 3


@dataclass(frozen=True)
class SampledBlock:
    """What a light node found of a block, and the header that it believes it of."""

    header: Header
    roots: Roots
    sampled: Sampled


@dataclass(frozen=True)
class RepairedBlock:
    """The block's body, or the proof that it was coded badly (``is_bad``), from ``taken`` shares of ``total``."""

    header: Header
    data: bytes
    is_bad: bool
    taken: int
    total: int


def newest_height(sources: Sequence[Source], proposer: bytes | None = None) -> int:
    """Of the last block that any source names and has the header of; those that do not answer are passed over.

    Raises what the last one is refused with where there is none.
    """
    heights: set[int] = set()
    refusal: FocusmeshError | None = None
    for source in sources:
        try:
            heights.add(source.tip())
        except (FileError, NotThereError, ProofError) as error:
            refusal = error
    for height in sorted(heights, reverse=True):
        try:
            known_header(sources, height, proposer)
        except (FileError, NotThereError, ProofError, BlockError) as error:
            refusal = error
        else:
            return height
    raise refusal or ProofError("roots", "no source was named: name at least one")


def known_header(
    sources: Sequence[Source], height: int, proposer: bytes | None
) -> tuple[Header, Roots]:
    """Header and roots of a block, of the first source that has them right.

    Raises what the last source's answer is refused with.
    """
    refusal: FocusmeshError | None = None
    for source in sources:
        try:
            told = source.roots(height)
            header = header_of(told, proposer, height)
            return header, roots_of(told, header.data_root)
        except (FileError, NotThereError, ProofError, BlockError) as error:
            refusal = error
    raise refusal or ProofError("roots", "no source was named: name at least one")


def sampled_block(
    source: Source,
    height: int,
    count: int,
    rng: Callable[[int], bytes],
    proposer: bytes | None = None,
) -> SampledBlock:
    """Takes ``count`` random shares of a block. Raises FileError, ProofError, BlockError for its header or roots."""
    from focusmesh.kernel.availability import sample

    header, roots = known_header([source], height, proposer)
    fetch = _fetcher(source, height)
    return SampledBlock(
        header, roots, sample(roots, lambda row, column: fetch(row, column, "row"), rng, count)
    )


def sampled_of(
    header: Header, sources: Sequence[Source], count: int, rng: Callable[[int], bytes]
) -> SampledBlock:
    """The same of a block whose header is known; each share is asked of one source after the other.

    Raises FileError, ProofError, BlockError where no source has the roots that the header names.
    """
    from focusmesh.kernel.availability import sample

    roots = _roots_under(sources, header)
    fetchers = [_fetcher(source, header.height) for source in sources]

    def fetch(row: int, column: int) -> ProvedShare | None:
        found = (fetch(row, column, "row") for fetch in fetchers)
        return next((share for share in found if share is not None and _holds(share, roots)), None)

    return SampledBlock(header, roots, sample(roots, fetch, rng, count))


def repaired_block(
    sources: Sequence[Source],
    height: int,
    proposer: bytes | None = None,
    progress: Progress | None = None,
) -> RepairedBlock:
    """Asks all sources for shares, each for what is still missing, until they are enough, and repairs.

    The block is checked against its header byte for byte. Raises ProofError ("unavailable") where all of them
    together have too few shares.
    """
    from focusmesh.kernel.availability import BadEncoding, Gathering, parts_of
    from focusmesh.kernel.block import body_of_parts

    header, roots = known_header(sources, height, proposer)
    gathering = Gathering(roots)
    total = len(roots.rows) ** 2
    throttle = Throttle(progress, "taking", total, "shares")
    for source in sources:
        _take_rows(source, height, gathering, throttle)
        if not gathering.is_enough:
            _take_shares(source, height, gathering, throttle)
        if gathering.is_enough:
            break
    throttle.finish(len(gathering))
    found = gathering.repair()
    if isinstance(found, BadEncoding):
        return RepairedBlock(header, found.encode(), True, len(gathering), total)
    if found is None:
        raise ProofError(
            "unavailable",
            f"block {height}: {len(gathering)} of {total} shares are there, too few to repair it; name more sources",
        )
    k = roots.width
    body = body_of_parts(parts_of(found.shares[:k, :k]))
    return RepairedBlock(header, body, False, len(gathering), total)


def _roots_under(sources: Sequence[Source], header: Header) -> Roots:
    refusal: FocusmeshError = ProofError("roots", "no source was named: name at least one")
    for source in sources:
        try:
            return roots_of(source.roots(header.height), header.data_root)
        except (FileError, NotThereError, ProofError, BlockError) as error:
            refusal = error
    raise ProofError("unavailable", f"block {header.height}: no source has its roots: {refusal}")


def _holds(share: ProvedShare, roots: Roots) -> bool:
    try:
        share.verify(roots)
    except ProofError:
        return False
    return True


def _take_rows(source: Source, height: int, gathering: Gathering, throttle: Throttle) -> None:
    """Whole rows, k of which are enough: each is one answer, and proves itself."""

    def take(row: int) -> None:
        gathering.add_line("row", row, line_of(source.line(height, row, "row")))

    for _ in _ask_places(take, gathering.incomplete_rows()):
        throttle.at(len(gathering))
        if gathering.is_enough:
            return


def _take_shares(source: Source, height: int, gathering: Gathering, throttle: Throttle) -> None:
    """Single shares of what is still missing."""

    def take(place: tuple[int, int]) -> None:
        # The trees along both axes are asked for in turn, so that a wrong line is crossed by proofs.
        axis: Axis = "row" if sum(place) % 2 else "column"
        gathering.add(share_of(source.share(height, *place, axis)))

    turn = 2 * gathering.roots.width
    for _ in _ask_places(take, list(gathering.missing())):
        throttle.at(len(gathering))
        if len(gathering) % turn == 0 and gathering.is_enough:
            return


def _ask_places(take: Callable[[_Place], None], places: Iterable[_Place]) -> Iterator[_Place]:
    """The places that a source answered for; it is asked no more once it did not answer three times in a row."""
    silent = 0
    for place in places:
        try:
            take(place)
        except FileError:
            silent += 1
            if silent == _SILENT_MAX:
                return
        except (NotThereError, ProofError, BlockError):
            silent = 0
        else:
            silent = 0
            yield place


def _fetcher(source: Source, height: int) -> Callable[[int, int, Axis], ProvedShare | None]:
    def fetch(row: int, column: int, axis: Axis) -> ProvedShare | None:
        try:
            return share_of(source.share(height, row, column, axis))
        except (FileError, NotThereError, ProofError, BlockError):
            return None

    return fetch
