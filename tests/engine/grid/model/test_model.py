"""Models in both arithmetics: one body over float32 and whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.grid.model import SHARES, Model, QuantisedModel, Shape
from focusmesh.engine.grid.model.language import language_scores
from focusmesh.engine.grid.model.weights import WEIGHT_MAX
from focusmesh.engine.grid.tensor import Tensor
from focusmesh.errors import CodecError, DamagedFileError, FileError, ParameterError
from tests.engine.grid.model.integral_model import shares as model_shares

if TYPE_CHECKING:
    from pathlib import Path


AnyModel: TypeAlias = Model | QuantisedModel


@pytest.fixture(params=["float", "int8"])
def either(request: pytest.FixtureRequest, model: Model) -> AnyModel:
    return model if request.param == "float" else model.quantise()


def test_the_default_has_the_size_of_the_study() -> None:
    assert Shape().parameter_count == 12_656
    assert len(Model.initial().to_bytes()) < 51_000
    assert len(Model.initial().quantise().to_bytes()) < 17_000


def test_a_distribution_sums_to_one(either: AnyModel, text: bytes) -> None:
    for window in (b"", b"t", text[:32], text[:64], text[:500]):
        shares = either.forward(window)
        assert shares.shape == (256,)
        assert (shares >= 0).all()
        assert float(shares.astype(float).sum()) == pytest.approx(1.0, abs=1e-6)


def test_only_the_last_bytes_are_read(either: AnyModel, text: bytes) -> None:
    assert either.forward(text[:200]).tobytes() == either.forward(text[136:200]).tobytes()


def test_batches_give_what_single_windows_give(either: AnyModel, text: bytes) -> None:
    windows = [text[at : at + at % 70] for at in range(300)]
    together = either.forward_batch(windows)
    alone = np.array([either.forward(window) for window in windows])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert either.forward_batch([]).shape == (0, 256)


@pytest.mark.parametrize("context", [2, 3, 63, 64])
@pytest.mark.parametrize("length", [0, 1, 2, 63, 64, 65, 96, 97, 200])
def test_one_pass_says_what_windows_say(context: int, length: int, text: bytes) -> None:
    reader = Model.initial(3, text, Shape(context=context))
    data = text[:length]
    passed, half = reader.distributions(data), context // 2
    assert len(passed) == length
    for at in range(length):
        start = 0 if at < context else (at - (context - half)) // half * half
        assert half < at + 1 - start <= context or start == 0
        np.testing.assert_allclose(reader.forward(data[start : at + 1]), passed[at], atol=1e-6)


def test_surprisals_are_of_the_same_distributions(either: AnyModel, text: bytes) -> None:
    data = text[:300]
    found, passed = either.surprisals(data), either.distributions(data)
    assert found[0] == pytest.approx(-np.log(either.forward(b"")[data[0]]))
    own = passed[np.arange(len(data) - 1), list(data[1:])]
    np.testing.assert_allclose(found[1:], -np.log(own), rtol=1e-6)
    assert either.nats(data) == pytest.approx(found.mean())
    assert len(either.surprisals(b"")) == 0
    with pytest.raises(ParameterError, match="empty text"):
        either.nats(b"")


@pytest.mark.parametrize("prompt_bytes", [0, 1, 40, 64, 90])
def test_the_cache_changes_nothing(either: AnyModel, text: bytes, prompt_bytes: int) -> None:
    prompt = text[:prompt_bytes]
    said = list(either.generate(prompt, 40, temperature=0.0))
    window = prompt
    for byte in said:
        assert byte == int(either.forward(window).argmax())
        window += bytes((byte,))


def test_drawing_is_seeded_and_follows_the_shares(either: AnyModel, text: bytes) -> None:
    prompt = text[:32]
    drawn = [bytes(either.generate(prompt, 20, random=np.random.default_rng(7))) for _ in range(2)]
    assert (
        drawn[0] == drawn[1] == bytes(either.generate(prompt, 20, random=np.random.default_rng(7)))
    )
    random = np.random.default_rng(1)
    first = [next(either.generate(prompt, 1, random=random)) for _ in range(2_000)]
    shares = either.forward(prompt)
    likely = int(shares.argmax())
    assert first.count(likely) / 2_000 == pytest.approx(float(shares[likely]), abs=0.05)
    cold = [next(either.generate(prompt, 1, temperature=0.05, random=random)) for _ in range(50)]
    assert set(cold) == {likely}
    for count, temperature in ((-1, 1.0), (1, -0.5), (1, float("nan"))):
        with pytest.raises(ParameterError, match="count ≥ 0"):
            either.generate(prompt, count, temperature=temperature)


def test_training_and_inference_compute_the_same_network(model: Model, text: bytes) -> None:
    ids = np.frombuffer(text[:128], np.uint8).reshape(2, 64)
    scores = language_scores({name: Tensor(each) for name, each in model.weights.items()}, ids).data
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    for row in range(2):
        passed = model.distributions(ids[row].tobytes())
        np.testing.assert_allclose(passed, shares[row], atol=2e-6)


def test_the_executable_model_agrees_to_the_bit(model: Model, text: bytes) -> None:
    random = np.random.default_rng(3)
    wild = Model(Shape(), {name: 3 * each for name, each in model.weights.items()})
    for reader in (model.quantise(), wild.quantise(), Model.initial(1, text).quantise()):
        windows = [text[:9], text[100:140], random.bytes(64), b"\0", b"\xff" * 64]
        for window in windows:
            assert reader.shares(window).tolist() == model_shares(reader._parts, window)
        together = reader.shares_batch(windows)
        assert [row.tolist() for row in together] == [
            reader.shares(each).tolist() for each in windows
        ]


def test_whole_shares_sum_exactly_and_none_is_nothing(model: Model, text: bytes) -> None:
    quantised = model.quantise()
    for window in (b"", text[:5], text[:64], bytes(range(64))):
        shares = quantised.shares(window)
        assert int(shares.sum()) == SHARES
        assert int(shares.min()) >= 1
        logits = quantised.logits(window)
        assert logits.dtype == np.int32
        assert int(logits.argmax()) == int(shares.argmax())


def test_eight_bits_cost_less_than_a_hundredth(model: Model, text: bytes) -> None:
    plain, small = model.nats(text), model.quantise().nats(text)
    assert abs(small - plain) / plain < 0.01


GOLDEN = [
    [1270528, 2516896, 18597613, 1260640],
    [3048279, 1439905, 1856111, 4522696],
    [2588546, 1208497, 5810637, 1054070],
]


def test_the_bits_are_those_of_every_other_machine(text: bytes) -> None:
    """Weights that are made without rounding, so that only whole numbers decide what comes out."""
    shape = Shape()
    weights = {
        name: ((np.arange(np.prod(dimensions)) * 37 % 101 - 50) / np.float32(64.0))
        .astype(np.float32)
        .reshape(dimensions)
        for name, dimensions in shape.arrays().items()
    }
    shares = Model(shape, weights).quantise().shares_batch([text[:40], text[:64], b"a"])
    assert shares[:, :4].tolist() == GOLDEN


def test_bytes_come_back(either: AnyModel, tmp_path: Path) -> None:
    data = either.to_bytes()
    again = type(either).from_bytes(data)
    assert again.to_bytes() == data
    assert again.digest == either.digest
    assert again.forward(b"abc").tobytes() == either.forward(b"abc").tobytes()
    either.save(tmp_path / "a.femto")
    assert type(either).load(tmp_path / "a.femto").digest == either.digest
    assert "12,656 parameters" in repr(again)


@settings(max_examples=60)
@given(data=st.data())
def test_other_bytes_are_refused_or_are_another_model(data: st.DataObject) -> None:
    whole = Model.initial(1, shape=Shape(4, 4, 2)).quantise().to_bytes()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(CodecError):
        QuantisedModel.from_bytes(whole[:cut])
    with pytest.raises(CodecError):
        QuantisedModel.from_bytes(whole + b"\0")
    at, to = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    changed = whole[:at] + bytes((to,)) + whole[at + 1 :]
    try:
        found = QuantisedModel.from_bytes(changed)
    except CodecError:
        return
    assert found.to_bytes() == changed
    assert int(found.shares(b"ab").sum()) == SHARES


def test_a_wrong_kind_version_or_number_is_told(model: Model, tmp_path: Path) -> None:
    data, small = model.to_bytes(), model.quantise().to_bytes()
    with pytest.raises(CodecError, match="are a quantised model; a model in float32"):
        Model.from_bytes(small)
    with pytest.raises(CodecError, match="are a model in float32; a quantised"):
        QuantisedModel.from_bytes(data)
    with pytest.raises(CodecError, match="form version 2"):
        Model.from_bytes(data[:5] + b"\2" + data[6:])
    with pytest.raises(CodecError, match="impossible sizes"):
        Model.from_bytes(data[:7] + b"\xff\xff" + data[9:])
    with pytest.raises(CodecError, match=r"embedding has a number that is not finite, or beyond"):
        Model.from_bytes(data[:13] + b"\0\0\xc0\x7f" + data[17:])
    (tmp_path / "bad").write_bytes(b"femto")
    with pytest.raises(DamagedFileError, match="bad: these bytes are not a model"):
        Model.load(tmp_path / "bad")
    with pytest.raises(FileError, match="cannot read"):
        Model.load(tmp_path / "absent")


@pytest.mark.parametrize("shape", [Shape(width=3), Shape(hidden=300), Shape(context=1)])
def test_sizes_out_of_range_are_refused(shape: Shape) -> None:
    with pytest.raises(ParameterError, match="≤"):
        Model.initial(shape=shape)


@pytest.mark.parametrize("shape", [Shape(), Shape(64, 256, 256), Shape(4, 4, 2)])
@pytest.mark.parametrize("size", [64.0, WEIGHT_MAX])
def test_whatever_a_model_may_hold_it_foretells_finite_numbers(shape: Shape, size: float) -> None:
    random = np.random.default_rng(3)
    weights = {
        name: (size * random.choice((-1, 1), sides)).astype(np.float32)
        for name, sides in shape.arrays().items()
    }
    model = Model.from_bytes(Model(shape, weights).to_bytes())
    text = bytes(range(256))
    for each in (model, model.quantise()):
        assert np.isfinite(each.distributions(text)).all()
        assert np.isfinite(each.surprisals(text)).all()
    louder = {name: array * np.float32(1.01) for name, array in weights.items()}
    if size == WEIGHT_MAX:
        with pytest.raises(CodecError, match="beyond"):
            Model.from_bytes(Model(shape, louder).to_bytes())
