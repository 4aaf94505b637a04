"""How rows are known: their keys, what becomes of them, and where rows live."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import psycopg
import pytest

from capture.workshop import Workshop

LEVELS = pytest.mark.parametrize("level", ["statement", "row"])

PERSON = "create table app.customer (id {key}, tenant_id uuid not null, name text)"


def make_people(
    workshop: Workshop, *ids: int, key: str = "int primary key", **options: Any
) -> None:
    """Make and watch a table, and fill it for tenant a."""
    workshop.make(PERSON.format(key=key))
    workshop.watch(**options)
    workshop.app().execute(
        "insert into app.customer select i, %s, 'C' || i from unnest(%s::int[]) i",
        (workshop.tenant_a, list(ids)),
    )


def later(workshop: Workshop, entity_type: str = "customer") -> list[tuple[str, str, Any]]:
    """Action, entity id and what is told of each event that isn't the row's first, sorted."""
    return sorted(
        (
            (
                event["action"].removeprefix(f"{entity_type}_"),
                event["entity_id"],
                event["metadata"] or event["changes"] or event["target"],
            )
            for event in workshop.events(entity_type)
            if not event["action"].endswith("_created")
        ),
        key=str,
    )


def stands(workshop: Workshop, key: str, tenant: str = "a") -> Any:
    """Give a row as the log knows it, read by a tenant's reader."""
    row = (
        workshop.reader(tenant)
        .execute("select audit.get_row_at('app.customer', %s, clock_timestamp()) as row", (key,))
        .fetchone()
    )
    assert row is not None
    return row["row"]


@LEVELS
def test_a_row_whose_key_changes_is_told_under_both(workshop: Workshop, level: str) -> None:
    make_people(workshop, 1, 2, level=level, label_column="name")
    workshop.app().execute("update app.customer set id = 7, name = 'Seven' where id = 1")
    left, come = workshop.events(action="customer_updated")
    if left["entity_id"] != "1":
        left, come = come, left
    assert (left["entity_id"], left["metadata"]) == ("1", {"moved_to": {"entity_id": "7"}})
    assert (come["entity_id"], come["metadata"]) == ("7", {"moved_from": {"entity_id": "1"}})
    tenant = str(workshop.tenant_a)
    assert left["target"] == {"id": 1, "tenant_id": tenant, "name": "C1"}
    assert come["target"] == {"id": 7, "tenant_id": tenant, "name": "Seven"}
    assert (left["changes"], come["changes"]) == (None, None)
    assert left["description"] == "Customer C1 moved away"
    assert come["description"] == "Customer Seven moved here"
    assert stands(workshop, "1") is None
    assert stands(workshop, "7") == come["target"]
    assert stands(workshop, "2") == {"id": 2, "tenant_id": tenant, "name": "C2"}


@pytest.mark.parametrize(
    ("key", "level", "step"),
    [
        ("int primary key", "statement", -1),
        ("int primary key", "row", -1),
        ("int primary key deferrable", "statement", 1),
    ],
)
def test_keys_shifted_by_one_statement_leave_every_row_where_it_is(
    workshop: Workshop, key: str, level: str, step: int
) -> None:
    make_people(workshop, 1, 2, 3, key=key, level=level)
    workshop.app().execute("update app.customer set id = id + %s", (step,))
    for number in (1, 2, 3):
        assert stands(workshop, str(number + step))["name"] == f"C{number}"
    assert stands(workshop, "1" if step > 0 else "3") is None


def test_a_shifted_key_is_not_said_to_have_become_another_than_it_did(workshop: Workshop) -> None:
    make_people(workshop, 1, 2, 3, key="int primary key deferrable")
    workshop.app().execute("update app.customer set id = id + 1")
    by_key = {event["entity_id"]: event for event in workshop.events(action="customer_updated")}
    assert by_key["1"]["metadata"] in ({"moved_to": {}}, {"moved_to": {"entity_id": "2"}})
    assert by_key["4"]["metadata"] in ({"moved_from": {}}, {"moved_from": {"entity_id": "3"}})


