"""Whose change it was: the actor, the writer and, where the row doesn't say, the tenant."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from uuid import UUID

import pytest

from capture.workshop import CUSTOMER, Workshop
from walls.ledger import Connection, bind, call, log, new_role, refused, set_context, stored

STRAY = UUID("dddddddd-0000-4000-8000-00000000000d")
INSERT = "insert into app.customer (id, tenant_id, name) values (%s, %s, 'Anna')"
NOTE = "create table app.note (id bigint primary key, body text)"
WAYS = [
    pytest.param({"level": "statement"}, id="statement"),
    pytest.param({"level": "row"}, id="row"),
]
WRITES = {
    "insert": "insert into app.note values (2, 'two')",
    "update": "update app.note set body = 'changed'",
    "delete": "delete from app.note",
    "truncate": "truncate app.note",
}


@pytest.fixture(params=WAYS)
def watched(request: pytest.FixtureRequest, workshop: Workshop) -> Workshop:
    """Customers with a tenant of their own, captured in each way."""
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", redact_columns=["ssn"], **request.param)
    return workshop


@pytest.fixture(params=WAYS)
def notes(request: pytest.FixtureRequest, workshop: Workshop) -> Workshop:
    """Notes that hold no tenant, captured in each way; one is there already."""
    workshop.make(NOTE)
    workshop.owner.execute("insert into app.note values (1, 'one')")
    workshop.watch("app.note", "note", tenant_column=None, **request.param)
    return workshop


def forge(connection: Connection, **settings: str) -> None:
    """Set what only the log should set, for the whole session."""
    for name, value in settings.items():
        connection.execute("select set_config(%s, %s, false)", (f"pgwitness.{name}", value))


def who(event: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(event[name] for name in ("actor_type", "actor_id", "actor"))


def live(connection: Connection, tenant_id: UUID) -> None:
    """Insert, change, move, delete a row, and empty the table."""
    connection.execute(INSERT, (1, tenant_id))
    connection.execute("update app.customer set name = 'Bo'")
    connection.execute("update app.customer set id = 2")
    connection.execute("delete from app.customer")
    connection.execute("truncate app.customer")


def test_a_member_of_audit_app_names_the_actor(watched: Workshop) -> None:
    app = watched.app()
    with app.transaction():
        set_context(
            app,
            tenant_id=watched.tenant_a,
            actor_id="anna",
            actor_type="api_key",
            actor={"name": "Anna"},
            ip="192.0.2.7",
            user_agent="Firefox",
            request_id="r-1",
        )
        live(app, watched.tenant_a)
    events = watched.events()
    assert {event["action"] for event in events} == {
        f"customer_{suffix}" for suffix in ("created", "updated", "deleted", "truncated")
    }
    for event in events:
        assert who(event) == ("api_key", "anna", {"name": "Anna"})
        assert (event["ip"], event["user_agent"], event["request_id"]) == (
            ip_address("192.0.2.7"),
            "Firefox",
            "r-1",
        )
        assert event["recorded_by"] == "test_app_a"


def test_the_context_ends_with_its_transaction(watched: Workshop) -> None:
    app = watched.app()
    with app.transaction():
        set_context(app, actor_id="anna", ip="192.0.2.7", request_id="r-1")
    app.execute(INSERT, (1, watched.tenant_a))
    [event] = watched.events()
    assert who(event) == ("database_role", "test_app_a", None)
    assert (event["ip"], event["user_agent"], event["request_id"]) == (None, None, None)


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"actor_id": "anna"},
        {"actor": {"name": "Anna"}},
        {"actor_type": "system"},
        {"actor_type": "database_role"},
        {"actor_id": "job", "actor_type": "system", "actor": {"name": "Night job"}},
    ],
    ids=str,
)
def test_a_captured_change_has_the_actor_that_a_logged_one_has(
    watched: Workshop, context: dict[str, Any]
) -> None:
    app = watched.app()
    with app.transaction():
        set_context(app, **context)
        app.execute(INSERT, (1, watched.tenant_a))
        log(app)
    [captured] = watched.events()
    [logged] = stored(watched.database)
    assert who(captured) == who(logged)


FORGED = {"actor_id": "anna", "actor_type": "user", "actor": '{"name": "Anna"}'}


@pytest.mark.parametrize("persona", ["stranger", "reader", "admin", "operator", "owner"])
def test_a_forged_actor_is_not_believed(watched: Workshop, persona: str) -> None:
    connection = watched.database.connect(watched.database.role(persona))
    forge(connection, **FORGED)
    live(connection, watched.tenant_a)
    events = watched.events(tenant_id=watched.tenant_a)
    assert len(events) == 6
    for event in events:
        role = watched.database.role(persona)
        assert who(event) == ("database_role", role, None)
        assert event["recorded_by"] == role


def test_a_forged_actor_that_is_not_believed_stops_nobody(watched: Workshop) -> None:
    stranger = watched.database.connect(watched.database.role("stranger"))
    forge(stranger, actor_type="king", actor_id="x" * 501, actor="[1]")
    stranger.execute(INSERT, (1, watched.tenant_a))
    [event] = watched.events()
    assert who(event) == ("database_role", "test_stranger", None)


def test_a_login_without_any_binding_changes_rows_of_two_tenants(watched: Workshop) -> None:
    login = new_role(watched.database, "test_dba")
    dba = watched.database.connect(login)
    values = {"a": watched.tenant_a, "b": watched.tenant_b}
    dba.execute(
        "insert into app.customer (id, tenant_id) values (1, %(a)s), (2, %(b)s), (3, %(a)s)", values
    )
    dba.execute("update app.customer set name = 'Bo'")
    dba.execute("delete from app.customer")
    for tenant_id, ids in ((watched.tenant_a, ["1", "3"]), (watched.tenant_b, ["2"])):
        events = watched.events(tenant_id=tenant_id)
        assert [event["entity_id"] for event in events] == ids * 3
        for event in events:
            assert who(event) == ("database_role", login, None)
            assert event["recorded_by"] == login


def test_the_context_s_tenant_does_not_hide_whose_row_it_is(watched: Workshop) -> None:
    app = watched.app()
    with app.transaction():
        set_context(app, tenant_id=watched.tenant_a, actor_id="anna")
        app.execute(INSERT, (1, watched.tenant_b))
    [event] = watched.events()
    assert (event["tenant_id"], event["actor_id"]) == (watched.tenant_b, "anna")


def test_set_role_is_recorded(watched: Workshop) -> None:
    worker = new_role(watched.database, "test_day_worker", "audit_app")
    login = new_role(watched.database, "test_Late shift", "audit_app", worker)
    shift = watched.database.connect(f"'{login}'")
    shift.execute(INSERT, (1, watched.tenant_a))
    shift.execute("set role test_day_worker")
    shift.execute("set quote_all_identifiers = on")
    shift.execute("truncate app.customer")
    live(shift, watched.tenant_b)
    first, *others = watched.events(actor_type="database_role")
    assert (first["actor_id"], first["recorded_by"]) == (login, '"test_Late shift"')
    assert {(event["actor_id"], event["recorded_by"]) for event in others} == {
        ("test_day_worker", '"test_Late shift"/test_day_worker')
    }


def test_a_pooler_that_steps_down_speaks_for_the_role_that_it_took(watched: Workshop) -> None:
    pooler = new_role(watched.database, "test_relay", "test_stranger", "test_app_a", "audit_app")
    call(watched.owner, "grant_all_tenants", role=pooler, reason="It stands for every tenant")
    connection = watched.database.connect(pooler)
    for row, role in enumerate(("none", "test_app_a", "test_stranger")):
        with connection.transaction():
            forge(connection, **FORGED)
            connection.execute(f"set local role {role}")
            connection.execute(INSERT, (row, watched.tenant_a))
    assert [(event["actor_id"], event["recorded_by"]) for event in watched.events()] == [
        ("anna", "test_relay"),
        ("anna", "test_relay/test_app_a"),
        ("test_stranger", "test_relay/test_stranger"),
    ]


@pytest.mark.parametrize(
    ("settings", "sqlstates"),
    [
        ({"actor_type": "king"}, ["WT013"]),
        ({"actor_id": "x" * 501}, ["WT013"]),
        ({"actor": "[1]"}, ["WT013"]),
        ({"actor": "null"}, ["WT013"]),
        ({"actor": '"Anna"', "actor_type": "user"}, ["WT013"]),
        ({"actor": "{garbage"}, ["22P02", "WT013"]),
        ({"ip": "{garbage"}, ["22P02"]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_actor_that_can_not_stand_in_an_event_is_refused(
    watched: Workshop, settings: dict[str, str], sqlstates: list[str]
) -> None:
    app = watched.app()
    forge(app, **settings)
    with refused(*sqlstates):
        app.execute(INSERT, (1, watched.tenant_a))
    assert watched.behind.execute("select from app.customer").fetchall() == []
    assert watched.events() == []


def test_a_huge_actor_is_cut(watched: Workshop) -> None:
    actor = {"name": "Anna", "padding": "å" * 10_000}
    app = watched.app()
    with app.transaction():
        set_context(app, actor_id="anna", actor=actor, user_agent="u" * 5000, request_id="r" * 5000)
        live(app, watched.tenant_a)
    events = watched.events(tenant_id=watched.tenant_a)
    assert len(events) == 6
    for event in events:
        assert event["actor_id"] == "anna"
        assert event["actor"].keys() == {"_cut"}
        assert event["actor"]["_cut"] > 20_000
        assert (len(event["user_agent"]), len(event["request_id"])) == (1000, 500)


DEFINER = """
create function app.add_customer(id bigint, tenant_id uuid) returns void
language sql security definer
begin atomic
  insert into app.customer (id, tenant_id) values (add_customer.id, add_customer.tenant_id);
