"""qh3 as it is used here: TLS 1.3 with X25519MLKEM768 and Ed25519 alone, no certificates but the pinned key.

What the library does not offer is done by overriding details of one exact version; ``quic_selftest`` proves that they
are as they were.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from focusmesh.errors import MissingExtraError, NetworkError
from focusmesh.protocol.transport.certificate import certificate_of, key_of, private_key_of

try:
    import qh3
    from qh3._hazmat import Certificate, Ed25519PrivateKey, pull_quic_header
    from qh3.quic import events
    from qh3.quic.configuration import QuicConfiguration
    from qh3.quic.connection import QuicConnection, QuicConnectionError
    from qh3.quic.events import HandshakeCompleted
    from qh3.quic.packet import encode_quic_retry
    from qh3.tls import (
        AlertBadCertificate,
        AlertHandshakeFailure,
        CipherSuite,
        Direction,
        Epoch,
        Group,
        SignatureAlgorithm,
    )
except ImportError as error:
    raise MissingExtraError("network", "QUIC") from error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qh3.quic.tls_bridge import QuicTlsBridge

    from focusmesh.protocol.identity import SigningKey

__all__ = [
    "CONNECTION_ID_BYTES",
    "GROUP",
    "Epoch",
    "Group",
    "HandshakeCompleted",
    "PinnedConnection",
    "QuicConnectionError",
    "check_version",
    "configuration",
    "destination_of",
    "encode_quic_retry",
    "events",
    "pull_quic_header",
]

QH3_VERSION = "2.1.0"
ALPN = "stoq/1.0"
GROUP = Group.X25519ML768
"""X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem): as strong as the stronger of the two."""
CONNECTION_ID_BYTES = 8
DATAGRAM_FRAME_BYTES_MAX = 1_200
CONNECTION_WINDOW_BYTES = 16 << 20
STREAM_WINDOW_BYTES = 2 << 20
"""What QUIC itself lets under way; frames that nobody receives are held up far below (quic_stream)."""
_OTHER_KEYS = (
    "_ec_p256_private_key",
    "_ec_p384_private_key",
    "_ec_p521_private_key",
    "_x25519_private_key",
)


def check_version() -> None:
    """NetworkError ``"library"`` for another version than the one whose details are known."""
    if qh3.__version__ != QH3_VERSION:
        raise NetworkError(
            "library",
            f"QUIC needs qh3 {QH3_VERSION}, whose post-quantum key exchange is checked; "
            f"{qh3.__version__} is installed: pip install qh3=={QH3_VERSION}",
        )


def configuration(key: SigningKey | None, idle_seconds: float) -> QuicConfiguration:
    """Of a server with this key, or of a dialler, who shows none before stream 0."""
    made = QuicConfiguration(
        is_client=key is None,
        alpn_protocols=[ALPN],
        cipher_suites=[CipherSuite.CHACHA20_POLY1305_SHA256, CipherSuite.AES_128_GCM_SHA256],
        signature_algorithms=[SignatureAlgorithm.ED25519],
        # No authority says who anybody is: the key itself is compared (PinnedConnection).
        verify_mode=ssl.CERT_NONE,
        connection_id_length=CONNECTION_ID_BYTES,
        idle_timeout=idle_seconds,
        max_data=CONNECTION_WINDOW_BYTES,
        max_stream_data=STREAM_WINDOW_BYTES,
        max_datagram_frame_size=DATAGRAM_FRAME_BYTES_MAX,
    )
    if key is not None:
        made.certificate = Certificate(certificate_of(key))
        made.private_key = Ed25519PrivateKey(private_key_of(key))
    return made


def destination_of(datagram: bytes) -> bytes:
    """The connection id that a datagram goes to. ValueError for what is no QUIC packet."""
    if datagram[0] & 0x80:
        return pull_quic_header(datagram, 0, CONNECTION_ID_BYTES)[3]
    return datagram[1 : 1 + CONNECTION_ID_BYTES]


class PinnedConnection(QuicConnection):
    """A connection that keys of no other group protect, and, at a dialler, with no other server than ``server_key``."""

    def __init__(
        self,
        *,
        configuration: QuicConfiguration,
        server_key: bytes = b"",
        groups: Sequence[int] = (GROUP,),
        **keywords: Any,
    ) -> None:
        super().__init__(configuration=configuration, **keywords)
        self._server_key = server_key
        self._groups = groups

    @property
    def ending(self) -> events.ConnectionTerminated | None:
        """Why the connection is over or about to be, as soon as that is known."""
        return self._close_event

    @property
    def may_open(self) -> bool:
        """Whether the other side allows one more stream."""
        return self.get_next_available_stream_id() // 4 < self.max_concurrent_bidi_streams

    def _create_tls(self, remote_source_cid: bytes | None) -> QuicTlsBridge:
        bridge = super()._create_tls(remote_source_cid)
        context: Any = bridge.tls
        context._supported_groups = list(self._groups)
        # Decompression has no limit, and is taken even if it was not offered (RFC 8879).
        context._compress_certificate_algorithms = None
        context._client_handle_compressed_certificate = _refuse_compressed
        install = context.update_traffic_key_cb

        def check_and_install(
            direction: Direction, epoch: Epoch, suite: CipherSuite, secret: bytes
        ) -> None:
            self._check_keys(context, epoch)
            install(direction, epoch, suite, secret)

        context.update_traffic_key_cb = check_and_install
        return bridge

    def _check_keys(self, context: Any, epoch: Epoch) -> None:
        """Before a key is used: the hybrid exchange made it; and before the last one: this is the server meant."""
        if epoch == Epoch.ZERO_RTT:
            raise AlertHandshakeFailure("early data is not taken")
        others = any(getattr(context, name) is not None for name in _OTHER_KEYS)
        if others or context._x25519_kyber_768_private_key is None:
            raise AlertHandshakeFailure("only X25519MLKEM768 is spoken here")
        if epoch == Epoch.ONE_RTT and self._is_client:
            certificate = context.peer_certificate
            if certificate is None or key_of(certificate.public_key()) != self._server_key:
                raise AlertBadCertificate(
                    "the server has another key than the one that was dialled"
                )


def _refuse_compressed(buffer: object) -> None:
    raise AlertBadCertificate("certificates are not compressed here")
