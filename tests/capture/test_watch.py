"""Who may have a table watched, which tables, and what the events call its rows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql

from capture.workshop import CUSTOMER, Workshop
from walls.ledger import (
    NIL,
    REASON,
    Connection,
    call,
    new_role,
    refused,
    rows,
    stored,
    wait_until_blocked,
)

INSERT = "insert into app.customer (id, tenant_id, name, ssn) values (%s, %s, %s, 'secret')"
LEVELS = ["statement", "row"]
TRIGGERS = """
    select tgname, oid, tgtype, tgenabled from pg_trigger
    where tgrelid = 'app.customer'::regclass and tgname ~ '^pgwitness_' order by 1
"""
EXECUTORS = """
    select a.grantee::regrole::text
    from pg_proc p cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where p.oid = 'audit_private.on_customer()'::regprocedure
"""


def acts(workshop: Workshop, action: str = "table_watched") -> list[dict[str, Any]]:
    return stored(workshop.database, "action = %s", action)


def watch(connection: Connection, relation: str = "app.customer", **options: Any) -> bool:
    """Watch a table over a connection of one's own."""
    named = {"relation": relation, "entity_type": "customer", "tenant_column": "tenant_id"}
    places = ", ".join(f"{name} => %({name})s" for name in named | options)
    row = connection.execute(f"select audit.watch({places})".encode(), named | options).fetchone()
    assert row is not None
    return bool(row[0])


def unwatch(connection: Connection, **arguments: Any) -> bool:
    changed: bool = call(connection, "unwatch", **({"reason": REASON} | arguments))
    return changed


def triggers(workshop: Workshop) -> list[dict[str, Any]]:
    return workshop.behind.execute(TRIGGERS).fetchall()


def executors(workshop: Workshop) -> list[str]:
    """Who may execute the generated function, and so make a trigger with it."""
    return [row["grantee"] for row in workshop.behind.execute(EXECUTORS).fetchall()]


# Watching again.


@pytest.mark.parametrize("level", LEVELS)
def test_watching_again_the_same_way_changes_nothing(workshop: Workshop, level: str) -> None:
    workshop.make(CUSTOMER)
    options: dict[str, Any] = {"label_column": "name", "redact_columns": ["ssn"], "level": level}
    assert workshop.watch(**options) is True
    before = triggers(workshop), rows(workshop.owner, "list_watched")
    assert {trigger["tgenabled"] for trigger in before[0]} == {"A"}
    assert len(before[0]) == 4
    assert workshop.watch(**options) is False
    assert (triggers(workshop), rows(workshop.owner, "list_watched")) == before
    assert len(acts(workshop)) == 1


@pytest.mark.parametrize("lost", ["drop trigger pgwitness_update on", "alter table"])
def test_watching_again_brings_lost_triggers_back(customers: Workshop, lost: str) -> None:
    ending = "" if lost.startswith("drop") else " disable trigger pgwitness_update"
    customers.make(f"{lost} app.customer{ending}")
    options: dict[str, Any] = {
        "label_column": "name",
        "redact_columns": ["ssn"],
        "ignore_columns": ["touched_at"],
    }
    assert customers.watch(**options) is True
    assert [trigger["tgenabled"] for trigger in triggers(customers)] == ["A"] * 4
    assert customers.watch(**options) is False


@pytest.mark.parametrize(
    "entity_type",
    ["action", "columns", "digest", "function", "problems", "question", "rows", "statement"],
)
def test_an_entity_type_may_be_any_word(workshop: Workshop, entity_type: str) -> None:
    workshop.make(CUSTOMER)
    assert workshop.watch(entity_type=entity_type) is True
    assert workshop.watch(entity_type=entity_type) is False
    workshop.app().execute(INSERT, (1, workshop.tenant_a, "Anna"))
    assert workshop.told(entity_type) == [("created", "1")]
    [watched] = rows(workshop.owner, "list_watched")
    assert (watched["state"], watched["problem"]) == ("ok", None)