@LEVELS
def test_several_rows_that_change_keys_at_once_are_all_told(workshop: Workshop, level: str) -> None:
    make_people(workshop, 1, 2, 3, level=level)
    workshop.app().execute("update app.customer set id = id + 10 where id < 3")
    told = [(action, key) for action, key, _ in later(workshop)]
    assert told == [("updated", key) for key in ("1", "11", "12", "2")]
    for number in (1, 2):
        assert stands(workshop, str(number)) is None
        assert stands(workshop, str(number + 10))["name"] == f"C{number}"
    partners = {event["entity_id"]: event["metadata"] for event in workshop.events()}
    true = {"1": "11", "2": "12", "11": "1", "12": "2"}
    for key, partner in true.items():
        side = "moved_to" if len(key) == 1 else "moved_from"
        assert partners[key] in ({side: {}}, {side: {"entity_id": partner}}), "no wrong partner"


def test_rows_that_swap_a_deferrable_key_are_told_as_they_stand_then(workshop: Workshop) -> None:
    make_people(workshop, 1, 2, 3, key="int primary key deferrable")
    workshop.app().execute("update app.customer set id = 3 - id where id < 3")
    assert later(workshop) == [
        ("updated", "1", {"name": {"old": "C1", "new": "C2"}}),
        ("updated", "2", {"name": {"old": "C2", "new": "C1"}}),
    ]
    assert stands(workshop, "1")["name"] == "C2"


def test_rows_are_not_watched_one_by_one_by_a_deferrable_key(workshop: Workshop) -> None:
    workshop.make(PERSON.format(key="int primary key deferrable"))
    with pytest.raises(psycopg.Error) as refusal:
        workshop.watch(level="row")
    assert refusal.value.sqlstate == "WT090"
    assert workshop.watch(level="statement")


def test_thousands_of_rows_that_change_keys_are_told_in_time(workshop: Workshop) -> None:
    make_people(workshop, *range(1, 5001))
    app = workshop.app()
    app.execute("set statement_timeout = '60s'")
    app.execute("update app.customer set id = -id")
    assert len(workshop.told()) == 15000
    assert {event["target"]["name"] for event in workshop.events(entity_id="-77")} == {"C77"}


@LEVELS
@pytest.mark.parametrize(
    ("columns", "row", "change", "before", "after"),
    [
        ("k1 int, k2 text", "7, 'a'", "k2 = 'b'", '["7", "a"]', '["7", "b"]'),
        ("k1 text, k2 text", "'a\"', '],'", "k1 = 'é'", '["a\\"", "],"]', '["é", "],"]'),
        (
            "k1 timestamptz, k2 date",
            "'2026-01-02 03:04:05+02', '2026-01-02'",
            "k2 = '2026-01-03'",
            '["2026-01-02T01:04:05+00:00", "2026-01-02"]',
            '["2026-01-02T01:04:05+00:00", "2026-01-03"]',
        ),
        ("k2 numeric, k1 bool", "1.0, true", "k2 = 1.00", '["true", "1.0"]', '["true", "1.00"]'),
        ("k1 bytea, k2 char(3)", "'\\x00', 'a'", "k2 = 'b'", None, None),
    ],
)
def test_a_composite_key_is_the_array_of_its_texts(
    workshop: Workshop,
    level: str,
    columns: str,
    row: str,
    change: str,
    before: str | None,
    after: str | None,
) -> None:
    workshop.make(
        f"create table app.customer ({columns}, tenant_id uuid, name text, primary key (k1, k2))"
    )
    workshop.watch(level=level)
    app = workshop.app()
    app.execute("set timezone = 'Asia/Tokyo'; set datestyle = 'German'")
    order = ", ".join(column.split()[0] for column in columns.split(", "))
    app.execute(
        f"insert into app.customer ({order}, tenant_id) "
        f"values ({row}, '{workshop.tenant_a}')".encode()
    )
    app.execute("update app.customer set name = 'N'")
    app.execute(f"update app.customer set {change}".encode())
    app.execute("delete from app.customer")
    ids = [event["entity_id"] for event in workshop.events()]
    assert len(ids) == 5
    if before is not None and after is not None:
        assert ids[:2] == [before, before]
        assert sorted(ids[2:4]) == sorted([before, after])
        assert ids[4] == after
    assert ids[0] == ids[1]
    assert ids[0] in ids[2:4]
    assert ids[4] in ids[2:4]
    assert ids[4] != ids[0]
    history = (
        workshop.reader()
        .execute("select * from audit.list_row_history('app.customer', %s::text)", (ids[0],))
        .fetchall()
    )
    assert len(history) == 3


