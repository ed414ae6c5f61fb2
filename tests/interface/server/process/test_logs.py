"""A line of the log is one JSON object, traceback and all."""

from __future__ import annotations

import json
import logging.config

import pytest

from focusmesh.interface.server.process.logs import JsonFormatter, log_config


def test_a_line_is_an_object() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        record = logging.LogRecord(
            "focusmesh.http", logging.ERROR, "", 0, "path %s", ("/v1",), None
        )
        record.exc_info = (type(error), error, error.__traceback__)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    said = json.loads(line)
    assert (said["level"], said["message"]) == ("error", "path /v1")
    assert "ValueError" in said["traceback"]


@pytest.mark.parametrize("kind", ["text", "json", "nothing"])
def test_every_kind_is_a_configuration(kind: str) -> None:
    config = log_config(kind)
    assert logging.config.DictConfigurator(config).config["version"] == 1
    assert config["loggers"]["focusmesh"]["handlers"] == [
        "nothing" if kind == "nothing" else "stderr"
    ]