@pytest.mark.parametrize("level", LEVELS)
def test_the_level_can_be_changed(workshop: Workshop, level: str) -> None:
    other = next(name for name in LEVELS if name != level)
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    assert workshop.watch(level=other) is True
    app = workshop.app()
    app.execute(
        "insert into app.customer (id, tenant_id) select n, %s from generate_series(1, 3) n",
        (workshop.tenant_a,),
    )
    app.execute("update app.customer set name = 'Bo'")
    assert sorted(workshop.told()) == [
        (operation, str(row)) for operation in ("created", "updated") for row in (1, 2, 3)
    ]
    assert workshop.watch(level=other) is False


def test_watching_is_an_event_of_the_installation_with_old_and_new(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(redact_columns=["ssn"])
    workshop.watch(redact_columns=["ssn", "email"], label_column="name", reason=REASON)
    first, second = acts(workshop)
    for event in (first, second):
        assert (event["tenant_id"], event["source"]) == (NIL, "system")
        assert (event["entity_type"], event["entity_id"]) == ("audit_watch", "customer")
        assert event["description"] == "Table app.customer watched as customer"
        assert (event["actor_id"], event["recorded_by"]) == ("test_owner", "test_owner")
    assert first["metadata"] is None
    assert first["changes"]["redact_columns"] == {"old": None, "new": ["ssn"]}
    assert first["changes"]["tenant_column"] == {"old": None, "new": "tenant_id"}
    assert second["metadata"] == {"reason": REASON}
    assert second["changes"]["redact_columns"] == {"old": ["ssn"], "new": ["ssn", "email"]}
    assert second["changes"]["label_column"] == {"old": None, "new": "name"}
    assert second["changes"].keys() == {"redact_columns", "label_column", "function_digest"}


def test_an_option_that_is_taken_away_is_told_too(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", columns=["name"])
    workshop.watch()
    event = acts(workshop)[-1]
    assert event["changes"]["label_column"] == {"old": "name", "new": None}
    assert event["changes"]["allowed_columns"] == {"old": ["name"], "new": None}


LESS: dict[str, dict[str, Any]] = {
    "another column redacted": {"redact_columns": ["ssn", "email"]},
    "a column ignored": {"redact_columns": ["ssn"], "ignore_columns": ["touched_at"]},
    "a redacted column ignored": {"ignore_columns": ["ssn"]},
    "only some columns allowed": {"redact_columns": ["ssn"], "columns": ["name"]},
    "errors spooled": {"redact_columns": ["ssn"], "on_error": "spool"},
    "deleted values left out": {"redact_columns": ["ssn"], "keep_deleted_values": False},
}


@pytest.mark.parametrize("less", LESS)
def test_recording_less_needs_a_reason(workshop: Workshop, less: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(redact_columns=["ssn"])
    before = rows(workshop.owner, "list_watched")
    for reason in (None, "too short"):
        with refused("WT021"):
            workshop.watch(**LESS[less], reason=reason)
    assert rows(workshop.owner, "list_watched") == before
    assert workshop.watch(**LESS[less], reason=f"  {REASON} ") is True
    assert acts(workshop)[-1]["metadata"] == {"reason": REASON}
    assert workshop.watch() is True, "more needs none"


@pytest.mark.parametrize("less", LESS)
def test_watching_for_the_first_time_needs_no_reason(workshop: Workshop, less: str) -> None:
    workshop.make(CUSTOMER)
    assert workshop.watch(**LESS[less]) is True


def test_a_reason_that_is_not_needed_is_kept_all_the_same(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    with refused("WT021"):
        workshop.watch(reason="why")
    workshop.watch(reason=REASON)
    assert acts(workshop)[-1]["metadata"] == {"reason": REASON}


# Who may.


def test_an_operator_who_does_not_own_the_table_is_refused(customers: Workshop) -> None:
    operator = customers.database.connect(customers.database.role("operator"))
    customers.make("create table app.other (like app.customer including all)")
    with refused("WT090") as refusal:
        watch(operator, "app.other", entity_type="other")
    assert "test_owner" in refusal.detail
    with refused("WT090"):
        watch(operator, reason=REASON)
    with refused("WT090"):
        unwatch(operator, relation="app.customer")
    assert [row["entity_type"] for row in rows(operator, "list_watched")] == ["customer"]
    assert len(triggers(customers)) == 4


def plain_owner(workshop: Workshop, *members: str) -> Connection:
    """A login that owns app.customer; no operator unless told."""
    role = new_role(workshop.database, f"test_landlord_{len(members)}", *members)
    workshop.make(CUSTOMER)
    workshop.behind.execute(
        sql.SQL("grant create on schema app to {0}; alter table app.customer owner to {0}").format(
            sql.Identifier(role)
        )
    )
    return workshop.database.connect(role)


def test_an_owner_who_is_no_operator_is_refused(workshop: Workshop) -> None:
    owner = plain_owner(workshop)
    for attempt in (
        lambda: watch(owner),
        lambda: unwatch(owner, relation="app.customer"),
        lambda: rows(owner, "list_watched"),
    ):
        with refused("42501"):
            attempt()
    assert rows(workshop.owner, "list_watched") == []


def test_an_owner_who_is_an_operator_may(workshop: Workshop) -> None:
    owner = plain_owner(workshop, "audit_operator")
    assert watch(owner) is True
    assert unwatch(owner, relation="app.customer") is True


def test_a_member_of_the_owning_role_may(customers: Workshop) -> None:
    role = new_role(customers.database, "test_steward", "test_owner")
    steward = customers.database.connect(role)
    assert watch(steward, redact_columns=["ssn"]) is True
    assert acts(customers)[-1]["recorded_by"] == role
    assert unwatch(steward, relation="app.customer") is True


@pytest.mark.parametrize("persona", ["app", "reader", "admin", "privacy", "auditor", "stranger"])
def test_nobody_else_may(customers: Workshop, persona: str) -> None:
    connection = customers.database.connect(customers.database.role(persona))
    with refused("42501"):
        watch(connection, reason=REASON)
    with refused("42501"):
        unwatch(connection, relation="app.customer")
    assert len(triggers(customers)) == 4


def step(connection: Connection, name: str, **arguments: Any) -> Any:
    """Call a step of watch's own, past watch."""
    places = ", ".join(f"{key} => %({key})s" for key in arguments)
    statement = f"select audit_private.{name}({places})"
    return connection.execute(statement.encode(), arguments).fetchall()


PREPARED: dict[str, Any] = {
    "relation": "app.customer",
    "entity_type": "customer",
    "tenant_column": "tenant_id",
    "label_column": None,
    "columns": None,
    "redact_columns": [],
    "ignore_columns": [],
    "category": None,
    "level": "statement",
    "on_error": "refuse",
    "keep_deleted_values": True,
    "reason": None,
}


def test_the_steps_of_watch_ask_for_what_watch_asks_for(customers: Workshop) -> None:
    before = rows(customers.owner, "list_watched")
    operator = customers.database.connect(customers.database.role("operator"))
    with refused("WT090"):
        step(operator, "prepare_watch", **PREPARED)
    with refused("WT021"):
        step(customers.owner, "prepare_watch", **PREPARED | {"on_error": "spool"})
    with refused("WT090"):
        step(customers.owner, "prepare_watch", **PREPARED | {"redact_columns": ["id"]})
    with refused("WT090"):
        step(
            operator,
            "prepare_unwatch",
            relation="app.customer",
            reason=REASON,
            entity_type="customer",
        )
    with refused("WT090"):
        step(operator, "prepare_unwatch", relation=None, reason=REASON, entity_type="customer")
    step(operator, "finish_unwatch", entity_type="customer")
    step(operator, "finish_watch", entity_type="customer")
    step(operator, "capture_triggers", relation="app.customer", entity_type="customer")
    for persona in ("app", "reader", "admin", "auditor", "stranger"):
        connection = customers.database.connect(customers.database.role(persona))
        with refused("42501", case=persona):
            step(connection, "prepare_watch", **PREPARED)
        with refused("42501", case=persona):
            step(connection, "finish_unwatch", entity_type="customer")
    assert rows(customers.owner, "list_watched") == before
    customers.app().execute(INSERT, (1, customers.tenant_a, "Anna"))
    assert customers.told() == [("created", "1")]


def test_the_right_to_attach_the_function_is_left_with_nobody(customers: Workshop) -> None:
    assert executors(customers) == ["audit_writer"]
    customers.watch(label_column="name", redact_columns=["ssn"], ignore_columns=["touched_at"])
    assert executors(customers) == ["audit_writer"]
    customers.watch(label_column="name", redact_columns=["ssn", "email"], reason=REASON)
    assert executors(customers) == ["audit_writer"]


ATTACH = """
    create trigger forger after insert on app.forgery
    referencing new table as new_rows for each statement
    execute function audit_private.on_customer()
"""


@pytest.mark.parametrize("left", ["by watch", "by a step of watch alone"])
def test_nobody_attaches_the_function_to_another_table_and_forges_events(
    customers: Workshop, left: str
) -> None:
    role = new_role(customers.database, "test_forger", "audit_operator")
    customers.make(
        "create table app.forgery (like app.customer including all); "
        "grant trigger on app.forgery to public"
    )
    if left != "by watch":
        step(customers.owner, "prepare_watch", **PREPARED)
    forger = customers.database.connect(role)
    with refused("42501"):
        forger.execute(ATTACH)
        forger.execute(
            "insert into app.forgery (id, tenant_id, name) values (7, %s, 'Anna')",
            (customers.tenant_a,),
        )
    assert customers.told() == []


# Unwatching.


def test_unwatching_needs_a_reason_and_is_an_event(customers: Workshop) -> None:
    for reason in (None, "why"):
        with refused("WT021"):
            unwatch(customers.owner, relation="app.customer", reason=reason)
    assert len(triggers(customers)) == 4
    assert unwatch(customers.owner, relation="app.customer") is True
    assert unwatch(customers.owner, relation="app.customer") is False
    [event] = acts(customers, "table_unwatched")
    assert (event["tenant_id"], event["entity_id"]) == (NIL, "customer")
    assert event["metadata"] == {"reason": REASON}
    assert event["description"] == "Table app.customer no longer watched as customer"
    assert event["recorded_by"] == "test_owner"


def test_an_unwatched_table_is_captured_no_longer_and_its_history_stays(
    customers: Workshop,
) -> None:
    app = customers.app()
    app.execute(INSERT, (1, customers.tenant_a, "Anna"))
    unwatch(customers.owner, relation="app.customer")
    app.execute("update app.customer set name = 'Bo'")
    assert triggers(customers) == []
    assert rows(customers.owner, "list_watched") == []
    assert customers.told() == [("created", "1")]
    history = rows(customers.reader(), "list_row_history", relation="app.customer", entity_id="1")
    assert [event["action"] for event in history] == ["customer_created"]
    assert (
        customers.behind.execute("select from pg_proc where proname = 'on_customer'").fetchall()
        == []
    )


def test_a_table_that_is_watched_once_more_goes_on_with_its_history(customers: Workshop) -> None:
    app = customers.app()
    app.execute(INSERT, (1, customers.tenant_a, "Anna"))
    unwatch(customers.owner, relation="app.customer")
    assert customers.watch(redact_columns=["ssn"]) is True
    app.execute("update app.customer set name = 'Bo'")
    history = rows(customers.reader(), "list_row_history", relation="app.customer", entity_id="1")
    assert [event["action"] for event in history] == ["customer_updated", "customer_created"]


def test_a_dropped_table_is_unwatched_by_its_entity_type(customers: Workshop) -> None:
    customers.app().execute(INSERT, (1, customers.tenant_a, "Anna"))
    customers.make("drop table app.customer")
    [watched] = rows(customers.owner, "list_watched")
    assert watched["state"] == "error"
    assert "gone" in watched["problem"]
    customers.owner.execute(watched["hint"])
    assert rows(customers.owner, "list_watched") == []
    assert len(acts(customers, "table_unwatched")) == 1
    assert unwatch(customers.owner, relation=None, entity_type="customer") is False
    [event] = rows(
        customers.reader(), "search_events", filter={"entity_type": "customer", "entity_id": "1"}
    )
    assert event["action"] == "customer_created"


def test_a_table_that_is_there_is_not_unwatched_by_its_entity_type(customers: Workshop) -> None:
    operator = customers.database.connect(customers.database.role("operator"))
    for connection in (operator, customers.owner):
        with refused("WT090"):
            unwatch(connection, relation=None, entity_type="customer")
    customers.make("create table app.other (like app.customer including all)")
    with refused("WT090"):
        unwatch(customers.owner, relation="app.other", entity_type="customer")
    customers.app().execute(INSERT, (1, customers.tenant_a, "Anna"))
    assert customers.told() == [("created", "1")]


def test_what_was_never_watched_is_not_unwatched(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    assert unwatch(workshop.owner, relation="app.customer") is False
    assert unwatch(workshop.owner, relation=None, entity_type="customer") is False
    assert unwatch(workshop.owner, relation=None) is False
    assert acts(workshop, "table_unwatched") == []


# Several at once.


def in_background(act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Begin an act; gives its thread and where its result or its refusal will be."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(act())
        except psycopg.Error as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_two_that_watch_a_table_at_once_watch_it_once(workshop: Workshop, end: str) -> None:
    workshop.make(CUSTOMER)
    rival = workshop.database.connect(workshop.database.role("owner"))
    workshop.owner.execute("begin")
    assert watch(workshop.owner) is True
    thread, found = in_background(lambda: watch(rival))
    wait_until_blocked(workshop.database, rival)
    workshop.owner.execute(end)
    thread.join(timeout=10)
    assert found == [end == "rollback"]
    assert len(acts(workshop)) == 1
    assert len(triggers(workshop)) == 4
    assert executors(workshop) == ["audit_writer"]


def test_two_that_watch_two_tables_as_one_entity_type_do_not_mix_them(workshop: Workshop) -> None:
    workshop.make(CUSTOMER + "; create table app.client (like app.customer including all)")
    rival = workshop.database.connect(workshop.database.role("owner"))
    workshop.owner.execute("begin")
    watch(workshop.owner)
    thread, found = in_background(lambda: watch(rival, "app.client"))
    wait_until_blocked(workshop.database, rival)
    workshop.owner.execute("commit")
    thread.join(timeout=10)
    assert [getattr(error, "sqlstate", None) for error in found] == ["WT090"]
    assert [row["relation"] for row in rows(workshop.owner, "list_watched")] == ["app.customer"]


def test_a_table_in_use_is_refused_in_time_and_its_readers_do_not_wait(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    writer, reader = workshop.app(), workshop.app("b")
    reader.execute("set lock_timeout = '1s'")
    writer.execute("begin")
    writer.execute(INSERT, (1, workshop.tenant_a, "Anna"))
    thread, found = in_background(lambda: workshop.watch())
    wait_until_blocked(workshop.database, workshop.owner)
    assert reader.execute("select from app.customer").fetchall() == []
    thread.join(timeout=20)
    assert [getattr(error, "sqlstate", None) for error in found] == ["WT084"]
    assert found[0].diag.message_hint
    writer.execute("commit")
    assert rows(workshop.owner, "list_watched") == []
    assert workshop.events() == []
    assert workshop.watch() is True


def test_a_table_in_use_is_watched_once_its_writers_have_ended(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    writer = workshop.app()
    writer.execute("begin")
    writer.execute(INSERT, (1, workshop.tenant_a, "Anna"))
    thread, found = in_background(lambda: workshop.watch())
    wait_until_blocked(workshop.database, workshop.owner)
    writer.execute("commit")
    thread.join(timeout=10)
    assert found == [True]
    writer.execute("update app.customer set name = 'Bo'")
    assert workshop.told() == [("updated", "1")]


def test_watching_again_waits_for_no_writer(customers: Workshop) -> None:
    writer = customers.app()
    customers.owner.execute("set lock_timeout = '1s'")
    writer.execute("begin")
    writer.execute(INSERT, (1, customers.tenant_a, "Anna"))
    assert customers.watch(redact_columns=["ssn", "email"], reason=REASON) is True
    writer.execute("update app.customer set email = 'anna@example.org'")
    writer.execute("commit")
    assert customers.events()[-1]["changes"] == {"email": {"withheld": "redacted", "changed": True}}


# What a row is called.


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("label", "called"),
    [
        ("Anna Ek", "Anna Ek"),
        (None, "1"),
        ("", "1"),
        ("   ", "1"),
        ("\t\n \r", "1"),
        ("  Anna ", "Anna"),
        ("å" * 5000, "å" * 200),
        (" " * 300 + "Anna", "1"),
        ("%s %1$s «name» $1 '' \\ {}", "%s %1$s «name» $1 '' \\ {}"),
        ("line\nfeed\x1b[31m\x07", "line\nfeed\x1b[31m\x07"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_row_is_called_by_its_label_or_its_key(
    workshop: Workshop, level: str, label: str | None, called: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", level=level)
    app = workshop.app()
    app.execute(INSERT, (1, workshop.tenant_a, label))
    app.execute("update app.customer set balance = 1")
    app.execute("delete from app.customer")
    assert [event["description"] for event in workshop.events()] == [
        f"Customer {called} {verb}" for verb in ("created", "updated", "deleted")
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_a_row_without_a_label_is_called_by_its_key(workshop: Workshop, level: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    workshop.app().execute(INSERT, (7, workshop.tenant_a, "Anna"))
    [event] = workshop.events()
    assert event["description"] == "Customer 7 created"


def test_the_catalogue_words_the_entity(workshop: Workshop) -> None:
    call(
        workshop.owner,
        "define_entity_type",
        entity_type="customer",
        titles={"en": "Paying «guest» %s", "sv": "Kund"},
    )
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name")
    workshop.app().execute(INSERT, (1, workshop.tenant_a, "Anna"))
    [event] = workshop.events()
    assert event["description"] == "Paying «guest» %s Anna created"


# Which tables.

OTHERS = {
    "a view": "create view app.thing as select * from app.customer",
    "a materialized view": "create materialized view app.thing as select * from app.customer",
    "a sequence": "create sequence app.thing",
    "a composite type": "create type app.thing as (id bigint, tenant_id uuid)",
    "an index": "create index thing on app.customer (name)",
    "a partition": (
        "create table app.whole (id bigint primary key, tenant_id uuid) partition by range (id); "
        "create table app.thing partition of app.whole default"
    ),
    "a temporary table": "create temporary table thing (id bigint primary key, tenant_id uuid)",
}
NAMES = {"a temporary table": "pg_temp.thing"}


@pytest.mark.parametrize("kind", OTHERS)
def test_only_tables_are_watched(workshop: Workshop, kind: str) -> None:
    workshop.make(CUSTOMER)
    workshop.make(OTHERS[kind])
    with refused("WT090") as refusal:
        workshop.watch(NAMES.get(kind, "app.thing"))
    assert "can't be watched" in refusal.message
    assert rows(workshop.owner, "list_watched") == []


def test_the_refusal_of_a_partition_names_the_table_to_watch(workshop: Workshop) -> None:
    workshop.make(OTHERS["a partition"])
    with refused("WT090") as refusal:
        workshop.watch("app.thing")
    assert "app.whole" in refusal.hint
    assert workshop.watch("app.whole") is True


def test_a_foreign_table_is_not_watched(workshop: Workshop) -> None:
    workshop.behind.execute(
        "create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing; "
        "create foreign table app.thing (id bigint, tenant_id uuid) server nowhere; "
        "alter foreign table app.thing owner to test_owner"
    )
    with refused("WT090") as refusal:
        workshop.watch("app.thing")
    assert "can't be watched" in refusal.message


@pytest.mark.parametrize(
    "relation",
    [
        "pg_catalog.pg_class",
        "information_schema.sql_features",
        "audit_private.event",
        "audit_private.watched_table",
        "audit.event",
    ],
)
def test_nobody_s_catalogue_is_watched_nor_the_log_itself(
    workshop: Workshop, relation: str
) -> None:
    root = workshop.database.superuser()
    for connection in (workshop.owner, root):
        with refused("WT090") as refusal:
            watch(connection, relation)
        assert "can't be watched" in refusal.message


def test_our_record_of_migrations_is_not_watched(workshop: Workshop) -> None:
    found = workshop.behind.execute(
        "select oid::regclass::text as name from pg_class where relkind = 'r' "
        "and relnamespace = 'audit_migrations'::regnamespace"
    ).fetchall()
    assert found
    for table in found:
        with refused("WT090") as refusal:
            watch(workshop.database.superuser(), table["name"])
        assert "can't be watched" in refusal.message


def test_no_table_at_all_is_refused(workshop: Workshop) -> None:
    with refused("WT090"):
        call(workshop.owner, "watch", relation=None, entity_type="customer")


def test_a_table_without_a_key_is_refused_with_what_gives_it_one(workshop: Workshop) -> None:
    workshop.make("create table app.customer (id bigint not null unique, tenant_id uuid)")
    with refused("WT090") as refusal:
        workshop.watch()
    assert "primary key" in refusal.hint
    assert "replica identity" in refusal.hint
    workshop.make("alter table app.customer replica identity using index customer_id_key")
    assert workshop.watch() is True


@pytest.mark.parametrize(
    "entity_type",
    [None, "", "Customer", "1st", "customer-x", "x" * 54, "audit_log", "a b", "kund_å", "a\nb"],
    ids=lambda value: repr(value)[:20],
)
def test_an_entity_type_is_a_code_and_not_one_of_the_log_s_own(
    workshop: Workshop, entity_type: str | None
) -> None:
    workshop.make(CUSTOMER)
    with refused("WT090"):
        watch(workshop.owner, entity_type=entity_type)
    assert triggers(workshop) == []


def test_the_longest_entity_type_works(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    entity_type = "x" * 53
    workshop.watch(entity_type=entity_type)
    app = workshop.app()
    app.execute(INSERT, (1, workshop.tenant_a, "Anna"))
    app.execute("truncate app.customer")
    assert ("created", "1") in workshop.told(entity_type)
    assert ("truncated", None) in workshop.told(entity_type)
    assert workshop.watch(entity_type=entity_type) is False


def test_an_entity_type_belongs_to_one_table(customers: Workshop) -> None:
    customers.make("create table app.client (like app.customer including all)")
    with refused("WT090") as refusal:
        customers.watch("app.client", reason=REASON)
    assert "app.customer" in refusal.message
    assert customers.watch("app.client", "client") is True


def test_a_table_has_one_entity_type(customers: Workshop) -> None:
    with refused("WT090") as refusal:
        customers.watch(entity_type="client", reason=REASON)
    assert "customer" in refusal.message
    customers.app().execute(INSERT, (1, customers.tenant_a, "Anna"))
    assert customers.told() == [("created", "1")]
    assert customers.told("client") == []


def test_a_table_made_anew_takes_its_entity_type_up(customers: Workshop) -> None:
    app = customers.app()
    app.execute(INSERT, (1, customers.tenant_a, "Anna"))
    customers.make("drop table app.customer")
    customers.make(CUSTOMER)
    assert customers.watch(redact_columns=["ssn"]) is True
    app.execute(INSERT, (2, customers.tenant_a, "Bo"))
    assert customers.told() == [("created", "1"), ("created", "2")]


# What a delete keeps.


@pytest.mark.parametrize("level", LEVELS)
def test_a_delete_may_keep_key_and_label_alone(workshop: Workshop, level: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", keep_deleted_values=False, level=level)
    app = workshop.app()
    app.execute(INSERT, (1, workshop.tenant_a, "Anna"))
    app.execute("update app.customer set ssn = 'other'")
    app.execute("delete from app.customer")
    created, updated, deleted = workshop.events()
    assert created["target"]["ssn"] == "secret"
    assert updated["changes"] == {"ssn": {"old": "secret", "new": "other"}}
    assert deleted["target"] == {"id": 1, "name": "Anna"}
    assert deleted["changes"] is None
    assert deleted["description"] == "Customer Anna deleted"


@pytest.mark.parametrize("level", LEVELS)
def test_what_left_a_tenant_keeps_no_more_than_what_was_deleted(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", keep_deleted_values=False, level=level)
    app = workshop.app()
    app.execute(INSERT, (1, workshop.tenant_a, "Anna"))
    app.execute("update app.customer set tenant_id = %s", (workshop.tenant_b,))
    [_, left] = workshop.events(tenant_id=workshop.tenant_a)
    [came] = workshop.events(tenant_id=workshop.tenant_b)
    assert left["target"] == {"id": 1, "name": "Anna"}
    assert came["target"]["ssn"] == "secret"
