"""Every snippet of the README and the docs runs and prints what the page says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.docs.forked import is_plain
from tests.docs.snippets import FORKED, Block, SnippetError, agrees, blocks, run_page, unaccounted
from tests.tidy.tree import ROOT, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import LeftOut


@pytest.fixture(scope="session", autouse=True)
def _one_program() -> Iterator[None]:
    yield
    FORKED.close()


def pages() -> list[str]:
    """Markdown files at the root and under docs."""
    return [
        name
        for name in files()
        if name.endswith(".md") and (name.startswith("docs/") or "/" not in name)
    ]


def read(page: str) -> list[Block]:
    return blocks(page, (ROOT / page).read_text(encoding="utf-8"))


LONG = {
    "docs/how-to/grow-a-network.md": "tests/kernel/node/test_handover.py does it in virtual time",
    "docs/how-to/recover-a-network.md": "tests/kernel/node/voting/test_recovery.py recovers a simulated one",
    "docs/how-to/tune.md": "tests/engine/evaluation tunes a smaller graph",
}
"""Pages left to ``make soak``, and what asks for the same thing with every change."""


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.soak] * (page in LONG)) for page in pages()]
)
def test_a_page_does_what_it_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_out: LeftOut
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    found = read(page)
    assert unaccounted(found) == []
    for block in found:
        if block.not_run:
            left_out("snippets", f"{block.place} ({block.not_run})")
    run_page(found, tmp_path)


def run_text(text: str, folder: Path) -> None:
    run_page(blocks("page.md", text), folder)


def test_blocks_share_a_namespace_and_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_text(
        """
<!-- file: edges.csv -->
```csv
a,b
```

```python
from pathlib import Path
rows = Path("edges.csv").read_text().split()
```

1. In a list:

   ```console
   $ wc -l < edges.csv
   1
   $ echo done in 0.13 s \\
   > 'and 9 bytes'; ls
   done in ... s and ... bytes
   ...
   ```

```pycon
>>> rows
['a,b']
>>> later = 3
```

```python
assert later == 3
Path("end").touch()
```
""",
        tmp_path,
    )
    assert (tmp_path / "end").exists()


def test_what_is_exported_stays_to_the_end_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OF_THE_PAGE", raising=False)
    page = """
```console
$ export OF_THE_PAGE='two words' OTHER=1
$ echo $OF_THE_PAGE
two words
```

```python
import os
assert os.environ["OF_THE_PAGE"] == "two words"
```
"""
    run_text(page, tmp_path)
    assert "OF_THE_PAGE" not in os.environ


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("```python\nassert 1 == 2\n```\n", AssertionError),
        ("```python\nimport no_such_module\n```\n", ModuleNotFoundError),
        ("```pycon\n>>> 1 + 1\n3\n```\n", SnippetError),
        ("```console\n$ echo a\nb\n```\n", SnippetError),
        ("```console\n$ exit 3\n```\n", SnippetError),
        ("```console\n$ focusmesh --version\n0\n```\n", SnippetError),
        ("```console\n$ focusmesh no-such-command\n```\n", SnippetError),
        ("```console\nno command\n```\n", SnippetError),
    ],
)
def test_a_false_snippet_is_caught(text: str, error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(error):
        run_text(text, tmp_path)


@pytest.mark.parametrize(
    ("command", "plain"),
    [
        ("focusmesh rank links.csv --top 4", True),
        ("focusmesh tx link 'what is > 3?' \"a quote\"", True),
        ('focusmesh tx put "$(cat note.cid)"', False),
        ("focusmesh rank - < links.csv", False),
        ("focusmesh serve a.csv & echo $!", False),
        ("focusmesh info a \\\n  --verify", False),
        ("cd elsewhere && focusmesh verify answer.json", False),
    ],
)
def test_what_a_shell_would_change_is_left_to_it(command: str, plain: bool) -> None:
    assert is_plain(command) is plain


def test_commands_have_the_folder_and_what_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOCUSMESH_KEYS", "there are none")
    run_text(
        """
<!-- file: edges.csv -->
```csv
source,target
a,b
```

```console
$ focusmesh info edges.csv --json --quiet
{"path": "edges.csv", "particles": 2, ...
$ export FOCUSMESH_KEYS=keys FOCUSMESH_PASSPHRASE='two words'
$ focusmesh keys new alice
...
$ ls keys
alice.key.json
```
""",
        tmp_path,
    )
    assert (tmp_path / "keys" / "alice.key.json").is_file()


def test_a_failure_names_its_place(tmp_path: Path) -> None:
    with pytest.raises(SnippetError, match=r"page\.md:3: `echo a` prints"):
        run_text("\n```console\n$ echo a\nb\n```\n", tmp_path)


def test_shell_without_a_reason_is_caught() -> None:
    found = blocks(
        "page.md", "```sh\nmake\n```\n\n<!-- not run: it installs -->\n```sh\nmake\n```\n"
    )
    assert [complaint.partition(": ")[0] for complaint in unaccounted(found)] == ["page.md:2"]
    assert [block.not_run for block in found] == ["", "it installs"]


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("a\n", "a  \n\n", True),
        ("a\n", "a\nb\n", False),
        ("a\n...\n", "a\nb\nc\n", True),
        ("a\n...\nd\n", "a\nd\n", True),
        ("a\n...\nd\n", "a\nb\n", False),
        ("took ... s\n", "took 0.1 s\n", True),
        ("took ... s\n", "took 0.1 s\nmore\n", False),
        ("...b\n", "a\nb\n", False),
    ],
)
def test_dots_stand_for_anything_in_a_line_or_for_lines(
    expected: str, actual: str, same: bool
) -> None:
    assert agrees(expected, actual) is same
