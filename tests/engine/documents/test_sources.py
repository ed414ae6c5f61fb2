"""Files and folders of every kind, what is bad in them, and builds that read only what changed."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Graph
from focusmesh.engine.documents.readers import lines, mailboxes
from focusmesh.errors import FileError, InputError

if TYPE_CHECKING:
    from pathlib import Path

MAIL = b"""From ada@example.org Mon Jan  1 10:00:00 2024
From: Ada <ada@example.org>
Subject: The oven
Message-ID: <one@example.org>
Date: Mon, 01 Jan 2024 10:00:00 +0000

It is hot.

From bo@example.org Mon Jan  1 11:00:00 2024
From: Bo <bo@example.org>
Subject: Re: The oven
Message-ID: <two@example.org>
In-Reply-To: <one@example.org>
Content-Type: text/html

<style>p {}</style><p>Sourdough&amp;Co goes in.</p>
"""
CHAT = {
    "title": "Baking plans",
    "mapping": {
        "a": {"message": {"author": {"role": "user"}, "content": {"parts": ["How hot?"]}}},
        "b": {"message": {"author": {"role": "assistant"}, "content": {"parts": ["250 degrees"]}}},
        "c": {"message": None},
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One file of each kind that needs no extra."""
    path = tmp_path / "notes"
    path.mkdir()
    (path / "sourdough.md").write_text(
        "---\naliases: [wild bread]\n---\n# Sourdough\nFlour.\n## Stone oven\nSee [[plain]].\n",
        "utf-8",
    )
    (path / "plain.txt").write_text("Wild bread goes into the Stone oven.", "utf-8")
    (path / "items.jsonl").write_text(
        '{"name": "starter", "text": "Of Sourdough.", "links": ["plain"]}\n', "utf-8"
    )
    (path / "mail.mbox").write_bytes(MAIL)
    (path / "chat.json").write_text(json.dumps([CHAT]), "utf-8")
    return path


def relations(graph: Graph, source: str, target: str) -> set[str]:
    """What links say of a pair."""
    return {str(link.relation) for link in graph.between(source, target)}


def test_a_folder_of_everything(folder: Path) -> None:
    graph = Graph.from_documents(folder)
    assert graph.report is not None
    assert graph.report.bad == ()
    assert "5 files" in graph.report.understood
    assert relations(graph, "plain.txt", "sourdough") == {"mentions"}
    assert "mentions" in relations(graph, "plain.txt", "sourdough#Stone oven")
    assert "mentions" in relations(graph, "starter", "sourdough")
    assert relations(graph, "two@example.org", "one@example.org") >= {"links"}
    assert graph.text("two@example.org").endswith("Sourdough&Co goes in.")
    assert relations(graph, "two@example.org", "sourdough") == {"mentions"}
    assert graph.text("chat.json#Baking plans") == "user: How hot?\n\nassistant: 250 degrees"
    assert [str(p) for p in graph.recall("what is wild bread made of?", 1).particles] == [
        "sourdough"
    ]


def test_files_that_are_named_are_read_whatever_they_are_called(folder: Path) -> None:
    odd = folder / "README"
    odd.write_text("About Sourdough.", "utf-8")
    graph = Graph.from_documents([odd, folder / "sourdough.md"])
    assert relations(graph, "README", "sourdough") == {"mentions"}
    two = Graph.from_documents([folder, folder])
    assert two.particle_count == Graph.from_documents(folder).particle_count


def bad_files(path: Path) -> dict[str, str]:
    """Bad files, and what is said of each."""
    (path / "binary.txt").write_bytes(b"ELF\0\0\1" * 10)
    (path / "latin.md").write_bytes("Käse".encode("latin-1"))
    (path / "wide.txt").write_bytes("text".encode("utf-16"))
    (path / "broken.json").write_bytes(b'{"a": ')
    (path / "numbers.json").write_bytes(b"[1, 2]")
    (path / "deep.json").write_bytes(b"[" * 100_000)
    (path / "lines.jsonl").write_bytes(b'{"name": 3}\nnot json\n{"name": "fine", "text": "ok"}\n')
    (path / "blank.eml").write_bytes(b"\n\n")
    return {
        "binary.txt": "NUL",
        "latin.md": "0xe4 is not UTF-8",
        "wide.txt": "not UTF-8",
        "broken.json": "no JSON",
        "numbers.json": "no messages",
        "deep.json": "no JSON",
        "lines.jsonl": "text",
        "blank.eml": "neither a subject",
    }


