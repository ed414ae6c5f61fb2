"""A signed request comes in once, as it was signed, by who may: whatever else is refused."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import InputError
from focusmesh.interface.server.signatures import (
    Asked,
    Remembered,
    RequestSigner,
    SignatureRefusedError,
    Signatures,
)
from focusmesh.interface.server.signatures import (
    replay_guard as remembering,
)
from focusmesh.interface.server.signatures.base import signature_base
from focusmesh.interface.server.signatures.fields import (
    InnerList,
    Item,
    Token,
    read_dictionary,
    write_value,
    written_list,
)
from focusmesh.protocol.identity import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = 1_700_000_000
KEY = SigningKey(b"a" * 32)
URL = "http://127.0.0.1:8420/v1/rank?top=2"
COVERED = ("@method", "@authority", "@path", "@query")


class Clock:
    def __init__(self) -> None:
        self.seconds = float(NOW)

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signatures(clock: Clock) -> Signatures:
    return Signatures(Remembered(None, NOW - 1_000), clock=clock)


def request(signed: dict[str, str], method: str = "GET", url: str = URL) -> Asked:
    return Asked.of(method, url, [(name.lower(), value) for name, value in signed.items()])


def neuron(signatures: Signatures, asked: Asked, *, has_body: bool = False) -> bytes | None:
    return signatures.neuron(asked, lambda public: public == KEY.public, has_body=has_body)


def test_who_signs_is_known_once(signatures: Signatures, clock: Clock) -> None:
    signer = RequestSigner(KEY, clock)
    first, second = signer.headers("GET", URL), signer.headers("GET", URL)
    assert neuron(signatures, request(first)) == KEY.public
    with pytest.raises(SignatureRefusedError, match="was used before"):
        neuron(signatures, request(first))
    assert neuron(signatures, request(second)) == KEY.public
    assert neuron(signatures, request({})) is None


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", URL),
        ("GET", URL.replace("8420", "8421")),
        ("GET", URL.replace("top=2", "top=3")),
        ("GET", URL.replace("rank", "walk")),
        ("GET", URL.partition("?")[0]),
    ],
)
def test_another_request_is_not_the_one_that_was_signed(
    signatures: Signatures, clock: Clock, method: str, url: str
) -> None:
    signed = RequestSigner(KEY, clock).headers("GET", URL)
    with pytest.raises(SignatureRefusedError, match="signature of this request"):
        neuron(signatures, request(signed, method, url))
    assert neuron(signatures, request(signed)) == KEY.public


def test_a_signature_has_its_time(signatures: Signatures, clock: Clock) -> None:
    signed = RequestSigner(KEY, clock).headers("GET", URL)
    clock.seconds = NOW + 301.0
    with pytest.raises(SignatureRefusedError, match="expired"):
        neuron(signatures, request(signed))
    clock.seconds = NOW - 31.0
    with pytest.raises(SignatureRefusedError, match="future"):
        neuron(signatures, request(signed))
    clock.seconds = NOW + 300.0
    assert neuron(signatures, request(signed)) == KEY.public
    early = Signatures(Remembered(None, NOW + 1), clock=clock)
    with pytest.raises(SignatureRefusedError, match="older than this server"):
        neuron(early, request(signed))


def test_a_body_is_signed_by_its_digest(signatures: Signatures, clock: Clock) -> None:
    signer = RequestSigner(KEY, clock)
    with pytest.raises(SignatureRefusedError, match="content-digest"):
        neuron(signatures, request(signer.headers("POST", URL), "POST"), has_body=True)
    signed = signer.headers("POST", URL, b"body")
    assert neuron(signatures, request(signed, "POST"), has_body=True) == KEY.public


def _signed(
    covered: tuple[str, ...] = COVERED, change: Callable[[str], str] = str, **parameters: object
) -> Asked:
    """A request that is signed rightly, with other components or parameters than usual."""
    told = {"created": NOW, "keyid": KEY.public.hex()} | parameters
    what = InnerList(
        [Item(name, {}) for name in covered],
        {name: value for name, value in told.items() if value is not None},
    )
    signature = KEY.sign_text(signature_base(Asked.of("GET", URL), what))
    return request(
        {
            "Signature-Input": change(f"sig={written_list(what)}"),
            "Signature": f"sig={write_value(signature)}",
        }
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (_signed(created=None), "created"),
        (_signed(created="1700000000"), "created"),
        (_signed(created=True), "created"),
        (_signed(expires=NOW - 1), "expired"),
        (_signed(alg="rsa-pss-sha512"), "alg"),
        (_signed(keyid="alice"), "keyid"),
        (_signed(keyid=KEY.public.hex().upper()), "keyid"),
        (_signed(keyid=SigningKey(b"b" * 32).public.hex()), "not known here"),
        (_signed(("@method", "@authority", "@path")), "sign @method"),
        (_signed(("@authority", "@path", "@query")), "sign @method"),
        (_signed(()), "sign @method"),
        (_signed((*COVERED, "@request-target")), ""),
        (_signed(change=lambda text: text.replace('"@query"', '"@query" "x-new"')), "x-new"),
        (_signed(change=lambda text: text.replace('"@query"', '"@query" "@query"')), "twice"),
        (_signed(change=lambda text: text.replace('"@query"', '"@query" "@status"')), "@status"),
        (_signed(change=lambda text: text.replace('"@query"', '"@query" "date";bs')), "parameters"),
        (_signed(change=lambda text: text + ', more=("@method");created=1'), "one signature"),
        (_signed(change=lambda text: text.replace("sig=", "gis=")), "one label"),
        (_signed(change=lambda _: "sig=1"), "a list"),
        (_signed(change=lambda _: "sig=("), "structured"),
        (_signed(change=lambda _: "sig=" + "a" * 9_000), "at most"),
        (request({"Signature": "sig=:AAAA:"}), "go together"),
        (
            request(
                {"Signature-Input": f'sig=("@method");created={NOW}', "Signature": "sig=:AA==:"}
            ),
            "keyid",
        ),
    ],
)
def test_other_signatures_are_refused(signatures: Signatures, asked: Asked, words: str) -> None:
    if not words:
        assert (
            neuron(signatures, asked) == KEY.public
        )  # the twin: more than is asked for may be signed
        return
    with pytest.raises(SignatureRefusedError, match=words):
        neuron(signatures, asked)


@pytest.mark.parametrize(
    "covered", [("@method", "@target-uri"), ("@method", "@authority", "@request-target")]
)
def test_where_it_goes_may_be_signed_otherwise(
    signatures: Signatures, covered: tuple[str, ...]
) -> None:
    assert neuron(signatures, _signed(covered, expires=NOW + 5)) == KEY.public


def test_processes_remember_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Remembered(tmp_path, NOW), Remembered(tmp_path, NOW + 7)
    assert (one.since, other.since) == (NOW, NOW)
    assert one.take(b"first", NOW, NOW + 10) is True
    assert other.take(b"first", NOW + 10, NOW + 20) is False
    assert (
        other.take(b"first", NOW + 11, NOW + 20) is True
    )  # it has expired: who checks its time refuses it
    monkeypatch.setattr(remembering, "ROWS", 1)
    for number in range(remembering.SEATS):
        one.take(bytes([number]), NOW, NOW + 10)
    assert one.take(b"one more", NOW, NOW + 10) is None
    assert one.take(b"one more", NOW + 21, NOW + 30) is True


def test_structured_fields_are_read_and_written() -> None:
    text = r'a=("x" "@path";key="a\"\\b");created=-12;alg=token*;flag;off=?0, b=:AQI=:, c, b=1'
    found = read_dictionary(text)
    assert list(found) == ["a", "c", "b"]
    assert found["b"] == Item(1, {})
    assert found["c"] == Item(True, {})
    listed = found["a"]
    assert isinstance(listed, InnerList)
    assert listed.items[1] == Item("@path", {"key": 'a"\\b'})
    assert listed.parameters == {"created": -12, "alg": Token("token*"), "flag": True, "off": False}
    spelt = r'("x" "@path";key="a\"\\b");created=-12;alg=token*;flag;off=?0'
    assert written_list(listed) == spelt
    for bad in (
        "a=1,",
        "a=(",
        'a="',
        "A=1",
        "a=1.5",
        "a=:*:",
        "a=1 b=2",
        "a=:AAAAA:",
        'a="é"',
        "=1",
        "a=(",
    ):
        with pytest.raises(InputError):
            read_dictionary(bad)


NAMES = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,5}", fullmatch=True)
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
BARE = (
    st.integers(-(10**15) + 1, 10**15 - 1)
    | TEXTS
    | st.binary(max_size=12)
    | st.booleans()
    | st.from_regex(r"[A-Za-z*][A-Za-z0-9:/!#-]{0,8}", fullmatch=True).map(Token)
)
PARAMETERS = st.dictionaries(NAMES, BARE, max_size=3)
ITEMS = st.builds(Item, BARE, PARAMETERS)


@given(st.dictionaries(NAMES, st.builds(InnerList, st.lists(ITEMS, max_size=4), PARAMETERS)))
def test_what_is_written_is_read_as_it_was(lists: dict[str, InnerList]) -> None:
    text = ", ".join(f"{name}={written_list(found)}" for name, found in lists.items())
    read = read_dictionary(text)
    assert read == lists
    assert ", ".join(f"{n}={written_list(r)}" for n, r in read.items()) == text  # type: ignore[arg-type]


@given(st.text(st.sampled_from('ab=();:"\\?01 ,*-.@é'), max_size=40) | st.text(max_size=20))
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    with suppress(InputError):
        read_dictionary(text)
    signatures = Signatures(Remembered(None, 0))
    for signed in (
        {"Signature-Input": text, "Signature": text},
        {"Signature-Input": f"a=({text})"},
    ):
        with suppress(SignatureRefusedError):
            assert neuron(signatures, request(signed | {"Signature": "a=:AAAA:"})) is None
