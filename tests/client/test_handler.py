"""Log records as events; what goes wrong stays out of the application, but is told."""

from __future__ import annotations

import json
import logging
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from client.sources import Written
from pgwitness import AuditHandler, Client, Context, use_context
from pgwitness.errors import PgwitnessError

from databases import Database

AUDIT = {"action": "user_updated", "entity_type": "user", "entity_id": 7}


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """A logger of the application's own."""
    made = logging.getLogger("application.users")
    made.setLevel(logging.DEBUG)
    yield made
    for handler in made.handlers[:]:
        made.removeHandler(handler)
        handler.close()


@pytest.fixture
def handler(pool: ConnectionPool[Any], logger: logging.Logger) -> AuditHandler:
    """Over a pool, for records that say how."""
    made = AuditHandler(Client(pool))
    logger.addHandler(made)
    return made


class Collecting(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def last_resort(monkeypatch: pytest.MonkeyPatch) -> Collecting:
    """Stand where logging's last resort stands."""
    made = Collecting()
    monkeypatch.setattr(logging, "lastResort", made)
    monkeypatch.setattr(logging, "raiseExceptions", False)
    return made


def test_a_record_that_says_how(
    handler: AuditHandler, logger: logging.Logger, written: Written
) -> None:
    logger.info("nothing to audit")
    with use_context(Context(actor_id="ann")):
        logger.info(
            "renamed %s",
            "seven",
            extra={
                "audit": {**AUDIT, "metadata": {"a": 1}, "changes": {"n": {"old": 1, "new": 2}}}
            },
        )
    (row,) = written()
    assert (row["action"], row["entity_type"], row["entity_id"]) == ("user_updated", "user", "7")
    assert row["description"] == "renamed seven"
    assert row["actor_id"] == "ann"
    assert row["outcome"] == "success"
    assert row["changes"] == {"n": {"old": 1, "new": 2}}
    log = row["metadata"].pop("log")
    assert row["metadata"] == {"a": 1}
    assert (log["logger"], log["level"]) == ("application.users", "INFO")
    assert "test_handler.py:" in log["place"]
    assert handler.lost == 0


def test_a_failure_by_exception_or_level(
    handler: AuditHandler, logger: logging.Logger, written: Written
) -> None:
    try:
        raise LookupError("no seven")
    except LookupError:
        logger.warning("could not rename", exc_info=True, extra={"audit": AUDIT})
    logger.error("gave up", extra={"audit": AUDIT})
    logger.error("as told", extra={"audit": {**AUDIT, "outcome": "success"}})
    assert [(row["outcome"], row["error_message"]) for row in written()] == [
        ("failure", "LookupError: no seven"),
        ("failure", "gave up"),
        ("success", None),
    ]


def test_a_configured_action(
    pool: ConnectionPool[Any], logger: logging.Logger, written: Written
) -> None:
    handler = AuditHandler(
        Client(pool), action="user_updated", entity_type="user", level=logging.WARNING
    )
    logger.addHandler(handler)
    logger.info("below the level")
    logger.warning("odd \x00 thing")
    logger.warning("made", extra={"audit": {"action": "user_created"}})
    assert [(row["action"], row["description"]) for row in written()] == [
        ("user_updated", "odd \\u0000 thing"),
        ("user_created", "made"),
    ]


@pytest.mark.parametrize(
    ("audit", "why"),
    [
        ({**AUDIT, "action": "no_such_action"}, "ActionUnknown"),
        ({**AUDIT, "nonsense": 1}, "TypeError"),
        ({**AUDIT, "metadata": {"a": object()}}, "ValueUnstorable"),
        ({**AUDIT, "metadata": 3}, "TypeError"),
        ("not a mapping", "TypeError"),
        ({"entity_type": "user"}, "ActionUnknown"),
    ],
)
def test_what_cannot_be_written_is_told_in_full(
    handler: AuditHandler,
    logger: logging.Logger,
    last_resort: Collecting,
    written: Written,
    audit: object,
    why: str,
) -> None:
    logger.info("renamed %s", "seven", extra={"audit": audit})
    assert written() == []
    assert handler.lost == 1
    (record,) = last_resort.records
    said = record.getMessage()
    assert record.levelno == logging.CRITICAL
    assert said.startswith(f'audit event lost: "{why}: ')
    assert '"renamed seven"' in said
    if why == "ActionUnknown":
        assert json.dumps(audit)[1:-1] in said


def test_a_broken_message_stays_out_of_the_application(
    handler: AuditHandler, logger: logging.Logger, last_resort: Collecting
) -> None:
    logger.info("%d", "no number", extra={"audit": AUDIT})
    assert handler.lost == 1
    assert "%d" in last_resort.records[0].getMessage()


def test_a_developer_sees_the_traceback(
    handler: AuditHandler, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logger.info("x", extra={"audit": {**AUDIT, "action": "no_such_action"}})
    told = capsys.readouterr().err
    assert "audit event lost" in told
    assert "--- Logging error ---" in told
    assert "ActionUnknown" in told


def test_a_database_that_is_gone(logger: logging.Logger, last_resort: Collecting) -> None:
    with ConnectionPool(
        "host=127.0.0.1 port=1 dbname=x user=x",
        min_size=0,
        max_size=1,
        open=True,
        timeout=0.3,
        reconnect_timeout=0.1,
    ) as broken:
        handler = AuditHandler(Client(broken), action="user_updated", entity_type="user")
        # On the root, it also gets what the pool itself logs about the broken connection.
        logging.getLogger().addHandler(handler)
        try:
            logger.info("x")
        finally:
            logging.getLogger().removeHandler(handler)
    assert handler.lost == 1


def test_a_callers_transaction_survives_a_refusal(
    loaded_database: Database,
    app: str,
    logger: logging.Logger,
    last_resort: Collecting,
    written: Written,
) -> None:
    with psycopg.connect(loaded_database.dsn(app)) as connection:
        handler = AuditHandler(lambda: Client(connection))
        logger.addHandler(handler)
        client = Client(connection)
        with connection.transaction(), client.context(actor_id="ann"):
            logger.info("one", extra={"audit": AUDIT})
            logger.info("two", extra={"audit": {**AUDIT, "action": "no_such_action"}})
            logger.info("three", extra={"audit": AUDIT})
            assert written() == []
    assert [(row["description"], row["actor_id"]) for row in written()] == [
        ("one", "ann"),
        ("three", "ann"),
    ]
    assert handler.lost == 1


def test_a_sessions_transaction_survives_a_refusal(
    engine: Engine, logger: logging.Logger, last_resort: Collecting, written: Written
) -> None:
    with Session(engine) as session, session.begin():
        handler = AuditHandler(Client(session))
        logger.addHandler(handler)
        logger.info("one", extra={"audit": {**AUDIT, "action": "no_such_action"}})
        logger.info("two", extra={"audit": AUDIT})
        assert written() == []
    assert [row["description"] for row in written()] == ["two"]
    assert handler.lost == 1


def test_an_aborted_transaction_is_told(
    loaded_database: Database, app: str, logger: logging.Logger, last_resort: Collecting
) -> None:
    with psycopg.connect(loaded_database.dsn(app)) as connection:
        handler = AuditHandler(Client(connection))
        logger.addHandler(handler)
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("select 1 / 0")
        logger.info("too late", extra={"audit": AUDIT})
        connection.rollback()
        logger.info("in time", extra={"audit": AUDIT})
    assert handler.lost == 1
    assert "InFailedSqlTransaction" in last_resort.records[0].getMessage()


def test_records_made_while_writing_are_left_out(
    pool: ConnectionPool[Any], logger: logging.Logger, written: Written
) -> None:
    class Chatty(Client):
        def _run_apart(self, call: Any) -> Any:
            logger.warning("about to write")
            return super()._run_apart(call)

    handler = AuditHandler(Chatty(pool), action="user_updated", entity_type="user")
    logger.addHandler(handler)
    logger.warning("x")
    logging.getLogger("psycopg.pool").addHandler(handler)
    logging.getLogger("psycopg.pool").error("trouble")
    logging.getLogger("psycopg.pool").removeHandler(handler)
    assert [row["description"] for row in written()] == ["x"]


def test_filters_and_threads(
    handler: AuditHandler, logger: logging.Logger, written: Written
) -> None:
    handler.addFilter(lambda record: "secret" not in record.getMessage())
    logger.info("secret", extra={"audit": AUDIT})

    def work(number: int) -> None:
        for index in range(10):
            logger.info("%s-%s", number, index, extra={"audit": AUDIT})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {row["description"] for row in written()} == {
        f"{number}-{index}" for number in range(4) for index in range(10)
    }
    assert handler.lost == 0


def test_the_exception_itself_is_ours(pool: ConnectionPool[Any]) -> None:
    class Telling(AuditHandler):
        told: str = ""

        def handleError(self, record: logging.LogRecord) -> None:
            self.told = traceback.format_exc()

    handler = Telling(Client(pool))
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "x", None, None)
    record.audit = {**AUDIT, "action": "no_such_action"}
    handler.handle(record)
    assert PgwitnessError.__module__ in handler.told
    assert "no_such_action" in handler.told
