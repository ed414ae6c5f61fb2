"""Recall, explain and prove: what the graph adds to a memory, cut to a budget of tokens."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.engine.focus import explain as explain_focus
from focusmesh.engine.links import Filters, memory_text
from focusmesh.engine.recall import RecallParams, RecallRequest, estimated_tokens
from focusmesh.errors import InputError, UnknownParticleError
from focusmesh.interface.mcp.mentions import place_of
from focusmesh.interface.mcp.paging import fill, largest, no_room, render_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from focusmesh.engine.focus import Walk
    from focusmesh.engine.recall import RecalledItem as EngineItem
    from focusmesh.host.service import Explain, Recall
    from focusmesh.interface.mcp.store import Moment
    from focusmesh.interface.mcp.view import MemoryView

_ITEM_TOKENS_MIN = 20
"""No item takes less."""
_BEGIN = 16
"""So many items are made first: more are where the budget has room."""
_CUT = " …"
_TOLERANCE = 1e-4
_SEEDS_LISTED = 10


class RecalledItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was recalled: an entity with its type, what was observed ``of`` entities, or another particle.

    ``value`` is what it is listed by, ``score`` its focus as seen from the question; ``text`` what it says, cut where
    ``whole`` is false. ``told``: when it was first, as links have it; ``supersedes``: what it replaced.
    """

    rank: int
    kind: str
    text: str
    value: float
    score: float
    entity_type: str = msgspec.field(name="entityType", default="")
    of: list[str] = []
    told: int | None = None
    supersedes: list[str] = []
    whole: bool = True


class RecallResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """All scores, listed or not, are off by at most ``bound`` together. ``root`` names the memory that was asked."""

    items: list[RecalledItem]
    bound: float
    root: str
    height: int | None = None
    next_cursor: str | None = msgspec.field(name="nextCursor", default=None)


class Evidence(msgspec.Struct, frozen=True):
    """Words that a step of a walk stands on: one end says them of the other, from character ``start`` of its text."""

    step: int
    words: str
    start: int


