"""What is stored of values of every type, whatever the session's settings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

from capture.workshop import Workshop

LEVELS = pytest.mark.parametrize("level", ["statement", "row"])


@dataclass
class Value:
    """A type, two of its values in SQL, and what is stored of them, as JSON text."""

    type_name: str
    old: str
    new: str
    old_stored: str
    new_stored: str
    setup: str = ""

    def __str__(self) -> str:
        return f"{self.type_name} {self.old}"


MOOD = "create type app.mood as enum ('sad', 'it''s \"ok\"', 'glad'); "
PLACE = "create type app.place as (x int, y text, at timestamptz); "

VALUES = [
    Value("bool", "true", "false", "true", "false"),
    Value("smallint", "-32768", "32767", "-32768", "32767"),
    Value(
        "bigint",
        "-9223372036854775808",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775807",
    ),
    Value(
        "numeric",
        "123456789012345678901234567890.123456789012345678901234567890",
        "1e400 + 1e-30",
        "123456789012345678901234567890.123456789012345678901234567890",
        "1" + "0" * 400 + "." + "0" * 29 + "1",
    ),
    Value("numeric", "1.0", "1.00", "1.0", "1.00"),
    Value("numeric", "'NaN'", "'Infinity'", '"NaN"', '"Infinity"'),
    Value("numeric", "'-Infinity'", "0", '"-Infinity"', "0"),
    Value("numeric(6, 2)", "1", "1.5", "1.00", "1.50"),
    Value("float8", "0.1", "0.1::float8 + 0.2", "0.1", "0.30000000000000004"),
    Value("float8", "'NaN'", "'-Infinity'", '"NaN"', '"-Infinity"'),
    Value("float4", "0.1", "'Infinity'", "0.1", '"Infinity"'),
    Value("money", "1234.5", "-1", '"$1,234.50"', '"-$1.00"'),
    Value("text", "''", "null", '""', "null"),
    Value("text", "E'line\\n\"quote\" \\\\ å'", "'null'", '"line\\n\\"quote\\" \\\\ å"', '"null"'),
    Value("char(4)", "'a'", "'ab'", '"a   "', '"ab  "'),
    Value("varchar(4)", "'a'", "'a '", '"a"', '"a "'),
    Value("name", "'a'", "'b'", '"a"', '"b"'),
    Value("bytea", "'\\x00ff'", "''", '"\\\\x00ff"', '"\\\\x"'),
    Value("date", "'2026-12-24'", "'infinity'", '"2026-12-24"', '"infinity"'),
    Value("date", "'0044-03-15 BC'", "'-infinity'", '"0044-03-15 BC"', '"-infinity"'),
    Value("time", "'24:00'", "'01:02:03.456789'", '"24:00:00"', '"01:02:03.456789"'),
    Value("timetz", "'12:00+05:30'", "'12:00-08'", '"12:00:00+05:30"', '"12:00:00-08"'),
    Value(
        "timestamp",
        "'2026-12-24 10:11:12.123456'",
        "'infinity'",
        '"2026-12-24T10:11:12.123456"',
        '"infinity"',
    ),
    Value(
        "timestamptz",
        "'2026-12-24 10:11:12.5+05:30'",
        "'-infinity'",
        '"2026-12-24T04:41:12.5+00:00"',
        '"-infinity"',
    ),
    Value("interval", "'1 day'", "'24 hours'", '"1 day"', '"24:00:00"'),
    Value("interval", "'1 mon'", "'30 days'", '"1 mon"', '"30 days"'),
    Value("interval", "'-1 day +02:03'", "'1 year'", '"-1 days +02:03:00"', '"1 year"'),
    Value(
        "uuid",
        "'" + "a" * 32 + "'",
        "null",
        '"' + "aaaaaaaa-" + "aaaa-" * 3 + "a" * 12 + '"',
        "null",
    ),
    Value("inet", "'10.0.0.1/8'", "'::1'", '"10.0.0.1/8"', '"::1"'),
    Value("bit varying", "B'10'", "B'010'", '"10"', '"010"'),
    Value("point", "'(1.5,-0)'", "'(0.1,2)'", '"(1.5,-0)"', '"(0.1,2)"'),
    Value("tsvector", "'a:1 b'", "'b'", "\"'a':1 'b'\"", "\"'b'\""),
    Value("xml", "'<a b=\"c\"/>'", "'text'", '"<a b=\\"c\\"/>"', '"text"'),
    Value("pg_lsn", "'16/B374D848'", "'0/0'", '"16/B374D848"', '"0/0"'),
    Value("regclass", "'pg_class'", "'pg_type'", '"pg_class"', '"pg_type"'),
    Value(
        "jsonb",
        '\'{"a": [1, {"b": null}], "n": 1.0}\'',
        "'null'",
        '{"a": [1, {"b": null}], "n": 1.0}',
        "null",
    ),
    Value("jsonb", "'\"text\"'", "'[]'", '"text"', "[]"),
    Value("jsonb", "'{\"old\": 1.0}'", "'{\"old\": 1.00}'", '{"old": 1.0}', '{"old": 1.00}'),
    Value(
        "json",
        '\'{"a":  "\\u0000", "a": 1}\'',
        "'\"\\ud800\"'",
        '"{\\"a\\":  \\"\\\\u0000\\", \\"a\\": 1}"',
        '"\\"\\\\ud800\\""',
    ),
    Value("json", "'1'", "'1 '", '"1"', '"1 "'),
    Value("int[]", "'{{1,2},{3,null}}'", "'{}'", "[[1, 2], [3, null]]", "[]"),
    Value(
        "text[]", "array['a,b', '\"', null, 'NULL']", "null", '["a,b", "\\"", null, "NULL"]', "null"
    ),
    Value("numeric[]", "'{1.0}'", "'{1.00}'", "[1.0]", "[1.00]"),
    Value(
        "timestamptz[]",
        "array['2026-12-24 01:00+01'::timestamptz]",
        "array['infinity'::timestamptz]",
        '["2026-12-24T00:00:00+00:00"]',
        '["infinity"]',
    ),
    Value("bytea[]", "array['\\x00'::bytea]", "'{}'", '["\\\\x00"]', "[]"),
    Value(
        "json[]",
        "array['\"\\u0000\"'::json]",
        "'{}'",
        '"{\\"\\\\\\"\\\\\\\\u0000\\\\\\"\\"}"',
        '"{}"',
    ),
    Value("app.mood", "'sad'", "'it''s \"ok\"'", '"sad"', '"it\'s \\"ok\\""', MOOD),
    Value(
        "app.mood[]",
        "array['sad', 'glad']::app.mood[]",
        "array[['sad'], ['glad']]::app.mood[]",
        '"{sad,glad}"',
        '"{{sad},{glad}}"',
        MOOD,
    ),
    Value(
        "app.code",
        "'AB'",
        "'CD'",
        '"AB"',
        '"CD"',
        "create domain app.code as text check (value ~ '^[A-Z]{2}$');",
    ),
    Value(
        "app.codes",
        "'{1,2}'",
        "'{}'",
        "[1, 2]",
        "[]",
        "create domain app.codes as int[] check (cardinality(value) < 5);",
    ),
    Value(
        "app.code[]",
        "'{1,2}'",
        "'{3}'",
        "[1, 2]",
        "[3]",
        "create domain app.code as int;",
    ),
    Value(
        "app.stamp",
        "'2026-12-24 01:00+01'",
        "'infinity'",
        '"2026-12-24T00:00:00+00:00"',
        '"infinity"',
        "create domain app.stamp as timestamptz;",
    ),
    Value(
        "app.place",
        "row(1, 'a \"b\"', '2026-12-24 01:00+01')",
        "row(null, null, null)",
        '"(1,\\"a \\"\\"b\\"\\"\\",\\"2026-12-24 00:00:00+00\\")"',
        '"(,,)"',
        PLACE,
    ),
    Value(
        "app.place[]",
        "array[row(1, 'a', null)]::app.place[]",
        "'{}'",
        '"{\\"(1,a,)\\"}"',
        '"{}"',
        PLACE,
    ),
    Value(
        "app.spot",
        "row(1, 'a', null)",
        "row(2, null, null)",
        '"(1,a,)"',
        '"(2,,)"',
        PLACE + "create domain app.spot as app.place;",
    ),
    Value("int4range", "'[1,4]'", "'empty'", '"[1,5)"', '"empty"'),
    Value(
        "tstzrange",
        "'[2026-12-24 01:00+01,)'",
        "'(,infinity]'",
        '"[\\"2026-12-24 00:00:00+00\\",)"',
        '"(,infinity]"',
    ),
    Value("nummultirange", "'{[1.0,2),[3,4]}'", "'{}'", '"{[1.0,2),[3,4]}"', '"{}"'),
    Value(
        "app.span",
        "app.span(0.1, 2)",
        "'empty'",
        '"[0.1,2)"',
        '"empty"',
        "create type app.span as range (subtype = float8);",
    ),
]


def make_typed(workshop: Workshop, value: Value, level: str = "statement", **options: Any) -> None:
    """Make and watch a table with a column v of the type."""
    if value.setup:
        workshop.make(value.setup)
    workshop.make(
        "create table app.customer "
        f"(id int primary key, tenant_id uuid, v {value.type_name}, other int default 0)"
    )
    workshop.watch(level=level, **options)


def life(workshop: Workshop, app: psycopg.Connection[Any], old: str, new: str) -> None:
    """Insert a row, change its value and delete it."""
    app.execute(
        f"insert into app.customer (id, tenant_id, v) "
        f"values (1, '{workshop.tenant_a}', {old})".encode()
    )
    app.execute("update app.customer set other = 1")
    app.execute(f"update app.customer set v = {new}".encode())
    app.execute("delete from app.customer")


def stored(workshop: Workshop) -> list[str | None]:
    """Give what is stored of the column v, as JSON text: created, old, new, deleted."""
    rows = workshop.behind.execute(
        """
        select (target -> 'v')::text as snapshot, (changes -> 'v' -> 'old')::text as old,
          (changes -> 'v' -> 'new')::text as new, changes is null as is_whole
        from audit_private.event
        where source = 'captured' and not coalesce(changes ? 'other', false)
        order by sequence
        """
    ).fetchall()
    return [
        value
        for row in rows
        for value in ([row["snapshot"]] if row["is_whole"] else [row["old"], row["new"]])
    ]


@LEVELS
@pytest.mark.parametrize("value", VALUES, ids=str)
def test_values_are_stored_exactly(workshop: Workshop, value: Value, level: str) -> None:
    make_typed(workshop, value, level)
    life(workshop, workshop.app(), value.old, value.new)
    expected = [value.old_stored, value.old_stored, value.new_stored, value.new_stored]
    assert stored(workshop) == expected


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_values_are_stored_alike_where_rows_are_told_with_care(
    workshop: Workshop, value: Value
) -> None:
    """Of a row that moves to another tenant, at row level: all of it goes another way."""
    make_typed(workshop, value, "row")
    app = workshop.app()
    app.execute(
        "insert into app.customer (id, tenant_id, v) "
        f"values (1, '{workshop.tenant_a}', {value.old})".encode()
    )
    app.execute("set array_nulls = off")
    app.execute(
        f"update app.customer set tenant_id = %s, v = {value.new}".encode(), (workshop.tenant_b,)
    )
    assert sorted(map(str, stored(workshop)[1:])) == sorted([value.old_stored, value.new_stored])


@LEVELS
@pytest.mark.parametrize("type_name", ["float8", "float4", "point", "float8[]"])
def test_a_zero_that_gets_a_sign_is_a_change(
    workshop: Workshop, level: str, type_name: str
) -> None:
    old, new = {"point": ("'(0,0)'", "'(-0,0)'"), "float8[]": ("'{0}'", "'{-0}'")}.get(
        type_name, ("'0'", "'-0'")
    )
    make_typed(workshop, Value(type_name, old, new, "", ""), level)
    life(workshop, workshop.app(), old, new)
    assert [action for action, _ in workshop.told()] == ["created", "updated", "updated", "deleted"]


@LEVELS
def test_generated_columns_are_stored_and_told_when_they_change(
    workshop: Workshop, level: str
) -> None:
    workshop.make(
        "create table app.customer (id int primary key, tenant_id uuid, price numeric, "
        "total numeric generated always as (price * 1.25) stored, "
        "number int generated always as identity)"
    )
    workshop.watch(level=level)
    app = workshop.app()
    app.execute("insert into app.customer values (1, %s, 4)", (workshop.tenant_a,))
    app.execute("update app.customer set price = 8")
    created, updated = workshop.events()
    assert (created["target"]["total"], created["target"]["number"]) == (5, 1)
    assert updated["changes"] == {
        "price": {"old": 4, "new": 8},
        "total": {"old": 5, "new": 10},
    }


@LEVELS
@pytest.mark.parametrize(
    ("type_name", "old", "new"),
    [
        ('text collate app."blind"', "'straße'", "'STRASSE'"),
        ('varchar(9) collate app."blind"', "'a'", "'A'"),
        ('app."blindly"', "'a'", "'A'"),
        ('text[] collate app."blind"', "'{a}'", "'{A}'"),
        ('char(3) collate app."blind"', "'a'", "'A'"),
    ],
)
def test_a_change_that_only_a_collation_can_not_see_is_told(
    workshop: Workshop, level: str, type_name: str, old: str, new: str
) -> None:
    workshop.make_blind_collation("und-u-ks-level1")
    setup = "create domain app.blindly as text collate app.blind;"
    make_typed(workshop, Value(type_name, old, new, "", "", setup), level, label_column="v")
    life(workshop, workshop.app(), old, new)
    before, after = stored(workshop)[1:3]
    assert before != after
    assert [action for action, _ in workshop.told()] == ["created", "updated", "updated", "deleted"]


@LEVELS
@pytest.mark.parametrize(
    ("extension", "type_name", "old", "new", "old_stored", "new_stored"),
    [
        ("citext", "citext", "'a'", "'A'", '"a"', '"A"'),
        ("citext", "citext[]", "'{a}'", "'{A}'", '"{a}"', '"{A}"'),
        (
            "hstore",
            "hstore",
            "'a=>1, b=>NULL'",
            "''",
            '"\\"a\\"=>\\"1\\", \\"b\\"=>NULL"',
            '""',
        ),
    ],
)
def test_types_of_extensions_are_stored_as_printed(
    workshop: Workshop,
    level: str,
    extension: str,
    type_name: str,
    old: str,
    new: str,
    old_stored: str,
    new_stored: str,
) -> None:
    workshop.behind.execute(
        sql.SQL("create extension {} schema public").format(sql.Identifier(extension))
    )
    make_typed(workshop, Value(type_name, old, new, old_stored, new_stored), level)
    life(workshop, workshop.app(), old, new)
    assert stored(workshop) == [old_stored, old_stored, new_stored, new_stored]


SETTINGS = [
    "timezone = 'Asia/Kolkata'",
    "datestyle = 'German'",
    "datestyle = 'SQL, DMY'",
    "intervalstyle = 'iso_8601'",
    "intervalstyle = 'sql_standard'",
    "bytea_output = 'escape'",
    "extra_float_digits = -15",
    "quote_all_identifiers = on",
    "row_security = off",
    "client_encoding = 'LATIN1'",
    "standard_conforming_strings = off",
    "array_nulls = off",
    "transform_null_equals = on",
    "xmlbinary = 'hex'",
    "search_path = app, pg_temp",
]
SETTABLE = """
create type app.mood as enum ('Sad', 'glad');
create type app.place as (at timestamptz, f float8, b bytea, "Mixed" interval);
create table app.customer (
  id int, at timestamptz, tenant_id uuid, label {label},
  "Mixed \\ Case" text, tz timestamptz, ts timestamp, d date, ttz timetz, i interval, b bytea,
  f4 float4, f8 float8, num numeric, m money, p point, r tstzrange, c regclass, x xml,
  tzs timestamptz[], fs float8[], bs bytea[], ds date[], texts text[], place app.place,
  mood app.mood,
  primary key (id, at)
);
"""
SETTABLE_ROW = """
insert into app.customer values (
  1, timestamptz '2026-12-24 10:00:00+01', {tenant}, {label},
  chr(229), timestamptz '2026-03-04 05:06:07.89+01', timestamp '2026-03-04 05:06:07',
  date '2026-03-04',
  timetz '10:00:00+01', make_interval(days => 1, hours => 2, secs => 3.5), decode('00ff', 'hex'),
  0.1, 0.1::float8 + 0.2, 1.10, 3.5, point(0.1, 1.0 / 3),
  tstzrange(timestamptz '2026-03-04 05:06:07+01', null), 'pg_class'::regclass, '<a>b</a>',
  array[timestamptz '2026-03-04 05:06:07+01'], array[1.0::float8 / 3, null],
  array[decode('5c00', 'hex')], array[date '2026-03-04'], array['a', null, 'NULL'],
  row(timestamptz '2026-03-04 05:06:07+01', 1.0::float8 / 3, decode('00ff', 'hex'),
    make_interval(days => 1)),
  'Sad'
)
"""
SETTABLE_UPDATES = (
    """
    update app.customer set "Mixed \\ Case" = 'z', tz = tz + make_interval(days => 1), ts = null,
      d = d + 1, i = i * 2, b = decode('01', 'hex'), f4 = 1.0::float4 / 3, f8 = 1.0::float8 / 3,
      m = m * 2, p = point(1.0 / 7, 0), fs = array[0.1::float8 + 0.2], bs = null, ds = null,
      place = row(null, 0.1::float8 + 0.2, null, null), mood = 'glad'
    """,
    "update app.customer set at = at + make_interval(hours => 1)",
    "update app.customer set tenant_id = {other}",
    "delete from app.customer",
)
LABELS = {
    "text": "'Anna'",
    "date": "date '2026-03-04'",
    "timestamp": "timestamp '2026-03-04 05:06:07'",
    "timestamptz": "timestamptz '2026-03-04 05:06:07+01'",
    "interval": "make_interval(days => 1, hours => 2)",
    "float8": "0.1::float8 + 0.2",
    "bytea": "decode('00ff', 'hex')",
}


def told_with(workshop: Workshop, label: str, setting: str | None) -> list[dict[str, Any]]:
    """Give everything that is stored of a row's life in a session with a setting."""
    app = workshop.app()
    if setting is not None:
        app.execute(f"set {setting}".encode())
    names = {
        "tenant": f"'{workshop.tenant_a}'",
        "other": f"'{workshop.tenant_b}'",
        "label": LABELS[label],
    }
    already = len(workshop.events())
    for statement in (SETTABLE_ROW, *SETTABLE_UPDATES):
        app.execute(statement.format(**names).encode())
    kept = ("tenant_id", "action", "entity_id", "description", "target", "changes", "metadata")
    events = [{name: event[name] for name in kept} for event in workshop.events()[already:]]
    return sorted(events, key=repr)


