"""Names and digests that others have by heart: what a renaming of code must leave as it is.

``python -m tests.encoded.collect --write`` takes them anew, on the commit *before* a renaming, from the code alone.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

import msgspec
import typer
from google.protobuf import descriptor_pb2

import focusmesh
from focusmesh.host.service import QUESTIONS, form_of
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.interface.cli.application import application
from focusmesh.interface.server.graphql import schema_text
from focusmesh.interface.server.grpc.protocol import DESCRIPTORS
from focusmesh.interface.server.process import openapi_document
from focusmesh.kernel.block import Genesis
from focusmesh.protocol.codec import encode
from tests.tidy.tree import ROOT, sources

GOLDEN = Path(__file__).with_name("golden.json")
_KEYS = [bytes([n]) * 32 for n in (7, 8, 9, 10)]
_BASE: dict[str, Any] = {
    "weight_unit": 1,
    "link_burn": 0,
    "bandwidth_stake": 1,
    "bandwidth_blocks": 100,
    "alpha": 644245094,
    "diffusion": 2147483648,
    "series": [1 << 30, 1 << 29, 1 << 28, 1 << 27, 1 << 27],
    "residual_limit": 46116860184,
    "focus_interval": 1,
    "history_window": 64,
    "operations_max": 10000,
    "signal_bytes_max": 65536,
    "block_bytes_max": 1 << 28,
    "blob_bytes_max": 1 << 20,
    "minters": [],
    "proposers": [_KEYS[0]],
}
_AGREEMENT: dict[str, Any] = {
    "kind": "quorum",
    "epoch_blocks": 1000,
    "unbonding_ms": 1_814_400_000,
    "trusting_ms": 1_209_600_000,
    "bond_least": 1,
    "voters_most": 100,
    "voters": [[key, 10] for key in _KEYS],
}
_WORD = re.compile(r"[a-z][a-z0-9_]*")


def collected() -> dict[str, list[str]]:
    """Kind → sorted lines. All of it is read from what runs, except metrics, which are read from the source."""
    return {
        "geneses": geneses(),
        "operation sets": operation_sets(),
        "encoded fields": encoded_fields(),
        "http": sorted(openapi_names(openapi_document())),
        "graphql": sorted(graphql_names(schema_text())),
        "protobuf": sorted(protobuf_names()),
        "metrics": sorted(metric_names()),
        "commands": sorted(command_names()),
    }


def geneses() -> list[str]:
    """Ids of networks, whose fields are written here by the names that the bytes have."""
    return [Genesis.decode(encode(fields)).network.hex() for fields in _genesis_fields()]


def _genesis_fields() -> list[dict[str, Any]]:
    sets = [bytes.fromhex(line) for line in operation_sets()[:4]]
    shapes: list[dict[str, Any]] = [{"version": version} for version in (1, 2, 3, 4)]
    shapes += [
        {"version": 3, "minters": _KEYS[1:3]},
        {"version": 3, "weight_unit": 1_000, "link_burn": 5},
        {"version": 3, "focus_interval": 8, "history_window": 0},
        {"version": 3, "bandwidth_stake": 10**6, "bandwidth_blocks": 7},
    ]
    agreed: dict[str, Any] = {"version": 4, "proposers": [], "signal_bytes_max": 1 << 16}
    shapes += [
        {**agreed, "agreement": {**_AGREEMENT, **change}}
        for change in (
            {},
            {"kind": "snowman"},
            {"epoch_blocks": 10, "trusting_ms": 60_000, "unbonding_ms": 120_000},
            {"bond_least": 10, "voters_most": 4},
        )
    ]
    named: list[dict[str, Any]] = [
        {"shape": shape, "operations": sets[-1], "time": 1_700_000_000_000 + number}
        for number, shape in enumerate(shapes)
    ]
    named += [
        {"shape": shapes[number], "operations": each, "time": 0}
        for number in (2, 8)
        for each in sets
    ]
    return [
        {
            "name": f"fixture-{number}",
            "time": one["time"],
            "parameters": {**_BASE, **one["shape"]},
            "grants": [[key, 100, 50] for key in _KEYS],
            "operations": one["operations"],
            "version": 1,
        }
        for number, one in enumerate(named)
    ]


def operation_sets() -> list[str]:
    """Digests of the sets of operations that networks were made with, oldest first."""
    today = operations()
    return [registry.digest.hex() for registry in (*today.earlier, today)]


def encoded_fields() -> list[str]:
    """The names under which structs that are encoded as maps keep their fields, a struct a line."""
    for module in pkgutil.walk_packages(focusmesh.__path__, "focusmesh."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    # What MCP reads is made of the records of the questions when it is first asked for.
    for question in QUESTIONS.values():
        form_of(question, "mcp")
    found, waiting = set[str](), [msgspec.Struct]
    while waiting:
        for struct in waiting.pop().__subclasses__():
            waiting.append(struct)
            fields = struct.__struct_encode_fields__
            if (
                struct.__module__.startswith("focusmesh.")
                and not struct.__struct_config__.array_like
            ):
                found.add(" ".join((*_tag(struct), *sorted(fields))))
    return sorted(found - {""})


def _tag(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    config = struct.__struct_config__
    return () if config.tag is None else (f"{config.tag_field}={config.tag}",)


def openapi_names(document: dict[str, Any]) -> set[str]:
    """Routes with their operations and parameters, schemas with their properties."""
    found = set[str]()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            route = f"{method} {path}"
            found.add(f"{route} as {operation.get('operationId')}")
            for parameter in operation.get("parameters", ()):
                found.add(f"{route} takes {parameter['in']} {parameter['name']}")
    for name, schema in document["components"]["schemas"].items():
        found |= {
            f"schema {name}",
            *(f"schema {name}.{key}" for key in schema.get("properties", ())),
        }
    return found


def graphql_names(text: str) -> set[str]:
    """Types, their fields and the fields' arguments, each with its type."""
    from graphql import build_schema

    schema, found = build_schema(text), set[str]()
    for name, kind in schema.type_map.items():
        found.add(f"{type(kind).__name__} {name}")
        for field, one in getattr(kind, "fields", {}).items():
            found.add(f"{name}.{field}: {one.type}")
            found |= {
                f"{name}.{field}({key}: {of.type})" for key, of in getattr(one, "args", {}).items()
            }
        found |= {f"{name}.{value}" for value in getattr(kind, "values", ())}
    return found - {line for line in found if line.split()[-1].startswith("__")}


