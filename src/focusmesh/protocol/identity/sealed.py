"""A secret at rest: Argon2id of a passphrase, AES-256-GCM, the parameters beside it, as JSON.

    {"version": 1, "kind": "ed25519", "public": "…", "kdf": "argon2id", "passes": 3, "memory_kib": 65536, "lanes": 4,
     "salt": "…", "cipher": "aes-256-gcm", "nonce": "…", "sealed": "…"}

Bytes are in hexadecimal. The associated data is the dag-cbor of every field but ``sealed``, so that a changed field
does not open. Sources: RFC 9106 (the defaults are its second recommended option), NIST SP 800-38D.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from focusmesh.errors import MissingExtraError, ParameterError, SecretError
from focusmesh.protocol.codec import encode

VERSION = 1
SALT_BYTES = 16
NONCE_BYTES = 12
SEAL_RANDOM_BYTES = SALT_BYTES + NONCE_BYTES
"""How many random bytes ``seal_key`` takes."""

_KEY_BYTES = 32
_PASSES_MAX = 64
_MEMORY_KIB_MAX = 2**21
_LANES_MAX = 64


@dataclass(frozen=True)
class SealCosts:
    """What a guess of the passphrase costs: 1 ≤ passes ≤ 64, 1 ≤ lanes ≤ 64, 8·lanes ≤ memory_kib ≤ 2²¹ (2 GiB).

    The upper limits hold when a file is opened too: one that somebody sends cannot ask for all memory.
    """

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4

    def verify(self) -> None:
        """Raises ParameterError."""
        if not 1 <= self.passes <= _PASSES_MAX:
            raise ParameterError(f"1 ≤ passes ≤ {_PASSES_MAX} does not hold for {self.passes}")
        if not 1 <= self.lanes <= _LANES_MAX:
            raise ParameterError(f"1 ≤ lanes ≤ {_LANES_MAX} does not hold for {self.lanes}")
        if not 8 * self.lanes <= self.memory_kib <= _MEMORY_KIB_MAX:
            raise ParameterError(
                f"8·lanes ≤ memory_kib ≤ {_MEMORY_KIB_MAX} does not hold for {self.memory_kib}"
            )


USUAL_COSTS = SealCosts()


class _Gcm(NamedTuple):
    AESGCM: Any
    InvalidTag: type[Exception]


class _Versioned(msgspec.Struct):
    version: int


class SealedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file as it stands; ``public`` is what may be shown without the passphrase."""

    version: int
    kind: str
    public: str
    kdf: str
    passes: int
    memory_kib: int
    lanes: int
    salt: str
    cipher: str
    nonce: str
    sealed: str

    def associated_data(self) -> bytes:
        """What GCM binds to the secret: every field but ``sealed``."""
        fields = msgspec.structs.asdict(self)
        del fields["sealed"]
        return encode(fields)


def seal_key(
    secret: bytes,
    passphrase: str,
    random: bytes,
    *,
    kind: str = "ed25519",
    public: bytes = b"",
    costs: SealCosts = USUAL_COSTS,
) -> bytes:
    """The JSON file that holds ``secret``; ``random`` is ``SEAL_RANDOM_BYTES`` fresh bytes. Some 100 ms at usual costs.

    Raises ParameterError for costs or random bytes out of range, SecretError for an empty passphrase,
    MissingExtraError.
    """
    costs.verify()
    if len(random) != SEAL_RANDOM_BYTES:
        raise ParameterError(f"len(random) = {SEAL_RANDOM_BYTES} does not hold for {len(random)}")
    file = SealedKey(
        version=VERSION,
        kind=kind,
        public=public.hex(),
        kdf="argon2id",
        passes=costs.passes,
        memory_kib=costs.memory_kib,
        lanes=costs.lanes,
        salt=random[:SALT_BYTES].hex(),
        cipher="aes-256-gcm",
        nonce=random[SALT_BYTES:].hex(),
        sealed="",
    )
    key = _key(passphrase, random[:SALT_BYTES], costs)
    sealed = _gcm().AESGCM(key).encrypt(random[SALT_BYTES:], secret, file.associated_data())
    whole = msgspec.structs.replace(file, sealed=sealed.hex())
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def read_sealed_key(data: bytes) -> SealedKey:
    """The fields of a file, without opening it. Raises SecretError for anything that ``seal_key`` does not write."""
    try:
        version = msgspec.json.decode(data, type=_Versioned).version
        # Before the fields, of which a later version may have others.
        if version != VERSION:
            raise ValueError(
                f"it has version {version}, and this focusmesh opens {VERSION}; install a newer one"
            )
        file = msgspec.json.decode(data, type=SealedKey)
        SealCosts(file.passes, file.memory_kib, file.lanes).verify()
        sizes = tuple(len(_hex(each)) for each in (file.salt, file.nonce, file.public, file.sealed))
    except (msgspec.MsgspecError, ParameterError, ValueError, RecursionError) as error:
        raise SecretError(f"not a sealed key: {error}") from error
    if (file.kdf, file.cipher) != ("argon2id", "aes-256-gcm"):
        raise SecretError(
            f"a sealed key with {file.kdf} and {file.cipher}; known: argon2id, aes-256-gcm"
        )
    if sizes[:2] != (SALT_BYTES, NONCE_BYTES):
        raise SecretError("a sealed key whose salt or nonce has another length")
    return file


def unseal_key(data: bytes, passphrase: str) -> bytes:
    """The secret in a file that ``seal_key`` made. Raises SecretError for a wrong passphrase or a changed file."""
    file = read_sealed_key(data)
    key = _key(passphrase, _hex(file.salt), SealCosts(file.passes, file.memory_kib, file.lanes))
    gcm = _gcm()
    try:
        secret: bytes = gcm.AESGCM(key).decrypt(
            _hex(file.nonce), _hex(file.sealed), file.associated_data()
        )
    except gcm.InvalidTag as error:
        raise SecretError(
            "a sealed key that does not open: wrong passphrase, or damaged"
        ) from error
    return secret


def _key(passphrase: str, salt: bytes, costs: SealCosts) -> bytes:
    # The same passphrase typed on another keyboard may be composed of other code points.
    secret = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    if not secret:
        raise SecretError("the passphrase is empty: choose one to seal the key with")
    try:
        from argon2 import low_level
    except ModuleNotFoundError as error:
        raise MissingExtraError("ledger", "sealing keys") from error
    return low_level.hash_secret_raw(
        secret,
        salt,
        time_cost=costs.passes,
        memory_cost=costs.memory_kib,
        parallelism=costs.lanes,
        hash_len=_KEY_BYTES,
        type=low_level.Type.ID,
        version=0x13,
    )


def _gcm() -> _Gcm:
    try:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ModuleNotFoundError as error:
        raise MissingExtraError("ledger", "sealing keys") from error
    return _Gcm(AESGCM, InvalidTag)


def _hex(text: str) -> bytes:
    """Bytes of lower-case hexadecimal without spaces. Raises ValueError."""
    data = bytes.fromhex(text)
    if data.hex() != text:
        raise ValueError(f"{text[:16]!r}… is not plain lower-case hexadecimal")
    return data
