"""Settings: the file, then the environment, then options; and every value knows where it is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import FileError, ParameterError
from focusmesh.host.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_options_go_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "focusmesh.toml"
    file.write_text(
        "[serve]\nport = 1\nworkers = 2\nnode = true\n[limits]\nanswer_seconds = 5\n",
        encoding="utf-8",
    )
    environment = {"FOCUSMESH_SERVE_PORT": "3", "FOCUSMESH_SERVE_WORKERS": "4"}
    settings = Settings.read(str(file), environment, {"serve.port": 5, "serve.host": None})
    assert (settings.serve.port, settings.serve.workers, settings.serve.node) == (5, 4, True)
    assert settings.limits.answer_seconds == 5.0
    origins = {name: where for name, _, where in settings}
    assert origins["serve.port"] == "option"
    assert origins["serve.workers"] == "environment FOCUSMESH_SERVE_WORKERS"
    assert origins["serve.node"] == f"file {file}"
    assert origins["serve.host"] == "default"
    named = Settings.read(None, {"FOCUSMESH_CONFIG": str(file)})
    assert named.serve.port == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[serve]\nprot = 1\n", "there is no setting serve.prot; there are serve.host"),
        ("[sever]\nport = 1\n", r"there are \[serve\]"),
        ("port = 1\n", "stands in no section"),
        ('[serve]\nport = "1"\n', "must be a whole number"),
        ("[serve]\nport = true\n", "must be a whole number"),
        ("[serve]\nport = 65536\n", "0 ≤ serve.port"),
        ("[serve]\nlog = 'loud'\n", "text, json, nothing"),
        ("[limits]\nanswer_seconds = 0\n", "limits.answer_seconds > 0"),
        ("[serve\n", "not TOML"),
    ],
)
def test_what_is_no_setting_is_refused_with_what_there_is(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "focusmesh.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=words):
        Settings.read(str(file), {})


def test_the_environment_is_held_to_the_same_types() -> None:
    with pytest.raises(ParameterError, match=r"FOCUSMESH_SERVE_PORT: serve\.port"):
        Settings.read(None, {"FOCUSMESH_SERVE_PORT": "many"})
    assert Settings.read(None, {"FOCUSMESH_SERVE_NODE": "yes"}).serve.node
    with pytest.raises(ParameterError, match="true or false"):
        Settings.read(None, {"FOCUSMESH_SERVE_NODE": "perhaps"})
    with pytest.raises(FileError):
        Settings.read("no/such/file.toml", {})