class ExplainedWalk(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way from where the question stands, its share of the score, and the words that its links stand on."""

    share: float
    way: str
    evidence: list[Evidence] = []


class ExplainResult(msgspec.Struct, frozen=True):
    """Shares of the walks, ``background`` (without the context) and ``remainder`` (other walks) add up to ``score``."""

    particle: str
    seeds: list[str]
    score: float
    bound: float
    walks: list[ExplainedWalk]
    background: float
    remainder: float
    root: str
    height: int | None


def recall(moment: Moment, asked: Recall, budget_tokens: int) -> RecallResult:
    """What matters for a question, and from where the seeds stand: as many items as the budget has room for.

    Raises ParameterError for a budget without room for one, and what ``Graph.recall`` does.
    """
    stand = [moment.view.particles[particle_of(moment.view, str(name))] for name in asked.seeds]
    most = min(asked.top, max(1, budget_tokens // _ITEM_TOKENS_MIN))
    found = moment.recall(_engine_question(asked, min(most, _BEGIN), stand, asked.cursor))
    items: list[RecalledItem | None] = []

    def have(count: int) -> int:
        """Makes so many items where there are as many; how many there are of them."""
        nonlocal found
        if count > len(found) and found.cursor is not None:
            found = found.longer(min(most, count))
        items.extend(_item(moment.view, item) for item in found.items[len(items) : count])
        return min(count, len(items))

    def result_of(
        count: int, following: str | None, last: RecalledItem | None = None
    ) -> RecallResult:
        listed = [item for item in (*items[:count], last) if item is not None]
        return RecallResult(listed, found.bound, moment.root, moment.height, following)

    room = "-" * 44
    count = have(fill(most, lambda count: tokens_of(result_of(have(count), room)), budget_tokens))
    if count == 0 and items:
        return _first_item(budget_tokens, items[0], result_of, found.cursor_after(1))
    return result_of(count, found.cursor_after(count) if count else None)


def _first_item(
    budget_tokens: int,
    item: RecalledItem | None,
    result_of: Callable[[int, str | None, RecalledItem | None], RecallResult],
    following: str | None,
) -> RecallResult:
    """The beginning of the first item, where there is no room for all of it. Raises ParameterError where there is none.

    ``result_of`` makes a result of no items and a last one.
    """
    room = "-" * 44
    cut = item and _cut(item, lambda item: fits(result_of(0, room, item), budget_tokens))
    if cut is None:
        shortest = [result_of(1, room, None)]
        if item is not None:
            shortest.append(result_of(0, room, _beginning(item, 1)))
        raise no_room(budget_tokens, "an item", min(map(tokens_of, shortest)))
    return result_of(0, following, cut)


def explain(moment: Moment, asked: Explain, budget_tokens: int) -> ExplainResult:
    """Why a particle is recalled: the strongest walks by which a question, or where the seeds stand, reaches it.

    Raises InputError where neither says anything, UnknownParticleError.
    """
    view, params = moment.view, RecallParams()
    target = view.particles[particle_of(view, str(asked.target))]
    stand = [view.particles[particle_of(view, str(name))] for name in asked.seeds]
    entries = moment.recall(_engine_question(asked, 1, stand, None, params)).entries
    if not entries:
        raise InputError("no name and no text has a word of the question")
    found = explain_focus(
        moment.graph,
        entries,
        target,
        params=params.focus,
        beta=params.beta,
        tolerance=_TOLERANCE,
        walks=asked.walks,
    )
    ways = [
        ExplainedWalk(walk.share, _way(view, walk), _evidence(view, walk)) for walk in found.walks
    ]
    seeds = [_label(view, seed) for seed in found.seeds[:_SEEDS_LISTED]]

    def result_of(count: int) -> ExplainResult:
        return ExplainResult(
            particle=_label(view, found.target),
            seeds=seeds,
            score=found.score,
            bound=found.bound,
            walks=ways[:count],
            background=found.background,
            remainder=found.remainder + sum(walk.share for walk in ways[count:]),
            root=moment.root,
            height=moment.height,
        )

    count = largest(len(ways), lambda count: fits(result_of(count), budget_tokens))
    if not fits(result_of(count), budget_tokens):
        raise no_room(budget_tokens, "an answer", tokens_of(result_of(0)))
    return result_of(count)


def _engine_question(
    asked: Recall | Explain,
    count: int,
    stand: list[Hashable],
    cursor: str | None,
    params: RecallParams | None = None,
) -> RecallRequest:
    """The question as the engine takes it."""
    question = asked.question
    return RecallRequest(
        *(question, count, stand or None, None, None, "fast", Filters(), None, cursor, params),
        kind=getattr(asked, "kinds", None) or None,
        include_context=getattr(asked, "include_context", False),
        as_of=getattr(asked, "as_of", None),
    )


def particle_of(view: MemoryView, text: str) -> int:
    """The particle of a text, or of an item's as ``recall`` gave it; raises UnknownParticleError with close names."""
    at = view.find(text)
    if at is None:
        at = _recalled_particle(view, text)
    if at is None:
        raise UnknownParticleError(text, close=view.particles.close(text))
    return at


def _recalled_particle(view: MemoryView, text: str) -> int | None:
    """By a name with a text under it, or by the beginning of what was cut, where one particle alone has that."""
    name, under, _ = text.partition("\n")
    found = view.find(name) if under else None
    beginning = text.removesuffix(_CUT)
    if found is not None or beginning in ("", text):
        return found
    alike = [at for at in range(len(view.particles)) if view.text(at).startswith(beginning)]
    return alike[0] if len(alike) == 1 else None


def fits(result: Any, budget_tokens: int) -> bool:
    """Whether both forms of an answer, text and data, keep to a budget."""
    return tokens_of(result) <= budget_tokens


def tokens_of(result: Any) -> int:
    """The tokens of the form that has more of them."""
    compact = msgspec.json.encode(result).decode("utf-8", "replace")
    return max(map(estimated_tokens, (render_answer(result), compact)))


def _item(view: MemoryView, item: EngineItem) -> RecalledItem | None:
    """None for what is the type of entities and nothing else: those have it."""
    at = view.particles.index(item.particle)
    rank, value, score = item.rank, item.value, item.score
    facts: dict[str, Any] = {"told": view.first_time(at), "supersedes": view.old_facts(at)}
    if view.is_entity(at):
        said = view.label(at) if at in view.types else f"{view.label(at)}\n{view.text(at)}"
        kind = view.type_of(at)
        return RecalledItem(rank, "entity", said, value, score, entity_type=kind, **facts)
    observers = [view.label(entity) for entity in view.observers_of(at)]
    kind = "observation" if observers else "particle"
    if kind == "particle" and at in view.only_types:
        return None
    return RecalledItem(rank, kind, view.text(at), value, score, of=observers, **facts)


def _cut(item: RecalledItem, holds: Callable[[RecalledItem], bool]) -> RecalledItem | None:
    """The item with as much of its text as there is room for; None where there is none."""

    length = largest(len(item.text), lambda length: holds(_beginning(item, length)))
    return _beginning(item, length) if length else None


def _beginning(item: RecalledItem, length: int) -> RecalledItem:
    return msgspec.structs.replace(
        item, text=item.text[:length] + _CUT, of=item.of[:1], whole=False
    )


def _label(view: MemoryView, name: Hashable) -> str:
    return view.text(view.particles.index(name))


def _evidence(view: MemoryView, walk: Walk) -> list[Evidence]:
    """Where one end of a step names the other, in the text of the first: what was remembered, or read of documents."""
    ends = [view.particles.index(name) for name in walk.particles]
    places = (
        (step, place_of(view.label(named), view.text(says)))
        for step, pair in enumerate(pairwise(ends))
        for says, named in (pair, pair[::-1])
    )
    return [Evidence(step, place.words, place.start) for step, place in places if place is not None]


def _way(view: MemoryView, walk: Walk) -> str:
    """A walk as a line: particles, and between them the links, with their relations."""
    said = [_label(view, walk.particles[0])]
    for step, _ in enumerate(pairwise(walk.particles)):
        kinds = "/".join(map(memory_text, walk.relations[step])) if walk.relations else ""
        arrow = walk.directions[step]
        said.append(f"{arrow}[{kinds}]{arrow}" if kinds else arrow)
        said.append(_label(view, walk.particles[step + 1]))
    return " ".join(said)
