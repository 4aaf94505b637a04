"""What log_event and log_events refuse, with nothing written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from walls.ledger import (
    EVENT,
    REASON,
    Connection,
    call,
    log,
    log_batch,
    refused,
    rows,
    stored,
)

from databases import Database

BAD: list[tuple[dict[str, Any], str]] = [
    ({"action": "unheard_of"}, "WT010"),
    ({"action": "USER_CREATED"}, "WT010"),
    ({"action": ""}, "WT010"),
    ({"action": None}, "WT010"),
    ({"entity_type": "unheard_of"}, "WT012"),
    ({"entity_type": None}, "WT012"),
    ({"action": "audit_log_viewed"}, "WT011"),
    ({"description": None}, "WT013"),
    ({"description": ""}, "WT013"),
    ({"description": "   "}, "WT013"),
    ({"outcome": "failure"}, "WT013"),
    ({"outcome": "failure", "error_message": ""}, "WT013"),
    ({"outcome": "failure", "error_message": "  "}, "WT013"),
    ({"outcome": "success", "error_message": "It broke"}, "WT013"),
    ({"outcome": "maybe"}, "WT013"),
    ({"actor_type": "king"}, "WT013"),
    ({"actor_id": "anna", "actor_type": "king"}, "WT013"),
    ({"actor_id": "anna", "actor": Jsonb(["Anna"])}, "WT013"),
    ({"actor_id": "anna", "actor": Jsonb(7)}, "WT013"),
    ({"actor_id": "anna", "actor": Jsonb("Anna")}, "WT013"),
    ({"target": Jsonb(7)}, "WT013"),
    ({"target": Jsonb("Bo")}, "WT013"),
    ({"changes": Jsonb(["name"])}, "WT013"),
    ({"metadata": Jsonb({"x": "y" * 65_536})}, "WT014"),
    ({"entity_id": "x" * 501}, "WT013"),
    ({"actor_id": "x" * 501}, "WT013"),
    ({"actor_id": ""}, "WT013"),
    ({"idempotency_key": ""}, "WT013"),
    ({"idempotency_key": "k" * 501}, "WT013"),
]


def plain(arguments: dict[str, Any]) -> dict[str, Any]:
    return {n: v.obj if isinstance(v, Jsonb) else v for n, v in arguments.items()}


def test_one_event_is_refused_and_nothing_written(
    loaded_database: Database, app: Connection
) -> None:
    for arguments, sqlstate in BAD:
        with refused(sqlstate, case=arguments):
            log(app, **arguments)
        with refused(sqlstate, case=(arguments, "careful")):
            log(app, **({"idempotency_key": "k"} | arguments))
    assert stored(loaded_database) == []
    assert log(app, idempotency_key="k") is not None


def test_a_batch_is_refused_whole_and_names_the_index(
    loaded_database: Database, app: Connection
) -> None:
    for arguments, sqlstate in BAD:
        for extra in ({}, {"idempotency_key": "another"}):
            with refused(sqlstate, case=(arguments, extra)) as refusal:
                log_batch(app, [{}, extra, plain(arguments), {}])
            assert "event 2" in refusal.message, arguments
    assert stored(loaded_database) == []


def test_a_silenced_event_is_checked_like_any_other(
    loaded_database: Database, app: Connection, admin: Connection
) -> None:
    call(admin, "set_logging", enabled=False, reason=REASON)
    for arguments, sqlstate in BAD:
        if "idempotency_key" not in arguments:
            with refused(sqlstate, case=arguments):
                log(app, **arguments)
            with refused(sqlstate, case=arguments):
                log_batch(app, [plain(arguments)])
    assert stored(loaded_database) == []


def test_a_batch_is_an_array_of_objects_with_known_keys(
    loaded_database: Database, app: Connection
) -> None:
    no_arrays: list[Any] = [None, {}, "x", 7, EVENT, {"events": []}]
    for events in no_arrays:
        with refused("WT013", case=events):
            rows(app, "log_events", events=Jsonb(events))
    with refused("WT013"):
        app.execute("select audit.log_events(events => null)")
    no_objects: list[Any] = [None, 7, "x", [], [EVENT]]
    for wrong in no_objects:
        with refused("WT013", case=wrong) as refusal:
            rows(app, "log_events", events=[EVENT, wrong])
        assert "event 1" in refusal.message
    for key in ("tenant_id", "ip", "user_agent", "request_id", "id", "desciption", "Action", ""):
        with refused("WT013", case=key) as refusal:
            log_batch(app, [{}, {}, {key: "x"}])
        assert "event 2" in refusal.message
        assert key in refusal.message
    assert stored(loaded_database) == []


def test_a_value_of_the_wrong_type_names_its_index(
    loaded_database: Database, app: Connection
) -> None:
    wrong_types: list[Any] = ["never", 7e99, {}]
    for value in wrong_types:
        wrong = {"occurred_at": value}
        for extra in ({}, {"idempotency_key": "k"}):
            with refused("WT013", case=wrong) as refusal:
                log_batch(app, [{}, {}, extra, wrong])
            assert "event 3" in refusal.message
    assert stored(loaded_database) == []


def test_a_time_must_be_near(loaded_database: Database, app: Connection) -> None:
    now = datetime.now(UTC)
    near = [timedelta(hours=-24, seconds=30), timedelta(0), timedelta(minutes=5, seconds=-30)]
    for offset in near:
        log(app, occurred_at=now + offset)
        log_batch(app, [{"occurred_at": (now + offset).isoformat()}])
    far = [timedelta(hours=-24, seconds=-1), timedelta(minutes=5, seconds=30), timedelta(days=9999)]
    for offset in far:
        with refused("WT015", case=offset):
            log(app, occurred_at=now + offset)
        with refused("WT015", case=offset):
            log_batch(app, [{"occurred_at": (now + offset).isoformat()}])
    for text in ("infinity", "-infinity", "epoch", "4713-01-01 BC"):
        with refused("WT015", case=text):
            app.execute(
                "select audit.log_event('user_created', 'user', description => 'x', "
                f"occurred_at => '{text}')"
            )
        with refused("WT015", case=text):
            log_batch(app, [{"occurred_at": text}])
    times = [event["occurred_at"] - now for event in stored(loaded_database)]
    assert times == [offset for offset in near for _ in range(2)]


def test_without_a_partition_nothing_is_written(
    loaded_database: Database, app: Connection, operator: Connection, root: Connection
) -> None:
    for partition in rows(operator, "list_partitions"):
        root.execute(f"drop table audit_private.{partition['partition_name']}")
    root.execute("update audit_private.instance set events_until = now() - interval '2 days'")
    with refused("WT016") as refusal:
        log(app)
    assert "maintain_partitions" in refusal.hint
    with refused("WT016"):
        log_batch(app, [{}])
    with refused("WT016"):
        log(app, occurred_at=datetime.now(UTC))
    operator.execute("call audit.maintain_partitions()")
    assert log(app) is not None


def test_only_applications_log(loaded_database: Database) -> None:
    for persona in ("reader", "admin", "privacy", "operator", "auditor", "backup"):
        connection = loaded_database.connect(loaded_database.role(persona))
        with refused("42501", case=persona):
            log(connection)
        with refused("42501", case=persona):
            log(connection, entity_id=7)
        with refused("42501", case=persona):
            log_batch(connection, [{}])
        if persona != "admin":
            with refused("42501", case=persona):
                rows(connection, "import_events", events=[], reason=REASON)


def test_nobody_speaks_as_the_log(loaded_database: Database, service: Connection) -> None:
    before = stored(loaded_database, "true")
    for persona in ("app", "reader", "admin", "privacy", "operator", "auditor", "service"):
        connection = loaded_database.connect(loaded_database.role(persona))
        with refused("42501", case=persona):
            connection.execute(
                "select audit_private.write_system_event(%s, 'installed', 'audit_log', null, 'x')",
                (loaded_database.tenant_a,),
            )
    assert stored(loaded_database, "true") == before
