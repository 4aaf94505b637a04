"""A row's history, the row as it stood at any moment, and the statement that undoes a change."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from capture.workshop import CUSTOMER, Workshop
from walls.ledger import REASON, Connection, call, log, refused

from databases import TENANTS

Reader = psycopg.Connection[DictRow]
READERS = ("reader", "admin", "privacy", "auditor", "service")
TENANT = TENANTS["a"]
OTHERS = ("app", "operator", "owner", "backup", "stranger")


def history(
    reader: Reader,
    key: Any,
    relation: str = "app.customer",
    **options: Any,
) -> list[dict[str, Any]]:
    given = "".join(f", {name} => %({name})s" for name in options)
    return reader.execute(
        f"select * from audit.list_row_history(%(relation)s, %(key)s{given})".encode(),
        {"relation": relation, "key": key} | options,
    ).fetchall()


def add(workshop: Workshop, key: int, name: str = "Anna", tenant: str = "a") -> None:
    tenant_id = {"a": workshop.tenant_a, "b": workshop.tenant_b}[tenant]
    workshop.app().execute(
        "insert into app.customer (id, tenant_id, name) values (%s, %s, %s)",
        (key, tenant_id, name),
    )


def reads(workshop: Workshop) -> list[dict[str, Any]]:
    found = workshop.behind.execute(
        "select * from audit_private.event where action = 'audit_log_viewed' order by sequence"
    ).fetchall()
    return list(found)


CALLS = {
    "list_row_history": "select audit.list_row_history('app.customer', 1)",
    "get_row_at": "select audit.get_row_at('app.customer', 1, now())",
    "revert_sql": "select audit.revert_sql(%(event)s)",
}
every_call = pytest.mark.parametrize("name", CALLS)


def first_event(workshop: Workshop) -> UUID:
    found: UUID = workshop.events()[0]["id"]
    return found


def test_a_history_is_newest_first_and_of_one_row_only(customers: Workshop) -> None:
    add(customers, 1)
    add(customers, 2)
    app = customers.app()
    for name in ("Bo", "Cy"):
        app.execute("update app.customer set name = %s", (name,))
    app.execute("delete from app.customer where id = 1")
    log(app, entity_type="customer", entity_id="1")
    found = history(customers.reader(), 1)
    assert [event["action"].removeprefix("customer_") for event in found] == [
        "deleted",
        "updated",
        "updated",
        "created",
    ]
    assert found[1]["changes"] == {"name": {"old": "Bo", "new": "Cy"}}
    assert [event["sequence"] for event in found] == sorted(
        (event["sequence"] for event in found), reverse=True
    )
    assert {event["entity_id"] for event in found} == {"1"}
    assert {event["actor_id"] for event in found} == {customers.database.role("app")}


def test_pages_neither_repeat_nor_miss_while_others_write(customers: Workshop) -> None:
    add(customers, 1)
    app = customers.app()
    for number in range(20):
        app.execute("update app.customer set name = %s", (f"Anna {number}",))
    reader = customers.reader()
    whole = [event["id"] for event in history(reader, 1)]
    paged: list[UUID] = []
    page = history(reader, 1, page_size=4)
    while page:
        paged += [event["id"] for event in page]
        app.execute("update app.customer set name = name || '!'")
        page = history(reader, 1, page_size=4, after=page[-1]["cursor"])
    assert paged == whole
    assert len(whole) == 21


@every_call
@pytest.mark.parametrize("persona", READERS)
def test_readers_need_an_access_session(customers: Workshop, persona: str, name: str) -> None:
    add(customers, 1)
    event = {"event": first_event(customers)}
    reader = customers.database.connect(customers.database.role(persona))
    if persona == "service":
        reader.execute("select set_config('pgwitness.tenant_id', %s, false)", (f"{TENANT}",))
    with refused("WT030"):
        reader.execute(CALLS[name].encode(), event)
    access_id = call(
        reader, "open_access", access_reason="audit_review", justification=REASON, tenant_id=TENANT
    )
    if persona == "service":
        reader.execute("select set_config('pgwitness.access_id', %s, false)", (f"{access_id}",))
    before = len(reads(customers))
    assert len(reader.execute(CALLS[name].encode(), event).fetchall()) == 1
    [read] = reads(customers)[before:]
    assert read["tenant_id"] == customers.tenant_a
    assert read["metadata"]["access_id"] == str(access_id)
    assert read["metadata"]["rows"] == 1


@every_call
@pytest.mark.parametrize("persona", OTHERS)
def test_nobody_else_may_call_them(customers: Workshop, persona: str, name: str) -> None:
    add(customers, 1)
    event = {"event": first_event(customers)}
    someone = customers.database.connect(customers.database.role(persona))
    with refused("42501"):
        someone.execute(CALLS[name].encode(), event)


def test_another_tenant_sees_nothing(customers: Workshop) -> None:
    add(customers, 1)
    neighbour = customers.reader("b")
    assert history(neighbour, 1) == []
    row = neighbour.execute(
        "select audit.get_row_at('app.customer', 1, clock_timestamp()) as was"
    ).fetchone()
    assert row == {"was": None}
    with refused("WT044"):
        neighbour.execute("select audit.revert_sql(%s)", (first_event(customers),))
    for statement in (
        "select audit.list_row_history('app.customer', 1, tenant_id => %s)",
        "select audit.get_row_at('app.customer', 1, now(), tenant_id => %s)",
    ):
        with refused("WT002", case=statement):
            neighbour.execute(statement.encode(), (customers.tenant_a,))


def test_a_row_that_moved_between_tenants_is_told_to_each_as_far_as_it_is_theirs(
    customers: Workshop,
) -> None:
    add(customers, 1, "Anna")
    customers.owner.execute("update app.customer set tenant_id = %s", (customers.tenant_b,))
    customers.owner.execute("update app.customer set name = 'Bo'")
    mine = history(customers.reader(), 1)
    theirs = history(customers.reader("b"), 1)
    assert [event["description"] for event in mine] == [
        "Customer Anna moved away",
        "Customer Anna created",
    ]
    assert [event["description"] for event in theirs] == [
        "Customer Bo updated",
        "Customer Anna moved here",
    ]
    assert str(customers.tenant_b) not in str([event["metadata"] for event in mine])


@pytest.mark.parametrize(
    ("columns", "values", "keys"),
    [
        ("a integer, b text, primary key (a, b)", "7, 'a'", ['["7", "a"]']),
        ("b text, a integer, primary key (a, b)", "'x\"y', 7", ['["7", "x\\"y"]']),
        ("a bigint primary key", "9007199254740993", [9007199254740993, "9007199254740993"]),
        ("a smallint primary key", "-3", [-3, "-3"]),
        (
            "a uuid primary key",
            "'AAAAAAAA-1111-4111-8111-111111111111'",
            [
                UUID("aaaaaaaa-1111-4111-8111-111111111111"),
                "aaaaaaaa-1111-4111-8111-111111111111",
            ],
        ),
        ("a text primary key", "'Räksmörgås'", ["Räksmörgås"]),
        ("a text primary key", "repeat('long', 200)", ["long" * 200]),
        ("a numeric primary key", "1.50", ["1.50"]),
        ("a date primary key", "'2026-02-03'", ["2026-02-03"]),
    ],
    ids=["composite", "reordered", "bigint", "smallint", "uuid", "text", "long", "numeric", "date"],
)
def test_a_row_is_found_by_its_key(
    workshop: Workshop, columns: str, values: str, keys: list[Any]
) -> None:
    workshop.make(f"create table app.thing ({columns})")
    workshop.watch("app.thing", "thing", tenant_column=None)
    app = workshop.app()
    app.execute("set datestyle = 'German, DMY'")
    app.execute(f"insert into app.thing values ({values})".encode())
    reader = workshop.reader()
    for key in keys:
        assert [event["action"] for event in history(reader, key, "app.thing")] == ["thing_created"]
        row = reader.execute(
            "select audit.get_row_at('app.thing', %s, clock_timestamp()) as was", (key,)
        ).fetchone()
        assert row is not None
        assert row["was"] is not None


def test_a_table_that_was_never_watched_has_no_history(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    reader = workshop.reader()
    for name in ("list_row_history", "get_row_at"):
        with refused("WT091", case=name):
            reader.execute(CALLS[name].encode())


def test_a_table_that_is_no_longer_watched_keeps_its_history(customers: Workshop) -> None:
    add(customers, 1)
    assert call(customers.owner, "unwatch", relation="app.customer", reason=REASON)
    reader = customers.reader()
    assert len(history(reader, 1)) == 1
    assert reader.execute(CALLS["get_row_at"].encode()).fetchone() is not None


def test_a_partition_shows_the_history_of_its_table(workshop: Workshop) -> None:
    workshop.make(
        "create table app.thing (id int primary key, name text) partition by range (id);"
        "create table app.thing_0 partition of app.thing for values from (0) to (10);"
        "create table app.thing_1 partition of app.thing for values from (10) to (20)"
    )
    workshop.watch("app.thing", "thing", tenant_column=None)
    app = workshop.app()
    app.execute("insert into app.thing values (1, 'x')")
    app.execute("update app.thing set name = 'y'")
    reader = workshop.reader()
    for relation in ("app.thing", "app.thing_0", "app.thing_1"):
        assert len(history(reader, 1, relation)) == 2


# The row as it stood.

KINDS = """
create type app.mood as enum ('calm', 'O''Brien', '{}');
create domain app.short as varchar(20)
"""
THING = """
create table app.{} (
  id integer primary key,
  tenant_id uuid not null,
  name text,
  code app.short,
  amount numeric,
  ratio double precision,
  small real,
  born timestamptz,
  day date,
  length interval,
  tags text[],
  numbers integer[],
  data jsonb,
  mood app.mood,
  raw bytea,
  ref uuid,
  net inet,
  flag boolean,
  touched integer,
  doubled numeric generated always as (amount * 2) stored
)
"""
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.sampled_from(["0", "1", "1.0", "1.00", "-2.5", "12345678901234567890.12345", "NaN"])
FLOATS = st.sampled_from([0.0, -0.0, 1.5, 0.1, 1e300, float("nan"), float("inf")])
TIMES = st.sampled_from(
    ["infinity", "-infinity", "2026-03-29 02:30:00+02", "0044-03-15 12:00:00+00 BC", "2026-01-01"]
)
INTERVALS = st.sampled_from(["1 day", "24 hours", "-1 mon 2 days", "00:00:01.5"])
JSON = st.one_of(
    st.just({"withheld": "redacted", "changed": True}),
    st.just({"old": 1, "new": 2}),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-9, 9), TEXTS),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
        max_leaves=4,
    ),
).map(Jsonb)
COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "name": TEXTS,
    "code": TEXTS,
    "amount": NUMBERS,
    "ratio": FLOATS,
    "small": FLOATS.filter(lambda value: value != 1e300),
    "born": TIMES,
    "day": st.dates().map(str),
    "length": INTERVALS,
    "tags": st.lists(st.none() | TEXTS, max_size=3),
    "numbers": st.lists(st.integers(-5, 5), max_size=3),
    "data": JSON,
    "mood": st.sampled_from(["calm", "O'Brien", "{}"]),
    "raw": st.binary(max_size=4),
    "ref": st.uuids(),
    "net": st.sampled_from(["10.0.0.1", "10.0.0.0/8", "::1"]),
    "flag": st.booleans(),
    "touched": st.integers(0, 3),
}
TYPES = {
    "name": "text",
    "code": "varchar",
    "amount": "numeric",
    "ratio": "double precision",
    "small": "real",
    "born": "timestamptz",
    "day": "date",
    "length": "interval",
    "tags": "text[]",
    "numbers": "integer[]",
    "data": "jsonb",
    "mood": "app.mood",
    "raw": "bytea",
    "ref": "uuid",
    "net": "inet",
    "flag": "boolean",
    "touched": "integer",
}
KEYS = (1, 2, 3, 4)
LETTERS = ("a", "b")


@dataclass(frozen=True)
class Step:
    """One statement of a random history, or the end of a transaction."""

    kind: str
    key: int = 1
    other_key: int = 1
    tenant: str = "a"
    values: dict[str, Any] = field(default_factory=dict)


values_of_a_row = st.dictionaries(st.sampled_from(sorted(COLUMNS)), st.none(), max_size=5).flatmap(
    lambda names: st.fixed_dictionaries({name: st.none() | COLUMNS[name] for name in names})
)
steps = st.builds(
    Step,
    kind=st.sampled_from(
        [
            *["insert", "update", "update", "delete", "upsert", "rekey", "move", "move_and_rekey"],
            *[
                "update_all",
                "rekey_all",
                "move_all",
                "delete_all",
                "truncate",
                "commit",
                "rollback",
            ],
        ]
    ),
    key=st.sampled_from(KEYS),
    other_key=st.sampled_from(KEYS),
    tenant=st.sampled_from(LETTERS),
    values=values_of_a_row,
)


@dataclass
class Chronicle:
    """Runs random statements on a table, and takes copies of its rows after each.

    Attributes:
        workshop: Where the table is.
        writer: The connection that writes.
        table: The table's name in its schema.
        copies: Moment, and tenant and key to the row, for all that was committed.
    """

    workshop: Workshop
    writer: Connection
    table: str = "thing"
    copies: list[tuple[datetime, dict[tuple[str, int], str]]] = field(default_factory=list)
    pending: list[tuple[datetime, dict[tuple[str, int], str]]] = field(default_factory=list)

    def tenant_id(self, letter: str) -> UUID:
        return {"a": self.workshop.tenant_a, "b": self.workshop.tenant_b}[letter]

    def copy(self) -> tuple[datetime, dict[tuple[str, int], str]]:
        """The rows as they are now, without what the log ignores."""
        found = self.writer.execute(
            "select tenant_id, id, (to_jsonb(t) - 'touched')::text"
            f" from app.{self.table} t".encode()
        ).fetchall()
        row = self.writer.execute("select clock_timestamp()").fetchone()
        assert row is not None
        letters = {self.tenant_id(letter): letter for letter in LETTERS}
        return row[0], {(letters[tenant], key): text for tenant, key, text in found}

    def run(self, sequence: list[Step]) -> None:
        self.copies.append(self.copy())
        self.writer.execute("begin")
        for step in sequence:
            if step.kind in ("commit", "rollback"):
                self.end(step.kind)
                self.writer.execute("begin")
                continue
            self.take(step)
            self.pending.append(self.copy())
        self.end("commit")
        self.copies.append(self.copy())

    def end(self, how: str) -> None:
        self.writer.execute(how.encode())
        if how == "commit":
            self.copies += self.pending
        self.pending = []

    def take(self, step: Step) -> None:
        """Run one statement; what its keys don't allow changes nothing."""
        places = {name: f"%({name})s::{TYPES[name]}" for name in step.values}
        changes = ", ".join(f"{name} = {place}" for name, place in places.items()) or "raw = null"
        names, values = ", ".join(["", *places]), ", ".join(["", *places.values()])
        table = f"app.{self.table}"
        insert = f"insert into {table} (id, tenant_id{names}) values (%(id)s, %(tenant)s{values})"
        this = "where id = %(id)s"
        free = f"not exists (select from {table} where id = %(other)s)"
        statement = {
            "insert": f"{insert} on conflict do nothing",
            "upsert": f"{insert} on conflict (id) do update set {changes}",
            "update": f"update {table} set {changes} {this}",
            "delete": f"delete from {table} {this}",
            "rekey": f"update {table} set id = %(other)s, {changes} {this} and {free}",
            "move": f"update {table} set tenant_id = %(tenant)s, {changes} {this}",
            "move_and_rekey": f"update {table} set tenant_id = %(tenant)s, id = %(other)s"
            f" {this} and {free}",
            "update_all": f"update {table} set {changes}",
            "rekey_all": f"update {table} set id = id + 2"
            f" where not exists (select from {table} where id > 2)",
            "move_all": f"update {table} set tenant_id = %(tenant)s",
            "delete_all": f"delete from {table}",
            "truncate": f"truncate {table}",
        }[step.kind]
        self.writer.execute(
            statement.encode(),
            {"id": step.key, "other": step.other_key, "tenant": self.tenant_id(step.tenant)}
            | step.values,
        )