@LEVELS
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_session_s_settings_do_not_change_what_is_stored(
    workshop: Workshop, level: str, setting: str
) -> None:
    workshop.make(SETTABLE.format(label="text"))
    workshop.watch(level=level, label_column="label")
    plain = told_with(workshop, "text", None)
    assert len(plain) == 7
    assert told_with(workshop, "text", setting) == plain


@LEVELS
@pytest.mark.parametrize("label", list(LABELS))
def test_a_session_s_settings_do_not_change_how_a_row_is_labelled(
    workshop: Workshop, level: str, label: str
) -> None:
    workshop.make(f"create table app.customer (id int primary key, tenant_id uuid, v {label})")
    workshop.watch(level=level, label_column="v")
    for setting in ("timezone = 'UTC'", *SETTINGS):
        app = workshop.app()
        app.execute(f"set {setting}".encode())
        app.execute(
            f"insert into app.customer values (1, '{workshop.tenant_a}', {LABELS[label]})".encode()
        )
        app.execute("delete from app.customer")
    created = {e["description"] for e in workshop.events(action="customer_created")}
    deleted = {e["description"] for e in workshop.events(action="customer_deleted")}
    assert len(created) == 1
    assert created != {"Customer 1 created"}, "the label is read"
    assert {words.replace("deleted", "created") for words in deleted} == created


