"""What goes wrong between a grid and its PostgreSQL server: coded errors, and nothing half-written."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from focusmesh.apps.grid import History, KeptCommit, KeptTile, verify_history
from focusmesh.errors import FileError, FocusmeshError, GridError, StoreBusyError
from focusmesh.host.persistence import open_store
from focusmesh.ids import digest
from tests.host.persistence.servers import PASSWORD, SECONDS, Postgres, free_port, start_again

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.apps.grid import ArrayStore

WRITER = """
import sys
from focusmesh.apps.grid import History
from focusmesh.host.persistence import open_store
history = History.create(open_store(sys.argv[1]), "killed", (64, 64, 64), 0)
array = history.array()
for number in range(10_000):
    array.activate_box((0, 0, number % 64), (64, 64, number % 64 + 1))
    array.set(number % 64, 0, 0, float(number))
    history.commit(array, f"{number}", number)
    print(history.height, flush=True)
"""


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOCUSMESH_GRID_PASSWORD", PASSWORD)


@pytest.fixture
def store(postgres: Postgres) -> Iterator[ArrayStore]:
    postgres.query("DROP SCHEMA IF EXISTS focusmesh_grid CASCADE", "grid")
    with closing(open_store(postgres.address)) as opened:
        yield opened


def refusal(address: str, **options: str) -> FocusmeshError:
    with pytest.raises(FocusmeshError) as raised:
        open_store(address, **options)  # type: ignore[arg-type]
    assert PASSWORD not in str(raised.value)
    return raised.value


def test_who_has_the_wrong_password_is_not_let_in(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FOCUSMESH_GRID_PASSWORD", "another")
    wrong = refusal(postgres.address)
    monkeypatch.delenv("FOCUSMESH_GRID_PASSWORD")
    none = refusal(postgres.address)
    for error in (wrong, none):
        assert isinstance(error, GridError)
        assert (error.code, "FOCUSMESH_GRID_PASSWORD" in str(error)) == ("password", True)
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    open_store(postgres.address, password_file=file).close()
    assert isinstance(refusal(postgres.address, password_file=str(tmp_path / "none")), FileError)


def test_addresses_that_are_none_are_refused(postgres: Postgres) -> None:
    address = postgres.address
    for wrong in (
        address.replace("grid@", f"grid:{PASSWORD}@"),
        address.replace("postgresql", "mysql"),
        address.replace("grid@", ""),
        address.removesuffix("/grid"),
        address + "?sslmode=prefer",
        address + "?password=x",
        "postgresql://grid@127.0.0.1:port/grid",
    ):
        error = refusal(wrong)
        assert isinstance(error, GridError)
        assert error.code == "address"


def test_a_server_or_database_that_is_not_there(postgres: Postgres) -> None:
    port = str(postgres.port)
    other = refusal(postgres.address.removesuffix("grid") + "nowhere")
    away = refusal(postgres.address.replace(port, str(free_port())))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        plain = refusal(f"{postgres.address}?sslmode=verify-full")
    for error in (other, away, plain):
        assert isinstance(error, GridError)
        assert error.code == "server"
    assert "nowhere" in str(other)


def test_a_unix_socket_will_do(postgres: Postgres, store: ArrayStore) -> None:
    History.create(store, "a", (8, 8, 8), 0)
    address = f"postgresql://grid@localhost:{postgres.port}/grid?host={postgres.folder}"
    with closing(open_store(address)) as through_socket, through_socket.read() as reader:
        assert reader.arrays() == ["a"]


def test_tables_of_another_version_are_refused(postgres: Postgres, store: ArrayStore) -> None:
    store.close()
    for value in ("'2'", "'none'"):
        postgres.query(f"UPDATE focusmesh_grid.about SET value = {value}", "grid")
        error = refusal(postgres.address)
        assert isinstance(error, GridError)
        assert (error.code, "version" in str(error)) == ("schema", True)
    postgres.query("UPDATE focusmesh_grid.about SET value = '1'", "grid")
    open_store(postgres.address).close()


def test_who_may_not_write_is_told(postgres: Postgres, store: ArrayStore) -> None:
    postgres.query("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'r'", "grid")
    os.environ["FOCUSMESH_GRID_PASSWORD"] = "r"
    error = refusal(postgres.address.replace("grid@", "reader@"))
    assert isinstance(error, GridError)
    assert (error.code, "permission denied" in str(error)) == ("server", True)


def test_a_session_that_is_cut_off_in_a_transaction_leaves_nothing(
    postgres: Postgres, store: ArrayStore
) -> None:
    history = History.create(store, "a", (64, 64, 64), 0)

    def write() -> None:
        content = b"lost"
        with store.write() as writer:
            writer.put_commit("a", KeptCommit(1, b"lost"), [KeptTile(1, digest(content), content)])
            writer.put_record("model", "m", content)
            cut(postgres)
            writer.put_record("model", "n", content)

    with pytest.raises(GridError) as raised:
        write()
    assert raised.value.code == "server"
    # The next use connects again, and has the array again.
    with store.read() as reader:
        assert (reader.height("a"), list(reader.tiles("a", 9)), reader.records("model")) == (
            0,
            [],
            {},
        )
    array = history.array()
    array.set(1, 2, 3, 0.5)
    cut(postgres)
    with pytest.raises(GridError):
        history.commit(array, "cut off", 0)
    assert history.commit(array, "again", 0).height == 1
    with closing(open_store(postgres.address)) as other, pytest.raises(StoreBusyError):
        History.open(other, "a")
    assert verify_history(store, "a").is_valid


def cut(postgres: Postgres) -> None:
    """Ends every session but the one that does it."""
    postgres.query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND application_name = 'focusmesh'"
    )


def test_a_server_that_dies_comes_back_with_whole_commits(
    postgres: Postgres, store: ArrayStore
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, postgres.address], stdout=subprocess.PIPE, text=True
    ) as writing:
        assert writing.stdout is not None
        for _ in range(3):
            writing.stdout.readline()
        postgres.stop(signal.SIGQUIT)
        said = writing.stdout.read().split()
        assert writing.wait(SECONDS) == 1
    with pytest.raises(GridError) as raised, store.read() as reader:
        reader.height("killed")
    assert raised.value.code == "server"
    start_again(postgres)
    acknowledged = int(said[-1]) if said else 3
    found = verify_history(store, "killed")
    assert found.is_valid
    assert found.height in (acknowledged, acknowledged + 1)


def test_a_writer_that_is_killed_leaves_whole_commits(
    postgres: Postgres, store: ArrayStore
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, postgres.address], stdout=subprocess.PIPE, text=True
    ) as writing:
        assert writing.stdout is not None
        for _ in range(3):
            writing.stdout.readline()
        time.sleep(0.005)
        writing.kill()
        acknowledged = int((writing.stdout.read().split() or ["3"])[-1])
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            history = History.open(store, "killed")
            break
        except FocusmeshError:
            # The server notices that the session ended.
            time.sleep(0.05)
    assert history.height in (acknowledged, acknowledged + 1)
    assert verify_history(store, "killed").is_valid


def test_what_is_changed_on_the_server_is_found(postgres: Postgres, store: ArrayStore) -> None:
    history = History.create(store, "a", (64, 64, 64), 0)
    array = history.array()
    array.set(3, 4, 5, 0.25)
    history.commit(array, "set", 0, records={("model", "m"): b"bytes"})
    changes = {
        "UPDATE focusmesh_grid.tiles SET content = set_byte(content, 5, 1)": "(0, 0, 0) to (15",
        "UPDATE focusmesh_grid.commits SET certificate = 'x' WHERE height = 1": "commit 1",
        "UPDATE focusmesh_grid.commits SET content = 'x' WHERE height = 0": "commit 0",
        "DELETE FROM focusmesh_grid.tiles": "not those that it wrote",
    }
    for change, place in changes.items():
        postgres.query(
            "DROP TABLE IF EXISTS t, c; CREATE TABLE t AS TABLE focusmesh_grid.tiles", "grid"
        )
        postgres.query("CREATE TABLE c AS TABLE focusmesh_grid.commits", "grid")
        postgres.query(change, "grid")
        assert place in verify_history(store, "a").faults[0].message
        for table, kept in (("tiles", "t"), ("commits", "c")):
            whole = f"DELETE FROM focusmesh_grid.{table}; INSERT INTO focusmesh_grid.{table} TABLE {kept}"
            postgres.query(whole, "grid")
    assert verify_history(store, "a").is_valid
    postgres.query("UPDATE focusmesh_grid.records SET content = 'x'", "grid")
    with (
        pytest.raises(GridError, match="the model 'm' is not as it was written"),
        store.read() as reader,
    ):
        reader.record("model", "m")


def test_an_answer_that_was_interrupted_is_not_that_of_the_next_question(
    store: ArrayStore,
) -> None:
    # Claimed by nobody: the server ends a session that was left only when its question is answered.
    with store.write() as writer:
        writer.put_commit("a", KeptCommit(0, b"kept"), [])

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def wait() -> None:
        with store.read() as reader:
            reader._connection.run("SELECT 'late' FROM pg_sleep(0.3)")  # type: ignore[attr-defined]

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(KeyboardInterrupt):
            wait()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    with store.read() as reader:
        assert reader.arrays() == ["a"]
        assert reader.height("a") == 0