@LEVELS
@pytest.mark.parametrize(
    ("type_name", "first", "second", "ids"),
    [
        ("uuid", "11111111-1111-4111-8111-111111111111", None, None),
        ("text", "a", "b", ("a", "b")),
        ("numeric", "1", "1.0", ("1", "1.0")),
        ("date", "2026-12-24", "2026-12-25", ("2026-12-24", "2026-12-25")),
        ("timestamp", "2026-12-24 01:02", "infinity", ("2026-12-24T01:02:00", "infinity")),
        (
            "timestamptz",
            "2026-12-24 01:02+01",
            "infinity",
            ("2026-12-24T00:02:00+00:00", "infinity"),
        ),
        ("interval", "1 day", "25 hours", ("1 day", "25:00:00")),
        ("bytea", "\\x00ff", "\\x", ("\\x00ff", "\\x")),
        ("char(3)", "a", "b", ("a  ", "b  ")),
        ("float8", "0.1", "infinity", ("0.1", "Infinity")),
        ("int[]", "{1,2}", "{2}", ("[1, 2]", "[2]")),
        ("app.mood", "sad", "glad", ("sad", "glad")),
        ("app.code", "7", "8", ("7", "8")),
        ("int4range", "[1,3)", "empty", ("[1,3)", "empty")),
    ],
)
def test_a_key_of_any_type_is_told_whatever_the_session_s_settings(
    workshop: Workshop,
    level: str,
    type_name: str,
    first: str,
    second: str | None,
    ids: tuple[str, str] | None,
) -> None:
    workshop.make(
        "create type app.mood as enum ('sad', 'glad'); create domain app.code as int;"
        f"create table app.customer (k {type_name} primary key, tenant_id uuid, name text)"
    )
    workshop.watch(level=level)
    second = second or "22222222-2222-4222-8222-222222222222"
    old, new = ids or (first, second)
    app = workshop.app()
    app.execute("insert into app.customer values (%s, %s, 'a')", (first, workshop.tenant_a))
    for setting in (
        "timezone = 'Asia/Tokyo'",
        "datestyle = 'German'",
        "intervalstyle = 'iso_8601'",
        "bytea_output = 'escape'",
        "extra_float_digits = -10",
    ):
        app.execute(f"set {setting}".encode())
    app.execute("update app.customer set name = 'b'")
    app.execute("update app.customer set k = %s", (second,))
    app.execute("delete from app.customer")
    assert [workshop.told()[0], workshop.told()[1]] == [("created", old), ("updated", old)]
    assert sorted(workshop.told()[2:4]) == sorted([("updated", old), ("updated", new)])
    assert workshop.told()[4:] == [("deleted", new)]
    assert workshop.events()[1]["changes"] == {"name": {"old": "a", "new": "b"}}


@LEVELS
@pytest.mark.parametrize("key", ["k", "k, part"])
def test_a_key_of_over_500_characters_is_known_by_its_digest(
    workshop: Workshop, level: str, key: str
) -> None:
    workshop.make(
        "create table app.customer "
        f"(k text, part int, tenant_id uuid, name text, primary key ({key}))"
    )
    workshop.watch(level=level)
    long, longer = "å" * 501, "å" * 501 + "!"
    app = workshop.app()
    app.execute("insert into app.customer values (%s, 1, %s)", (long, workshop.tenant_a))
    app.execute("update app.customer set name = 'N'")
    app.execute("update app.customer set k = %s", (longer,))

    def whole(value: str) -> str:
        return value if key == "k" else f'["{value}", "1"]'

    def digest(value: str) -> str:
        return "sha256:" + sha256(whole(value).encode()).hexdigest()

    assert workshop.told()[:2] == [("created", digest(long)), ("updated", digest(long))]
    assert sorted(workshop.told()[2:]) == sorted(
        [("updated", digest(long)), ("updated", digest(longer))]
    )
    assert workshop.events()[0]["target"]["k"] == long
    assert stands(workshop, whole(longer))["k"] == longer
    assert stands(workshop, whole(long)) is None


