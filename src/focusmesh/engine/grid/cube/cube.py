"""A cube: nine models that read the same bytes, tell each other along edges, and are mixed to one distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.cube.ensemble import (
    agreement,
    check_trim,
    measure_gain,
    mix_distributions,
    temper_distribution,
    trimmed,
    validation_weights,
)
from focusmesh.engine.grid.cube.messages import Message, Post
from focusmesh.engine.grid.cube.predictor import (
    WINDOW_BYTES,
    check_data,
    predict_distribution,
    window_of,
)
from focusmesh.engine.grid.cube.vertices import (
    CENTRAL,
    PLACES,
    VERTICES,
    check_place,
    neighbours_of,
)
from focusmesh.engine.grid.model import Model, QuantisedModel
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from focusmesh.engine.grid.cube.ensemble import Gain
    from focusmesh.engine.grid.cube.predictor import Predictor
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

DEPTH_MAX = 16
"""Hops of a cascade and rounds of talk; any two places are at most three edges apart."""

OWN_SHARE = 0.5
"""What a place keeps of its own opinion when it hears others; they share the rest."""


@dataclass(frozen=True)
class Opinion:
    """What one place expects after what it read. ``distribution``: float64, shape (256,); ``entropy`` in nats.

    ``surprise``: the mean of −ln p over the bytes that were read, in nats per byte; None where it was not asked for.
    """

    vertex: str
    distribution: FloatArray
    next_byte: int
    entropy: float
    surprise: float | None

    @classmethod
    def of(cls, vertex: str, distribution: FloatArray, surprise: float | None = None) -> Opinion:
        """The opinion that a distribution is."""
        positive = distribution[distribution > 0]
        entropy = float(-(positive * np.log(positive)).sum())
        return cls(vertex, distribution, int(distribution.argmax()), entropy, surprise)


@dataclass(frozen=True)
class Wave:
    """What happened at one distance from where a cascade began: who spoke up, and what went to whom."""

    depth: int
    opinions: tuple[Opinion, ...]
    messages: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cascade:
    """A thought that spread from ``start``: waves by distance, and the opinion that everyone reached is left with."""

    start: str
    waves: tuple[Wave, ...]
    opinions: Mapping[str, Opinion]
    distribution: FloatArray
    next_byte: int


@dataclass(frozen=True)
class Thought:
    """What nine opinions come to. ``distribution`` is the answer; ``weighted`` and ``trimmed`` are both ways to mix.

    ``weights`` by place; ``agreement`` 0 … 1; ``surest``: whose own
    opinion has the least entropy.
    """

    opinions: tuple[Opinion, ...]
    distribution: FloatArray
    weighted: FloatArray
    trimmed: FloatArray
    weights: Mapping[str, float]
    agreement: float
    surest: str
    next_byte: int
    message_count: int


@dataclass(frozen=True)
class Identified:
    """Which vertex's kind of text a snippet is: ``posterior`` by vertex under even odds, ``surprise`` in nats."""

    vertex: str
    posterior: Mapping[str, float]
    surprise: Mapping[str, float]