EVIL = """
create table app.called (who text);
create function app.evil({given}) returns {result} language plpgsql as $$
begin
  raise exception 'evil code runs as %', current_user;
end
$$;
"""


def make_evil(workshop: Workshop, given: str, result: str, then: str) -> None:
    """Make a function that nothing of ours may call, and what might call it."""
    workshop.make(EVIL.format(given=given, result=result) + then)


def change_in_every_way(workshop: Workshop, row: str) -> None:
    """Insert, update, move between keys and tenants, and delete, one row and several."""
    app = workshop.app()
    tenants = {"a": workshop.tenant_a, "b": workshop.tenant_b}
    app.execute(f"insert into app.customer values (1, %(a)s, {row})".encode(), tenants)
    app.execute(
        f"insert into app.customer values (2, %(a)s, {row}), (3, %(b)s, {row})".encode(), tenants
    )
    app.execute("update app.customer set other = 1 where id = 1")
    app.execute("update app.customer set other = 2")
    app.execute("update app.customer set id = 10 where id = 1")
    app.execute("update app.customer set tenant_id = %(b)s where id = 2", tenants)
    workshop.make("alter table app.customer add added int")
    app.execute("update app.customer set other = 3")
    app.execute("delete from app.customer where id = 10")
    app.execute("delete from app.customer")
    assert len(workshop.told()) == 3 + 1 + 3 + 2 + 2 + 3 + 3