@dataclass
class Witness:
    """A reader of each tenant."""

    readers: dict[str, Reader]

    def row_at(self, table: str, letter: str, key: int, moment: datetime) -> str | None:
        row = (
            self.readers[letter]
            .execute(
                "select audit.get_row_at(%s::regclass, %s::bigint, %s)::text as was",
                (f"app.{table}", key, moment),
            )
            .fetchone()
        )
        assert row is not None
        found: str | None = row["was"]
        return found


@pytest.fixture
def witness(workshop: Workshop) -> Witness:
    workshop.make(KINDS)
    readers = {letter: workshop.reader(letter) for letter in LETTERS}
    for reader in readers.values():
        reader.execute("set timezone = 'Asia/Kathmandu'")
    return Witness(readers)


numbers = count(1)


@pytest.mark.parametrize("level", ["statement", "row"])
@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sequence=st.lists(steps, min_size=1, max_size=12))
@example(sequence=[Step("truncate"), Step("commit"), Step("insert", values={"name": "Anna"})])
@example(sequence=[Step("insert"), Step("truncate"), Step("insert", tenant="b")])
@example(sequence=[Step("insert"), Step("move", tenant="b"), Step("move"), Step("delete")])
def test_the_row_at_any_moment_equals_the_copy_taken_then(
    workshop: Workshop, witness: Witness, level: str, sequence: list[Step]
) -> None:
    writer = workshop.owner
    writer.execute("set timezone = 'UTC'")
    table = f"thing_{next(numbers)}"
    workshop.make(THING.format(table))
    workshop.watch(
        f"app.{table}", table, label_column="name", ignore_columns=["touched"], level=level
    )
    chronicle = Chronicle(workshop, writer, table)
    chronicle.run(sequence)
    for moment, copy in chronicle.copies:
        for letter in LETTERS:
            for key in KEYS:
                found = witness.row_at(table, letter, key, moment)
                assert found == copy.get((letter, key)), (moment, letter, key)


