"""Compiled models as files: ONNX with what the model is of in its metadata, and ``eps.json`` beside it."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.compile.factors import METHODS, Factors
from focusmesh.engine.compile.heads import Heads
from focusmesh.engine.compile.onnx_graph import (
    FACTOR_NAMES,
    IR,
    OPSET,
    initializers,
    model_nodes,
)
from focusmesh.engine.compile.onnx_nodes import load_onnx
from focusmesh.engine.focus import FocusParams
from focusmesh.engine.links import Names
from focusmesh.engine.support.files import whole_file
from focusmesh.errors import DamagedFileError, FileError, InputError, NewerVersionError
from focusmesh.ids import digest

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from os import PathLike

    import numpy.typing as npt

    from focusmesh.engine.compile.model import CompiledModel

ERRORS_FILE = "eps.json"
FORMAT = 1
FILE_BYTES_MAX = 2**31 - 1
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
_TYPES = {"gate": "f8", "logit": "f8", "pair_logit": "f8"}


def write_model(model: CompiledModel, path: str | PathLike[str]) -> None:
    """See ``CompiledModel.to_onnx``."""
    content = encode_model(model)
    report = {"model": Path(path).name, "model_digest": digest(content).hex()}
    with whole_file(path) as file:
        file.write(content)
    with whole_file(Path(path).with_name(ERRORS_FILE)) as file:
        file.write(json.dumps(report | dict(model.report or {}), indent=1).encode() + b"\n")


def encode_model(model: CompiledModel) -> bytes:
    """The bytes of the file: the same for equal models."""
    onnx = load_onnx()
    nodes = model_nodes(model)
    weights = initializers(model, nodes)
    names = _spelt(model.particles)
    size = sum(array.nbytes for array in weights.values()) + len(names)
    if size > FILE_BYTES_MAX:
        raise InputError(
            f"the file would have {size / 1e9:.2f} GB, more than the 2 GB that ONNX allows: compile with a lower rank, "
            "or fewer particles"
        )
    info, kinds = onnx.helper.make_tensor_value_info, onnx.TensorProto
    graph = onnx.helper.make_graph(
        nodes,
        "focusmesh",
        [info("context", kinds.INT64, ["length"])],
        [info("focus", kinds.DOUBLE, [len(model.particles)])],
        [onnx.numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    made = onnx.helper.make_model(
        graph,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="focusmesh",
        producer_version=version("focusmesh"),
    )
    onnx.helper.set_model_props(made, _metadata(model) | {"particles": names})
    written: bytes = made.SerializeToString(deterministic=True)
    return written


def read_model(cls: type[CompiledModel], path: str | PathLike[str]) -> CompiledModel:
    """See ``CompiledModel.open``."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from error
    return decode_model(cls, content, str(path))


def decode_model(cls: type[CompiledModel], content: bytes, where: str) -> CompiledModel:
    """The model in ``content``; raises DamagedFileError or NewerVersionError that name ``where``."""
    onnx = load_onnx()
    try:
        made = onnx.ModelProto.FromString(content)
    except Exception as error:  # a type of protobuf's own, which onnx does not pass on
        raise DamagedFileError(f"{where}: not an ONNX file, or a damaged one") from error
    properties = {entry.key: entry.value for entry in made.metadata_props}
    if made.producer_name != "focusmesh" or "focusmesh" not in properties:
        raise DamagedFileError(f"{where}: an ONNX file, but not one that focusmesh compiled")
    try:
        told = json.loads(properties["focusmesh"])
        if told["format"] > FORMAT:
            raise NewerVersionError(
                f"{where}: format version {told['format']}; this focusmesh reads up to {FORMAT}: upgrade it"
            )
        arrays = _arrays(made, onnx)
        return _model(cls, told, _names(properties["particles"]), arrays)
    except _UNREADABLE as error:
        raise DamagedFileError(f"{where}: damaged, {error}; compile it anew") from error


def _arrays(made: Any, onnx: Any) -> dict[str, npt.NDArray[Any]]:
    """The weights; raises ValueError where a file would have its reader open another one."""
    for part in made.graph.initializer:
        if part.data_location == onnx.TensorProto.EXTERNAL:
            raise ValueError(f"the weights {part.name} lie in another file")
    return {part.name: onnx.numpy_helper.to_array(part) for part in made.graph.initializer}


def _bad_count(value: Any) -> bool:
    return type(value) is not int or value < 0


def _metadata(model: CompiledModel) -> dict[str, str]:
    """What the model is of: for programs in ``focusmesh``, the same for readers of metadata one by one."""
    report = dict(model.report or {})
    told = {
        "format": FORMAT,
        "root": model.root,
        "params": asdict(model.params),
        "beta": model.beta,
        "layers": model.layers,
        "form": model.form,
        "method": model.method,
        "rank": model.rank,
        "relations": [_name(name) for name in model.heads.relations],
        "head_rows": [0] * model.heads.head_count
        if model.factors is not None
        else np.bincount(model.heads.row_head, minlength=model.heads.head_count).tolist(),
        "seeds": [_name(name) for name in model.seeds],
        "report": report,
        **({} if model.tuned is None else {"tuned": dict(model.tuned)}),
    }
    shown = {name: told[name] for name in ("root", "params", "beta", "layers", "form", "method")}
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in shown.items()
    }
    return texts | {"focusmesh": json.dumps(told)}