@LEVELS
@pytest.mark.parametrize(
    ("given", "result", "setup"),
    [
        ("app.mytype", "json", "create cast (app.mytype as json) with function app.evil"),
        ("app.mytype", "jsonb", "create cast (app.mytype as jsonb) with function app.evil"),
        (
            "app.mytype",
            "text",
            "create cast (app.mytype as text) with function app.evil(app.mytype) as implicit",
        ),
        (
            "app.customer",
            "text",
            "create cast (app.customer as text) with function app.evil(app.customer)",
        ),
        (
            "app.customer",
            "json",
            "create cast (app.customer as json) with function app.evil(app.customer)",
        ),
        (
            "text",
            "app.customer",
            "create cast (text as app.customer) with function app.evil(text)",
        ),
    ],
)
@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("enum ('a', 'b')", "'a'"),
        ("(x int, y text)", "'(1,a)'"),
        ("range (subtype = int)", "'[1,2)'"),
    ],
)
def test_a_cast_of_the_table_s_owner_is_never_called(
    workshop: Workshop, level: str, given: str, result: str, setup: str, kind: str, row: str
) -> None:
    workshop.make(f"create type app.mytype as {kind}")
    workshop.make(
        "create table app.customer (id int primary key, tenant_id uuid, v app.mytype, "
        "vs app.mytype[], other int)"
    )
    make_evil(workshop, given, result, setup)
    workshop.watch(level=level, label_column="v")
    change_in_every_way(workshop, row)