@LEVELS
@pytest.mark.parametrize("length", [499, 500])
def test_a_key_of_at_most_500_characters_is_known_by_itself(
    workshop: Workshop, level: str, length: int
) -> None:
    workshop.make("create table app.customer (k text primary key, tenant_id uuid, name text)")
    workshop.watch(level=level)
    workshop.app().execute(
        "insert into app.customer values (%s, %s)", ("å" * length, workshop.tenant_a)
    )
    assert workshop.told() == [("created", "å" * length)]


@pytest.mark.parametrize(
    ("kind", "index"),
    [
        ("no index", None),
        ("a unique index that is no replica identity", "create unique index on app.customer (id)"),
        (
            "replica identity full",
            "alter table app.customer replica identity full",
        ),
    ],
)
def test_a_table_without_a_key_is_refused_with_what_helps(
    workshop: Workshop, kind: str, index: str | None
) -> None:
    workshop.make(PERSON.format(key="int not null"))
    if index is not None:
        workshop.make(index)
    with pytest.raises(psycopg.Error) as refusal:
        workshop.watch()
    assert refusal.value.sqlstate == "WT090", kind
    hint = refusal.value.diag.message_hint
    assert hint is not None
    assert "add primary key" in hint
    assert "replica identity using index" in hint
    assert workshop.behind.execute("select from audit_private.watched_table").fetchall() == []
    assert (
        workshop.behind.execute(
            "select from pg_trigger where tgrelid = 'app.customer'::regclass and not tgisinternal"
        ).fetchall()
        == []
    )


@LEVELS
def test_a_table_is_known_by_the_index_of_its_replica_identity(
    workshop: Workshop, level: str
) -> None:
    workshop.make(PERSON.format(key="int not null"))
    workshop.make(
        "create unique index customer_known on app.customer (id, name);"
        "alter table app.customer alter name set not null;"
        "alter table app.customer replica identity using index customer_known"
    )
    workshop.watch(level=level)
    app = workshop.app()
    app.execute("insert into app.customer values (1, %s, 'a')", (workshop.tenant_a,))
    app.execute("update app.customer set name = 'b'")
    app.execute("delete from app.customer")
    assert workshop.told()[0] == ("created", '["1", "a"]')
    assert sorted(workshop.told()[1:3]) == [("updated", '["1", "a"]'), ("updated", '["1", "b"]')]
    assert workshop.told()[3:] == [("deleted", '["1", "b"]')]


def test_the_primary_key_leads_where_the_replica_identity_is_another(workshop: Workshop) -> None:
    workshop.make(PERSON.format(key="int primary key"))
    workshop.make(
        "create unique index customer_known on app.customer (name);"
        "alter table app.customer alter name set not null;"
        "alter table app.customer replica identity using index customer_known"
    )
    workshop.watch()
    app = workshop.app()
    app.execute("insert into app.customer values (1, %s, 'a')", (workshop.tenant_a,))
    app.execute("update app.customer set name = 'b'")
    assert workshop.told() == [("created", "1"), ("updated", "1")]


@LEVELS
def test_a_key_that_changes_only_in_case_under_a_collation_that_ignores_case_is_told(
    workshop: Workshop, level: str
) -> None:
    workshop.make_blind_collation("und-u-ks-level2")
    workshop.make(
        "create table app.customer "
        "(k text collate app.blind primary key, tenant_id uuid, name text)"
    )
    workshop.watch(level=level)
    app = workshop.app()
    app.execute("insert into app.customer values ('anna', %s)", (workshop.tenant_a,))
    app.execute("update app.customer set k = 'ANNA'")
    app.execute("update app.customer set name = 'N' where k = 'anna'")
    assert workshop.told()[0] == ("created", "anna")
    assert sorted(workshop.told()[1:3]) == [("updated", "ANNA"), ("updated", "anna")]
    assert workshop.told()[3:] == [("updated", "ANNA")]