def test_before_and_after_its_lives_there_is_no_row(customers: Workshop) -> None:
    reader = customers.reader()
    moments = [_now(reader)]
    app = customers.app()
    for name in ("Anna", "Bo"):
        add(customers, 1, name)
        moments.append(_now(reader))
        app.execute("delete from app.customer")
        moments.append(_now(reader))
    names = [(_row_at(reader, moment) or {}).get("name") for moment in moments]
    assert names == [None, "Anna", None, "Bo", None]
    assert _row_at(reader, moments[0]) is None
    assert _row_at(reader, moments[2]) is None


def _now(connection: Reader) -> datetime:
    row = connection.execute("select clock_timestamp() as now").fetchone()
    assert row is not None
    found: datetime = row["now"]
    return found


def _row_at(reader: Reader, moment: datetime, key: int = 1) -> dict[str, Any] | None:
    row = reader.execute(
        "select audit.get_row_at('app.customer', %s::bigint, %s) as was", (key, moment)
    ).fetchone()
    assert row is not None
    found: dict[str, Any] | None = row["was"]
    return found


@pytest.mark.parametrize("end", ["none", "delete", "rekey", "truncate"])
def test_a_row_that_is_older_than_its_watching_shows_the_columns_that_are_known(
    workshop: Workshop, end: str
) -> None:
    workshop.make(CUSTOMER)
    add(workshop, 1, "Anna")
    add(workshop, 2, "Bo")
    workshop.watch()
    reader = workshop.reader()
    app = workshop.app()
    moments = [_now(reader)]
    app.execute("update app.customer set name = 'Anna Ek' where id = 1")
    moments.append(_now(reader))
    app.execute("update app.customer set email = 'a@b.c', name = 'Anna Bo' where id = 1")
    moments.append(_now(reader))
    statement = {
        "none": "select",
        "delete": "delete from app.customer where id = 1",
        "rekey": "update app.customer set id = 3 where id = 1",
        "truncate": "truncate app.customer",
    }[end]
    app.execute(statement.encode())
    found = [_row_at(reader, moment) for moment in moments]
    rest: dict[str, Any] = {}
    if end in ("delete", "rekey"):
        tenant_id = str(workshop.tenant_a)
        rest = {"id": 1, "tenant_id": tenant_id, "ssn": None, "balance": None, "touched_at": None}
    assert found == [
        rest | {"name": "Anna", "email": None},
        rest | {"name": "Anna Ek", "email": None},
        rest | {"name": "Anna Bo", "email": "a@b.c"},
    ]
    assert _row_at(reader, moments[0], key=2) is None, "nothing is known of it"
    if end != "none":
        assert _row_at(reader, _now(reader)) is None


