"""A watched table that is altered stays writable and told; drift is reported until mended."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from capture.workshop import Workshop
from walls.ledger import Connection, refused, rows

from databases import Database

ITEM = """
create table app.item (
  id integer primary key,
  tenant_id uuid not null,
  name text,
  note text,
  amount integer,
  rank integer,
  twice integer generated always as (rank * 2) stored,
  ssn text,
  touched integer
)
"""
STALE = {"capture": "the columns have changed since watch"}
SECRET = "19121212-1212"
WARM = 12
"""Executions after which a plan has long been a generic one."""


@dataclass
class Store:
    """The watched table of items, under the names that it and its columns have by now.

    Attributes:
        workshop: Where it is.
        table: The table's name by now.
        columns: Column that was renamed to its name by now.
    """

    workshop: Workshop
    table: str = "app.item"
    columns: dict[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        return self.columns.get(name, name)

    def insert(self, connection: Connection, key: int, tenant: str = "a", **values: str) -> None:
        """Add a row; values are SQL."""
        tenant_id = {"a": self.workshop.tenant_a, "b": self.workshop.tenant_b}[tenant]
        given = {"id": f"{key}", "tenant_id": f"'{tenant_id}'", "amount": "1"} | values
        names = ", ".join(self.column(name) for name in given)
        connection.execute(
            f"insert into {self.table} ({names}) values ({', '.join(given.values())})".encode()
        )

    def update(self, connection: Connection, key: int, **values: str) -> None:
        given = {"amount": "2"} | values
        settings = ", ".join(f"{self.column(name)} = {value}" for name, value in given.items())
        connection.execute(
            f"update {self.table} set {settings} where {self.column('id')} = {key}".encode()
        )

    def delete(self, connection: Connection, key: int) -> None:
        connection.execute(f"delete from {self.table} where {self.column('id')} = {key}".encode())

    def live(self, connection: Connection, key: int) -> None:
        """Let a row come, change and go."""
        self.insert(connection, key)
        self.update(connection, key)
        self.delete(connection, key)

    def warm(self, connection: Connection) -> None:
        """Execute each statement so often that its plan stays."""
        for key in range(WARM):
            self.live(connection, key)

    def listed(self, entity_type: str = "item") -> dict[str, Any]:
        found = rows(self.workshop.owner, "list_watched")
        return {row["entity_type"]: row for row in found}[entity_type]

    def health(self) -> dict[str, Any]:
        found = rows(self.workshop.owner, "check_health")
        return {row["check_name"]: row for row in found}["tables_captured"]

    def mend(self) -> None:
        """Run the hint as the owner."""
        self.workshop.owner.execute(str(self.listed()["hint"]).encode())


@pytest.fixture
def store(workshop: Workshop) -> Store:
    """A watched table with one row of everything, and a second schema to move it to."""
    workshop.make(ITEM)
    role = sql.Identifier(workshop.database.role("owner"))
    workshop.behind.execute(sql.SQL("create schema depot authorization {}").format(role))
    workshop.make("grant usage on schema depot to public")
    workshop.watch(
        "app.item",
        "item",
        label_column="name",
        redact_columns=["ssn"],
        ignore_columns=["touched"],
    )
    return Store(workshop)


@dataclass(frozen=True)
class Alteration:
    """Something that is done to the table after it was watched.

    Attributes:
        statements: What the owner runs.
        problem: What is told of it; None when there is nothing to tell.
        table: The table's name afterwards.
        columns: Columns that were renamed.
        amounts: How the amounts that are written print afterwards.
    """

    statements: str
    problem: str | None = "its columns have changed since it was watched"
    table: str = "app.item"
    columns: dict[str, str] = field(default_factory=dict)
    amounts: tuple[Any, Any] = (1, 2)

    @property
    def is_stale(self) -> bool:
        return self.problem is not None and "columns have changed" in self.problem


RENAMED = "it was called app.item when it was watched"
ALTERATIONS = {
    "column_added": Alteration("alter table app.item add extra text default 'x'"),
    "column_dropped": Alteration("alter table app.item drop note"),
    "column_renamed": Alteration("alter table app.item rename note to remark"),
    "key_widened": Alteration("alter table app.item alter id type bigint"),
    "text_to_varchar": Alteration("alter table app.item alter note type varchar(50)"),
    "integer_to_text": Alteration(
        "alter table app.item alter amount type text using amount::text", amounts=("1", "2")
    ),
    "integer_to_numeric": Alteration("alter table app.item alter amount type numeric"),
    "default_changed": Alteration("alter table app.item alter rank set default 7", problem=None),
    "not_null_set": Alteration("alter table app.item alter amount set not null", problem=None),
    "index_added": Alteration("create index on app.item (name)", problem=None),
    "generated_no_more": Alteration("alter table app.item alter twice drop expression"),
    "generated_anew": Alteration(
        "alter table app.item drop twice, add twice integer generated always as (rank * 3) stored"
    ),
    "generated_from_another": Alteration(
        "alter table app.item add thrice integer generated always as (amount * 3) stored"
    ),
    "table_renamed": Alteration("alter table app.item rename to thing", RENAMED, "app.thing"),
    "table_moved": Alteration("alter table app.item set schema depot", RENAMED, "depot.item"),
    "renamed_and_altered": Alteration(
        "alter table app.item rename to thing; alter table app.thing add extra text",
        table="app.thing",
    ),
    "tenant_column_renamed": Alteration(
        "alter table app.item rename tenant_id to owner_id", columns={"tenant_id": "owner_id"}
    ),
    "key_renamed": Alteration("alter table app.item rename id to nr", columns={"id": "nr"}),
    "label_dropped": Alteration("alter table app.item drop name"),
    "label_renamed": Alteration("alter table app.item rename name to title"),
    "redacted_dropped": Alteration("alter table app.item drop ssn"),
    "redacted_renamed": Alteration("alter table app.item rename ssn to pnr"),
    "ignored_dropped": Alteration("alter table app.item drop touched"),
    "ignored_renamed": Alteration("alter table app.item rename touched to seen"),
    "key_made_again": Alteration(
        "alter table app.item drop constraint item_pkey; alter table app.item add primary key (id)",
        problem=None,
    ),
    "key_made_of_more": Alteration(
        "alter table app.item drop constraint item_pkey;"
        " alter table app.item add primary key (id, tenant_id)"
    ),
    "columns_swapped": Alteration(
        "alter table app.item rename note to x; alter table app.item rename name to note;"
        " alter table app.item rename x to name"
    ),
    "rewritten": Alteration(
        "alter table app.item alter amount type integer using amount + 0", None
    ),
}


def as_parameters(names: list[str] | None = None) -> list[Any]:
    return [pytest.param(ALTERATIONS[name], id=name) for name in names or ALTERATIONS]


every_alteration = pytest.mark.parametrize("alteration", as_parameters())
both_levels = pytest.mark.parametrize("level", ["statement", "row"])


def alter(store: Store, alteration: Alteration) -> None:
    store.workshop.make(alteration.statements)
    store.table = alteration.table
    store.columns = alteration.columns


def assert_told(
    store: Store, alteration: Alteration, found: list[dict[str, Any]], key: int, stale: bool
) -> None:
    """Claim that one row's life was told, and that it says so where the columns are stale."""
    entity_id = str(key)
    if "add primary key (id, tenant_id)" in alteration.statements:
        entity_id = f'["{key}", "{store.workshop.tenant_a}"]'
    assert [event["action"] for event in found] == ["item_created", "item_updated", "item_deleted"]
    assert {event["entity_id"] for event in found} == {entity_id}
    assert {event["tenant_id"] for event in found} == {store.workshop.tenant_a}
    old, new = alteration.amounts
    created, updated, deleted = found
    assert created["target"]["amount"] == old
    assert updated["changes"]["amount"] == {"old": old, "new": new}
    assert deleted["target"]["amount"] == new
    for event in found:
        assert event["metadata"] == (STALE if stale else None)


