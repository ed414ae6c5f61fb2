"""Names hold to the glossary, but for those that others rely on, each of which is listed with its reason."""

from __future__ import annotations

from tests.tidy.names import (
    gerund_files,
    is_participle,
    participles,
    replaced_words,
    shared_class_names,
    unknown_kept,
)
from tests.tidy.tree import Source, sources


def of(path: str, text: str = "") -> Source:
    return Source(f"src/focusmesh/{path}.py", text)


def test_files_are_named_by_nouns() -> None:
    assert gerund_files(sources("src")) == []


def test_a_file_named_by_a_verb_is_caught() -> None:
    found = gerund_files([of("kernel/making"), of("kernel/link_routing"), of("kernel/string")])
    assert [complaint.split()[0] for complaint in found] == ["src/focusmesh/kernel/making.py"]


def test_replaced_words_do_not_come_back() -> None:
    assert replaced_words(sources("src")) == []


def test_a_replaced_word_is_caught() -> None:
    text = "class Motion: ...\ndef electorate(): ...\ndef read_electorate(): ...\n"
    found = replaced_words([of("kernel/a", text), of("kernel/pledges")])
    assert [complaint.split(": ")[1] for complaint in found] == [
        "Motion",
        "read_electorate",
        "pledges",
    ]


def test_a_word_that_is_a_folders_own_is_let_be_there_alone() -> None:
    text = "class Voter: ...\nclass ModelVoter: ...\nclass VoteRecord: ...\nclass Motion: ...\n"
    found = {where: replaced_words([of(where, text)]) for where in ("apps/grid/voter", "kernel/a")}
    assert {where: [each.split(": ")[1] for each in names] for where, names in found.items()} == {
        "apps/grid/voter": ["Motion"],
        "kernel/a": ["ModelVoter", "Motion"],
    }


def test_no_function_is_named_by_a_participle() -> None:
    assert participles(sources("src")) == [], "name acts by imperatives and questions by nouns"


def test_functions_that_keep_a_participle_are_there() -> None:
    assert unknown_kept(sources("src")) == []


def test_a_participle_is_caught() -> None:
    text = "def made(): ...\nclass Told:\n    def _kept(self): ...\n    def is_kept(self): ...\ndef seed(): ...\n"
    assert sorted(participles([of("kernel/state/a", text)])) == [
        "focusmesh.kernel.state.a:Told._kept",
        "focusmesh.kernel.state.a:made",
    ]
    assert [
        name for name in ("signed", "_drawn", "embed", "signed_header") if is_participle(name)
    ] == [
        "signed",
        "_drawn",
    ]


def test_a_class_name_is_borne_once_a_layer() -> None:
    assert shared_class_names(sources("src")) == []


def test_a_class_name_borne_twice_is_caught() -> None:
    tree = [
        of("kernel/a", "class A: ..."),
        of("kernel/b", "class A: ..."),
        of("host/a", "class A: ..."),
    ]
    assert shared_class_names(tree) == ["kernel A"]