def test_a_redacted_column_is_shown_as_such(customers: Workshop) -> None:
    app = customers.app()
    app.execute(
        "insert into app.customer (id, tenant_id, ssn) values (1, %s, '4711')",
        (customers.tenant_a,),
    )
    app.execute("update app.customer set ssn = '4712'")
    reader = customers.reader()
    was = _row_at(reader, _now(reader))
    assert was is not None
    assert was["ssn"] == {"withheld": "redacted", "changed": True}
    assert "touched_at" not in was


def test_every_read_is_told_with_what_was_asked(customers: Workshop) -> None:
    add(customers, 1)
    reader = customers.reader()
    before = len(reads(customers))
    history(reader, 1)
    moment = _now(reader)
    _row_at(reader, moment)
    _row_at(reader, moment, key=77)
    reader.execute("select audit.revert_sql(%s)", (first_event(customers),))
    found = [event["metadata"] for event in reads(customers)[before:]]
    assert [read["route"] for read in found] == ["search", "row", "row", "get"]
    assert [read["rows"] for read in found] == [1, 1, 0, 1]
    assert found[0]["filter"]["entity_id"] == "1"
    assert found[0]["filter"]["entity_type"] == "customer"
    asked = found[1]["filter"]
    assert (asked["entity_type"], asked["entity_id"]) == ("customer", "1")
    assert datetime.fromisoformat(asked["at"]) == moment