def _model(
    cls: type[CompiledModel],
    told: Mapping[str, Any],
    particles: Names,
    arrays: Mapping[str, npt.NDArray[Any]],
) -> CompiledModel:
    count, relations = len(particles), tuple(_read_name(name) for name in told["relations"])
    parts = {name: _check_type(name, arrays.get(name)) for name in _HEAD_ARRAYS}
    head = np.repeat(np.arange(len(relations), dtype=np.int32), told["head_rows"])
    heads = Heads(particle_count=count, relations=relations, row_head=head, **parts)
    _verify(heads)
    factors = _factors(arrays, told["rank"], count)
    if told["form"] not in ("dense", "edges") or told["method"] not in ("exact", *METHODS):
        raise ValueError("its form or its method is unknown")
    if (factors is None) != (told["method"] == "exact") or _bad_count(told["layers"]):
        raise ValueError("its factors or layers do not fit its metadata")
    return cls(
        particles=particles,
        heads=heads,
        params=FocusParams(**told["params"]),
        beta=float(told["beta"]),
        layers=told["layers"],
        form=told["form"],
        root=str(told["root"]),
        seeds=tuple(_read_name(name) for name in told["seeds"]),
        method=told["method"],
        rank=told["rank"],
        factors=factors,
        report=told["report"],
        tuned=told.get("tuned"),
    )


_HEAD_ARRAYS = (
    *("row_source", "gate", "row", "target", "logit"),
    *("first", "second", "pair_logit"),
)


def _check_type(name: str, array: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
    """``array``, none of its entries where the model has no use for it; raises ValueError for another type."""
    kind = np.dtype(_TYPES.get(name, "i4"))
    if array is None:
        return np.zeros(0, dtype=kind)
    if array.ndim != 1 or array.dtype != kind:
        raise ValueError(f"{name} holds {array.dtype} of shape {array.shape}")
    return array


def _verify(heads: Heads) -> None:
    """Whether indices are within their arrays: a file is no reason to read beside them."""
    limits = {
        **dict.fromkeys(("row_source", "target", "first", "second"), heads.particle_count),
        "row_head": heads.head_count,
        "row": len(heads.gate),
    }
    for name, limit in limits.items():
        places = getattr(heads, name)
        if len(places) and not (places.min() >= 0 and places.max() < limit):
            raise ValueError(f"{name} has an index outside of 0 … {limit - 1}")
    lengths = (
        (heads.row_head, heads.row_source, heads.gate),
        (heads.row, heads.target, heads.logit),
        (heads.first, heads.second),
        (heads.first, heads.pair_logit if len(heads.pair_logit) else heads.first),
    )
    if any(len({len(array) for array in group}) != 1 for group in lengths):
        raise ValueError("arrays of one table have different lengths")
    if not all(np.isfinite(x).all() for x in (heads.gate, heads.logit, heads.pair_logit)):
        raise ValueError("a weight is not finite")


def _factors(
    arrays: Mapping[str, npt.NDArray[Any]], rank: int | None, count: int
) -> Factors | None:
    if rank is None:
        return None
    parts = {stands: arrays.get(name) for name, stands in FACTOR_NAMES.items()}
    for side in (parts["left"], parts["right"]):
        if side is None or side.ndim != 2 or len(side) != count or side.dtype != np.float64:
            raise ValueError("a factor has another shape than (particles, rank)")
    for name in ("row", "column"):
        places = parts[name]
        if places is not None and len(places) and not 0 <= places.min() <= places.max() < count:
            raise ValueError(f"a score that is kept apart lies outside of 0 … {count - 1}")
    return Factors(**parts)  # type: ignore[arg-type]  # both sides are there


def _spelt(particles: Names) -> str:
    if particles.kind == "range":
        return json.dumps({"count": len(particles)})
    return json.dumps([_name(name) for name in particles], separators=(",", ":"))


def _name(name: Hashable) -> Any:
    """A name as JSON: text and integers as they are, bytes in hex; raises InputError for others."""
    if type(name) in (str, int):
        return name
    if type(name) is bytes:
        return {"bytes": name.hex()}
    raise InputError(
        f"the name {name!r} ({type(name).__name__}) cannot be written; a model's particles and relations are "
        "called by str, int or bytes"
    )


def _names(text: str) -> Names:
    told = json.loads(text)
    if isinstance(told, dict):
        return Names.range(int(told["count"]))
    names = [_read_name(name) for name in told]
    if all(type(name) is str for name in names):
        return Names.texts(str(name) for name in names)
    return Names.of(names)


def _read_name(told: Any) -> Hashable:
    if isinstance(told, dict):
        return bytes.fromhex(told["bytes"])
    if type(told) not in (str, int):
        raise ValueError(f"{told!r} is not a name")
    name: Hashable = told
    return name