@LEVELS
@pytest.mark.parametrize("type_name", ["app.mydomain", "app.mydomain[]", "app.mypair"])
def test_a_domain_s_check_is_never_called_as_the_log_s_writer(
    workshop: Workshop, level: str, type_name: str
) -> None:
    workshop.make(
        """
        create function app.evil(text) returns boolean language plpgsql as $$
        begin
          if current_user !~ '^test_' then
            raise exception 'evil code runs as %', current_user;
          end if;
          return true;
        end
        $$;
        create domain app.mydomain as text check (app.evil(value));
        create type app.mypair as (a app.mydomain);
        """
    )
    workshop.make(
        f"create table app.customer (id int primary key, tenant_id uuid, v {type_name}, other int)"
    )
    workshop.watch(level=level, label_column="v")
    rows = {"app.mydomain": "'a'", "app.mydomain[]": "'{a,b}'", "app.mypair": "'(a)'"}
    change_in_every_way(workshop, rows[type_name])


@LEVELS
def test_operators_of_the_table_s_owner_are_never_called(workshop: Workshop, level: str) -> None:
    workshop.make(
        "create type app.mytype as enum ('a', 'b');"
        "create table app.customer (id int primary key, tenant_id uuid, v app.mytype, other int)"
    )
    make_evil(
        workshop,
        "app.mytype, app.mytype",
        "boolean",
        "".join(
            f"create operator app.{operator} "
            "(leftarg = app.mytype, rightarg = app.mytype, function = app.evil);"
            for operator in ("=", "<>")
        ),
    )
    workshop.watch(level=level)
    change_in_every_way(workshop, "'a'")


