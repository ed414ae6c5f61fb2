"""Link programs: what comes out of them, alike on every evaluator; names and lists that go in; what is refused."""

from __future__ import annotations

import pytest

from focusmesh import Graph
from focusmesh.engine.rewrite import (
    EVALUATORS,
    Limits,
    compose,
    numbered_links,
    program_links,
    read_book,
)
from focusmesh.errors import (
    FuelError,
    InputError,
    LinkProgramError,
    MemoryLimitError,
    ParameterError,
    ProgramError,
)

RING = """
@one(n) = ~n{0: *; 1+p: !&1{p0,p1}=p; &0{p0,@one(p1)}}
@main   = !&2{a,b}=@one(@count); #Link{a,(% (+ b 1) @count)}
"""
PAIRS = """
@one(n)   = ~n{0: *; 1+p: !&1{p0,p1}=p; &0{p0,@one(p1)}}
@other(n) = ~n{0: *; 1+p: !&1{p0,p1}=p; &2{p0,@other(p1)}}
@pair(a b) = !&3{a0,a1}=a; !&4{b0,b1}=b; ~(< a0 b0) !a1 !b1 {0: *; _: #Link{a1,b1}}
@main = @pair(@one(@count) @other(@count))
"""
RELATES = """
@first(list)  = ~list{#Nil: *; #Cons{h,t}: &0{h,@first(t)}}
@second(list) = ~list{#Nil: *; #Cons{h,t}: &1{h,@second(t)}}
@joined(x y)  = ~x !y {#Pair{a,b}: ~y !a !b {#Pair{c,d}:
                  ~(== b c) !a !d {0: *; _: @linked(a d)}}}
@linked(a d)  = !&2{a0,a1}=a; !&3{d0,d1}=d; ~(== a0 d0) !a1 !d1 {0: #Link{a1,d1}; _: *}
@main = @joined(@first(@cites) @second(@cites))
"""
CITES = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "c"), ("e", "a")]


HERE = [name for name in EVALUATORS if name not in ("wgpu", "cuda")]
"""Cards have tests of their own, which run every evaluator that is there (``make card``)."""


@pytest.fixture(params=HERE)
def evaluator(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def named(program: str, *given: object, **more: object) -> list[tuple[object, object, int]]:
    return sorted(program_links(program, *given, **more).named())  # type: ignore[arg-type]


def test_a_ring(evaluator: str) -> None:
    wanted = [("a", "b", 1), ("b", "c", 1), ("c", "d", 1), ("d", "a", 1)]
    assert named(RING, "abcd", evaluator=evaluator) == wanted


@pytest.mark.parametrize("count", [2, 9, 40])
def test_all_pairs(evaluator: str, count: int) -> None:
    wanted = [(a, b, 1) for a in range(count) for b in range(a + 1, count)]
    assert named(PAIRS, range(count), evaluator=evaluator) == wanted


def test_a_rule_over_a_list(evaluator: str) -> None:
    wanted = sorted((a, d, 1) for a, b in CITES for c, d in CITES if b == c and a != d)
    assert named(RELATES, lists={"cites": CITES}, evaluator=evaluator) == wanted


def test_evaluators_count_alike() -> None:
    took = {
        program_links(RING, range(30), evaluator=each).links.statistics.interactions
        for each in HERE
    }
    assert len(took) == 1


def test_one_term_is_a_program_and_weights_are_whole_numbers(evaluator: str) -> None:
    found = program_links("// four\n#Link{&0{0,1},&1{2,3},7}", "abcd", evaluator=evaluator)
    wanted = [("a", "c", 7), ("a", "d", 7), ("b", "c", 7), ("b", "d", 7)]
    assert sorted(found.named()) == wanted


def test_lists_name_what_names_do_not() -> None:
    composed = compose(
        "@main = *", ["b"], {"one": ["a", ["b"]], "more": [("a", "c", "b")], "no": []}
    )
    assert composed.names == ("b", "a", "c")
    assert composed.text == (
        "@main = *\n@count = 3\n@one = [1,0]\n@more = [#Triple{1,2,0}]\n@no = []\n"
    )
    assert len(read_book(composed.text).definition_names) == 5


@pytest.mark.parametrize(
    ("names", "lists"),
    [(["a", "a"], {}), ([], {"x": [()]}), ([], {"x": [("a", "b", "c", "d")]})],
)
def test_names_and_lists_that_cannot_be(names: list[str], lists: dict[str, list[str]]) -> None:
    with pytest.raises(InputError, match=r"twice|has 1 to 3 names"):
        compose("@main = *", names, lists)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("*", "links", "yields no links"),
        ("#Link{0,1,0}", "amount", "link 0 .* has weight 0"),
        ("#Link{2,2}", "self-link", "from 2 to 2"),
        ("#Link{0,4}", "number", "there are 4 names, numbered from 0"),
        ("&0{#Link{0,1},7}", "value", "value 1 of the program is 7"),
        ("#Link{0}", "value", r"value 0 of the program is #Link\{0\}"),
        ("#Link{0,[1]}", "value", r"#Link\{0,#Cons\{1,#Nil\}\}"),
        ("λx.x", "value", "λa.a"),
        ("&0{#Link{0,1},&1{#Link{1,2},#Link{2,3}}}", "links", "more than 2 links"),
    ],
)
def test_what_is_no_link(evaluator: str, text: str, code: str, message: str) -> None:
    with pytest.raises(LinkProgramError, match=message) as refused:
        program_links(text, "abcd", links_max=2, evaluator=evaluator)
    assert refused.value.code == code