@LEVELS
@pytest.mark.parametrize("also", ["", ", id = 9", ", name = 'Moved'"])
def test_a_row_that_moves_between_tenants_is_told_to_both_and_neither_learns_of_the_other(
    workshop: Workshop, level: str, also: str
) -> None:
    make_people(workshop, 1, level=level, label_column="name")
    workshop.app().execute(
        f"update app.customer set tenant_id = %s{also}".encode(),
        (workshop.tenant_b,),
    )
    now = "9" if "id" in also else "1"
    [left] = workshop.events(action="customer_updated", tenant_id=workshop.tenant_a)
    [come] = workshop.events(action="customer_updated", tenant_id=workshop.tenant_b)
    assert (left["entity_id"], left["metadata"]) == ("1", {"moved_to": {}})
    assert (come["entity_id"], come["metadata"]) == (now, {"moved_from": {}})
    assert left["target"] == {"id": 1, "tenant_id": str(workshop.tenant_a), "name": "C1"}
    assert come["target"]["tenant_id"] == str(workshop.tenant_b)
    assert str(workshop.tenant_b) not in repr({**left, "tenant_id": None})
    assert str(workshop.tenant_a) not in repr({**come, "tenant_id": None})
    assert stands(workshop, "1", "a") is None
    assert stands(workshop, now, "b") == come["target"]
    if also:
        assert "Moved" not in repr(left)
        assert "C1" not in repr(come) or "name" not in also


@LEVELS
def test_rows_that_swap_tenants_by_one_statement_are_told_to_both(
    workshop: Workshop, level: str
) -> None:
    make_people(workshop, 1, 2, level=level)
    app = workshop.app()
    app.execute("update app.customer set tenant_id = %s where id = 2", (workshop.tenant_b,))
    app.execute(
        "update app.customer set tenant_id = case tenant_id when %(a)s then %(b)s else %(a)s end",
        {"a": workshop.tenant_a, "b": workshop.tenant_b},
    )
    assert stands(workshop, "1", "a") is None
    assert stands(workshop, "2", "b") is None
    assert stands(workshop, "1", "b")["name"] == "C1"
    assert stands(workshop, "2", "a")["name"] == "C2"
    assert workshop.events()[-4:] != []
    for event in workshop.events()[-4:]:
        assert event["metadata"] in ({"moved_to": {}}, {"moved_from": {}})


FAMILY = """
create table app.customer (id int primary key, tenant_id uuid not null, name text);
create table app.special (extra text) inherits (app.customer);
"""


def test_rows_of_a_child_table_are_told_where_the_parent_is_named(workshop: Workshop) -> None:
    workshop.make(FAMILY)
    tenant = str(workshop.tenant_a)
    workshop.owner.execute("insert into app.customer values (1, %s, 'parent')", (tenant,))
    workshop.owner.execute("insert into app.special values (2, %s, 'child', 'x')", (tenant,))
    workshop.watch()
    app = workshop.app()
    app.execute("update app.customer set name = name || '!'")
    app.execute("delete from app.customer")
    assert later(workshop) == [
        ("deleted", "1", {"id": 1, "tenant_id": tenant, "name": "parent!"}),
        ("deleted", "2", {"id": 2, "tenant_id": tenant, "name": "child!"}),
        ("updated", "1", {"name": {"old": "parent", "new": "parent!"}}),
        ("updated", "2", {"name": {"old": "child", "new": "child!"}}),
    ]


def test_a_table_with_child_tables_is_not_watched_row_by_row(workshop: Workshop) -> None:
    workshop.make(FAMILY)
    with pytest.raises(psycopg.Error) as refusal:
        workshop.watch(level="row")
    assert refusal.value.sqlstate == "WT090"