@every_alteration
@both_levels
@pytest.mark.parametrize("writer", ["same_session", "other_session"])
def test_the_table_stays_writable_and_told_with_warm_plans(
    store: Store, alteration: Alteration, level: str, writer: str
) -> None:
    workshop = store.workshop
    if level == "row":
        workshop.watch(
            "app.item",
            "item",
            label_column="name",
            redact_columns=["ssn"],
            ignore_columns=["touched"],
            level=level,
        )
    connection = workshop.owner if writer == "same_session" else workshop.app()
    store.warm(connection)
    before = len(workshop.events("item"))
    alter(store, alteration)
    store.live(connection, 100)
    found = workshop.events("item")[before:]
    assert_told(store, alteration, found, 100, stale=alteration.is_stale)


@pytest.mark.parametrize(
    "alteration", as_parameters(["column_added", "key_widened", "table_renamed", "rewritten"])
)
def test_an_open_transaction_that_alters_goes_on_telling(
    store: Store, alteration: Alteration
) -> None:
    owner = store.workshop.owner
    store.warm(owner)
    before = len(store.workshop.events("item"))
    with owner.transaction():
        store.insert(owner, 100)
        alter(store, alteration)
        store.update(owner, 100)
        store.delete(owner, 100)
    first, *others = store.workshop.events("item")[before:]
    assert first["metadata"] is None
    assert len(others) == 2
    assert {str(event["metadata"]) for event in others} == {
        str(STALE if alteration.is_stale else None)
    }


