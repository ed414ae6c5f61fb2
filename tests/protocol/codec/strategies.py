"""Values of dag-cbor, those included that libipld alone gets wrong."""

from __future__ import annotations

from hypothesis import strategies as st

from focusmesh.protocol.codec import Cid

DIGESTS = st.binary(min_size=32, max_size=32)
CIDS = st.builds(Cid, st.sampled_from([0x55, 0x71]), st.sampled_from([0x12, 0x1E]), DIGESTS)


def _like_a_link(codec: int, hash_code: int, rest: bytes) -> bytes:
    return bytes((1, codec, hash_code, len(rest))) + rest


LIKE_LINKS = st.one_of(
    st.builds(
        _like_a_link, st.integers(0, 127), st.integers(0, 127), st.binary(min_size=0, max_size=40)
    ),
    DIGESTS.map(lambda digest: b"\x12\x20" + digest),
    st.builds(lambda head, tail: head + tail, CIDS.map(lambda cid: cid.binary), st.binary()),
    # What stands in data before a link, within a byte string.
    st.builds(
        lambda before, cid, after: before + b"\xd8\x2a\x58\x25\x00" + cid.binary + after,
        st.binary(max_size=3),
        CIDS,
        st.binary(max_size=3),
    ),
    st.binary(max_size=5).map(lambda after: b"\xd8\x2a\x58\x00\x00" + after),
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: str(x) != "-0.0")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64 - 1),
    FLOATS,
    st.text(max_size=30),
    st.binary(max_size=70),
    LIKE_LINKS,
)


def _nested(leaves: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
        ),
        max_leaves=12,
    )


VALUES = _nested(SCALARS | CIDS)
LINKLESS = _nested(SCALARS)