def test_what_cannot_be_read_is_counted_and_named(folder: Path) -> None:
    expected = bad_files(folder)
    graph = Graph.from_documents(folder)
    report = graph.report
    assert report is not None
    assert report.bad_count == len(expected) + 1
    told = {os.path.basename(bad.file): str(bad) for bad in report.bad}  # noqa: PTH119
    for name, reason in expected.items():
        assert reason in told[name] or name == "lines.jsonl", told[name]
    assert graph.text("fine") == "ok"
    with pytest.raises(InputError):
        Graph.from_documents(folder, strict=True)


def test_a_folder_of_which_nothing_can_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no text"):
        Graph.from_documents(tmp_path)
    (tmp_path / "binary.txt").write_bytes(b"\0")
    with pytest.raises(InputError, match=r"nothing could be read .*binary\.txt"):
        Graph.from_documents(tmp_path)
    with pytest.raises(FileError):
        Graph.from_documents(tmp_path / "missing")


def test_long_lines_and_messages_are_refused_and_what_follows_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LINE_BYTES_MAX", 1_000)
    monkeypatch.setattr(mailboxes, "MESSAGE_BYTES_MAX", 2_000)
    long = tmp_path / "long.jsonl"
    long.write_bytes(b"x" * 2_500_000 + b'\n{"name": "a", "text": "after"}\n')
    (tmp_path / "big.mbox").write_bytes(b"From a\n" + b"word\n" * 1_000 + MAIL)
    graph = Graph.from_documents(tmp_path)
    assert graph.report is not None
    assert sorted(
        bad.reason.split(" is longer")[0].split(" is larger")[0] for bad in graph.report.bad
    ) == [
        "the line",
        "the message",
    ]
    assert graph.text("a") == "after"
    assert graph.text("one@example.org")


def test_many_tiny_files(tmp_path: Path) -> None:
    for at in range(500):
        (tmp_path / f"n{at}.txt").write_text(f"{at}", "utf-8")
    graph = Graph.from_documents(tmp_path)
    assert graph.particle_count == 500
    assert not graph.link_count


def test_changed_files_alone_are_read_again_and_the_graph_is_that_of_a_new_build(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    first = Graph.from_documents(folder, kept=kept)
    again = Graph.from_documents(folder, kept=kept)
    assert again.root == first.root
    assert again.report is not None
    assert "5 of them unchanged" in again.report.understood
    assert first.report is not None
    assert again.report.line_count == first.report.line_count
    (folder / "plain.txt").write_text("Now about Baking plans and more.", "utf-8")
    (folder / "mail.mbox").unlink()
    (folder / "new.txt").write_text("About Sourdough.", "utf-8")
    changed = Graph.from_documents(folder, kept=kept)
    assert changed.report is not None
    assert "3 of them unchanged" in changed.report.understood
    assert changed.root == Graph.from_documents(folder).root
    # Without it, files are read again though they have not changed.
    kept.write_bytes(b"damaged")
    anew = Graph.from_documents(folder, kept=kept)
    assert anew.root == changed.root
    assert anew.report is not None
    assert not any("unchanged" in n for n in anew.report.understood)


def test_what_was_refused_is_refused_again(folder: Path, tmp_path: Path) -> None:
    bad_files(folder)
    counts = [
        Graph.from_documents(folder, kept=tmp_path / "kept").report.bad_count  # type: ignore[union-attr]
        for _ in range(2)
    ]
    assert counts[0] == counts[1] > 0


def test_an_interrupt_leaves_no_trace(folder: Path, tmp_path: Path) -> None:
    def stop(step: Any) -> None:
        if step.what == "finding names":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Graph.from_documents(folder, kept=tmp_path / "kept", progress=stop)
    assert not (tmp_path / "kept").exists()
