"""Problems as gRPC has them: a status, the message for people, and google.rpc.ErrorInfo with the code for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.interface.server.grpc.framework import any_pb2, error_details_pb2, grpc, status_pb2

if TYPE_CHECKING:
    from focusmesh.host.service import Problem

DOMAIN = "focusmesh"
DETAILS = "grpc-status-details-bin"
_BY_CODE = {
    "time-limit": grpc.StatusCode.DEADLINE_EXCEEDED,
    "too-many": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "budget": grpc.StatusCode.RESOURCE_EXHAUSTED,
}
_BY_STATUS = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.FAILED_PRECONDITION,
    421: grpc.StatusCode.UNAUTHENTICATED,
    422: grpc.StatusCode.FAILED_PRECONDITION,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    501: grpc.StatusCode.UNIMPLEMENTED,
    503: grpc.StatusCode.UNAVAILABLE,
}


def status_of(problem: Problem) -> Any:
    """The status code."""
    by_status = _BY_STATUS.get(problem.status, grpc.StatusCode.INTERNAL)
    return _BY_CODE.get(problem.code, by_status)


def details_of(problem: Problem) -> tuple[tuple[str, bytes], ...]:
    """The trailing metadata of a problem: a google.rpc.Status with one ErrorInfo."""
    reason = problem.code.upper().replace("-", "_")
    metadata = {"code": problem.code}
    if problem.parameter is not None:
        metadata["parameter"] = problem.parameter
    for name, value in (("weight", problem.weight), ("tip", problem.tip)):
        if value is not None:
            metadata[name] = str(value)
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)
    packed = any_pb2.Any()
    packed.Pack(info)
    status = status_pb2.Status(
        code=status_of(problem).value[0], message=problem.message, details=[packed]
    )
    return ((DETAILS, status.SerializeToString()),)


def code_in(trailing: Any) -> str | None:
    """The code for programs in the trailing metadata of a failed call; None where another server failed it."""
    for name, value in trailing or ():
        if name == DETAILS:
            for packed in status_pb2.Status.FromString(value).details:
                info = error_details_pb2.ErrorInfo()
                if packed.Unpack(info) and info.domain == DOMAIN:
                    return str(info.metadata["code"])
    return None