def test_a_child_table_made_after_its_parent_was_watched_row_by_row_is_reported(
    workshop: Workshop,
) -> None:
    parent, child = FAMILY.strip().split("\n")
    workshop.make(parent)
    workshop.watch(level="row")
    workshop.make(child + "revoke all on app.special from public")
    [state] = workshop.owner.execute("select state, problem from audit.list_watched()").fetchall()
    assert state[0] == "error"
    assert "app.special" in state[1]


def test_a_child_table_that_everybody_may_write_to_is_reported_until_it_is_watched_itself(
    workshop: Workshop,
) -> None:
    workshop.make(FAMILY)
    workshop.watch()
    [state] = workshop.owner.execute("select state, problem, hint from audit.list_watched()")
    assert state[0] == "error"
    assert "app.special" in state[1]
    assert "revoke" in state[2]
    workshop.make("alter table app.special add primary key (id)")
    workshop.watch("app.special", "special_customer")
    states = workshop.owner.execute("select state from audit.list_watched()").fetchall()
    assert states == [("ok",), ("ok",)]
    workshop.app().execute("insert into app.special values (2, %s, 'c')", (workshop.tenant_a,))
    assert workshop.told("special_customer") == [("created", "2")]


PARTITIONED = """
create table app.customer (
  id int, area text not null, tenant_id uuid not null, name text, primary key (id, area)
) partition by list (area);
create table app.customer_north partition of app.customer for values in ('north');
create table app.customer_rest (
  name text, gone int, tenant_id uuid not null, id int not null, area text not null
);
alter table app.customer_rest drop column gone;
alter table app.customer attach partition app.customer_rest default;
"""


def make_partitioned(workshop: Workshop, level: str) -> psycopg.Connection[Any]:
    """Make and watch a partitioned table with two rows, one of the columns in another order."""
    workshop.make(PARTITIONED)
    workshop.watch(level=level)
    app = workshop.app()
    app.execute(
        "insert into app.customer values (1, 'north', %(a)s, 'C1'), (2, 'south', %(a)s, 'C2')",
        {"a": workshop.tenant_a},
    )
    return app


@LEVELS
def test_rows_of_all_partitions_are_told_alike(workshop: Workshop, level: str) -> None:
    app = make_partitioned(workshop, level)
    app.execute("update app.customer set name = name || '!'")
    app.execute("delete from app.customer")
    assert sorted(workshop.told()) == [
        (action, key)
        for action in ("created", "deleted", "updated")
        for key in ('["1", "north"]', '["2", "south"]')
    ]
    tenant = str(workshop.tenant_a)
    for event in workshop.events():
        [number] = [n for n in (1, 2) if str(n) in event["entity_id"]]
        area = "north" if number == 1 else "south"
        match event["action"].removeprefix("customer_"):
            case "updated":
                assert event["changes"] == {"name": {"old": f"C{number}", "new": f"C{number}!"}}
            case action:
                name = f"C{number}" if action == "created" else f"C{number}!"
                row = {"id": number, "area": area, "tenant_id": tenant, "name": name}
                assert event["target"] == row


@pytest.mark.parametrize("area", ["south", "west"])
def test_a_row_that_moves_to_another_partition_has_moved_where_that_changes_its_key(
    workshop: Workshop, area: str
) -> None:
    app = make_partitioned(workshop, "statement")
    app.execute("update app.customer set area = %s where id = 1", (area,))
    new = f'["1", "{area}"]'
    told = {key: detail for _, key, detail in later(workshop)}
    assert told == {
        '["1", "north"]': {"moved_to": {"entity_id": new}},
        new: {"moved_from": {"entity_id": '["1", "north"]'}},
    }
    assert stands(workshop, new)["area"] == area


def test_a_row_that_moves_between_partitions_is_told_row_by_row_as_gone_and_come(
    workshop: Workshop,
) -> None:
    app = make_partitioned(workshop, "row")
    app.execute("update app.customer set area = 'south' where id = 1")
    assert workshop.told()[2:] == [("deleted", '["1", "north"]'), ("created", '["1", "south"]')]
    assert stands(workshop, '["1", "north"]') is None
    assert stands(workshop, '["1", "south"]')["name"] == "C1"


