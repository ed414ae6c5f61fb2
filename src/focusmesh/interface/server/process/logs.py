"""What a server writes to standard error: a line an event, for people or as JSON."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from focusmesh.interface.server.telemetry import trace_ids


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, who says it, what, in which trace; a traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **trace_ids(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_config(kind: str) -> dict[str, Any]:
    """For ``logging.config``: ``"text"``, ``"json"`` or ``"nothing"``."""
    formatters: dict[str, dict[str, Any]] = {
        "text": {"format": "%(levelname)s %(name)s: %(message)s"},
        "json": {"()": JsonFormatter},
    }
    handlers: dict[str, Any] = {
        "nothing": {"class": "logging.NullHandler"},
        "stderr": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stderr",
            "formatter": "json" if kind == "json" else "text",
        },
    }
    handler = ["nothing" if kind == "nothing" else "stderr"]
    loggers = {
        name: {"handlers": handler, "level": "WARNING", "propagate": False}
        for name in ("_granian", "granian.access", "focusmesh", "litestar", "opentelemetry")
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatters,
        "handlers": handlers,
        "loggers": loggers,
    }
