"""JSON lines on standard error, one an event, without personal data.

What is logged is an event's name and ids of rows; never an address, a token or a measured value.
"""

from __future__ import annotations

import logging.config
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def without_values(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Drop what Django and Celery attach to a record: requests, arguments and local variables."""
    record = event.pop("_record", None)
    event.pop("_from_structlog", None)
    if record is not None and record.name == "celery.app.trace" and hasattr(record, "data"):
        # What Celery says of a task that failed ends with the exception, as the database worded it.
        event["event"] = "task {name} {description}".format_map(record.data)
    if record is not None and record.name.startswith("django.request"):
        event["event"] = f"request answered {getattr(record, 'status_code', '')}".strip()
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        if match is not None:  # the name of the page; its address may hold a token
            event["route"] = match.view_name
    return event


def without_messages(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """An exception as its class and the lines it passed: a database's message quotes the row it refused."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = type(error).__name__
        event["trace"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
    return event


def configure(config: Mapping[str, Any]) -> None:
    """Route the standard library's logging and structlog through one JSON formatter."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [
            without_values,
            without_messages,
            structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False),
        ],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["stderr"], "level": config["level"]},
        }
    )
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
