"""Particles by their CIDs: in atoms, comparisons, facts, goals and proofs, as by their names."""

from __future__ import annotations

import pytest

import focusmesh as fm
from focusmesh.engine.reasoning import RuleSet, read_proof
from focusmesh.ids import digest, to_cid

DIGESTS = [digest(f"content {number}".encode()) for number in range(4)]
A, B, C, D = map(to_cid, DIGESTS)
NEEDS = "needs(x, y) :- axon(x, y, _). needs(x, z) :- needs(x, y), axon(y, z, _).\n"


def listed(mixed: bool) -> fm.Graph:
    first, second, third, _ = DIGESTS
    links = [(first, second), (second, third)]
    return fm.Graph.from_edges([*links, ("page", first)] if mixed else links)


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (f'p(y) :- needs("{A}", y).', {1, 2}),
        (f'p(y) :- needs(x, y), x = "{B}".', {2}),
        (f'p(y) :- needs("{A}", y), y != "{B}".', {2}),
        (f'p(x) :- axon(x, _, _), !axon(x, "{C}", _), !axon("page", x, _), x != "page".', set()),
        (f'far("{C}"). p(x) :- needs(x, y), far(y), axon(x, _, _), x != "page".', {0, 1}),
        (f'p(x) :- axon(x, _, _), 1 = count : needs(x, "{C}"), x != "page".', {0, 1}),
    ],
)
def test_a_cid_stands_for_its_digest(mixed: bool, rule: str, found: set[int]) -> None:
    graph = listed(mixed)
    if not mixed:
        rule = rule.replace('!axon("page", x, _)', f'x != "{A}"')
    view = graph.rules(f".decl far(x: particle) {NEEDS}{rule}")
    assert set(view["p"]) == {(DIGESTS[number],) for number in found}
    view.verify()


def test_goals_and_proofs_take_cids() -> None:
    graph = listed(mixed=False)
    view = graph.rules(NEEDS + f'p(y) :- needs("{A}", y).')
    assert view.ask(f'needs("{B}", y)') == [(DIGESTS[1], DIGESTS[2])]
    proof = view.why("needs", A, C)
    assert str(proof).startswith(f'needs("{A}", "{C}")')
    other = view.why("p", C, minimal=True)
    for each in (proof, other):
        read = read_proof(each.to_json())
        read.verify(graph)
        assert str(read) == str(each)
    assert next(f.fails for f in view.why_not("needs", C, A)) == f'axon("{C}", "{A}", _)'


def test_a_view_follows_a_digest_that_comes_later() -> None:
    graph = listed(mixed=False)
    view = graph.rules(f'p(x) :- axon(x, "{D}", _).')
    assert not view["p"]
    graph.link(DIGESTS[0], DIGESTS[3])
    assert view["p"] == [(DIGESTS[0],)]


def test_a_name_that_is_listed_as_it_was_written_comes_first() -> None:
    graph = fm.Graph.from_edges([(A, "page"), ("page", B)])
    view = graph.rules(f'p(y) :- axon("{A}", y, _). q(s) :- name(_, s), s = "{B}".')
    assert view["p"] == [("page",)]
    assert view["q"] == [(B,)]
    assert view.ask(f'axon(x, "{B}", w)') == [("page", B, 1.0)]


def test_texts_stay_texts_among_digests() -> None:
    view = listed(mixed=False).rules(f'q(x) :- name(x, s), s = "{B}".')
    assert view["q"] == [(DIGESTS[1],)]


def test_unbound_rules_find_nothing_by_a_cid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RuleSet, "bound", lambda rules, _: rules)
    assert not listed(mixed=False).rules(f'p(y) :- axon("{A}", y, _).')["p"]