@LEVELS
@pytest.mark.parametrize("count", [100, 400, 1600])
def test_wide_tables_are_told_whole(workshop: Workshop, level: str, count: int) -> None:
    names = [f"c{number}" for number in range(count - 2)]
    columns = ", ".join(f"{name} int" for name in names)
    values = ", ".join(map(str, range(count - 2)))
    workshop.make(f"create table app.customer (id int primary key, tenant_id uuid, {columns})")
    workshop.watch(level=level)
    app = workshop.app()
    app.execute(
        f"insert into app.customer values (1, %s, {values})".encode(),
        (workshop.tenant_a,),
    )
    app.execute(f"update app.customer set {names[-1]} = null, c0 = 7".encode())
    app.execute(f"update app.customer set {', '.join(f'{name} = -1' for name in names)}".encode())
    app.execute("update app.customer set id = 2")
    app.execute("delete from app.customer")
    row = {"id": 1, "tenant_id": str(workshop.tenant_a)}
    created, small, large, *moved, deleted = workshop.events()
    assert created["target"] == row | {name: number for number, name in enumerate(names)}
    assert small["changes"] == {
        "c0": {"old": 0, "new": 7},
        names[-1]: {"old": count - 3, "new": None},
    }
    assert large["changes"].keys() == set(names)
    assert large["changes"]["c5"] == {"old": 5, "new": -1}
    assert len(moved) == 2
    assert deleted["target"] == {**row, "id": 2} | dict.fromkeys(names, -1)


