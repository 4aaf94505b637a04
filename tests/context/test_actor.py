"""An actor is a claim that only members of audit_app may make."""

from __future__ import annotations

from typing import Any

from walls.ledger import (
    Connection,
    bind,
    call,
    justify,
    log,
    log_batch,
    new_role,
    refused,
    set_context,
    stored,
)

from databases import Database


def test_nobody_else_may_speak_for_another(loaded_database: Database) -> None:
    claims: list[dict[str, Any]] = [
        {"actor_id": "anna"},
        {"actor_type": "system"},
        {"actor": {"name": "Anna"}},
    ]
    for persona in ("reader", "admin", "privacy", "operator", "auditor"):
        connection = loaded_database.connect(loaded_database.role(persona))
        for claim in claims:
            with refused("WT004", case=(persona, claim)):
                set_context(connection, **claim)


def test_everybody_may_speak_for_oneself(loaded_database: Database, admin: Connection) -> None:
    with admin.transaction():
        set_context(admin, actor_id="test_admin_a", actor_type="database_role", request_id="r-1")
        call(admin, "set_logging", enabled=False, reason="To see who did it")
    [event] = stored(loaded_database, "action = 'logging_toggled'")
    assert (event["actor_type"], event["actor_id"]) == ("database_role", "test_admin_a")
    assert event["request_id"] == "r-1"


def test_a_forged_actor_is_not_believed(loaded_database: Database, reader: Connection) -> None:
    reader.execute("set pgwitness.actor_id = 'anna'; set pgwitness.actor_type = 'user'")
    reader.execute("""set pgwitness.actor = '{"name": "Anna"}'""")
    justify(reader)
    [event] = stored(loaded_database, "action = 'audit_session_created'")
    assert (event["actor_type"], event["actor_id"]) == ("database_role", "test_reader_a")
    assert event["actor"] is None


def test_membership_lets_a_reader_name_its_user(loaded_database: Database) -> None:
    role = new_role(loaded_database, "test_front", "audit_app", "audit_admin")
    bind(loaded_database, role, loaded_database.tenant_a)
    front = loaded_database.connect(role)
    with front.transaction():
        set_context(front, actor_id="anna", actor={"name": "Anna"})
        call(front, "set_logging", enabled=False, reason="To see who did it")
    [event] = stored(loaded_database, "action = 'logging_toggled'")
    assert (event["actor_type"], event["actor_id"]) == ("user", "anna")
    assert event["actor"] == {"name": "Anna"}
    assert event["recorded_by"] == "test_front"


def test_who_wrote_it_is_no_claim(loaded_database: Database) -> None:
    worker = new_role(loaded_database, "test_worker", "audit_app")
    login = new_role(loaded_database, "test_Night shift", "audit_app", worker)
    bind(loaded_database, worker, loaded_database.tenant_a)
    bind(loaded_database, login, loaded_database.tenant_a)
    shift = loaded_database.connect(f"'{login}'")
    with shift.transaction():
        set_context(shift, actor_id="anna")
        log(shift)
        shift.execute("set local role test_worker")
        log(shift)
        log(shift, outcome="failure", error_message="It broke")
        log_batch(shift, [{}])
    recorders = [event["recorded_by"] for event in stored(loaded_database)]
    assert recorders == ['"test_Night shift"'] + ['"test_Night shift"/test_worker'] * 3


def test_no_setting_changes_how_the_writer_is_told(
    loaded_database: Database, app: Connection
) -> None:
    app.execute("set quote_all_identifiers = on")
    log(app)
    log(app, outcome="failure", error_message="It broke")
    log_batch(app, [{}])
    assert {event["recorded_by"] for event in stored(loaded_database)} == {"test_app_a"}


def test_another_actor_does_not_get_the_context_s_snapshot(
    loaded_database: Database, app: Connection
) -> None:
    with app.transaction():
        set_context(app, actor_id="anna", actor_type="api_key", actor={"name": "Anna"})
        log(app, actor_id="bob")
        log(app, actor_id="bob", idempotency_key="k")
        log_batch(app, [{"actor_id": "bob"}])
    events = stored(loaded_database)
    assert [event["actor_id"] for event in events] == ["bob"] * 3
    assert [event["actor"] for event in events] == [None] * 3
    assert len({event["actor_type"] for event in events}) == 1