@pytest.mark.parametrize("alteration", as_parameters(["column_added", "key_widened"]))
def test_an_alteration_that_is_undone_leaves_nothing_behind(
    store: Store, alteration: Alteration
) -> None:
    owner = store.workshop.owner
    store.warm(owner)
    owner.execute("begin")
    owner.execute(alteration.statements.encode())
    store.live(owner, 100)
    owner.execute("rollback")
    before = len(store.workshop.events("item"))
    store.live(owner, 101)
    assert_told(store, alteration, store.workshop.events("item")[before:], 101, stale=False)
    assert store.listed()["state"] == "ok"


@every_alteration
def test_drift_is_told_with_the_call_that_mends_it(store: Store, alteration: Alteration) -> None:
    workshop = store.workshop
    app = workshop.app()
    store.warm(app)
    store.insert(app, 50, ssn=f"'{SECRET}'")
    alter(store, alteration)
    row = store.listed()
    check = store.health()
    if alteration.problem is None:
        assert (row["state"], row["problem"], row["hint"]) == ("ok", None, None)
        assert (check["state"], check["hint"]) == ("ok", None)
        return
    assert row["state"] == "warning"
    assert row["relation"] == alteration.table
    assert alteration.problem in row["problem"]
    assert check["state"] == "warning"
    assert alteration.problem in check["detail"]
    assert row["hint"].splitlines()[0] in check["hint"]

    store.mend()
    row = store.listed()
    assert (row["state"], row["problem"], row["hint"]) == ("ok", None, None)
    check = store.health()
    assert (check["state"], check["hint"]) == ("ok", None)
    before = len(workshop.events("item"))
    store.live(app, 101)
    assert_told(store, alteration, workshop.events("item")[before:], 101, stale=False)
    store.delete(app, 50)
    assert SECRET not in str(workshop.events("item")), "mending must not begin to store it"


@pytest.mark.parametrize("part", ["app.item", "app.thing", "depot.item"])
def test_a_mended_table_is_known_by_the_name_it_has_now(store: Store, part: str) -> None:
    alteration = {
        "app.item": ALTERATIONS["column_added"],
        "app.thing": ALTERATIONS["table_renamed"],
        "depot.item": ALTERATIONS["table_moved"],
    }[part]
    alter(store, alteration)
    assert store.listed()["relation"] == part
    store.mend()
    assert store.listed()["relation"] == part
    owner = store.workshop.owner
    for operation in ("insert", "update", "delete", "truncate"):
        owner.execute(f"drop trigger pgwitness_{operation} on {part}".encode())
    assert store.listed()["relation"] == part


