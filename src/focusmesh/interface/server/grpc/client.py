"""A client in Python without generated code: methods by name, fields as keywords, problems as exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import FocusmeshError, ParameterError
from focusmesh.interface.server.grpc.framework import grpc
from focusmesh.interface.server.grpc.protocol import method_types
from focusmesh.interface.server.grpc.statuses import code_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Self

    from focusmesh.interface.server.signatures import RequestSigner

AUTHORITY = "focusmesh-authority"
SECONDS = 30.0


class GrpcError(FocusmeshError):
    """A call that failed: ``status`` is gRPC's word for it, ``code`` ours (None where another server failed it)."""

    def __init__(self, status: str, code: str | None, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)


class GrpcClient:
    """Calls of a server: ``client.Rank(top=3)`` is its answer, of a method that streams an iterator of answers.

    Methods and fields are those of the published files; all names are different, so that services need no naming.
    """

    def __init__(
        self, target: str, *, api_key: str | None = None, signer: RequestSigner | None = None
    ) -> None:
        """``target`` is host:port; ``signer`` signs every call with a neuron's key."""
        self._target = target
        self._api_key = api_key
        self._signer = signer
        unlimited = [("grpc.max_receive_message_length", -1)]
        self._channel = grpc.insecure_channel(target, options=unlimited)
        self._methods = {path.partition("/")[2]: kind for path, kind in method_types().items()}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in self._methods:
            raise AttributeError(f"there is no method {name}; there are {', '.join(self._methods)}")

        def call(*, timeout: float | None = None, **fields: Any) -> Any:
            return self._call(name, timeout, fields)

        return call

    def close(self) -> None:
        """Ends what still goes on."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, name: str, timeout: float | None, fields: dict[str, Any]) -> Any:
        kind = self._methods[name]
        try:
            sent = kind.request(**fields).SerializeToString()
        except (TypeError, ValueError) as error:
            raise ParameterError(f"{name}: {error}") from error
        metadata = self._metadata(kind.path, sent)
        if kind.is_stream:
            stream = self._channel.unary_stream(
                kind.path, response_deserializer=kind.response.FromString
            )
            return _read_stream(stream(sent, metadata=metadata, timeout=timeout))
        unary = self._channel.unary_unary(kind.path, response_deserializer=kind.response.FromString)
        try:
            return unary(sent, metadata=metadata, timeout=timeout or SECONDS)
        except grpc.RpcError as error:
            raise _error(error) from None

    def _metadata(self, path: str, sent: bytes) -> Sequence[tuple[str, str]]:
        if self._api_key is not None:
            return [("authorization", f"Bearer {self._api_key}")]
        if self._signer is None:
            return []
        made = self._signer.headers("POST", f"http://{self._target}{path}", sent)
        signed = [(name.lower(), value) for name, value in made.items()]
        return [(AUTHORITY, self._target), *signed]


def _read_stream(stream: Any) -> Iterator[Any]:
    """What comes, until it ends, fails, or nobody wants more."""
    try:
        yield from stream
    except grpc.RpcError as error:
        raise _error(error) from None
    finally:
        stream.cancel()


def _error(error: Any) -> GrpcError:
    return GrpcError(error.code().name, code_in(error.trailing_metadata()), error.details())