class Cube:
    """Models on the eight vertices and CENTRAL. It keeps nothing but messages that wait to be read.

    ``weights`` by place are what validation gave (``validation_weights``), even where None. ``trim`` models on either
    side are left out of the robust mean, so that many bad ones do no harm. Raises GridError ``"template"``.
    """

    def __init__(
        self,
        models: Mapping[str, Predictor],
        diagonals: str = "none",
        weights: Mapping[str, float] | None = None,
        trim: int = 2,
    ) -> None:
        missing = [place for place in PLACES if place not in models]
        if missing or len(models) != len(PLACES):
            lacks = f"lacks {', '.join(missing)}" if missing else "has others than its nine places"
            raise GridError("template", f"a cube has a model on each of its places; this {lacks}")
        check_trim(len(PLACES), trim)
        self.models = {place: models[place] for place in PLACES}
        self.neighbours = neighbours_of(diagonals)
        self.diagonals = diagonals
        self.weights = _checked_weights(weights)
        self.trim = trim
        self.post = Post(diagonals)
        self._quantised: dict[str, QuantisedModel] = {}

    def process_vertex(self, vertex: str, data: bytes = b"") -> Opinion:
        """What one place expects after ``data``; without any, after what it was sent, which it has read then.

        Raises GridError ``"vertex"``, ``"empty"``, ``"too-long"``.
        """
        check_place(vertex)
        window = window_of(data or self.post.bytes_for(vertex))
        model = self.models[vertex]
        surprise = float(model.surprisals(window).mean())
        opinion = Opinion.of(vertex, predict_distribution(model, window), surprise)
        if not data:
            self.post.clear(vertex)
        return opinion

    def send(self, source: str, target: str, data: bytes) -> Message:
        """Leaves ``data`` with a neighbour, to be read. Raises GridError ``"vertex"``, ``"edge"``, ``"too-long"``."""
        return self.post.send(source, target, check_data(data))

    def neighbours_at(self, place: str) -> tuple[str, ...]:
        """Where edges lead from a place. Raises GridError ``"vertex"``."""
        return self.neighbours[check_place(place)]

    def shares(self, data: bytes) -> dict[str, OffsetArray]:
        """What each of the eight vertices expects after ``data`` in whole numbers, int64 (256,): the same everywhere.

        A ``Model`` is quantised when it is first asked. Raises GridError ``"model"`` for one without integers,
        ``"empty"``, ``"too-long"``.
        """
        window = window_of(data)
        return {vertex: self._integral(vertex).shares(window) for vertex in VERTICES}

    def _integral(self, vertex: str) -> QuantisedModel:
        if vertex not in self._quantised:
            model = self.models[vertex]
            if isinstance(model, Model):
                self._quantised[vertex] = model.quantise()
            elif isinstance(model, QuantisedModel):
                self._quantised[vertex] = model
            else:
                raise GridError("model", f"the model of {vertex} has no path of whole numbers")
        return self._quantised[vertex]

    def opinions(self, data: bytes) -> tuple[Opinion, ...]:
        """What each of the nine places expects after ``data``: nine forwards."""
        window = window_of(data)
        return tuple(
            Opinion.of(place, predict_distribution(model, window))
            for place, model in self.models.items()
        )

    def collective_think(self, data: bytes, rounds: int = 0, mixing: str = "weighted") -> Thought:
        """All nine read ``data``, talk ``rounds`` times with their neighbours, and CENTRAL mixes what they say.

        In a round of talk each keeps half of its opinion and takes the neighbours' mean for the rest (M. H. DeGroot,
        J. Am. Stat. Assoc. 69 (1974) 118). ``mixing``: ``"weighted"``, or ``"trimmed"`` where some may be bad.
        Raises GridError ``"depth"``, ``"mixing"``, ``"empty"``, ``"too-long"``.
        """
        if mixing not in {"weighted", "trimmed"}:
            raise GridError("mixing", f"mixing must be weighted or trimmed, not {mixing!r}")
        _check_depth(rounds, 0)
        opinions = self.opinions(data)
        said = np.array([opinion.distribution for opinion in opinions])
        step = self._talk()
        for _ in range(rounds):
            said = OWN_SHARE * said + (1 - OWN_SHARE) * (step @ said)
        weights = np.array([self.weights[place] for place in PLACES])
        blended, robust = mix_distributions(said, weights), trimmed(said, self.trim)
        answer = blended if mixing == "weighted" else robust
        talk_count = rounds * sum(map(len, self.neighbours.values()))
        return Thought(
            opinions=opinions,
            distribution=answer,
            weighted=blended,
            trimmed=robust,
            weights=self.weights,
            agreement=agreement(said),
            surest=min(opinions, key=lambda opinion: opinion.entropy).vertex,
            next_byte=int(answer.argmax()),
            message_count=talk_count + len(VERTICES),
        )

    def _talk(self) -> FloatArray:
        """The matrix that takes the mean over neighbours."""
        step = np.zeros((len(PLACES), len(PLACES)))
        for row, place in enumerate(PLACES):
            near = [PLACES.index(other) for other in self.neighbours[place]]
            step[row, near] = 1 / len(near)
        return step

    def cascade(self, data: bytes, depth: int = 2, start: str = CENTRAL) -> Cascade:
        """``start`` reads ``data`` and tells its neighbours, who read it too and go on telling, ``depth`` hops far.

        Who is told mixes its own opinion with the mean of what it is told, half and half; each place is reached once,
        along edges alone. ``distribution`` is the mean of those reached, by their weights.
        Raises GridError ``"vertex"``, ``"depth"``, ``"empty"``, ``"too-long"``.
        """
        check_place(start)
        _check_depth(depth, 0)
        window = window_of(data)
        reached = {start: Opinion.of(start, predict_distribution(self.models[start], window))}
        waves = [Wave(0, (reached[start],), ())]
        while len(waves) <= depth and waves[-1].opinions:
            waves.append(self._next_wave(waves[-1], reached, window))
        if not waves[-1].opinions:
            waves.pop()
        weights = np.array([self.weights[place] for place in reached])
        share = (
            weights / weights.sum()
            if weights.sum() > 0
            else np.full_like(weights, 1 / len(weights))
        )
        answer = mix_distributions(
            np.array([opinion.distribution for opinion in reached.values()]), share
        )
        return Cascade(start, tuple(waves), reached, answer, int(answer.argmax()))

    def _next_wave(self, last: Wave, reached: dict[str, Opinion], window: bytes) -> Wave:
        told: dict[str, list[FloatArray]] = {}
        messages = []
        for opinion in last.opinions:
            for other in self.neighbours[opinion.vertex]:
                if other not in reached:
                    told.setdefault(other, []).append(opinion.distribution)
                    messages.append((opinion.vertex, other))
        opinions = []
        for place, heard in told.items():
            own = predict_distribution(self.models[place], window)
            pooled = OWN_SHARE * own + (1 - OWN_SHARE) * np.mean(heard, axis=0)
            reached[place] = Opinion.of(place, pooled)
            opinions.append(reached[place])
        return Wave(last.depth + 1, tuple(opinions), tuple(messages))

    def identify(self, data: bytes) -> Identified:
        """Which vertex is least surprised by ``data``, with Bayes' posterior under even odds.

        The posterior takes bytes for independent given the model, which overstates how sure it is on long snippets.
        """
        check_data(data)
        totals = {vertex: self.models[vertex].surprisals(data) for vertex in VERTICES}
        logarithm = np.array([-float(values.sum()) for values in totals.values()])
        odds = np.exp(logarithm - logarithm.max())
        posterior = dict(zip(VERTICES, (odds / odds.sum()).tolist(), strict=True))
        each = {vertex: float(values.mean()) for vertex, values in totals.items()}
        return Identified(min(each, key=lambda vertex: each[vertex]), posterior, each)

    def with_fitted_weights(self, text: bytes) -> Cube:
        """The same cube with the weights that serve best on ``text``, which no model was trained on.

        O(length); ``validation_weights``. Raises GridError ``"empty"``.
        """
        if not text:
            raise GridError("empty", "the weights are fitted on a text: give one that is not empty")
        found = np.array([model.surprisals(text) for model in self.models.values()])
        weights = dict(zip(PLACES, validation_weights(found).tolist(), strict=True))
        return Cube(self.models, self.diagonals, weights, self.trim)

    def gain(self, text: bytes, positions: int = 512) -> Gain:
        """What mixing gains on ``text`` over the best single vertex, at evenly spaced positions: ``measure_gain``."""
        if len(text) < 2:
            raise GridError("empty", "a gain is measured on a text of two bytes or more")
        ends = np.unique(np.linspace(1, len(text) - 1, min(positions, len(text) - 1)).astype(int))
        windows = [text[max(0, end - WINDOW_BYTES) : end] for end in ends.tolist()]
        said = np.array([model.forward_batch(windows) for model in self.models.values()], float)
        observed = np.frombuffer(text, np.uint8)[ends].astype(np.int64)
        weights = np.array([self.weights[place] for place in PLACES])
        return measure_gain(said, observed, weights, self.trim)

    def generate(
        self,
        data: bytes,
        count: int,
        temperature: float = 1.0,
        seed: int = 0,
        vertex: str | None = None,
    ) -> Iterator[bytes]:
        """``count`` bytes that follow ``data``, one at a time: of one vertex, or of all nine mixed by their weights.

        Equal seeds give equal bytes. Raises GridError as ``process_vertex`` does, when first asked for a byte.
        """
        rng = np.random.default_rng(seed)
        models = self.models if vertex is None else {check_place(vertex): self.models[vertex]}
        shares = np.array([self.weights[place] if vertex is None else 1.0 for place in models])
        text = window_of(data)
        for _ in range(count):
            said = np.array([predict_distribution(model, text) for model in models.values()])
            chances = temper_distribution(mix_distributions(said, shares), temperature)
            byte = bytes([int(rng.choice(256, p=chances))])
            yield byte
            text = (text + byte)[-WINDOW_BYTES:]


def _checked_weights(weights: Mapping[str, float] | None) -> Mapping[str, float]:
    if weights is None:
        return dict.fromkeys(PLACES, 1 / len(PLACES))
    values = [weights.get(place, 0.0) for place in PLACES]
    for place in weights:
        check_place(place)
    total = sum(values)
    if not (min(values) >= 0 and 0 < total < float("inf")):
        raise GridError("template", "weights of places are not negative, and not all of them 0")
    return {place: value / total for place, value in zip(PLACES, values, strict=True)}


def _check_depth(depth: int, least: int) -> None:
    if not least <= depth <= DEPTH_MAX:
        raise GridError(
            "depth", f"a path through a cube has {least} to {DEPTH_MAX} hops, not {depth}"
        )