@pytest.mark.parametrize("table", ["customer", "customer_rest"])
def test_directly_written_partitions_are_told_row_by_row_as_the_partitioned_table_s(
    workshop: Workshop, table: str
) -> None:
    app = make_partitioned(workshop, "row")
    app.execute(
        f"insert into app.{table} (id, area, tenant_id, name) "
        "values (3, 'east', %s, 'C3')".encode(),
        (workshop.tenant_a,),
    )
    app.execute(f"update app.{table} set name = 'Three' where id = 3".encode())
    app.execute(f"update app.{table} set id = 4 where id = 3".encode())
    app.execute(
        f"update app.{table} set tenant_id = %s where id = 4".encode(), (workshop.tenant_b,)
    )
    app.execute(f"delete from app.{table} where id = 4".encode())
    three, four = '["3", "east"]', '["4", "east"]'
    assert [workshop.told()[2], workshop.told()[3]] == [("created", three), ("updated", three)]
    assert sorted(workshop.told()[4:6]) == [("updated", three), ("updated", four)]
    assert workshop.told()[6:] == [("updated", four), ("updated", four), ("deleted", four)]
    row = {"id": 4, "area": "east", "tenant_id": str(workshop.tenant_b), "name": "Three"}
    assert workshop.events()[-1]["target"] == row


@pytest.mark.parametrize("level", ["row", "statement"])
def test_a_partition_made_after_watching_is_watched_too(workshop: Workshop, level: str) -> None:
    app = make_partitioned(workshop, level)
    workshop.make(
        "create table app.customer_west partition of app.customer for values in ('west') "
        "partition by list (area);"
        "create table app.customer_far_west partition of app.customer_west for values in ('west')"
    )
    app.execute("insert into app.customer values (5, 'west', %s, 'C5')", (workshop.tenant_a,))
    expected = [("created", '["5", "west"]')]
    if level == "row":
        app.execute(
            "insert into app.customer_far_west values (6, 'west', %s, 'C6')", (workshop.tenant_a,)
        )
        expected.append(("created", '["6", "west"]'))
        workshop.behind.execute("set session_replication_role = replica")
        workshop.behind.execute("delete from app.customer_far_west where id = 6")
        expected.append(("deleted", '["6", "west"]'))
    assert workshop.told()[2:] == expected


def test_partitions_that_others_may_write_to_directly_are_reported(workshop: Workshop) -> None:
    make_partitioned(workshop, "statement")
    states = workshop.owner.execute("select state, problem from audit.list_watched()").fetchall()
    assert [state for state, _ in states] == ["error"]
    assert "app.customer_rest" in states[0][1]
    roles = "test_app_a, test_app_b"
    assert roles.split(", ")[0] in states[0][1] or "directly" in states[0][1]


def test_a_partition_itself_can_not_be_watched(workshop: Workshop) -> None:
    workshop.make(PARTITIONED)
    with pytest.raises(psycopg.Error) as refusal:
        workshop.watch("app.customer_north")
    assert refusal.value.sqlstate == "WT090"
    assert "app.customer" in str(refusal.value.diag.message_hint)


@LEVELS
def test_a_truncated_partitioned_table_is_told(workshop: Workshop, level: str) -> None:
    app = make_partitioned(workshop, level)
    app.execute("select pg_stat_force_next_flush()")
    workshop.app().execute("truncate app.customer")
    events = workshop.events(action="customer_truncated", tenant_id=workshop.tenant_a)
    assert [event["metadata"] for event in events] == [{"rows_estimated": 2}]


def test_a_partition_that_is_truncated_directly_is_told_or_reported(workshop: Workshop) -> None:
    app = make_partitioned(workshop, "row")
    states = workshop.owner.execute("select state from audit.list_watched()").fetchall()
    app.execute("truncate app.customer_north")
    told = [action for action, _ in workshop.told()]
    assert told[-1] == "truncated" or states == [("error",)]