def test_a_column_that_was_added_is_told_as_changed_until_watch_is_run_again(
    store: Store,
) -> None:
    app = store.workshop.app()
    store.warm(app)
    before = len(store.workshop.events("item"))
    store.workshop.make("alter table app.item add phone text")
    store.insert(app, 100, phone="'070'")
    store.update(app, 100, phone="'071'")
    store.update(app, 100, amount="3")
    store.delete(app, 100)
    created, updated, untouched, deleted = store.workshop.events("item")[before:]
    withheld = {"withheld": "not watched yet", "changed": True}
    assert created["target"]["phone"] == withheld
    assert updated["changes"] == {"phone": withheld, "amount": {"old": 1, "new": 2}}
    assert untouched["changes"] == {"amount": {"old": 2, "new": 3}}
    assert deleted["target"]["phone"] == withheld
    store.mend()
    before = len(store.workshop.events("item"))
    store.insert(app, 101, phone="'072'")
    store.update(app, 101, phone="'073'", amount="1")
    created, updated = store.workshop.events("item")[before:]
    assert created["target"]["phone"] == "072"
    assert updated["changes"] == {"phone": {"old": "072", "new": "073"}}


def test_with_an_allow_list_a_column_that_was_added_is_left_out(workshop: Workshop) -> None:
    workshop.make(ITEM)
    workshop.watch("app.item", "item", columns=["amount"])
    store = Store(workshop)
    app = workshop.app()
    store.warm(app)
    before = len(workshop.events("item"))
    workshop.make("alter table app.item add phone text")
    store.insert(app, 100, phone="'070'")
    app.execute("update app.item set phone = '071'")
    [created] = workshop.events("item")[before:]
    assert created["target"] == {"id": 100, "amount": 1}
    store.mend()
    assert store.listed()["columns"] == ["amount"]
    app.execute("update app.item set phone = '072'")
    assert len(workshop.events("item")) == before + 1


@pytest.mark.parametrize(
    ("harm", "written"),
    [
        ("alter table app.item rename ssn to pnr", "pnr"),
        ("alter table app.item add pnr text; update app.item set pnr = ssn", "pnr"),
        ("alter table app.item alter ssn type varchar(20)", "ssn"),
        ("alter table app.item drop ssn, add ssn text", "ssn"),
    ],
    ids=["renamed", "copied", "retyped", "made_again"],
)
def test_a_redacted_value_stays_out_whatever_becomes_of_its_column(
    store: Store, harm: str, written: str
) -> None:
    app = store.workshop.app()
    store.insert(app, 1, ssn=f"'{SECRET}'")
    store.workshop.make(harm)
    store.update(app, 1, **{written: f"'{SECRET}-2'"})
    store.insert(app, 2, **{written: f"'{SECRET}'"})
    store.delete(app, 1)
    assert SECRET not in str(store.workshop.events("item"))


def test_a_tenant_column_that_was_renamed_still_tells_each_tenant_its_own(store: Store) -> None:
    app = store.workshop.app()
    store.warm(app)
    before = len(store.workshop.events("item"))
    alter(store, ALTERATIONS["tenant_column_renamed"])
    store.insert(app, 100)
    store.insert(app, 101, tenant="b")
    app.execute("update app.item set amount = 5 where id in (100, 101)")
    found = store.workshop.events("item")[before:]
    assert sorted((event["entity_id"], str(event["tenant_id"])) for event in found) == sorted(
        [
            ("100", str(store.workshop.tenant_a)),
            ("101", str(store.workshop.tenant_b)),
        ]
        * 2
    )
    store.mend()
    assert store.listed()["tenant_column"] == "owner_id"


def test_a_tenant_column_that_is_gone_refuses_writes_until_it_is_watched_anew(
    store: Store,
) -> None:
    app = store.workshop.app()
    store.insert(app, 1)
    store.workshop.make("alter table app.item drop tenant_id")
    with refused("WT001"):
        app.execute("update app.item set amount = 5")
    store.workshop.watch(
        "app.item",
        "item",
        tenant_column=None,
        label_column="name",
        redact_columns=["ssn"],
        ignore_columns=["touched"],
    )
    app.execute("update app.item set amount = 5")
    assert store.workshop.told("item")[-1] == ("updated", "1")
    assert store.listed()["state"] == "ok"