end
"""


def test_a_definer_function_of_the_application_changes_nothing_about_who_it_was(
    watched: Workshop,
) -> None:
    watched.make(DEFINER + "; revoke insert on app.customer from public")
    app = watched.app()
    with app.transaction():
        set_context(app, actor_id="anna")
        app.execute("select app.add_customer(1, %s)", (watched.tenant_a,))
    stranger = watched.database.connect(watched.database.role("stranger"))
    forge(stranger, **FORGED)
    stranger.execute("select app.add_customer(2, %s)", (watched.tenant_a,))
    assert [(event["actor_id"], event["recorded_by"]) for event in watched.events()] == [
        ("anna", "test_app_a"),
        ("test_stranger", "test_stranger"),
    ]


# The log's own mark for rows that moved.
@pytest.mark.parametrize("forged", ["yes", "no", "garbage'\""])
def test_a_forged_mark_of_moved_rows_changes_nothing(watched: Workshop, forged: str) -> None:
    def act(connection: Connection) -> list[tuple[Any, ...]]:
        watched.behind.execute("delete from app.customer")
        seen = len(watched.events())
        live(connection, watched.tenant_a)
        with connection.transaction():
            connection.execute(INSERT, (5, watched.tenant_a))
            connection.execute("update app.customer set name = name")
            connection.execute("update app.customer set tenant_id = %s", (watched.tenant_b,))
            connection.execute("update app.customer set name = 'Cilla'")
        return [
            tuple(
                event[name]
                for name in ("tenant_id", "action", "entity_id", "target", "changes", "metadata")
            )
            for event in watched.events()[seen:]
        ]

    app = watched.app()
    told = act(app)
    assert sum("moved_to" in (metadata or {}) for *_, metadata in told) == 2
    forge(app, moved=forged)
    again = act(app)

    def without_estimates(events: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [event for event in events if event[1] != "customer_truncated"]

    assert without_estimates(again) == without_estimates(told)
    assert len(again) == len(told)


def test_a_role_bound_to_one_tenant_needs_no_context(notes: Workshop) -> None:
    app = notes.app("b")
    for statement in WRITES.values():
        app.execute(statement)
    events = notes.events("note")
    assert {event["tenant_id"] for event in events} == {notes.tenant_b}
    assert [told for told, _ in notes.told("note")] == [
        *("created", "updated", "updated", "deleted", "deleted", "truncated")
    ]


def test_a_service_takes_the_tenant_of_its_context(notes: Workshop) -> None:
    service = notes.database.connect(notes.database.role("service"))
    for tenant_id in (notes.tenant_b, notes.tenant_a):
        with service.transaction():
            set_context(service, tenant_id=tenant_id, actor_id="anna")
            service.execute("update app.note set body = body || '!'")
    assert [(event["tenant_id"], event["actor_id"]) for event in notes.events("note")] == [
        (notes.tenant_b, "anna"),
        (notes.tenant_a, "anna"),
    ]


def test_a_role_bound_to_two_tenants_needs_a_context(notes: Workshop) -> None:
    role = new_role(notes.database, "test_of_two", "audit_app")
    bind(notes.database, role, notes.tenant_a, notes.tenant_b)
    connection = notes.database.connect(role)
    with refused("WT001"):
        connection.execute(WRITES["insert"])
    with connection.transaction():
        set_context(connection, tenant_id=notes.tenant_b)
        connection.execute(WRITES["insert"])
    [event] = notes.events("note")
    assert event["tenant_id"] == notes.tenant_b


@pytest.mark.parametrize(
    ("persona", "tenant", "sqlstate"),
    [
        ("service", None, "WT001"),
        ("stranger", None, "WT001"),
        ("owner", None, "WT001"),
        ("app", "b", "WT002"),
        ("stranger", "a", "WT002"),
        ("service", "unregistered", "WT003"),
    ],
)
def test_a_write_whose_tenant_is_nobody_s_or_another_s_is_refused(
    notes: Workshop, persona: str, tenant: str | None, sqlstate: str
) -> None:
    connection = notes.database.connect(notes.database.role(persona))
    if tenant is not None:
        tenants = {"a": notes.tenant_a, "b": notes.tenant_b, "unregistered": STRAY}
        forge(connection, tenant_id=str(tenants[tenant]))
    for write, statement in WRITES.items():
        with refused(sqlstate, case=write):
            connection.execute(statement)
    assert notes.behind.execute("select * from app.note").fetchall() == [{"id": 1, "body": "one"}]
    assert notes.events("note") == []


@pytest.mark.parametrize(
    "statement",
    [
        "insert into app.note select 2, 'two' where false",
        "update app.note set body = 'changed' where false",
        "delete from app.note where false",
    ],
)
def test_a_statement_that_touches_no_row_needs_no_tenant(notes: Workshop, statement: str) -> None:
    notes.database.connect(notes.database.role("stranger")).execute(statement)
    assert notes.events("note") == []


def test_a_superuser_s_write_to_a_table_without_tenants_needs_one(notes: Workshop) -> None:
    root = notes.database.superuser()
    with refused("WT001"):
        root.execute(WRITES["insert"])
    assert len(notes.behind.execute("select from app.note").fetchall()) == 1


def test_a_definer_function_does_not_lend_its_owner_s_tenant(notes: Workshop) -> None:
    notes.make(
        "create function app.add_note() returns void language sql security definer "
        "begin atomic insert into app.note values (3, 'three'); end"
    )
    call(notes.owner, "grant_tenant", role=notes.database.role("owner"), tenant_id=notes.tenant_a)
    notes.app("b").execute("select app.add_note()")
    [event] = notes.events("note")
    assert (event["tenant_id"], event["recorded_by"]) == (notes.tenant_b, "test_app_b")
