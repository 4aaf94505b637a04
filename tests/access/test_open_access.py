"""Opening a session: what it takes, what it leaves, and how often."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from databases import Database, create_role, persona_role

OPEN = "select audit.open_access(access_reason => %s, justification => %s)"
WORDS = "An auditor asked for the week's logins"


def open_access(connection: psycopg.Connection[Any], words: str = WORDS) -> UUID:
    row = connection.execute(OPEN, ("audit_review", words)).fetchone()
    assert row is not None
    assert isinstance(row[0], UUID)
    return row[0]


def open_as(connection: psycopg.Connection[Any], tenant_id: UUID, actor_id: str) -> UUID:
    with connection.transaction():
        connection.execute(
            "select audit.set_context(tenant_id => %s, actor_id => %s)", (tenant_id, actor_id)
        )
        return open_access(connection)


def desk_role(database: Database) -> str:
    """Create a login of tenant a that reads and may speak for any actor."""
    name = "test_desk"
    with database.superuser() as administrator:
        create_role(administrator, name, "")
        administrator.execute(f"grant audit_app, audit_reader to {name}")
    operator = database.connect(database.role("operator"))
    operator.execute(
        "select audit.grant_tenant(role => %s, tenant_id => %s)", (name, database.tenant_a)
    )
    return name


def test_opening_is_itself_an_event(loaded_database: Database) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    access_id = open_access(reader, f"  {WORDS}\n")
    reader.row_factory = dict_row
    [event] = reader.execute(
        "select * from audit.event where action = 'audit_session_created'"
    ).fetchall()
    assert event["entity_type"] == "audit_session"
    assert event["entity_id"] == str(access_id)
    assert event["category"] == "audit_access"
    assert event["actor_id"] == loaded_database.role("reader")
    assert event["metadata"] == {
        "access_id": str(access_id),
        "access_reason": "audit_review",
        "justification": WORDS,
    }


@pytest.mark.parametrize(
    ("reason", "words", "sqlstate"),
    [
        ("curiosity", WORDS, "WT034"),
        (None, WORDS, "WT034"),
        ("audit_review", "too short", "WT021"),
        ("audit_review", "   spaces   ", "WT021"),
        ("audit_review", None, "WT021"),
        ("audit_review", "x" * 501, "WT021"),
    ],
)
def test_reason_and_justification_are_checked(
    loaded_database: Database, reason: str | None, words: str | None, sqlstate: str
) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    with pytest.raises(psycopg.Error) as refusal:
        reader.execute(OPEN, (reason, words))
    assert refusal.value.sqlstate == sqlstate
    assert refusal.value.diag.message_detail
    assert refusal.value.diag.message_hint
    assert reader.execute("select from audit.list_access()").fetchall() == []


@pytest.mark.parametrize("words", ["ten signs.", "x" * 500])
def test_a_justification_has_10_to_500_characters(loaded_database: Database, words: str) -> None:
    open_access(loaded_database.connect(loaded_database.role("reader")), words)


@pytest.mark.parametrize("persona", ["app", "operator", "stranger"])
def test_only_readers_may_open(loaded_database: Database, persona: str) -> None:
    connection = loaded_database.connect(loaded_database.role(persona))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        open_access(connection)


def test_only_for_a_tenant_that_the_role_is_bound_to(loaded_database: Database) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    with pytest.raises(psycopg.Error) as refusal:
        reader.execute(
            "select audit.open_access(access_reason => %s, justification => %s, tenant_id => %s)",
            ("audit_review", WORDS, loaded_database.tenant_b),
        )
    assert refusal.value.sqlstate == "WT002"


def test_the_sixth_within_an_hour_is_refused(loaded_database: Database) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    for _ in range(5):
        open_access(reader)
    with pytest.raises(psycopg.Error) as refusal:
        open_access(reader)
    assert refusal.value.sqlstate == "WT033"
    with loaded_database.superuser() as administrator:
        row = administrator.execute(
            "select min(opened_at) + interval '1 hour' from audit_private.access_session"
        ).fetchone()
        assert row is not None
        assert f"{row[0]:%Y-%m-%d %H:%M:%S}" in (refusal.value.diag.message_detail or "")
        administrator.execute(
            "update audit_private.access_session set opened_at = opened_at - interval '1 hour' "
            "where opened_at = (select min(opened_at) from audit_private.access_session)"
        )
    open_access(reader)
    other = loaded_database.connect(loaded_database.role("reader", "b"))
    open_access(other)


def test_undone_openings_are_not_counted(loaded_database: Database) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    for _ in range(6):
        with reader.transaction(force_rollback=True):
            open_access(reader)
    open_access(reader)


def test_another_name_does_not_start_the_count_anew(loaded_database: Database) -> None:
    desk = loaded_database.connect(desk_role(loaded_database))
    for number in range(5):
        open_as(desk, loaded_database.tenant_a, f"name {number}")
    with pytest.raises(psycopg.Error) as refusal:
        open_as(desk, loaded_database.tenant_a, "name 6")
    assert refusal.value.sqlstate == "WT033"
    desk.execute("set quote_all_identifiers = on")
    with pytest.raises(psycopg.Error) as refusal:
        open_access(desk)
    assert refusal.value.sqlstate == "WT033"


def test_a_service_role_is_counted_by_actor_and_tenant(loaded_database: Database) -> None:
    service = loaded_database.connect(loaded_database.role("service"))
    for actor_id in ("anna", "bertil"):
        for _ in range(5):
            open_as(service, loaded_database.tenant_a, actor_id)
    open_as(service, loaded_database.tenant_b, "anna")
    for actor_id in ("anna", "bertil"):
        with pytest.raises(psycopg.Error) as refusal:
            open_as(service, loaded_database.tenant_a, actor_id)
        assert refusal.value.sqlstate == "WT033"


def test_two_at_once_cannot_both_be_the_fifth(loaded_database: Database) -> None:
    first = loaded_database.connect(loaded_database.role("reader"))
    second = loaded_database.connect(loaded_database.role("reader"))
    for _ in range(4):
        open_access(first)
    outcomes: list[str | None] = []

    def open_second() -> None:
        try:
            open_access(second)
            outcomes.append(None)
        except psycopg.Error as error:
            outcomes.append(error.sqlstate)

    thread = threading.Thread(target=open_second)
    with first.transaction():
        open_access(first)
        thread.start()
        wait_until_blocked(loaded_database, second)
        assert outcomes == []
    thread.join(timeout=30)
    assert outcomes == ["WT033"]


def wait_until_blocked(database: Database, waiter: psycopg.Connection[Any]) -> None:
    """Return once the other connection waits for a lock."""
    with database.superuser() as administrator:
        for _ in range(100_000):
            row = administrator.execute(
                "select wait_event_type from pg_stat_activity where pid = %s",
                (waiter.info.backend_pid,),
            ).fetchone()
            if row is not None and row[0] == "Lock":
                return
    raise AssertionError("it never waited")


def test_a_read_only_transaction_is_refused_with_a_hint(loaded_database: Database) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    reader.execute("set default_transaction_read_only = on")
    with pytest.raises(psycopg.Error) as refusal:
        open_access(reader)
    assert refusal.value.sqlstate == "WT036"
    assert "read write" in (refusal.value.diag.message_hint or "")


def test_sessions_are_listed_for_their_tenant_alone(loaded_database: Database) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    access_id = open_access(reader)
    privacy = loaded_database.connect(loaded_database.role("privacy"))
    privacy.row_factory = dict_row
    [session] = privacy.execute("select * from audit.list_access()").fetchall()
    assert session["access_id"] == access_id
    assert session["access_reason"] == "audit_review"
    assert session["justification"] == WORDS
    assert session["actor_id"] == session["recorded_by"] == loaded_database.role("reader")
    assert session["actor_type"] == "database_role"
    assert session["is_open"] is True
    assert (session["expires_at"] - session["last_used_at"]).total_seconds() == 3600
    assert session["closed_at"] is session["closed_by"] is None
    other = loaded_database.connect(loaded_database.role("reader", "b"))
    assert other.execute("select from audit.list_access()").fetchall() == []
    for persona in ("app", "operator", "stranger"):
        connection = loaded_database.connect(loaded_database.role(persona))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select from audit.list_access()")


def test_one_closes_ones_own_and_an_admin_anybodys(loaded_database: Database) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    own, revoked = open_access(reader), open_access(reader)
    close = "select audit.close_access(access_id => %s)"
    assert reader.execute(close, (own,)).fetchone() == (True,)
    assert reader.execute(close, (own,)).fetchone() == (False,)

    for refused, sqlstate in (
        (persona_role("privacy"), "WT035"),
        (persona_role("reader", "b"), "WT030"),
        (persona_role("admin", "b"), "WT030"),
    ):
        connection = loaded_database.connect(refused)
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute(close, (revoked,))
        assert refusal.value.sqlstate == sqlstate
    with pytest.raises(psycopg.Error) as refusal:
        reader.execute(close, (uuid4(),))
    assert refusal.value.sqlstate == "WT030"

    admin = loaded_database.connect(loaded_database.role("admin"))
    assert admin.execute(close, (revoked,)).fetchone() == (True,)
    with pytest.raises(psycopg.Error) as refusal:
        reader.execute("select from audit.search_events()")
    assert refusal.value.sqlstate == "WT030"

    open_access(admin)
    admin.row_factory = dict_row
    closings = admin.execute(
        "select entity_id, actor_id, metadata from audit.event "
        "where action = 'audit_session_closed' order by occurred_at"
    ).fetchall()
    assert [c["entity_id"] for c in closings] == [str(own), str(revoked)]
    assert [c["actor_id"] for c in closings] == [persona_role("reader"), persona_role("admin")]
    assert closings[1]["metadata"]["opened_by"] == {
        "type": "database_role",
        "id": persona_role("reader"),
    }
    closed = {
        row["access_id"]: row["closed_by"]
        for row in admin.execute("select * from audit.list_access()").fetchall()
        if not row["is_open"]
    }
    assert closed == {own: persona_role("reader"), revoked: persona_role("admin")}
