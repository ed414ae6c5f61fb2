"""How a server is configured: defaults, a TOML file, the environment, options; every value knows where it is from.

    [serve]                  one table a section, one line a setting
    port = 8420              FOCUSMESH_SERVE_PORT=8420 in the environment goes before it, --port 8420 before both

Every setting has one type, that of its default; a wrong name or type is refused with the names that there are.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from focusmesh.errors import FileError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "FOCUSMESH_"
CONFIG_VARIABLE = "FOCUSMESH_CONFIG"
DEFAULT = "default"
NO_PORT = -1
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def _about(default: Any, words: str) -> Any:
    """A setting: its default and what it is."""
    return field(default=default, metadata={"about": words})


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Where the server listens, and who answers."""

    host: str = _about("127.0.0.1", "address to listen at; 0.0.0.0 is every one of this machine")
    port: int = _about(8420, "port; 0 takes a free one")
    workers: int = _about(1, "processes that answer; they share the graph file and its focus")
    threads: int = _about(2, "long answers that a worker works at at once")
    grace_seconds: float = _about(10.0, "how long running answers may go on when the server ends")
    node: bool = _about(False, "also make the ledger's blocks, as `focusmesh node start` does")
    writes: bool = _about(
        False, "take signals although the node beside it votes (has a validator's key)"
    )
    chunked: bool = _about(
        False, "take bodies without a Content-Length (Transfer-Encoding: chunked)"
    )
    compress: bool = _about(True, "send answers compressed (br, gzip) to who accepts that")
    log: str = _about("text", "what is written to standard error: text, json or nothing")


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """What one client may ask for."""

    body_bytes: int = _about(20_000_000, "largest body of a request")
    query_bytes: int = _about(32_768, "longest path and query of a request")
    answer_seconds: float = _about(10.0, "longest work at one answer")
    progress_seconds: float = _about(60.0, "longest work at one whose progress the client follows")
    wait_seconds: float = _about(30.0, "longest wait for a signal's block")
    exports: int = _about(4, "whole graphs that a worker sends at once")
    waiting: int = _about(64, "answers that may wait for a thread of a worker")
    requests_per_second: float = _about(
        200.0, "of one address, and of one key, at one worker; 0 sets no limit"
    )
    burst: int = _about(2_000, "requests that may come at once beyond that")
    signals_per_second: float = _about(
        50.0, "signals posted of one neuron at one worker; 0 sets no limit"
    )
    signals_burst: int = _about(1_000, "signals of one neuron that may come at once beyond that")
    body_seconds: float = _about(30.0, "how long a client may take to send the body of a request")
    behind_seconds: float = _about(
        5.0, "how long there may be newer than what is served, and all be well"
    )
    header_seconds: float = _about(10.0, "how long a client may take to send its headers")
    send_seconds: float = _about(60.0, "how long a client may take to read a part of an answer")
    sockets: int = _about(2_000, "web sockets of a worker")
    subscriptions: int = _about(32, "subscriptions of one web socket")
    message_bytes: int = _about(65_536, "largest message of a client over a web socket")
    alive_seconds: float = _about(30.0, "how long nothing is said before a web socket is told so")
    graphql_cost: int = _about(10_000, "largest cost of a GraphQL query, in rows; a context is 100")
    graphql_depth: int = _about(16, "deepest nesting of a GraphQL query")


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who may ask."""

    keys: str = _about("", "file of API keys and neurons, as `focusmesh config key` writes them")
    anyone: bool = _about(False, "serve without keys at an address that others can reach")
    hosts: str = _about("", "names that requests may give as their Host, with commas between")
    proxies: str = _about(
        "",
        "addresses and networks of proxies whose X-Forwarded-For is believed, with commas between",
    )
    signature_seconds: int = _about(300, "how long the signature of a request holds at most")
    origins: str = _about("", "web sites whose pages may ask (CORS), with commas between; * is any")


@dataclass(frozen=True, slots=True)
class ReceiptSettings:
    """Who answers for receipts."""

    key: str = _about("", "name of the key that signs them; without one, none are given")
    keys: str = _about("", "folder of key files (FOCUSMESH_KEYS)")
    passphrase_file: str = _about("", "file with its passphrase (FOCUSMESH_PASSPHRASE)")


@dataclass(frozen=True, slots=True)
class GrpcSettings:
    """gRPC, beside HTTP at the same address."""

    port: int = _about(NO_PORT, "port of gRPC; -1 is none, 0 takes a free one")
    calls: int = _about(1_000, "calls that a worker answers at once, streams among them")


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """OpenTelemetry. Nothing is sent anywhere without an endpoint."""

    endpoint: str = _about("", "where traces and metrics go, by OTLP over HTTP; else nowhere")
    sample: float = _about(1.0, "share of requests that are traced")
    seconds: float = _about(60.0, "how far apart metrics are sent")


@dataclass(frozen=True, slots=True)
class GridSettings:
    """A grid, beside what is served otherwise."""

    store: str = _about("", "folder of a grid, or postgresql://user@host:port/name; else no grid")
    password_file: str = _about("", "file with the store's password (FOCUSMESH_GRID_PASSWORD)")
    secret_file: str = _about("", "file with the secret of the cubes' keys; else DIR/secret")
    fanout: str = _about(
        "", "redis://host:port, where workers tell each other; else in one process"
    )
    fanout_password_file: str = _about(
        "", "file with its password (FOCUSMESH_GRID_FANOUT_PASSWORD)"
    )
    follow: bool = _about(False, "only read what another process keeps, and hear of its changes")
    save_seconds: float = _about(1.0, "how long work at cubes may go on before it is committed")


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """The operator of a graph file; a ledger has its own."""

    alpha: float = _about(0.15, "teleport of the diffusion")
    mu: float = _about(1.0, "screening of the springs")
    tau: float = _about(1.0, "time of the heat kernel")
    diffusion: float = _about(0.5, "share of the diffusion")
    springs: float = _about(0.3, "share of the springs")
    heat: float = _about(0.2, "share of the heat kernel")
    terms: int = _about(8, "terms of the two series")
    tolerance: float = _about(1e-6, "largest bound on the L1 error of all scores")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings by section, and where each is from (``origins``: "section.name" → words)."""

    serve: ServeSettings = field(default_factory=ServeSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    receipts: ReceiptSettings = field(default_factory=ReceiptSettings)
    grpc: GrpcSettings = field(default_factory=GrpcSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    grid: GridSettings = field(default_factory=GridSettings)
    operator: OperatorSettings = field(default_factory=OperatorSettings)
    origins: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        file: str | None,
        environment: Mapping[str, str],
        options: Mapping[str, Any] | None = None,
    ) -> Settings:
        """Defaults, then ``file`` (else the one that FOCUSMESH_CONFIG names), then the environment, then options.

        ``options`` are "section.name" → value or None for what was not said. Raises FileError for a file that cannot be
        read, ParameterError for what is no setting or has another type.
        """
        values: dict[str, Any] = {}
        origins: dict[str, str] = {}
        path = file or environment.get(CONFIG_VARIABLE) or None
        for name, value in _in_file(path):
            values[name], origins[name] = _coerce(name, value, f"{path}: "), f"file {path}"
        for name in names():
            variable = variable_of(name)
            if variable in environment:
                values[name] = _coerce(name, _parse(name, environment[variable]), f"{variable}: ")
                origins[name] = f"environment {variable}"
        for name, value in (options or {}).items():
            if value is not None:
                values[name], origins[name] = _coerce(name, value, ""), "option"
        sections = {
            section: kind(
                **{
                    name.partition(".")[2]: value
                    for name, value in values.items()
                    if name.partition(".")[0] == section
                }
            )
            for section, kind in _SECTIONS.items()
        }
        settings = cls(**sections, origins=origins)
        settings.verify()
        return settings

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        _require(0 <= self.serve.port < 65_536, "0 ≤ serve.port < 65,536", self.serve.port)
        _require(-1 <= self.grpc.port < 65_536, "-1 ≤ grpc.port < 65,536", self.grpc.port)
        _require(self.grpc.calls >= 1, "grpc.calls ≥ 1", self.grpc.calls)
        endpoint = self.telemetry.endpoint
        is_url = not endpoint or endpoint.startswith(("http://", "https://"))
        _require(is_url, "telemetry.endpoint to be a URL", endpoint)
        sample, seconds = self.telemetry.sample, self.telemetry.seconds
        _require(0 <= sample <= 1, "0 ≤ telemetry.sample ≤ 1", sample)
        _require(seconds > 0, "telemetry.seconds > 0", seconds)
        save = self.grid.save_seconds
        _require(save >= 0, "grid.save_seconds ≥ 0", save)
        _require(1 <= self.serve.workers <= 256, "1 ≤ serve.workers ≤ 256", self.serve.workers)
        _require(1 <= self.serve.threads <= 256, "1 ≤ serve.threads ≤ 256", self.serve.threads)
        _require(self.serve.log in LOGS, f"serve.log to be {', '.join(LOGS)}", self.serve.log)
        for name in (
            *("body_bytes", "query_bytes", "waiting", "answer_seconds", "header_seconds"),
            *("body_seconds", "send_seconds", "message_bytes"),
            *("alive_seconds", "progress_seconds"),
        ):
            value = getattr(self.limits, name)
            _require(value > 0, f"limits.{name} > 0", value)
        for name in ("graphql_cost", "graphql_depth"):
            value = getattr(self.limits, name)
            _require(value >= 1, f"limits.{name} ≥ 1", value)
        seconds = self.access.signature_seconds
        _require(seconds >= 1, "access.signature_seconds ≥ 1", seconds)
        for name in (
            *("requests_per_second", "burst", "wait_seconds", "behind_seconds"),
            *("signals_per_second", "signals_burst"),
            *("sockets", "subscriptions"),
        ):
            value = getattr(self.limits, name)
            _require(value >= 0, f"limits.{name} ≥ 0", value)

    def __iter__(self) -> Iterator[tuple[str, Any, str]]:
        """Every setting: its name, its value, where it is from."""
        for name in names():
            section, _, key = name.partition(".")
            value = getattr(getattr(self, section), key)
            yield name, value, self.origins.get(name, DEFAULT)


LOGS = ("text", "json", "nothing")
_SECTIONS: dict[str, type[Any]] = {
    "serve": ServeSettings,
    "limits": LimitSettings,
    "access": AccessSettings,
    "receipts": ReceiptSettings,
    "grpc": GrpcSettings,
    "telemetry": TelemetrySettings,
    "grid": GridSettings,
    "operator": OperatorSettings,
}


def names() -> list[str]:
    """All settings, as "section.name"."""
    return [f"{section}.{one.name}" for section, kind in _SECTIONS.items() for one in fields(kind)]


def about(name: str) -> str:
    """What a setting is, in a few words."""
    return str(_field(name).metadata["about"])


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.replace(".", "_").upper()


def _in_file(path: str | None) -> Iterator[tuple[str, Any]]:
    if path is None:
        return
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"cannot read the configuration {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path}: it is not TOML: {error}") from error
    for section, table in tables.items():
        if not isinstance(table, dict):
            raise ParameterError(f"{path}: {section} stands in no section; write [serve] before it")
        for key, value in table.items():
            yield f"{section}.{key}", value


def _coerce(name: str, value: Any, where: str) -> Any:
    """``value`` in the type of the setting; raises ParameterError."""
    if name not in names():
        section = name.partition(".")[0]
        near = [known for known in names() if known.startswith(section + ".")]
        known = ", ".join(near or (f"[{section}]" for section in _SECTIONS))
        raise ParameterError(f"{where}there is no setting {name}; there are {known}")
    wanted = type(_field(name).default)
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:
        raise ParameterError(f"{where}{name} must be {_KINDS[wanted]}, not {value!r}")
    return value


_KINDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def _parse(name: str, text: str) -> Any:
    """The value that a text of the environment spells; the text itself where it spells none."""
    wanted = type(_field(name).default)
    if wanted is bool:
        return _TRUTHS.get(text.lower(), text)
    try:
        return text if wanted is str else wanted(text)
    except ValueError:
        return text


def _field(name: str) -> Any:
    section, _, key = name.partition(".")
    return next(one for one in fields(_SECTIONS[section]) if one.name == key)


def _require(holds: bool, inequality: str, value: object) -> None:
    if not holds:
        raise ParameterError(f"a server needs {inequality}, not {value!r}")
