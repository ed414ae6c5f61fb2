"""Names of files, classes and functions: nouns, imperatives for acts, none of the words that were replaced."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from tests.tidy.tree import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
_SHOWN = "docs/reference/python.md shows it, so callers outside rely on it"
_SAME = "the same attribute as LinkMethods.derived"
KEPT_FUNCTIONS = {
    "focusmesh.engine.focus.context.answer:Context.proved": _SHOWN,
    "focusmesh.engine.evaluation.measures:measured": _SHOWN,
    "focusmesh.engine.evaluation.own_questions:judged": _SHOWN,
    "focusmesh.engine.focus.operator.operator:Operator.undirected": _SHOWN,
    "focusmesh.engine.graph.graph:Graph.renamed": _SHOWN,
    "focusmesh.engine.graph.graph:Graph.weighed": _SHOWN,
    "focusmesh.engine.graph.link_methods:LinkMethods.derived": _SHOWN,
    "focusmesh.engine.grid.array.blocks:Blocks.taken": _SHOWN,
    "focusmesh.engine.grid.cube.ensemble:trimmed": _SHOWN,
    "focusmesh.engine.links.columns:LinkColumns.labelled": _SHOWN,
    "focusmesh.engine.links.store:LinkStore.derived": _SAME,
    "focusmesh.engine.links.view:LinkView.derived": _SAME,
    "focusmesh.engine.reasoning.rules.view:RuleView.unsettled": _SHOWN,
    "focusmesh.engine.rewrite.link_programs:ProgramLinks.named": _SHOWN,
    "focusmesh.engine.support.parallel:limited": _SHOWN,
}
"""Functions that keep a participle as their name, and why."""
KEPT_CLASSES = {
    "host Status": "a request of the grid and an answer of the service, both names of schemas that are shown",
    "interface FocusRetriever": "one for LangChain and one for LlamaIndex, each shown by its own module",
}
"""Names that two classes of one layer share, and why."""


class Definition(NamedTuple):
    """A class or function: ``module:qualified name``, and its own name."""

    qualified: str
    name: str
    is_class: bool


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
        names = [PurePath(source.path).stem, *(each.name for each in definitions(source))]
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


def participles(sources: Iterable[Source]) -> list[str]:
    """Functions that are named by a bare past participle, such as ``made``, and are not to keep that name."""
    return [
        name
        for source in sources
        for name in _functions(source)
        if is_participle(re.split(r"[.:]", name)[-1]) and name not in KEPT_FUNCTIONS
    ]


def _functions(source: Source) -> Iterator[str]:
    return (each.qualified for each in definitions(source) if not each.is_class)


@cache
def definitions(source: Source) -> tuple[Definition, ...]:
    """The functions and classes of a module, inner ones included; looked for once a session."""
    found = []
    waiting: list[tuple[str, ast.AST]] = [("", source.tree)]
    while waiting:
        around, node = waiting.pop()
        for block in blocks(node):
            for child in block:
                inner = around
                if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    qualified = f"{source.module}:{around}{child.name}"
                    found.append(Definition(qualified, child.name, isinstance(child, ast.ClassDef)))
                    inner = f"{around}{child.name}."
                waiting.append((inner, child))
    return tuple(found)


def unknown_kept(sources: Iterable[Source]) -> list[str]:
    """Functions that are to keep their names and are not there."""
    return sorted(KEPT_FUNCTIONS.keys() - {name for each in sources for name in _functions(each)})


def is_participle(name: str) -> bool:
    word = name.strip("_")
    return word in IRREGULAR or (
        word.endswith("ed") and "_" not in word and word not in REGULAR_ELSE
    )


def shared_class_names(sources: Iterable[Source]) -> list[str]:
    """Names that two classes of one layer bear, and not for a reason that ``KEPT_CLASSES`` gives."""
    places = defaultdict(list)
    for source in sources:
        layer = source.module.split(".")[1:2]
        for each in definitions(source):
            if each.is_class and not each.name.startswith("_"):
                places[*layer, each.name].append(source.path)
    shared = sorted(" ".join(key) for key, found in places.items() if len(found) > 1)
    return [name for name in shared if name not in KEPT_CLASSES]