def test_a_label_that_is_gone_is_done_without(store: Store) -> None:
    app = store.workshop.app()
    store.insert(app, 1, name="'Lamp'")
    store.workshop.make("alter table app.item drop name")
    store.update(app, 1)
    first, second = store.workshop.events("item")
    assert first["description"] == "Item Lamp created"
    assert second["description"] == "Item 1 updated"
    store.mend()
    assert store.listed()["label_column"] is None


@both_levels
def test_a_table_without_its_key_is_refused_clearly_and_told_as_an_error(
    workshop: Workshop, level: str
) -> None:
    workshop.make(ITEM)
    workshop.watch("app.item", "item", level=level)
    store = Store(workshop)
    app = workshop.app()
    store.warm(app)
    before = len(workshop.events("item"))
    workshop.make("alter table app.item drop constraint item_pkey")
    with refused("WT090"):
        store.insert(app, 100)
    row = store.listed()
    assert row["state"] == "error"
    assert "key" in row["problem"]
    assert store.health()["state"] == "error"
    workshop.make("alter table app.item add primary key (id)")
    store.live(app, 101)
    found = workshop.events("item")[before:]
    assert_told(store, ALTERATIONS["key_made_again"], found, 101, stale=False)
    assert store.listed()["state"] == "ok"


def test_a_replica_identity_takes_the_place_of_a_key(store: Store) -> None:
    workshop = store.workshop
    app = workshop.app()
    store.warm(app)
    before = len(workshop.events("item"))
    workshop.make("create unique index item_id on app.item (id)")
    workshop.make("alter table app.item alter id set not null")
    workshop.make("alter table app.item replica identity using index item_id")
    workshop.make("alter table app.item drop constraint item_pkey")
    store.live(app, 100)
    found = workshop.events("item")[before:]
    assert [(event["action"], event["entity_id"]) for event in found] == [
        ("item_created", "100"),
        ("item_updated", "100"),
        ("item_deleted", "100"),
    ]


@pytest.mark.parametrize(
    "alteration",
    as_parameters(
        [
            "column_added",
            "column_renamed",
            "key_widened",
            "integer_to_text",
            "table_renamed",
            "table_moved",
            "tenant_column_renamed",
            "key_renamed",
            "label_dropped",
        ]
    ),
)
@pytest.mark.parametrize("is_mended", [False, True], ids=["drifted", "mended"])
def test_old_history_reads_on(store: Store, alteration: Alteration, is_mended: bool) -> None:
    app = store.workshop.app()
    reader = store.workshop.reader()
    store.insert(app, 1, name="'Lamp'", note="'Red'")
    store.update(app, 1, note="'Blue'")
    moment = reader.execute("select clock_timestamp() as now").fetchone()
    assert moment is not None
    alter(store, alteration)
    if is_mended:
        store.mend()
    store.update(app, 1, amount="3")
    history = reader.execute(
        "select * from audit.list_row_history(%s::regclass, 1)", (store.table,)
    ).fetchall()
    assert [event["action"] for event in history] == [
        "item_updated",
        "item_updated",
        "item_created",
    ]
    assert history[1]["changes"]["note"] == {"old": "Red", "new": "Blue"}
    row = reader.execute(
        "select audit.get_row_at(%s::regclass, 1, %s) as was", (store.table, moment["now"])
    ).fetchone()
    assert row is not None
    was = row["was"]
    assert (was["name"], was["note"], was["amount"], was["id"]) == ("Lamp", "Blue", 2, 1)
    assert "touched" not in was


def test_the_history_of_a_table_that_is_gone_reads_on_under_its_entity_type(
    store: Store,
) -> None:
    store.insert(store.workshop.app(), 1)
    store.workshop.make("drop table app.item")
    found = (
        store.workshop.reader()
        .execute("""select * from audit.search_events('{"entity_type": "item"}')""")
        .fetchall()
    )
    assert [event["action"] for event in found] == ["item_created"]