@LEVELS
def test_values_too_large_for_an_event_give_way_to_their_digest(
    workshop: Workshop, level: str
) -> None:
    make_typed(workshop, Value("text", "", "", "", ""), level)
    app = workshop.app()
    large, larger = "x" * 100_000, "å" * 100_000
    app.execute("insert into app.customer values (1, %s, %s, 5)", (workshop.tenant_a, large))
    app.execute("update app.customer set v = %s, other = 6", (larger,))
    created, updated = workshop.events()
    assert created["target"]["other"] == 5
    assert created["target"]["v"] == {
        "withheld": "too large",
        "bytes": 100_000,
        "sha256": sha256(large.encode()).hexdigest(),
    }
    assert updated["changes"]["other"] == {"old": 5, "new": 6}
    assert updated["changes"]["v"]["withheld"] == "too large"
    assert len(json.dumps(updated["changes"])) < 1000


@LEVELS
@pytest.mark.parametrize("piece", ["x", "å"])
@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("update app.customer set v = 'short'", "changes"),
        ("update app.customer set tenant_id = '{b}'", "target"),
        ("delete from app.customer", "target"),
    ],
)
def test_large_values_give_way_however_well_they_are_compressed(
    workshop: Workshop, level: str, piece: str, statement: str, place: str
) -> None:
    make_typed(workshop, Value("text", "", "", "", ""), level)
    app = workshop.app()
    app.execute("insert into app.customer values (1, %s, %s)", (workshop.tenant_a, piece * 200_000))
    app.execute(statement.replace("{b}", str(workshop.tenant_b)).encode())
    assert len(workshop.told()) > 1
    for event in workshop.events()[1:]:
        assert event[place]["v"]["withheld"] == "too large"


NAMES = [
    'a "quoted" name',
    "it's",
    "«entity_type»",
    "«tenant»",
    "«",
    "{braces} {0} %(x)s",
    "100% %s %I %1$s",
    "with space",
    "UPPER",
    "back\\slash",
    "å" * 31,
    "$1",
    "$$",
    ":colon",
    "select",
    "user",
]
SHORT_OWN_NAMES = [
    "moment", "tenant", "capture", "q", "n", "o", "x", "y", "r", "d", "l", "old_row", "new_row",
    "old_rows", "new_rows", "snapshot", "place", "target", "changes", "action", "old", "new",
]  # fmt: skip
OWN_NAMES = [
    *SHORT_OWN_NAMES,
    "e", "b", "i", "metadata", "relation", "is_current", "is_mixed", "is_logged",
    "transaction_number", "recorder", "acting", "acting_id", "acting_type", "failure", "tg_op",
    "tg_relid", "found", "sqlstate", "watched", "entity_id", "entity_type", "description",
    "is_found", "context", "payload_limit", "event_sequence", "occurred_at", "sequence", "salt",
]  # fmt: skip


