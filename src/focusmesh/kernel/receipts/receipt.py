"""A receipt: an answer, the block that it holds at, the proof, and who gave it. One JSON object.

What makes a receipt valid is its proof against a header that the reader trusts. The signature adds who answers for it,
never validity: whoever changes a field and signs anew has a receipt that does not hold.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from focusmesh.errors import CodecError, ProofError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.protocol.codec import check_json_items, encode

if TYPE_CHECKING:
    from focusmesh.protocol.identity import SigningKey

RECEIPT_DOMAIN = b"focusmesh/receipt/1\x00"
"""What an answering node signs is this and the digest of the receipt's fields."""
RECEIPT_BYTES_MAX = 1 << 24
RECEIPT_ITEMS_MAX = 1 << 16
"""Names and values: a receipt has some six an answered particle."""
"""A longer file is no receipt."""
_SIGNATURE_BYTES = 64
_VERSION = 1

Kind = Literal["rank", "link", "context"]
Proof = Literal["pages", "row", "rows", "re-execution"]


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a receipt. Digests, keys and the signature are lower-case hexadecimal, the body is base64.

    ``kind`` is what was asked for. ``proof`` is how it is proved: ``pages`` (committed values), ``row`` (a particle's
    row in the state), ``rows`` (the rows that a context pushed), or ``re-execution`` (by answering again from the
    ledger). What ``query``, ``parameters`` and ``result`` hold depends on the kind.
    """

    version: int
    kind: Kind
    proof: Proof
    network: str
    height: int
    block_id: str
    state_root: str
    query: dict[str, Any]
    parameters: dict[str, Any]
    result: dict[str, Any]
    result_digest: str
    body: str
    body_digest: str
    node: str
    signature: str

    @classmethod
    def from_json(cls, text: str | bytes) -> Receipt:
        """Raises ProofError ("receipt") for anything that is no receipt of version 1, in UTF-8.

        Two readers of other bytes (UTF-16, half of a surrogate pair) could hold one receipt for two.
        """
        if len(text) > RECEIPT_BYTES_MAX:
            raise ProofError("receipt", f"a receipt has at most {RECEIPT_BYTES_MAX:,} bytes")
        try:
            check_json_items(text.encode() if isinstance(text, str) else text, RECEIPT_ITEMS_MAX)
            fields = json.loads(
                _utf8(text),
                object_pairs_hook=_unique,
                parse_constant=_no_constant,
                parse_float=_finite,
            )
            _verify_texts(fields)
            # Before the fields, of which a later version may have others.
            _verify_version(fields)
            return msgspec.convert(fields, cls)
        except ProofError:
            raise
        except (ValueError, RecursionError) as error:
            raise ProofError("receipt", f"this is not a receipt: {error}") from error

    def to_json(self) -> str:
        """One line for each field."""
        return json.dumps(msgspec.to_builtins(self), indent=1, ensure_ascii=False) + "\n"

    def body_bytes(self) -> bytes:
        """The body; raises ProofError ("body") unless it is the one base64 of bytes with ``body_digest``."""
        try:
            body = base64.b64decode(self.body, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ProofError("body", f"the body is not base64: {error}") from error
        if base64.b64encode(body).decode() != self.body:
            raise ProofError("body", "the body is not in the canonical spelling of base64")
        if digest(body) != from_hex("body_digest", self.body_digest):
            raise ProofError("body", "the body does not have the digest that the receipt states")
        return body

    def signed_digest(self) -> bytes:
        """The digest of all fields but the signature, in dag-cbor."""
        fields = msgspec.to_builtins(self)
        del fields["signature"]
        return _digest_of(fields)

    def check_signature(self) -> None:
        """Raises ProofError ("signature") unless ``node`` signed these fields."""
        from focusmesh.protocol.identity import verify

        signature = from_hex("signature", self.signature, _SIGNATURE_BYTES)
        node = from_hex("node", self.node)
        if not verify(node, RECEIPT_DOMAIN, self.signed_digest(), signature):
            raise ProofError("signature", f"node {self.node} did not sign this receipt")

    def check_result(self) -> None:
        """Raises ProofError ("result") unless ``result_digest`` is that of query, parameters and result."""
        if self.answered_digest() != from_hex("result_digest", self.result_digest):
            raise ProofError(
                "result",
                "query, parameters and result do not have the digest that the receipt states",
            )

    def answered_digest(self) -> bytes:
        """The digest of what was asked and answered: query, parameters and result as a dag-cbor array."""
        return _digest_of([self.query, self.parameters, self.result])


def _utf8(text: str | bytes) -> str:
    """The text of a receipt; raises ProofError ("receipt") with the place of the first byte that is no UTF-8."""
    try:
        return text.decode() if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        words = (
            f"a receipt is UTF-8: byte {error.start:,} is none; get it again, as the node gave it"
        )
        raise ProofError("receipt", words) from error


def _verify_texts(value: Any) -> None:
    """Raises ProofError ("receipt") for a text with half of a surrogate pair, which UTF-8 cannot say."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            words = f"a receipt is UTF-8: {value[:40]!a} has half of a surrogate pair"
            raise ProofError("receipt", words) from error
    elif isinstance(value, dict):
        for name, one in value.items():
            _verify_texts(name)
            _verify_texts(one)
    elif isinstance(value, list):
        for one in value:
            _verify_texts(one)


def seal_receipt(unsigned: Receipt, key: SigningKey) -> Receipt:
    """The receipt with its digests, the node's key and its signature."""
    body = base64.b64decode(unsigned.body)
    whole = msgspec.structs.replace(
        unsigned,
        result_digest=unsigned.answered_digest().hex(),
        body_digest=digest(body).hex(),
        node=key.public.hex(),
    )
    signature = key.sign(RECEIPT_DOMAIN, whole.signed_digest())
    return msgspec.structs.replace(whole, signature=signature.hex())


def from_hex(name: str, text: Any, byte_count: int = DIGEST_BYTES) -> bytes:
    """The bytes of lower-case hexadecimal; raises ProofError ("receipt") for anything else."""
    try:
        data = bytes.fromhex(text)
    except (TypeError, ValueError):
        data = b""
    if len(data) != byte_count or data.hex() != text:
        raise ProofError("receipt", f"{name} is not {byte_count} bytes in hexadecimal: {text!r}")
    return data


def _verify_version(fields: Any) -> None:
    version = fields.get("version") if isinstance(fields, dict) else None
    if type(version) is int and version != _VERSION:
        raise ValueError(
            f"it has version {version}, and this focusmesh reads {_VERSION}; install a newer one"
        )


def _digest_of(fields: Any) -> bytes:
    """The digest of the dag-cbor; raises ProofError ("receipt") for numbers and text that have none."""
    try:
        return digest(encode(fields))
    except CodecError as error:
        raise ProofError("receipt", f"this is not a receipt: {error}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field occurs twice")
    return fields


def _finite(text: str) -> float:
    """JSON can write numbers that no float has, which it could not write again."""
    value = float(text)
    return value if math.isfinite(value) else _no_constant(text)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of a receipt")
