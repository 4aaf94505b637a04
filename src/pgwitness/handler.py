"""Turns records of Python's logging into events of the audit log."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from pgwitness import calls
from pgwitness.client import Client
from pgwitness.text import to_json

_SILENT = ("pgwitness", "psycopg", "sqlalchemy")

_is_emitting: ContextVar[bool] = ContextVar("pgwitness_is_emitting", default=False)


class AuditHandler(logging.Handler):
    """Logs an event for each record that says how, or for each record at all.

    A record says how through `extra={"audit": {…}}` with arguments of `log_event` by name. What is
    left out is filled in: description is the record's message; metadata gets a member `log` with
    the logger's name, the level and the place in the code; occurred_at is the record's time; a
    record with an exception or of level ERROR and above is a failure with that message.

    Nothing that goes wrong reaches the application. What couldn't be written goes to
    `logging.lastResort`, whole, and then to `handleError`; `lost` counts it. Records of the loggers
    pgwitness, psycopg and sqlalchemy, and those that arise while an event is written, are left
    out, since writing events makes such records.

    Over a pool every record is a transaction of its own, with the current context. Over a
    connection or session the event belongs to the caller's transaction, behind a savepoint, so that
    a refused event leaves it usable; give a callable there, and let one thread use it at a time.

    Attributes:
        lost: number of events that couldn't be written.
    """

    def __init__(
        self,
        client: Client | Callable[[], Client],
        *,
        action: str | None = None,
        entity_type: str | None = None,
        level: int | str = logging.NOTSET,
    ) -> None:
        """Takes what to log with.

        Args:
            client: a synchronous client, or what gives the one to use now.
            action: code for records that don't name one; left out, those are passed over.
            entity_type: code for records that don't name one.
            level: records below it are passed over.
        """
        super().__init__(level)
        self.lost = 0
        self._client = client
        self._action = action
        self._entity_type = entity_type
        self._counting = threading.Lock()

    def createLock(self) -> None:
        """Makes none: a lock held while the database works would make threads wait for it."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:
        """Logs the record's event unless a filter drops it; always without a lock."""
        passed: object = self.filter(record)  # a record since Python 3.12
        if isinstance(passed, logging.LogRecord):
            record = passed
        if passed:
            self.emit(record)
        return bool(passed)

    def emit(self, record: logging.LogRecord) -> None:
        """Logs the record's event; never raises."""
        if _is_emitting.get() or str(record.name).partition(".")[0] in _SILENT:
            return
        given = getattr(record, "audit", None)
        if given is None and self._action is None:
            return
        token = _is_emitting.set(True)
        try:
            self._log(self._event(record, given))
        except Exception as problem:
            self._report(record, problem)
        finally:
            _is_emitting.reset(token)

    def _event(self, record: logging.LogRecord, given: object) -> dict[str, Any]:
        if not isinstance(given, Mapping | None):
            raise TypeError(f"extra['audit'] is of type {type(given).__name__}, not a mapping")
        event = {"action": self._action, "entity_type": self._entity_type, **(given or {})}
        event.setdefault("description", record.getMessage())
        event.setdefault("occurred_at", datetime.fromtimestamp(record.created, UTC))
        place = {
            "logger": record.name,
            "level": record.levelname,
            "place": f"{record.pathname}:{record.lineno}",
        }
        event["metadata"] = {"log": place, **(event.get("metadata") or {})}
        error = record.exc_info[1] if record.exc_info else None
        if "outcome" not in event and (error is not None or record.levelno >= logging.ERROR):
            event["outcome"] = "failure"
            why = record.getMessage() if error is None else f"{type(error).__name__}: {error}"
            event.setdefault("error_message", why)
        return event

    def _log(self, event: dict[str, Any]) -> None:
        client = self._client if isinstance(self._client, Client) else self._client()
        client._run_apart(calls.log_event(**event))

    def _report(self, record: logging.LogRecord, problem: Exception) -> None:
        with self._counting:
            self.lost += 1
        try:
            if logging.lastResort is not None:
                logging.lastResort.handle(_last_words(record, problem))
        finally:
            self.handleError(record)


def _last_words(record: logging.LogRecord, problem: Exception) -> logging.LogRecord:
    """Makes a record that holds all that the lost event would have told."""
    try:
        message = record.getMessage()
    except Exception:
        message = repr(record.msg)
    audit = getattr(record, "audit", None)
    try:
        told = to_json(audit)
    except Exception:
        told = repr(audit)
    text = json.dumps(f"{type(problem).__name__}: {problem}", ensure_ascii=False)
    return logging.LogRecord(
        "pgwitness",
        logging.CRITICAL,
        record.pathname,
        record.lineno,
        "audit event lost: %s; message: %s; audit: %s",
        (text, json.dumps(message), told),
        record.exc_info,
    )