def test_nothing_without_names() -> None:
    with pytest.raises(LinkProgramError, match="there are no names"):
        program_links("#Link{0,1}")


def test_limits(evaluator: str) -> None:
    with pytest.raises(FuelError):
        program_links("@main = @main", limits=Limits(1_000), evaluator=evaluator)
    with pytest.raises(ProgramError, match="1:9"):
        program_links("@main = )", evaluator=evaluator)
    with pytest.raises(ParameterError, match="evaluator must be one of"):
        program_links("#Link{0,1}", "ab", evaluator="slow")


def test_cells_in_all_are_limited() -> None:
    """A long definition is copied at one interaction: fuel alone would not bound the time."""
    long = "[" + ",".join("1" for _ in range(3_000)) + "]"
    text = f"@long = {long} @f(n) = ~n{{0: #Link{{0,1}}; 1+p: ~@long{{#Cons{{h,t}}: @f(p)}}}}"
    book = read_book(f"{text} @main = @f(2000)")
    assert len(numbered_links(book, 2, Limits(100_000)).source) == 1
    with pytest.raises(MemoryLimitError, match="cells were written"):
        numbered_links(book, 2, Limits(100_000, cells_taken=1 << 20))


def test_a_stuck_spine_is_not_walked_for_free() -> None:
    """Its length squared, in steps that are no interactions, would be an hour here."""
    text = "@f(n acc) = ~n !acc {0: acc; 1+p: @f(p (acc 1))} @main = λx.@f(200000 x)"
    with pytest.raises((FuelError, MemoryLimitError)):
        numbered_links(read_book(text), 2, Limits(4_000_000, 1 << 26))


def test_a_heap_that_is_nearly_full_ends_the_run() -> None:
    """Collections of a heap with no room would follow each other, each for a few interactions."""
    text = (
        "@b(!n acc) = ~n !acc {0: acc; 1+p: !&9{p0,p1}=p; @b(p0 #Cons{p1,acc})}"
        "@main = @b(900000 #Nil)"
    )
    with pytest.raises(MemoryLimitError):
        numbered_links(read_book(text), 2, Limits(1 << 40, 1 << 26))


def test_definitions_are_found_in_one_pass() -> None:
    """Each of these once had all that follows searched for a bracket."""
    with pytest.raises(ProgramError, match="@a is not defined"):
        read_book("@a(]" * 16_000)


def test_a_graph_runs_a_program() -> None:
    sources, targets = zip(*CITES, strict=True)
    graph = Graph.from_edges(sources, targets, relation="cites")
    before = graph.link_count
    dry = graph.link_program(RELATES, lists={"cites": CITES}, dry_run=True)
    assert graph.link_count == before
    found = graph.link_program(RELATES, lists={"cites": CITES}, relation="relates", weight=2)
    assert list(found.named()) == list(dry.named())
    assert graph.link_count == before + len(found.links.source)
    assert graph.between("a", "c")[0].weight == 2
    with pytest.raises(LinkProgramError):
        graph.link_program("&0{#Link{0,1},#Link{0,0}}", "xy")
    assert graph.link_count == before + len(found.links.source)
