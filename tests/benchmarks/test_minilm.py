"""The encoder that runs a published sentence model: PyTorch's own layers compute the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.claims.knowledge.bench_multihop import _fused
from benchmarks.peers import minilm
from benchmarks.peers.minilm import Encoder, FullPrecisionMiniLM, read_safetensors

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

torch = pytest.importorskip("torch")

WIDTH, HEADS, INNER, WORDS, LAYERS = 24, 4, 40, 30, 2
PARTS = {
    "attention.self.query": (WIDTH, WIDTH),
    "attention.self.key": (WIDTH, WIDTH),
    "attention.self.value": (WIDTH, WIDTH),
    "attention.output.dense": (WIDTH, WIDTH),
    "attention.output.LayerNorm": (WIDTH,),
    "intermediate.dense": (INNER, WIDTH),
    "output.dense": (WIDTH, INNER),
    "output.LayerNorm": (WIDTH,),
}


def drawn() -> dict[str, np.ndarray[Any, Any]]:
    """Weights of a small encoder under the names of a published one."""
    random = np.random.default_rng(5)
    shapes = {
        "embeddings.word_embeddings.weight": (WORDS, WIDTH),
        "embeddings.position_embeddings.weight": (16, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for layer in range(LAYERS):
        for part, shape in PARTS.items():
            shapes[f"encoder.layer.{layer}.{part}.weight"] = shape
            shapes[f"encoder.layer.{layer}.{part}.bias"] = shape[:1]
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def reference(weights: dict[str, np.ndarray[Any, Any]], layer: int) -> Any:
    """The same layer, as PyTorch has it."""
    own = {
        name.removeprefix(f"encoder.layer.{layer}."): torch.from_numpy(array)
        for name, array in weights.items()
    }
    kinds = {"weight": "in_proj_weight", "bias": "in_proj_bias"}
    state = {
        f"self_attn.{theirs}": torch.cat(
            [own[f"attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
        )
        for kind, theirs in kinds.items()
    }
    named = {
        "self_attn.out_proj": "attention.output.dense",
        "linear1": "intermediate.dense",
        "linear2": "output.dense",
        "norm1": "attention.output.LayerNorm",
        "norm2": "output.LayerNorm",
    }
    state |= {f"{to}.{kind}": own[f"{of}.{kind}"] for to, of in named.items() for kind in kinds}
    made = torch.nn.TransformerEncoderLayer(
        *(WIDTH, HEADS, INNER), activation="gelu", layer_norm_eps=1e-12, batch_first=True
    )
    made.load_state_dict(state)
    return made.eval()


def test_the_encoder_computes_what_pytorchs_layers_compute() -> None:
    weights = drawn()
    random = np.random.default_rng(6)
    ids, mask = random.integers(0, WORDS, size=(3, 7)), np.ones((3, 7), dtype=np.int64)
    mask[1, 4:] = mask[2, 1:] = 0
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    states = tensors["embeddings.word_embeddings.weight"][torch.from_numpy(ids)]
    states = states + tensors["embeddings.position_embeddings.weight"][:7]
    states = states + tensors["embeddings.token_type_embeddings.weight"][0]
    norm = [tensors[f"embeddings.LayerNorm.{kind}"] for kind in ("weight", "bias")]
    states = torch.nn.functional.layer_norm(states, (WIDTH,), *norm, 1e-12)
    for layer in range(LAYERS):
        padding = torch.from_numpy(mask) == 0
        states = reference(weights, layer)(states, src_key_padding_mask=padding)
    found = Encoder(weights, HEADS)(ids, mask)
    counts = mask == 1
    np.testing.assert_allclose(found[counts], states.detach().numpy()[counts], atol=1e-4)


def test_padding_changes_no_token_that_counts() -> None:
    encoder, ids = Encoder(drawn(), HEADS), np.arange(5, dtype=np.int64)[None, :]
    wide = np.concatenate((ids, np.full((1, 4), 9)), axis=1)
    mask = np.array([[1, 1, 1, 1, 1, 0, 0, 0, 0]], dtype=np.int64)
    alone = encoder(ids, np.ones_like(ids))
    np.testing.assert_allclose(encoder(wide, mask)[:, :5], alone, atol=1e-5)


def test_float_arrays_of_a_file_are_read(tmp_path: Path) -> None:
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    header = {
        "__metadata__": {"format": "pt"},
        "positions": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]},
        "rows": {"dtype": "F32", "shape": [2, 3], "data_offsets": [8, 32]},
    }
    encoded = json.dumps(header).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + bytes(8) + array.tobytes())
    found = read_safetensors(path)
    assert list(found) == ["rows"]
    np.testing.assert_array_equal(found["rows"], array)


def test_a_model_that_is_not_here_says_which_script_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm, "APART", tmp_path / "apart")
    monkeypatch.setattr(FullPrecisionMiniLM, "model", tmp_path / "apart" / "model.safetensors")
    with pytest.raises(ImportError, match=r"apart/model\.safetensors .* scripts/fetch-apart"):
        FullPrecisionMiniLM()


def test_what_both_listings_have_comes_first() -> None:
    own = {"asked": ["a ¶1", "a ¶2", "b", "c"]}
    near = {"asked": ["d", "c", "b"]}
    assert _fused(own.__getitem__, near.__getitem__, "asked") == ["b", "c", "a", "d"]
