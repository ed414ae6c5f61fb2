"""Every command says how it understood a file, shows the first links when asked, and never ranks nothing."""

from __future__ import annotations

import gzip
import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

LINKS = "follower,followed\nada, bob\nbob,cem\ncem,cem\n"


@pytest.fixture
def follows(tmp_path: Path) -> Path:
    path = tmp_path / "follows.csv"
    path.write_text(LINKS, encoding="utf-8")
    return path


COMMANDS = [
    ("rank",),
    ("info",),
    ("context", "ada"),
    ("explain", "cem", "--from", "ada"),
    ("walk", "ada"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_file_is_said_to_be_understood(
    invoke: Invoke, follows: Path, words: tuple[str, ...]
) -> None:
    name, *rest = words
    told = invoke(name, follows, *rest).stderr
    assert f"{follows}: csv, comma, no header, names are text, 1 self-loop" in told
    assert f"warning: {follows}:1: 'follower' → 'followed' is read as a link" in told
    assert invoke(name, follows, *rest, "--quiet").stderr == ""


@pytest.mark.parametrize("command", ["rank", "recall", "compile", "export", "import", "serve"])
def test_a_file_of_nothing_is_an_error(invoke: Invoke, tmp_path: Path, command: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a b\nb c\n", encoding="utf-8")
    words: dict[str, list[str | Path]] = {
        "recall": ["a"],
        "compile": ["-o", tmp_path / "m.onnx"],
        "export": ["-o", tmp_path / "b.csv"],
        "import": ["-o", tmp_path / "b.focusmesh"],
    }
    failed = invoke(command, path, *words.get(command, []), code=3)
    assert "no line could be used of 2 read as csv" in failed.stderr
    assert "say --format edge-list" in failed.stderr
    assert failed.stdout == ""
    assert list(tmp_path.iterdir()) == [path]


PREVIEWS = ["rank", "info", "import", "serve"]


@pytest.mark.parametrize("command", PREVIEWS)
def test_a_preview_shows_the_first_links_and_stops(
    invoke: Invoke, follows: Path, command: str
) -> None:
    shown = invoke(command, follows, "--preview", "2")
    assert shown.stdout.splitlines() == [
        "source    target    weight",
        "follower  followed       1",
        "ada       bob            1",
    ]
    assert "is read as a link" in shown.stderr


def test_a_preview_as_json(invoke: Invoke, follows: Path) -> None:
    columns = "source=follower,target=followed"
    shown = invoke("rank", follows, "--preview", "1", "--columns", columns, "--json")
    assert json.loads(shown.stdout) == {
        "path": str(follows),
        "understood": ["csv", "comma", "header", "names are text", "1 name with blanks trimmed"],
        "warnings": [],
        "links": [{"source": "ada", "target": "bob", "weight": 1.0}],
    }


def test_a_preview_is_for_files_to_import(invoke: Invoke, follows: Path, tmp_path: Path) -> None:
    saved = tmp_path / "g.focusmesh"
    invoke("import", follows, "-o", saved)
    for words in (("info", saved), ("rank", follows, "--cluster", "local")):
        assert "--preview" in invoke(*words, "--preview", "2", code=2).stderr


def test_standard_input_may_be_compressed(invoke: Invoke, tmp_path: Path) -> None:
    packed = gzip.compress(b"a,b\nb,c\n")
    done = invoke("rank", "-", "--format", "csv", stdin=packed)  # type: ignore[arg-type]
    assert "stdin: csv, gzip, comma, no header, names are text" in done.stderr


def test_an_import_tells_in_json(invoke: Invoke, follows: Path, tmp_path: Path) -> None:
    saved = tmp_path / "g.focusmesh"
    found = json.loads(invoke("import", follows, "-o", saved, "--json").stdout)
    assert found["understood"][:2] == ["csv", "comma"]
    assert len(found["warnings"]) == 1


def test_exported_names_keep_their_blanks(invoke: Invoke, tmp_path: Path) -> None:
    path, again = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text('" a","b, c"\n"b, c",d\n', encoding="utf-8")
    invoke("export", path, "-o", again)
    assert again.read_text(encoding="utf-8").splitlines() == [
        "source,target,weight",
        '" a","b, c","1.0"',
        '"b, c",d,1.0',
    ]
    ranked = json.loads(invoke("rank", again, "--json", "--quiet").stdout)
    assert {item["particle"] for item in ranked["items"]} == {" a", "b, c", "d"}


def test_options_of_imports_are_refused_for_what_is_saved(invoke: Invoke, tmp_path: Path) -> None:
    gml = tmp_path / "a.gml"
    gml.write_text(
        'graph [ directed 1 node [ id 1 label "Ada" ] node [ id 2 ] edge [ source 1 target 2 ] ]'
    )
    assert "Ada" in invoke("rank", gml, "--names", "label").stdout
    invoke("import", gml, "-o", tmp_path / "a.focusmesh")
    saved = tmp_path / "a.focusmesh"
    options = {
        "--names": ["label"],
        "--columns": ["source=a"],
        "--exclude": ["*.csv"],
        "--preview": ["2"],
        "--table": ["links"],
        "--strict": [],
    }
    for option, given in options.items():
        told = invoke("rank", saved, option, *given, code=2).stderr
        assert f"{option} is for files to import" in " ".join(told.split()), option
    invoke("rank", saved)


def test_a_table_of_a_database_is_chosen(invoke: Invoke, tmp_path: Path, follows: Path) -> None:
    database = tmp_path / "shop.db"
    with sqlite3.connect(database) as connection:
        connection.executescript(
            "CREATE TABLE orders (who, what, pieces); INSERT INTO orders VALUES ('ada', 'tea', 2);"
            "CREATE TABLE follows (source, target); INSERT INTO follows VALUES ('ada', 'bob');"
        )
    connection.close()
    assert "bob" in invoke("rank", database).stdout
    told = " ".join(invoke("rank", database, "--table", "orders", code=3).stderr.split())
    assert "table orders" in told
    assert "--columns source=" in told
    columns = "source=who,target=what,weight=pieces"
    shown = invoke("rank", database, "--table", "orders", "--columns", columns, "--preview", "1")
    assert shown.stdout.splitlines()[1].split() == ["ada", "tea", "2"]
    query = "SELECT what AS source, who AS target FROM orders"
    links = invoke("rank", database, "--table", query, "--preview", "1", "--json").stdout
    assert json.loads(links)["links"] == [{"source": "tea", "target": "ada", "weight": 1.0}]
    refused = " ".join(invoke("rank", follows, "--table", "x", code=2).stderr.split())
    assert "csv has no tables to choose from" in refused