# The statement that undoes a change.

HOSTILE = """
create schema "we""ird; --" authorization current_user;
create table "we""ird; --"."O'Brien $$ «x» %s" (
  "key; drop" integer generated by default as identity primary key,
  tenant_id uuid not null,
  "na""me" text,
  "it's" text,
  "«name»" text,
  "UPPER" text default 'x',
  "per cent %s {} \\" text,
  old jsonb,
  "new" numeric
)
"""
HOSTILE_TABLE = """ "we""ird; --"."O'Brien $$ «x» %s" """.strip()
EVIL = r"""'; drop table app.x; -- \ \' $$ $1 %s «id» " E'\\' é 漢"""


def revert(reader: Reader, event_id: UUID) -> str:
    row = reader.execute("select audit.revert_sql(%s) as statement", (event_id,)).fetchone()
    assert row is not None
    found: str = row["statement"]
    return found


@pytest.fixture
def reader(workshop: Workshop) -> Reader:
    """Tenant a's reader, with an open session."""
    return workshop.reader()


def contents(workshop: Workshop, relation: str = "app.thing") -> list[str]:
    """Every row as PostgreSQL prints it, all bytes of it."""
    found = workshop.behind.execute(
        f"select t::text as whole from {relation} t order by 1".encode()
    ).fetchall()
    return [row["whole"] for row in found]


