"""What RFC 9421 prints: the example of Ed25519 in its appendix B.2.6, and values of its section 2."""

from __future__ import annotations

import base64

import pytest

from focusmesh.errors import InputError
from focusmesh.interface.server.signatures import Asked, Body, content_digest
from focusmesh.interface.server.signatures.base import signature_base
from focusmesh.interface.server.signatures.fields import (
    InnerList,
    Item,
    read_dictionary,
    write_value,
)
from focusmesh.protocol.identity import SigningKey, verify_text

PUBLIC = base64.b64decode("MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=")[12:]
SEED = base64.b64decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF")[16:]
BODY = b'{"hello": "world"}'
SHA_512 = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
INPUT = (
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"'
)
SIGNATURE = "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
BASE = b'''"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");\
created=1618884473;keyid="test-key-ed25519"'''
REQUEST = Asked.of(
    "POST",
    "https://example.com/foo?param=Value&Pet=dog",
    [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-digest", SHA_512),
        ("content-length", "18"),
    ],
)


def test_the_published_request_is_signed_as_published() -> None:
    covered = read_dictionary(INPUT)["sig-b26"]
    assert isinstance(covered, InnerList)
    assert signature_base(REQUEST, covered) == BASE
    key = SigningKey(SEED)
    assert key.public == PUBLIC
    assert f"sig-b26={write_value(key.sign_text(BASE))}" == SIGNATURE
    signature = read_dictionary(SIGNATURE)["sig-b26"].value  # type: ignore[union-attr]
    assert isinstance(signature, bytes)
    assert verify_text(PUBLIC, BASE, signature)
    assert not verify_text(PUBLIC, BASE.replace(b"/foo", b"/fox"), signature)


def test_the_published_body_has_the_published_digest() -> None:
    body = Body(SHA_512)
    body.update(BODY[:5])
    body.update(BODY[5:])
    body.verify()
    # RFC 9530, appendix B.1: the same body by SHA-256.
    assert content_digest(BODY) == "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
    with pytest.raises(InputError, match="sha-512"):
        Body(SHA_512).verify()


@pytest.mark.parametrize(
    ("url", "component", "value"),
    [
        ("https://www.example.com/path?param=value", "@method", "POST"),
        (
            "https://www.example.com/path?param=value",
            "@target-uri",
            "https://www.example.com/path?param=value",
        ),
        ("https://WWW.example.com:443/path", "@authority", "www.example.com"),
        ("http://www.example.com:80/path", "@authority", "www.example.com"),
        ("https://www.example.com:8443/path", "@authority", "www.example.com:8443"),
        ("http://www.example.com/path", "@scheme", "http"),
        ("https://www.example.com/path?param=value", "@request-target", "/path?param=value"),
        ("https://www.example.com/path?param=value", "@path", "/path"),
        ("https://www.example.com", "@path", "/"),
        (
            "https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman",
            "@query",
            "?param=value&foo=bar&baz=bat%2Dman",
        ),
        ("https://www.example.com/path?queryString", "@query", "?queryString"),
        ("https://www.example.com/path?", "@query", "?"),
    ],
)
def test_components_have_the_published_values(url: str, component: str, value: str) -> None:
    first = _line(Asked.of("POST", url), Item(component, {}))
    assert first == f'"{component}": {value}'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("baz", "batman"),
        ("qux", ""),
        ("param", "value"),
        ("var", "this%20is%20a%20big%0Amultiline%20value"),
    ],
)
def test_parameters_of_a_query_have_the_published_values(name: str, value: str) -> None:
    query = "param=value&foo=bar&baz=batman&qux=&var=this%20is%20a%20big%0Amultiline%20value"
    asked = Asked.of("GET", f"https://www.example.com/parameters?{query}")
    line = _line(asked, Item("@query-param", {"name": name}))
    assert line == f'"@query-param";name="{name}": {value}'


def test_lines_of_a_header_are_one_value() -> None:
    headers = [
        ("x-ows-header", "   Leading and trailing whitespace.   "),
        ("x-obs-fold-header", "Obsolete\n    line folding."),
        ("cache-control", "max-age=60"),
        ("cache-control", "   must-revalidate"),
        ("x-empty-header", ""),
    ]
    asked = Asked.of("GET", "https://www.example.com/", headers)
    assert (
        _line(asked, Item("x-ows-header", {})) == '"x-ows-header": Leading and trailing whitespace.'
    )
    assert (
        _line(asked, Item("x-obs-fold-header", {})) == '"x-obs-fold-header": Obsolete line folding.'
    )
    assert _line(asked, Item("cache-control", {})) == '"cache-control": max-age=60, must-revalidate'
    assert _line(asked, Item("x-empty-header", {})) == '"x-empty-header": '


def _line(asked: Asked, item: Item) -> str:
    return signature_base(asked, InnerList([item], {})).decode().partition("\n")[0]