def told_of_names(
    workshop: Workshop, table: str, level: str, names: dict[str, str]
) -> list[dict[str, Any]]:
    """Give the events of a row's life in a table whose key, tenant and value are named so."""
    parts = {part: sql.Identifier(name) for part, name in names.items()} | {
        "table": sql.Identifier("app", table)
    }
    tenants = {"a": sql.Literal(workshop.tenant_a), "b": sql.Literal(workshop.tenant_b)}

    def run(connection: psycopg.Connection[Any], text: LiteralString) -> None:
        connection.execute(sql.SQL(text).format(**parts, **tenants))

    run(
        workshop.owner,
        "create table {table} ({key} int primary key, {tenant} uuid, {value} text, secret text)",
    )
    workshop.watch(
        f"app.{table}",
        table,
        level=level,
        tenant_column=names["tenant"],
        label_column=names["value"],
        redact_columns=["secret"],
    )
    app = workshop.app()
    run(app, "insert into {table} values (1, {a}, 'a', 's')")
    run(app, "update {table} set {value} = 'b', secret = 't'")
    run(app, "update {table} set {key} = 2")
    run(app, "update {table} set {tenant} = {b}")
    run(workshop.owner, "alter table {table} add added int default 7")
    run(app, "update {table} set {value} = 'c'")
    run(app, "delete from {table}")
    app.close()
    return workshop.events(table)


@LEVELS
@pytest.mark.parametrize(
    "names", [NAMES, SHORT_OWN_NAMES], ids=["unusual names", "names of our own"]
)
def test_columns_of_any_name_are_told(workshop: Workshop, level: str, names: list[str]) -> None:
    """Each name is a key's in one table, a tenant's in the next, a value's in the third."""
    redacted = {"withheld": "redacted", "changed": True}
    wrong = {}
    for number in range(len(names)):
        key, tenant, value = called = (names * 2)[number : number + 3]
        row = {key: 1, tenant: str(workshop.tenant_a), value: "a"}
        last = {key: 2, tenant: str(workshop.tenant_b), value: "c"}
        try:
            events = told_of_names(
                workshop,
                f"named_{number}",
                level,
                dict(zip(("key", "tenant", "value"), called, strict=True)),
            )
            told = [event["changes"] or event["target"] for event in events]
            assert told[0] == row | {"secret": redacted}
            assert told[1] == {value: {"old": "a", "new": "b"}, "secret": redacted}
            assert told[6] == {value: {"old": "b", "new": "c"}}
            assert told[7] == last | {
                "secret": redacted,
                "added": {"withheld": "not watched yet", "changed": True},
            }
            assert events[0]["description"] == f"Named {number} a created"
            assert [event["entity_id"] for event in events[:2]] == ["1", "1"]
            assert len(events) == 8
        except (psycopg.Error, AssertionError) as error:
            wrong[tuple(called)] = str(error).split("\n")[0]
    assert wrong == {}


@LEVELS
def test_a_table_whose_columns_bear_all_the_names_that_we_use_is_told(
    workshop: Workshop, level: str
) -> None:
    columns = ", ".join(f'"{name}" text' for name in OWN_NAMES)
    values = ", ".join(f"'{name}'" for name in OWN_NAMES)
    changes = ", ".join(f'"{name}" = upper("{name}")' for name in OWN_NAMES)
    workshop.make(f"create table app.customer (id int primary key, tenant_id uuid, {columns})")
    workshop.watch(level=level, label_column="capture")
    app = workshop.app()
    app.execute(
        f"insert into app.customer values (1, %s, {values})".encode(),
        (workshop.tenant_a,),
    )
    app.execute(f"update app.customer set {changes}".encode())
    app.execute("update app.customer set id = 2")
    app.execute("delete from app.customer")
    created, updated, *moved, deleted = workshop.events()
    row = {"id": 1, "tenant_id": str(workshop.tenant_a)}
    assert created["target"] == row | {name: name for name in OWN_NAMES}
    assert updated["changes"] == {n: {"old": n, "new": n.upper()} for n in OWN_NAMES}
    assert len(moved) == 2
    assert deleted["target"] == {**row, "id": 2} | {name: name.upper() for name in OWN_NAMES}


def test_any_number_of_compressed_values_is_weighed(workshop: Workshop) -> None:
    columns = [f"v{number}" for number in range(100)]
    workshop.make(
        "create table app.customer (id int primary key, tenant_id uuid not null, "
        + ", ".join(f"{column} jsonb" for column in columns)
        + ")"
    )
    workshop.watch()
    app = workshop.app()
    value = json.dumps(["x" * 3000])
    app.execute(
        f"insert into app.customer values (1, %s{', %s' * 100})".encode(),
        (workshop.tenant_a, *[value] * 100),
    )
    app.execute("update app.customer set v0 = null")
    app.execute("delete from app.customer")
    assert [action for action, _ in workshop.told()] == ["created", "updated", "deleted"]