def undo(
    workshop: Workshop,
    reader: Reader,
    position: int = -1,
    entity_type: str = "thing",
) -> str:
    """Run the statement that undoes an event, as the owner in a session of other settings."""
    statement = revert(reader, workshop.events(entity_type)[position]["id"])
    with workshop.database.connect(workshop.database.role("owner")) as owner:
        for setting in ("datestyle = 'German, DMY'", "timezone = 'Asia/Kathmandu'"):
            owner.execute(f"set {setting}".encode())
        owner.execute(statement.encode())
    return statement


rows_of_values = st.fixed_dictionaries({name: st.none() | how for name, how in COLUMNS.items()})


def is_exact(values: dict[str, Any]) -> bool:
    """JSON, as which values are stored, has one zero; and its null is no value at all."""
    has_negative_zero = any(str(values[name]) == "-0.0" for name in ("ratio", "small"))
    has_json_null = values["data"] is not None and values["data"].obj is None
    return not has_negative_zero and not has_json_null


@pytest.mark.parametrize("kind", ["insert", "update", "delete", "rekey"])
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=rows_of_values.filter(is_exact), after=rows_of_values.filter(is_exact))
def test_run_by_the_owner_it_restores_the_row_exactly(
    everything: Workshop,
    reader: Reader,
    kind: str,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    everything.owner.execute("delete from app.thing")
    chronicle = Chronicle(everything, everything.owner)
    for key in (1, 2) if kind != "insert" else (2,):
        chronicle.take(Step("insert", key, values=before))
    stood = contents(everything)
    steps_of_kind = {
        "insert": Step("insert", 1, values=after),
        "update": Step("update", 1, values=after),
        "delete": Step("delete", 1),
        "rekey": Step("rekey", 1, 3, values=after),
    }
    told = len(everything.events("thing"))
    chronicle.take(steps_of_kind[kind])
    found = everything.events("thing")[told:]
    if not found:
        assert contents(everything) == stood, "what isn't told has changed nothing"
        return
    undo(everything, reader, told - len(everything.events("thing")))
    assert contents(everything) == stood


@pytest.fixture
def everything(workshop: Workshop) -> Workshop:
    """The table of all types, with no column left out."""
    workshop.make(KINDS)
    workshop.make(THING.format("thing"))
    workshop.watch("app.thing", "thing")
    return workshop


@pytest.mark.parametrize("kind", ["insert", "update", "delete", "rekey"])
def test_hostile_names_and_values_are_quoted(workshop: Workshop, reader: Reader, kind: str) -> None:
    role = sql.Identifier(workshop.database.role("owner"))
    workshop.behind.execute(
        sql.SQL("grant create on database {} to {}").format(
            sql.Identifier(workshop.database.name), role
        )
    )
    workshop.owner.execute(HOSTILE.encode(), None)
    workshop.watch(HOSTILE_TABLE, "odd", label_column='na"me')
    owner = workshop.owner

    def execute(statement: str) -> None:
        owner.execute(statement.encode())

    evil = "'" + EVIL.replace("'", "''") + "'"
    old = f"jsonb_build_object({evil}, {evil})"
    insert = (
        f"insert into {HOSTILE_TABLE} values (1, '{workshop.tenant_a}', {evil}, {evil}, {evil},"
        f" {evil}, {evil}, {old}, 1.50)"
    )
    if kind != "insert":
        execute(insert)
    stood = contents(workshop, HOSTILE_TABLE)
    execute(
        {
            "insert": insert,
            "update": f"""update {HOSTILE_TABLE} set "na""me" = {evil} || {evil}, "it's" = null,"""
            """ "«name»" = '', "UPPER" = null, "per cent %s {} \\" = '«old»', old = '"x"'""",
            "delete": f"delete from {HOSTILE_TABLE}",
            "rekey": f'update {HOSTILE_TABLE} set "key; drop" = 5, "UPPER" = null',
        }[kind]
    )
    position = -2 if kind == "rekey" else -1
    statement = revert(reader, workshop.events("odd")[position]["id"])
    execute(statement)
    assert contents(workshop, HOSTILE_TABLE) == stood


@pytest.mark.parametrize(
    ("change", "later", "position"),
    [
        (
            "update app.thing set name = 'Bo' where id = 1",
            "update app.thing set name = 'Cy' where id = 1",
            -2,
        ),
        (
            "update app.thing set name = 'Bo', amount = 2 where id = 1",
            "update app.thing set amount = 3 where id = 1",
            -2,
        ),
        (
            "update app.thing set name = null where id = 1",
            "update app.thing set name = 'Cy' where id = 1",
            -2,
        ),
        (
            "update app.thing set id = 3 where id = 1",
            "update app.thing set name = 'Cy' where id = 3",
            -3,
        ),
        (
            f"insert into app.thing (id, tenant_id, name) values (3, '{TENANT}', 'Bo')",
            "update app.thing set name = 'Cy' where id = 3",
            -2,
        ),
        (
            "update app.thing set name = 'Bo' where id = 1",
            f"delete from app.thing; insert into app.thing (id, tenant_id) values (1, '{TENANT}')",
            -3,
        ),
        (
            "delete from app.thing where id = 1",
            f"insert into app.thing (id, tenant_id, name) values (1, '{TENANT}', 'New')",
            -2,
        ),
    ],
    ids=["update", "one_of_two", "to_null", "rekey", "insert", "another_life", "delete"],
)
def test_what_was_changed_since_is_not_undone_with_it(
    everything: Workshop,
    reader: Reader,
    change: str,
    later: str,
    position: int,
) -> None:
    owner = everything.owner
    owner.execute(
        "insert into app.thing (id, tenant_id, name, amount) values (1, %s, 'Anna', 1)",
        (everything.tenant_a,),
    )
    owner.execute(change.encode())
    owner.execute(later.encode())
    stood = contents(everything)
    if change.startswith("delete"):
        with refused("23505"):
            undo(everything, reader, position)
    else:
        undo(everything, reader, position)
    assert contents(everything) == stood


def test_what_was_changed_elsewhere_in_the_row_stays(everything: Workshop, reader: Reader) -> None:
    owner = everything.owner
    owner.execute(
        "insert into app.thing (id, tenant_id, name, amount) values (1, %s, 'Anna', 1)",
        (everything.tenant_a,),
    )
    owner.execute("update app.thing set name = 'Bo'")
    owner.execute("update app.thing set amount = 2")
    undo(everything, reader, -2)
    row = everything.behind.execute("select name, amount from app.thing").fetchone()
    assert row == {"name": "Anna", "amount": 2}


def test_undoing_is_told_and_can_be_undone(everything: Workshop, reader: Reader) -> None:
    owner = everything.owner
    owner.execute(
        "insert into app.thing (id, tenant_id, name) values (1, %s, 'Anna')",
        (everything.tenant_a,),
    )
    owner.execute("update app.thing set name = 'Bo'")
    stood = contents(everything)
    undo(everything, reader)
    assert everything.events("thing")[-1]["changes"] == {"name": {"old": "Bo", "new": "Anna"}}
    undo(everything, reader)
    assert contents(everything) == stood


def test_a_composite_key_is_written_column_by_column(workshop: Workshop, reader: Reader) -> None:
    workshop.make(
        "create table app.line (b text, a integer, tenant_id uuid, note text, primary key (a, b))"
    )
    workshop.watch("app.line", "line")
    owner = workshop.owner
    for name in ("x", "'; --"):
        owner.execute("insert into app.line values (%s, 7, %s, 'Old')", (name, workshop.tenant_a))
    stood = contents(workshop, "app.line")
    owner.execute("update app.line set note = 'New' where b <> 'x'")
    undo(workshop, reader, entity_type="line")
    assert contents(workshop, "app.line") == stood
    owner.execute("update app.line set a = 8, b = 'y' where b <> 'x'")
    undo(workshop, reader, -2, entity_type="line")
    assert contents(workshop, "app.line") == stood


@pytest.mark.parametrize("kind", ["update", "delete", "insert"])
def test_redacted_columns_are_named_in_a_comment_and_left_alone(
    workshop: Workshop, reader: Reader, kind: str
) -> None:
    workshop.make(CUSTOMER.replace("ssn text", '"ssn\n; drop" text'))
    workshop.watch(redact_columns=["ssn\n; drop"])
    owner = workshop.owner
    owner.execute(
        """insert into app.customer (id, tenant_id, name, "ssn\n; drop") values"""
        " (1, %s, 'Anna', '4711')",
        (workshop.tenant_a,),
    )
    if kind == "update":
        owner.execute("""update app.customer set name = 'Bo', "ssn\n; drop" = '4712'""")
    elif kind == "delete":
        owner.execute("delete from app.customer")
    statement = undo(workshop, reader, entity_type="customer")
    row = workshop.behind.execute("select * from app.customer").fetchone()
    assert "471" not in statement
    if kind == "insert":
        assert row is None
        assert "--" not in statement, "nothing is lost by deleting a row"
        return
    assert "-- column" in statement
    assert "ssn" in statement
    assert row is not None
    assert row["name"] == "Anna"
    assert row["ssn\n; drop"] == {"update": "4712", "delete": None}[kind]


def test_an_event_whose_values_are_all_withheld_is_refused(
    customers: Workshop, reader: Reader
) -> None:
    add(customers, 1)
    customers.app().execute("update app.customer set ssn = '4711'")
    with refused("WT092"):
        revert(reader, customers.events()[-1]["id"])


def test_a_column_that_is_gone_is_named_in_a_comment(everything: Workshop, reader: Reader) -> None:
    owner = everything.owner
    owner.execute(
        "insert into app.thing (id, tenant_id, name, flag) values (1, %s, 'Anna', true)",
        (everything.tenant_a,),
    )
    owner.execute("update app.thing set name = 'Bo', flag = false")
    everything.make("alter table app.thing drop flag")
    statement = undo(everything, reader)
    assert "-- column flag" in statement
    row = everything.behind.execute("select name from app.thing").fetchone()
    assert row == {"name": "Anna"}


def test_a_logged_event_a_truncation_and_an_arrival_are_refused(
    everything: Workshop, reader: Reader
) -> None:
    app = everything.app()
    logged = log(app)
    assert logged is not None
    app.execute("insert into app.thing (id, tenant_id) values (1, %s)", (everything.tenant_a,))
    app.execute("update app.thing set id = 2")
    app.execute("truncate app.thing")
    arrived, emptied = (
        next(event["id"] for event in everything.events("thing") if matches(event))
        for matches in (
            lambda event: "moved_from" in (event["metadata"] or {}),
            lambda event: (
                event["action"] == "thing_truncated" and event["tenant_id"] == everything.tenant_a
            ),
        )
    )
    for event_id in (logged, arrived, emptied):
        with refused("WT092", case=event_id):
            revert(reader, event_id)


def test_a_row_that_went_to_another_tenant_is_refused(everything: Workshop, reader: Reader) -> None:
    owner = everything.owner
    owner.execute("insert into app.thing (id, tenant_id) values (1, %s)", (everything.tenant_a,))
    owner.execute("update app.thing set tenant_id = %s", (everything.tenant_b,))
    with refused("WT092"):
        revert(reader, everything.events("thing")[1]["id"])


def test_an_event_of_a_table_that_is_gone_is_refused(everything: Workshop, reader: Reader) -> None:
    everything.owner.execute(
        "insert into app.thing (id, tenant_id) values (1, %s)", (everything.tenant_a,)
    )
    event_id = everything.events("thing")[0]["id"]
    everything.make("drop table app.thing")
    with refused("WT092"):
        revert(reader, event_id)


def test_an_unknown_event_is_refused(everything: Workshop, reader: Reader) -> None:
    with refused("WT044"):
        revert(reader, uuid.uuid4())
