"""Training: seeded, told, paced, and better than counting bytes."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh.engine.grid.model import Ngram, Shape, Trainer, TrainParams, train, train_specialists
from focusmesh.engine.grid.tensor import Governor
from focusmesh.engine.support import parallel
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.grid.model import Model
    from focusmesh.engine.support.progress import Step

FEW = TrainParams(steps=12, batch=4)


def test_a_model_learns_more_than_counts_of_bytes(model: Model, text: bytes) -> None:
    assert model.nats(text) < Ngram.of(text, 0).nats(text) - 0.5


def test_an_untrained_one_says_about_what_counts_say(text: bytes) -> None:
    untrained = Trainer(text, FEW).model()
    assert untrained.nats(text) == pytest.approx(Ngram.of(text, 0).nats(text), abs=0.15)


def test_the_same_seed_gives_the_same_model(text: bytes) -> None:
    first, again, other = (train(text, replace(FEW, seed=seed)) for seed in (3, 3, 4))
    assert first.model.digest == again.model.digest != other.model.digest
    assert first.curve == again.curve
    assert [step for step, _ in first.curve] == list(range(1, 13))


def test_threads_change_no_bit(text: bytes) -> None:
    with parallel.limited(1):
        alone = train(text, FEW).model.digest
    assert train(text, FEW).model.digest == alone


def test_specialists_are_what_each_would_be_alone(text: bytes) -> None:
    texts = {"one": text[:4_000], "two": text[4_000:], "three": text}
    together = train_specialists(texts, FEW)
    assert list(together) == list(texts)
    for at, (name, own) in enumerate(texts.items()):
        alone = train(own, replace(FEW, seed=at))
        assert together[name].model.digest == alone.model.digest
        assert together[name].curve == alone.curve


def test_steps_are_told_and_paced(text: bytes) -> None:
    told: list[Step] = []
    slept: list[float] = []
    clock = count(0.0)
    governor = Governor(0.5, cores=1, clock=lambda: 0.0, used=clock.__next__, sleep=slept.append)
    train(text, FEW, governor=governor, progress=told.append)
    assert (told[-1].what, told[-1].done, told[-1].total) == ("training", 12, 12)
    train_specialists({"a": text, "b": text}, FEW, governor=governor, progress=told.append)
    assert (told[-1].done, told[-1].total) == (24, 24)
    assert len(slept) == 12 + 2


def test_a_caller_can_stop_it(text: bytes) -> None:
    def stop(step: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(text, FEW, progress=stop)


def test_other_sizes_learn_too(text: bytes) -> None:
    shape = Shape(width=8, hidden=16, context=16)
    trained = train(text, TrainParams(steps=60, batch=8, shape=shape)).model
    assert trained.nats(text) < Trainer(text, FEW).model().nats(text) - 0.3
    assert trained.quantise().nats(text) == pytest.approx(trained.nats(text), rel=0.02)


def test_the_rate_rises_and_falls() -> None:
    params = TrainParams(steps=1_000, rate=0.01)
    rates = [params.rate_at(step) for step in range(1_000)]
    assert rates[0] < 0.0002
    assert max(rates) == pytest.approx(0.01, rel=0.05)
    assert rates[-1] == pytest.approx(0.0005, rel=0.01)


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"batch": 0}, {"rate": 0.0}, {"rate": 1.0}, {"seed": -1}]
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, float], text: bytes) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        train(text, replace(FEW, **wrong))  # type: ignore[arg-type]


def test_a_text_no_longer_than_a_window_is_refused() -> None:
    with pytest.raises(ParameterError, match="more than 64 bytes"):
        train(b"x" * 64)


@pytest.mark.parametrize("number", [np.nan, 1e30])
def test_training_that_ran_away_comes_to_no_model(text: bytes, number: float) -> None:
    trainer = Trainer(text)
    trainer._weights["embedding"].data[0, 0] = number
    with pytest.raises(ParameterError, match="a rate below"):
        trainer.model()