def protobuf_names() -> set[str]:
    """Every field, method and value of the published descriptors, with its number."""
    (path,) = (ROOT / "src").rglob(DESCRIPTORS)
    found = set[str]()
    for file in descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file:
        for message in file.message_type:
            found |= set(_message(f"{file.package}.{message.name}", message))
        for kind in file.enum_type:
            found |= {
                f"{file.package}.{kind.name}.{each.name} = {each.number}" for each in kind.value
            }
        for service in file.service:
            for method in service.method:
                words = (method.name, method.input_type, method.output_type)
                found.add(f"{file.package}.{service.name} {' '.join(words)}")
    return found


def _message(name: str, message: Any) -> list[str]:
    lines = [
        f"{name}.{field.name} = {field.number} {field.type} {field.label} {field.type_name}".rstrip()
        for field in message.field
    ]
    for inner in message.nested_type:
        lines += _message(f"{name}.{inner.name}", inner)
    for kind in message.enum_type:
        lines += [f"{name}.{kind.name}.{each.name} = {each.number}" for each in kind.value]
    return lines


def metric_names() -> set[str]:
    """Words in the modules that write Prometheus' text or OpenTelemetry's instruments, of which names are made."""
    found = set[str]()
    for source in sources("src"):
        if "# HELP" in source.text or "create_histogram" in source.text or "_GAUGES" in source.text:
            constants = (
                node.value for node in ast.walk(source.tree) if isinstance(node, ast.Constant)
            )
            words = (text for text in constants if isinstance(text, str))
            found |= {text for text in words if _is_metric(text)}
    return found


def _is_metric(text: str) -> bool:
    return bool(_WORD.fullmatch(text)) and ("_" in text or text.startswith("focusmesh"))


def command_names() -> set[str]:
    """Every command with its options and arguments, hidden ones included."""
    found = set[str]()

    def walk(path: str, command: Any) -> None:
        found.add(path)
        for parameter in command.params:
            words = (*parameter.opts, *parameter.secondary_opts)
            is_option = words[0].startswith("-")
            found.update(
                f"{path} {word}" for word in words if is_option and "completion" not in word
            )
        for name, inner in getattr(command, "commands", {}).items():
            walk(f"{path} {name}", inner)

    walk("focusmesh", typer.main.get_command(application))
    return found


def missing(golden: dict[str, list[str]], now: dict[str, list[str]]) -> list[str]:
    """What was there and is not any more; ids and digests by their places, names by themselves."""
    lost = []
    for kind, lines in golden.items():
        if kind in {"geneses", "operation sets"}:
            pairs = zip(lines, [*now[kind], *[""] * len(lines)], strict=False)
            lost += [
                f"{kind}: {before} became {after}" for before, after in pairs if before != after
            ]
        else:
            lost += [f"{kind}: {line} is gone" for line in sorted(set(lines) - set(now[kind]))]
    return lost


if __name__ == "__main__":
    text = json.dumps(collected(), indent=1, ensure_ascii=False) + "\n"
    if sys.argv[1:] == ["--write"]:
        GOLDEN.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
