"""Questions of several steps with their passages: HotpotQA and MuSiQue, 100 training questions each.

Both lie outside of the repository, as ``multihop`` among the outside vectors (yhshu/HippoRAG, CC BY-SA 4.0 and
CC BY 4.0). They are development sets: defaults of recall on documents were chosen on them.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SETS = ("HotpotQA", "MuSiQue")


def multihop(folder: Path, name: str) -> tuple[list[dict[str, Any]], list[tuple[str, list[str]]]]:
    """The passages of a set as items, and its questions with the names of the passages that answer them."""
    read = {"HotpotQA": _hotpotqa, "MuSiQue": _musique}[name]
    asked = json.loads((folder / f"{name.lower()}_train.json").read_text("utf-8"))
    corpus = json.loads((folder / f"{name.lower()}_train_corpus.json").read_text("utf-8"))
    return read(asked, corpus)


def _hotpotqa(asked: Any, corpus: Any) -> tuple[list[dict[str, Any]], list[tuple[str, list[str]]]]:
    items = [
        {"name": title, "text": "".join(sentences).strip()} for title, sentences in corpus.items()
    ]
    questions = [
        (one["question"], sorted({title for title, _ in one["supporting_facts"]})) for one in asked
    ]
    return items, questions


def _musique(asked: Any, corpus: Any) -> tuple[list[dict[str, Any]], list[tuple[str, list[str]]]]:
    """Several passages have one title there: the second is ``Title [2]`` by name."""
    times: Counter[str] = Counter()
    names: dict[tuple[str, str], str] = {}
    items = []
    for one in corpus:
        title = one["title"]
        times[title] += 1
        name = title if times[title] == 1 else f"{title} [{times[title]}]"
        names[title, one["text"]] = name
        items.append({"name": name, "title": title, "text": one["text"]})
    questions = [
        (
            one["question"],
            sorted(
                {
                    names[each["title"], each["paragraph_text"]]
                    for each in one["paragraphs"]
                    if each["is_supporting"]
                }
            ),
        )
        for one in asked
    ]
    return items, questions
