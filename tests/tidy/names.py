"""Names of files, classes and functions: nouns, imperatives for acts, none of the words that were replaced."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.tidy.tree import Source

NOUNS_IN_ING = {
    *(
        "bonding",
        "embedding",
        "encoding",
        "framing",
        "hashing",
        "interning",
        "keyring",
        "mixing",
        "packing",
        "paging",
    ),
    *(
        "pooling",
        "pruning",
        "ranking",
        "rounding",
        "routing",
        "sampling",
        "staking",
        "standing",
        "streaming",
        "training",
        "tuning",
    ),
}
"""Words in -ing that the field uses as nouns."""
REPLACED = re.compile(r"motion|tabled|inquir|whereabouts|electorate|pledge|voter")
"""Words that docs/reference/glossary.md has another one for."""
ENCODED = {"electorate", "ElectorateAnswer", "Voter"}
"""Names that stand in the description of the HTTP routes, which others have by heart."""
OWN = {"src/focusmesh/apps/grid/": "voter"}
"""Folders where a word that was replaced elsewhere is a term of their own: the grid's voter is a replica that votes."""
IRREGULAR = {
    *("begun", "bought", "broken", "brought", "built", "caught", "chosen", "come", "done", "drawn"),
    *("given", "gone", "grown", "heard", "held", "kept", "known", "led", "left", "lost", "made"),
    *("met", "paid", "seen", "sent", "shown", "spoken", "taken", "taught", "thought", "told"),
    "written",
}
REGULAR_ELSE = {
    *("bed", "bleed", "breed", "embed", "exceed", "feed", "hundred", "need", "proceed", "seed"),
    *("shed", "speed", "succeed"),
}


def gerund_files(sources: Iterable[Source]) -> list[str]:
    """Modules that are named by what they do instead of what they hold."""
    return [
        f"{source.path} is named by a verb: name the thing"
        for source in sources
        if (word := PurePath(source.path).stem.rpartition("_")[2]).endswith("ing")
        and word not in NOUNS_IN_ING | {"string", "ring", "king", "thing"}
    ]


def replaced_words(sources: Iterable[Source]) -> list[str]:
    """Files, classes and functions named by a word that has been replaced."""
    found = []
    for source in sources:
        names = [PurePath(source.path).stem, *(name for name, _ in _named(source))]
        found += [
            f"{source.path}: {name}: the glossary has another word"
            for name in names
            if _is_replaced(name, source.path) and name.strip("_") not in ENCODED
        ]
    return found


def _is_replaced(name: str, path: str) -> bool:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    own = {word for folder, word in OWN.items() if path.startswith(folder)}
    return not own.issuperset(REPLACED.findall(words))


def participles(sources: Iterable[Source]) -> Counter[str]:
    """Functions by package (two levels) that are named by a bare past participle, such as ``made``."""
    counted: Counter[str] = Counter()
    for source in sources:
        package = ".".join(source.module.split(".")[1:3])
        counted[package] += sum(
            is_participle(name) for name, is_class in _named(source) if not is_class
        )
    return +counted


def is_participle(name: str) -> bool:
    word = name.strip("_")
    return word in IRREGULAR or (
        word.endswith("ed") and "_" not in word and word not in REGULAR_ELSE
    )


def shared_class_names(sources: Iterable[Source]) -> list[str]:
    """Names that two classes of one layer bear."""
    places = defaultdict(list)
    for source in sources:
        layer = source.module.split(".")[1:2]
        for name, is_class in _named(source):
            if is_class and not name.startswith("_"):
                places[*layer, name].append(source.path)
    return sorted(" ".join(key) for key, found in places.items() if len(found) > 1)


@cache
def _named(source: Source) -> tuple[tuple[str, bool], ...]:
    """The names of classes and functions, and whether each is that of a class; looked for once a session."""
    return tuple(
        (node.name, isinstance(node, ast.ClassDef))
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    )