def run(binaries: Path, program: str, *arguments: str, typed: bytes | None = None) -> bytes:
    done = subprocess.run(
        [str(binaries / program), *arguments],
        env=os.environ | {"LD_LIBRARY_PATH": str(binaries.parent / "lib"), "LC_ALL": "C.UTF-8"},
        input=typed,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


@pytest.fixture
def elsewhere(loaded_database: Database) -> Iterator[Database]:
    """An empty second database of the server."""
    name = "restored_capture"
    root = loaded_database.superuser()
    root.execute(f"drop database if exists {name} with (force)")
    root.execute(f"create database {name} template template0")
    other = Database(loaded_database.host, loaded_database.port, name)
    yield other
    other.close()
    root.execute(f"drop database {name} with (force)")


def shift_oids(database: Database) -> None:
    """Let the next table have an OID that no dump would give it."""
    with database.superuser() as root:
        root.execute("create table nothing ()")
        root.execute("drop table nothing")


@pytest.mark.parametrize("level", ["statement", "row"])
def test_a_restored_table_keeps_its_history_and_is_captured_on(
    workshop: Workshop, binaries: Path, elsewhere: Database, level: str
) -> None:
    workshop.make(ITEM)
    workshop.make(
        "create table app.part (id int, tenant_id uuid, name text, primary key (id))"
        " partition by range (id);"
        "create table app.part_0 partition of app.part for values from (0) to (10);"
        "revoke insert, update, delete, truncate on app.part_0 from public"
    )
    workshop.watch("app.item", "item", label_column="name", redact_columns=["ssn"], level=level)
    workshop.watch("app.part", "part", level=level)
    store = Store(workshop)
    app = workshop.app()
    store.insert(app, 1, name="'Lamp'")
    store.update(app, 1, note="'Red'")
    app.execute("insert into app.part values (1, %s, 'Bulb')", (workshop.tenant_a,))
    before = workshop.events("item")
    dumped = run(
        binaries,
        "pg_dump",
        "--no-sync",
        "--enable-row-security",
        workshop.database.dsn(workshop.database.role("backup")),
    )
    shift_oids(elsewhere)
    run(
        binaries,
        "psql",
        "-qX",
        "-v",
        "ON_ERROR_STOP=1",
        elsewhere.dsn("postgres"),
        typed=dumped,
    )

    behind = elsewhere.superuser()
    behind.row_factory = workshop.behind.row_factory
    moved = Workshop(elsewhere, elsewhere.connect(elsewhere.role("owner")), behind)
    restored = Store(moved)
    assert moved.events("item") == before, "loading the rows told nothing"
    for entity_type in ("item", "part"):
        row = restored.listed(entity_type)
        assert row["state"] == "warning"
        assert "the database was restored" in row["problem"]
    assert restored.health()["state"] == "warning"

    other_app = moved.app()
    restored.update(other_app, 1, note="'Blue'")
    other_app.execute("update app.part set name = 'Bulb 2'")
    told = moved.events("item")[-1]
    assert told["changes"] == {"note": {"old": "Red", "new": "Blue"}}
    assert told["metadata"] is None, "nothing about its columns has changed"
    assert moved.told("part") == [("created", "1"), ("updated", "1")]
    reader = moved.reader()
    history = reader.execute("select * from audit.list_row_history('app.item', 1)").fetchall()
    assert [event["action"] for event in history] == [
        "item_updated",
        "item_updated",
        "item_created",
    ]
    was = reader.execute(
        "select audit.get_row_at('app.item', 1, %s) as was", (before[-1]["occurred_at"],)
    ).fetchone()
    assert was is not None
    assert (was["was"]["name"], was["was"]["note"]) == ("Lamp", "Red")

    for entity_type in ("item", "part"):
        moved.owner.execute(str(restored.listed(entity_type)["hint"]).encode())
        row = restored.listed(entity_type)
        assert (row["state"], row["problem"], row["hint"]) == ("ok", None, None)
    assert restored.health()["state"] == "ok"
    restored.update(other_app, 1, note="'Green'")
    assert moved.told("item")[-1] == ("updated", "1")
