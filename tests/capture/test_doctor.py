"""Whatever lets changes pass unseen is told, with the SQL that ends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg import sql

from capture.workshop import CUSTOMER, Workshop
from cli.command_line import CommandLine
from walls.ledger import Connection, bind, new_role, refused, rows

from databases import Database

CHECKS = ("tables_captured", "replication_role_plain", "subscriptions_told", "spool_empty")
ADDRESS = """
create table app.address (id bigint, tenant_id uuid not null, city text, primary key (id, city))
partition by list (city);
create table app.address_lund partition of app.address for values in ('Lund');
create table app.address_rest partition of app.address default partition by hash (id);
create table app.address_rest_0 partition of app.address_rest
for values with (modulus 1, remainder 0);
"""
ADDRESS_PARTS = ("address_lund", "address_rest", "address_rest_0")
PERSON = """
create table app.person (id bigint primary key, tenant_id uuid not null, name text);
create table app.employee (salary numeric) inherits (app.person);
"""
CLOSED = "revoke insert, update, delete, truncate on app.{} from public"


def health(connection: Connection, check: str = "tables_captured") -> dict[str, Any]:
    return {row["check_name"]: row for row in rows(connection, "check_health")}[check]


def listed(workshop: Workshop, entity_type: str = "customer") -> dict[str, Any]:
    return {row["entity_type"]: row for row in rows(workshop.owner, "list_watched")}[entity_type]


def doctor(workshop: Workshop, code: int) -> str:
    """Run the command as the operator and check its exit code; gives what it printed."""
    return CommandLine(workshop.database)("operator", "doctor", code=code).stdout


def assert_told(workshop: Workshop, *problems: str, entity_type: str = "customer") -> str:
    """Claim that a watched table's trouble is told everywhere; gives the hint."""
    row = listed(workshop, entity_type)
    assert row["state"] == "error"
    check = health(workshop.owner)
    assert check["state"] == "error"
    page = doctor(workshop, code=1)
    for problem in problems:
        assert problem in row["problem"]
        assert problem in check["detail"]
        assert problem in page
    hint = str(row["hint"])
    assert hint.strip()
    for line in hint.splitlines():
        assert line in check["hint"]
        assert line in page
    return hint


def assert_well(workshop: Workshop, *entity_types: str) -> None:
    for entity_type in entity_types or ("customer",):
        row = listed(workshop, entity_type)
        assert (row["state"], row["problem"], row["hint"]) == ("ok", None, None)
    for name in CHECKS:
        check = health(workshop.owner, name)
        assert (check["state"], check["hint"]) == ("ok", None), check
    page = doctor(workshop, code=0)
    assert all(f"✗ error     {name}" not in page for name in CHECKS)


def assert_captured(workshop: Workshop) -> None:
    """Claim that all four kinds of statement are told."""
    before = len(workshop.events())
    app = workshop.app()
    app.execute(
        "insert into app.customer (id, tenant_id, name) values (70, %s, 'Anna')",
        (workshop.tenant_a,),
    )
    app.execute("update app.customer set name = 'Bo' where id = 70")
    app.execute("delete from app.customer where id = 70")
    app.execute("truncate app.customer")
    told = [action for action, _ in workshop.told()][before:]
    assert told == ["created", "updated", "deleted", "truncated", "truncated"]


@dataclass
class Strangers:
    """Roles of the whole server that one test makes, and that are gone when it ends."""

    database: Database
    names: list[str]

    def make(self, name: str, *members: str, attributes: str = "") -> str:
        self.names.append(name)
        return new_role(self.database, name, *members, attributes=attributes)

    def make_group(self, name: str) -> str:
        self.make(name)
        with self.database.superuser() as root:
            root.execute(sql.SQL("alter role {} nologin").format(sql.Identifier(name)))
        return name


