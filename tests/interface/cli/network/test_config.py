"""``focusmesh config``: what is shown can be read again, and a key is shown once."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from focusmesh.host.settings import Settings, about, names, variable_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_what_is_shown_can_be_read_again(invoke: Callable[..., Any], tmp_path: Path) -> None:
    shown = invoke("config", "show").stdout
    assert tomllib.loads(shown)["serve"]["port"] == 8420
    file = tmp_path / "shown.toml"
    file.write_text(shown, encoding="utf-8")
    settings = Settings.read(str(file), {})
    assert [value for _, value, _ in settings] == [value for _, value, _ in Settings()]
    assert all(about(name) and variable_of(name).startswith("FOCUSMESH_") for name in names())


def test_a_key_is_shown_once(invoke: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    made = invoke("config", "key", "laptop", "--keys", file, "--quiet").stdout.strip()
    assert made.startswith("fm_")
    assert made not in file.read_text(encoding="utf-8")
    invoke("config", "key", "laptop", "--keys", file, code=3)


def test_a_neuron_is_admitted_in_the_place_of_a_key(
    invoke: Callable[..., Any], document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    file, neuron = tmp_path / "keys.txt", "ab" * 32
    made = document("config", "key", "alice", "--keys", file, "--neuron", neuron, "--write")
    assert made == {"name": "alice", "neuron": neuron, "right": "write", "keys": str(file)}
    assert file.read_text(encoding="utf-8") == f"alice ed25519:{neuron} write\n"
    invoke("config", "key", "bob", "--keys", file, "--neuron", "bob", code=3)