@pytest.fixture
def strangers(loaded_database: Database) -> Iterator[Strangers]:
    """Makes roles whose rights and settings must not outlive the test."""
    found = Strangers(loaded_database, [])
    yield found
    with loaded_database.superuser() as root:
        root.execute("set client_min_messages = error")
        for name in reversed(found.names):
            role = sql.Identifier(name)
            root.execute(sql.SQL("drop owned by {} cascade").format(role))
            root.execute(sql.SQL("drop role {}").format(role))


@pytest.fixture
def plain(workshop: Workshop) -> Workshop:
    """The watched table of customers, with nothing to report."""
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", redact_columns=["ssn"])
    return workshop


def test_nothing_is_reported_for_a_healthy_installation(workshop: Workshop) -> None:
    workshop.make(CUSTOMER + ";" + ADDRESS)
    for part in ADDRESS_PARTS:
        workshop.make(CLOSED.format(part))
    workshop.make("create table app.setting (id uuid primary key, value jsonb)")
    workshop.make("create table app.line (a int, b text, tenant_id uuid, primary key (a, b))")
    workshop.watch(redact_columns=["ssn"], ignore_columns=["touched_at"])
    workshop.watch("app.address", "address", keep_deleted_values=False)
    workshop.watch("app.setting", "setting", tenant_column=None, on_error="spool")
    workshop.watch("app.line", "line", level="row", columns=["a", "b"])
    assert_well(workshop, "customer", "address", "setting", "line")


@pytest.mark.parametrize("level", ["statement", "row"])
@pytest.mark.parametrize("operation", ["insert", "update", "delete", "truncate"])
@pytest.mark.parametrize(
    "harm",
    [
        "alter table app.customer disable trigger pgwitness_{}",
        "alter table app.customer enable trigger pgwitness_{}",
        "alter table app.customer enable replica trigger pgwitness_{}",
        "drop trigger pgwitness_{} on app.customer",
    ],
    ids=["disabled", "origin_only", "replica_only", "dropped"],
)
def test_a_trigger_that_does_not_always_fire_is_an_error_that_its_owner_mends(
    workshop: Workshop, level: str, operation: str, harm: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    workshop.make(harm.format(operation))
    hint = assert_told(workshop, "triggers are missing, disabled or not always fired")
    workshop.make(hint)
    assert_well(workshop)
    assert_captured(workshop)


@pytest.mark.parametrize(
    "harm",
    [
        "alter table app.customer disable trigger all",
        "alter table app.customer disable trigger user",
        "drop trigger pgwitness_insert on app.customer;"
        "drop trigger pgwitness_update on app.customer;"
        "drop trigger pgwitness_delete on app.customer;"
        "drop trigger pgwitness_truncate on app.customer",
    ],
    ids=["disable_all", "disable_user", "drop_all"],
)
def test_all_triggers_gone_at_once_are_mended_at_once(plain: Workshop, harm: str) -> None:
    plain.behind.execute(harm.encode())
    hint = assert_told(plain, "triggers are missing, disabled or not always fired")
    plain.make(hint)
    assert_well(plain)
    assert_captured(plain)


def test_a_trigger_that_is_off_on_a_partition_is_an_error_too(workshop: Workshop) -> None:
    workshop.make(ADDRESS)
    for part in ADDRESS_PARTS:
        workshop.make(CLOSED.format(part))
    workshop.watch("app.address", "address", level="row")
    workshop.make("alter table app.address_lund disable trigger pgwitness_update")
    hint = assert_told(
        workshop, "triggers are missing, disabled or not always fired", entity_type="address"
    )
    workshop.make(hint)
    assert_well(workshop, "address")


@pytest.mark.parametrize(
    "harm",
    [
        "create or replace function audit_private.on_customer() returns trigger"
        " language plpgsql as 'begin return null; end'",
        "alter function audit_private.on_customer() security invoker",
        "alter function audit_private.on_customer() set row_security = off",
        "alter function audit_private.on_customer() owner to postgres",
        "drop function audit_private.on_customer() cascade",
    ],
    ids=["replaced", "invoker", "setting", "owner", "dropped"],
)
def test_a_function_that_somebody_changed_is_an_error_that_watch_mends(
    plain: Workshop, harm: str
) -> None:
    plain.behind.execute("set client_min_messages = error")
    plain.behind.execute(harm.encode())
    hint = assert_told(plain, "its trigger function is not the one that watch made")
    mender = plain.behind if "owner to" in harm else plain.owner
    mender.execute(hint.encode())
    assert_well(plain)
    assert_captured(plain)


def test_a_table_that_was_dropped_is_an_error_until_it_is_unwatched(plain: Workshop) -> None:
    app = plain.app()
    app.execute("insert into app.customer (id, tenant_id) values (1, %s)", (plain.tenant_a,))
    plain.make("drop table app.customer")
    hint = assert_told(plain, "table app.customer is gone")
    operator = plain.database.connect(plain.database.role("operator"))
    operator.execute(hint.encode())
    assert [row["entity_type"] for row in rows(plain.owner, "list_watched")] == []
    assert health(plain.owner)["state"] == "ok"
    doctor(plain, code=0)
    assert plain.told() == [("created", "1")], "its history stays"


@pytest.mark.parametrize(
    "setting",
    [
        "alter role {role} set session_replication_role = replica",
        "alter role {role} set session_replication_role = 'local'",
        "alter role {role} in database {database} set session_replication_role = replica",
        "alter database {database} set session_replication_role = replica",
    ],
    ids=["role", "role_local", "role_in_database", "database"],
)
def test_beginning_as_a_replica_is_an_error(
    plain: Workshop, strangers: Strangers, setting: str
) -> None:
    role = strangers.make('test "careless"', "audit_app")
    places = {
        "role": sql.Identifier(role),
        "database": sql.Identifier(plain.database.name),
    }
    plain.behind.execute(sql.SQL(setting).format(**places))
    check = health(plain.owner, "replication_role_plain")
    assert check["state"] == "error"
    assert "session_replication_role" in check["detail"]
    assert "session_replication_role" in doctor(plain, code=1)
    plain.behind.execute(f"{check['hint']}".encode())
    assert_well(plain)


@pytest.mark.parametrize("way", ["itself", "group", "public"])
def test_an_application_that_may_set_the_replication_role_is_an_error(
    plain: Workshop, strangers: Strangers, way: str
) -> None:
    group = strangers.make_group("test_careless_group")
    role = strangers.make("test_careless", "audit_app", group)
    bind(plain.database, role, plain.tenant_a)
    grantee = {"itself": role, "group": group, "public": "public"}[way]
    grant = f"grant set on parameter session_replication_role to {grantee}"
    revoke = f"revoke set on parameter session_replication_role from {grantee}"
    plain.behind.execute(grant.encode())
    try:
        check = health(plain.owner, "replication_role_plain")
        assert check["state"] == "error"
        assert "may set session_replication_role" in check["detail"]
        assert "replication_role_plain" in doctor(plain, code=1)
        plain.behind.execute(f"{check['hint']}".encode())
        assert_well(plain)
    finally:
        plain.behind.execute(revoke.encode())


@pytest.mark.parametrize("mode", ["replica", "local"])
def test_a_session_that_is_a_replica_is_told_so(
    plain: Workshop, strangers: Strangers, mode: str
) -> None:
    role = strangers.make("test_mover", "audit_operator")
    plain.behind.execute("grant set on parameter session_replication_role to test_mover")
    mover = plain.database.connect(role)
    mover.execute(f"set session_replication_role = {mode}".encode())
    check = health(mover, "replication_role_plain")
    assert check["state"] == "error"
    assert mode in check["detail"]
    mover.execute(f"{check['hint']}".encode())
    assert health(mover, "replication_role_plain")["state"] == "ok"
    assert health(plain.owner, "replication_role_plain")["state"] == "ok", "others never saw it"


@pytest.mark.parametrize("level", ["statement", "row"])
def test_capture_goes_on_in_a_session_that_is_a_replica(
    workshop: Workshop, strangers: Strangers, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    role = strangers.make("test_mover")
    workshop.behind.execute("grant set on parameter session_replication_role to test_mover")
    mover = workshop.database.connect(role)
    mover.execute("set session_replication_role = replica")
    mover.execute("insert into app.customer (id, tenant_id) values (1, %s)", (workshop.tenant_a,))
    mover.execute("update app.customer set name = 'Bo'")
    mover.execute("delete from app.customer")
    assert workshop.told() == [("created", "1"), ("updated", "1"), ("deleted", "1")]
    assert {event["actor_id"] for event in workshop.events()} == {role}


def test_no_role_without_the_right_can_become_a_replica(plain: Workshop) -> None:
    for persona in ("app", "service", "owner", "operator"):
        someone = plain.database.connect(plain.database.role(persona))
        with refused("42501", case=persona):
            someone.execute("set session_replication_role = replica")


def test_a_superuser_in_use_as_an_application_s_role_is_an_error(
    plain: Workshop, strangers: Strangers
) -> None:
    role = strangers.make("test_mighty", "audit_app", attributes="superuser")
    bind(plain.database, role, plain.tenant_a)
    hint = assert_told(plain, f"role {role} acts for tenants and is a superuser")
    plain.behind.execute(hint.encode())
    assert_well(plain)


@pytest.mark.parametrize("way", ["owner", "member_of_owner"])
def test_an_owner_in_use_as_an_application_s_role_is_an_error(
    plain: Workshop, strangers: Strangers, way: str
) -> None:
    keeper = strangers.make("test_keeper", "audit_operator")
    role = plain.database.role("owner")
    if way == "member_of_owner":
        role = strangers.make("test_heir", "audit_app", role)
    bind(plain.database, role, plain.tenant_a)
    hint = assert_told(plain, f"role {role} acts for tenants and owns the table")
    plain.behind.execute(hint.replace("…", keeper).encode())
    row = listed(plain)
    assert (row["state"], row["hint"]) == ("ok", None)
    assert_captured(plain)


def write_directly(connection: Connection, part: str, tenant_id: object) -> None:
    city = {"address_lund": ", 'Lund'", "employee": ", 'Eva'"}[part]
    connection.execute(f"insert into app.{part} values (1, %s{city})".encode(), (tenant_id,))


DIRECT = [
    pytest.param(ADDRESS, "address", "address_lund", ADDRESS_PARTS, id="partition"),
    pytest.param(PERSON, "person", "employee", ("employee",), id="inheritance_child"),
]


def open_part(workshop: Workshop, part: str, grantee: str) -> None:
    workshop.make(f"grant insert, update, delete on app.{part} to {grantee}")


@pytest.fixture
def direct_writer(strangers: Strangers) -> str:
    """The name of an application's login that is in a group of its own."""
    group = strangers.make_group("test_direct_group")
    return strangers.make("test_direct", "audit_app", group)


@pytest.mark.parametrize(("tables", "entity_type", "part", "parts"), DIRECT)
@pytest.mark.parametrize("way", ["itself", "group", "public"])
def test_a_part_that_can_be_written_directly_is_an_error(
    workshop: Workshop,
    direct_writer: str,
    tables: str,
    entity_type: str,
    part: str,
    parts: tuple[str, ...],
    way: str,
) -> None:
    workshop.make(tables)
    for each in parts:
        workshop.make(CLOSED.format(each))
    workshop.watch(f"app.{entity_type}", entity_type)
    assert_well(workshop, entity_type)
    grantee = {"itself": direct_writer, "group": "test_direct_group", "public": "public"}[way]
    open_part(workshop, part, grantee)
    writer = workshop.database.connect(direct_writer)
    write_directly(writer, part, workshop.tenant_a)
    assert workshop.told(entity_type) == [], "or there would be nothing to report"
    hint = assert_told(
        workshop,
        f"may write to app.{part} directly",
        entity_type=entity_type,
    )
    workshop.make(hint)
    assert_well(workshop, entity_type)
    with refused("42501"):
        write_directly(writer, part, workshop.tenant_a)


@pytest.mark.parametrize("privilege", ["insert", "update", "delete", "truncate"])
def test_each_right_to_write_to_a_part_counts(
    workshop: Workshop, direct_writer: str, privilege: str
) -> None:
    workshop.make(ADDRESS)
    for each in ADDRESS_PARTS:
        workshop.make(CLOSED.format(each))
    workshop.watch("app.address", "address")
    workshop.make(f"grant {privilege} on app.address_rest_0 to {direct_writer}")
    hint = assert_told(workshop, "app.address_rest_0", entity_type="address")
    workshop.make(hint)
    assert_well(workshop, "address")


def test_watched_row_by_row_a_partition_may_be_written_directly(
    workshop: Workshop, direct_writer: str
) -> None:
    workshop.make(ADDRESS)
    for each in ADDRESS_PARTS:
        workshop.make(CLOSED.format(each))
    workshop.watch("app.address", "address", level="row")
    open_part(workshop, "address_lund", direct_writer)
    assert_well(workshop, "address")
    write_directly(workshop.database.connect(direct_writer), "address_lund", workshop.tenant_a)
    assert workshop.told("address") == [("created", '["1", "Lund"]')]


def test_a_child_that_is_watched_itself_may_be_written_directly(
    workshop: Workshop, direct_writer: str
) -> None:
    workshop.make(PERSON)
    workshop.make("alter table app.employee add primary key (id)")
    workshop.make(CLOSED.format("employee"))
    workshop.watch("app.person", "person")
    workshop.watch("app.employee", "employee")
    open_part(workshop, "employee", direct_writer)
    assert_well(workshop, "person", "employee")
    write_directly(workshop.database.connect(direct_writer), "employee", workshop.tenant_a)
    assert workshop.told("employee") == [("created", "1")]


def test_several_troubles_are_told_together_and_mended_together(plain: Workshop) -> None:
    plain.make("alter table app.customer disable trigger pgwitness_insert")
    plain.make("alter table app.customer add phone text")
    hint = assert_told(plain, "triggers are missing", "columns have changed")
    plain.make(hint)
    assert_well(plain)


def test_the_auditor_sees_the_same_and_others_see_nothing(plain: Workshop) -> None:
    plain.make("alter table app.customer disable trigger pgwitness_insert")
    auditor = plain.database.connect(plain.database.role("auditor"))
    [row] = rows(auditor, "list_watched")
    assert row == listed(plain)
    assert health(auditor) == health(plain.owner)
    for persona in ("app", "reader", "privacy", "service", "backup", "stranger"):
        someone = plain.database.connect(plain.database.role(persona))
        with refused("42501", case=persona):
            rows(someone, "list_watched")


def test_a_hint_names_tables_and_columns_as_they_have_to_be_written(workshop: Workshop) -> None:
    workshop.make(
        """create table app."O'Brien ""x"" %s" (
          "Id" bigint primary key, "tenant 'id'" uuid, "na,me" text, "{s}" text, "a b" text)"""
    )
    relation = """app."O'Brien ""x"" %s\""""
    workshop.watch(
        relation,
        "odd",
        tenant_column="tenant 'id'",
        label_column="na,me",
        redact_columns=["{s}"],
        ignore_columns=["a b"],
    )
    for harm in (
        f"alter table {relation} disable trigger pgwitness_insert",
        f'alter table {relation} add "new" text',
    ):
        workshop.owner.execute(harm.encode(), None, prepare=False)
        row = listed(workshop, "odd")
        assert row["state"] != "ok"
        workshop.owner.execute(str(row["hint"]).encode(), None, prepare=False)
        assert listed(workshop, "odd")["state"] == "ok"
    row = listed(workshop, "odd")
    assert row["relation"] == relation
    assert (row["redact_columns"], row["ignore_columns"]) == (["{s}"], ["a b"])
    assert (row["label_column"], row["tenant_column"]) == ("na,me", "tenant 'id'")
