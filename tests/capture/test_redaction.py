"""What is left out of the log is nowhere in it: secrets are searched for wherever they could be."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import tuple_row

from capture.workshop import CUSTOMER, Workshop
from walls.ledger import REASON, Connection, call, refused, rows

REDACTED = {"withheld": "redacted", "changed": True}
UNWATCHED = {"withheld": "not watched yet", "changed": True}
STRAY = UUID("dddddddd-0000-4000-8000-00000000000d")
SCHEMAS = ["audit", "audit_private", "audit_migrations"]
LEVELS = ["statement", "row"]


def make_random(length: int) -> str:
    """Text that no compression takes apart, so that it is found in the files of the server."""
    return base64.b64encode(secrets.token_bytes(length)).decode()[:length]


def as_pieces(text: str) -> list[str]:
    """What to look for: the text, its parts where it is long, and its digests."""
    parts = [text[start : start + 24] for start in range(0, len(text), 100)]
    data = text.encode()
    return [*parts, hashlib.sha256(data).hexdigest(), hashlib.md5(data).hexdigest()]


@dataclass
class Search:
    """Looks for a text in everything that the log stores, in the server's log and in what was said.

    Attributes:
        workshop: Where the log is.
        log_path: The server's log file.
        log_start: Its size when the test began.
        said: Notices, warnings and errors that the application got.
    """

    workshop: Workshop
    log_path: str
    log_start: int
    said: list[str] = field(default_factory=list)

    def app(self, tenant: str = "a") -> psycopg.Connection[Any]:
        """Connect as the application of a tenant; what it is told is searched too."""
        connection = self.workshop.app(tenant)
        connection.add_notice_handler(self.hear)
        return connection

    def hear(self, told: psycopg.errors.Diagnostic) -> None:
        parts = [
            getattr(told, name)
            for name in dir(told)
            if not name.startswith("_") and isinstance(getattr(told, name), str)
        ]
        self.said.append("\n".join(parts))

    def run(self, connection: Connection, statement: str, *values: Any) -> str | None:
        """Run a statement that may be refused; gives the SQLSTATE when it is."""
        try:
            connection.execute(statement.encode(), values)
        except psycopg.Error as error:
            self.hear(error.diag)
            self.said.append(str(error))
            return error.sqlstate
        return None

    def places(self, text: str) -> list[str]:
        """Every place where a text, a part of it or its digest is found."""
        pieces = as_pieces(text)
        found = self._in_rows(pieces) + self._in_files(pieces)
        everything = "\n".join(self.said)
        if any(piece in everything for piece in pieces):
            found.append("what the application was told")
        if any(piece.encode() in self._server_log() for piece in pieces):
            found.append("the server's log")
        return found

    def _cursor(self) -> psycopg.Cursor[tuple[Any, ...]]:
        return self.workshop.behind.cursor(row_factory=tuple_row)

    def _in_rows(self, pieces: list[str]) -> list[str]:
        tables = (
            self._cursor()
            .execute(
                "select relnamespace::regnamespace::text, relname from pg_class "
                "where relkind in ('r', 'm') and relnamespace::regnamespace::text = any (%s)",
                (SCHEMAS,),
            )
            .fetchall()
        )
        assert len(tables) > 20
        found = []
        for schema, table in [*tables, ("pg_catalog", "pg_proc"), ("pg_catalog", "pg_description")]:
            hits = self._cursor().execute(
                sql.SQL(
                    "select 1 from {} t where exists "
                    "(select from unnest(%s::text[]) p where strpos(t::text, p) > 0) limit 1"
                ).format(sql.Identifier(schema, table)),
                (pieces,),
            )
            if hits.fetchone():
                found.append(f"rows of {schema}.{table}")
        return found

    def _in_files(self, pieces: list[str]) -> list[str]:
        self.workshop.behind.execute("checkpoint")
        files = (
            self._cursor()
            .execute(
                "with ours as (select oid, reltoastrelid from pg_class "
                "  where relnamespace::regnamespace::text = any (%s)), "
                "stored as (select oid from ours union select reltoastrelid from ours "
                "  union select i.indexrelid from pg_index i "
                "    join ours o on o.reltoastrelid = i.indrelid) "
                "select oid::regclass::text, pg_read_binary_file(pg_relation_filepath(oid)) "
                "from stored where pg_relation_filepath(oid) is not null",
                (SCHEMAS,),
            )
            .fetchall()
        )
        assert any(name.startswith("pg_toast.") and content for name, content in files)
        return [
            f"the file of {name}"
            for name, content in files
            if any(piece.encode() in content for piece in pieces)
        ]

    def _server_log(self) -> bytes:
        row = (
            self._cursor()
            .execute(
                "select pg_read_binary_file(%s, %s, (pg_stat_file(%s)).size - %s)",
                (self.log_path, self.log_start, self.log_path, self.log_start),
            )
            .fetchone()
        )
        assert row is not None
        return bytes(row[0])


@pytest.fixture
def search(workshop: Workshop) -> Search:
    """Begin to look; the server says more than usual from here on."""
    for setting in ("log_min_messages = 'debug1'", "log_error_verbosity = 'verbose'"):
        workshop.behind.execute(
            sql.SQL("alter database {} set {}").format(
                sql.Identifier(workshop.database.name), sql.SQL(setting)
            )
        )
    path, size = workshop.behind.cursor(row_factory=tuple_row).execute(
        "select p.path, (pg_stat_file(p.path)).size "
        "from (select current_setting('data_directory') || '/../log' as path) p"
    ).fetchone() or ("", 0)
    return Search(workshop, path, size)


@dataclass
class Case:
    """Rows whose ssn is a secret, and the text that stands beside it in the open.

    Attributes:
        old: A short secret.
        new: Another one, long enough for a table of its own.
        open: As long, and in a column that is kept.
    """

    old: str = field(default_factory=lambda: make_random(24))
    new: str = field(default_factory=lambda: make_random(6000))
    open: str = field(default_factory=lambda: make_random(6000))


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> str:
    """Each way of capture."""
    found: str = request.param
    return found


INSERT = (
    "insert into app.customer (id, tenant_id, name, email, ssn) values (%s, %s, 'Anna', %s, %s)"
)


def test_a_redacted_value_is_nowhere(workshop: Workshop, search: Search, level: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", redact_columns=["ssn"], level=level)
    case, app = Case(), search.app()
    service = workshop.database.connect(workshop.database.role("service"))
    service.add_notice_handler(search.hear)
    steps: list[tuple[str, *tuple[Any, ...]]] = [
        (INSERT, 1, workshop.tenant_a, case.open, case.old),
        ("update app.customer set ssn = %s where id = 1", case.new),
        ("update app.customer set name = 'Anna Ek' where ssn = %s", case.new),
        ("update app.customer set id = 2 where ssn = %s", case.new),
        ("update app.customer set tenant_id = %s", workshop.tenant_b),
        ("update app.customer set ssn = %s, id = 3, tenant_id = %s", case.old, workshop.tenant_a),
        ("delete from app.customer where ssn = %s", case.old),
        (INSERT, 4, workshop.tenant_a, case.open, case.new),
        ("truncate app.customer",),
    ]
    for statement, *values in steps:
        assert search.run(service, statement, *values) is None
    assert search.run(app, "select 1 / 0 where %s <> ''", "beside") == "22012"
    told = [operation for operation, _ in workshop.told()]
    assert told[:3] == ["created", "updated", "updated"]
    assert told.count("updated") >= 8
    assert told[-4:] == ["deleted", "created", "truncated", "truncated"]
    assert search.places(case.old) == []
    assert search.places(case.new) == []
    found = " ".join(search.places(case.open))
    for place in ("rows of audit_private.event", "the file of pg_toast."):
        assert place in found, "the search would have found it"
    assert {"the server's log", "what the application was told"} <= set(
        search.places("division by zero")
    )


def test_the_marker_says_whether_it_changed(workshop: Workshop, level: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", redact_columns=["ssn"], level=level)
    app = workshop.app()
    app.execute(INSERT, (1, workshop.tenant_a, None, "secret"))
    app.execute("update app.customer set ssn = 'other'")
    app.execute("update app.customer set ssn = 'other', name = 'Bo'")
    app.execute("update app.customer set ssn = null, name = 'Cilla'")
    app.execute("update app.customer set id = 2")
    app.execute("delete from app.customer")
    created, secret, name, both, moved_to, moved_from, deleted = workshop.events()
    assert secret["changes"] == {"ssn": REDACTED}
    assert name["changes"] == {"name": {"old": "Anna", "new": "Bo"}}
    assert both["changes"] == {"ssn": REDACTED, "name": {"old": "Bo", "new": "Cilla"}}
    for event in (created, moved_to, moved_from, deleted):
        assert event["target"]["ssn"] == REDACTED
        assert event["changes"] is None


def break_logging(workshop: Workshop) -> None:
    """Have the table of events refuse any update with an error that quotes the row."""
    workshop.behind.execute(
        "alter table audit_private.event add constraint broken "
        "check (action <> 'customer_updated') not valid"
    )


def mend_logging(workshop: Workshop) -> None:
    workshop.behind.execute("alter table audit_private.event drop constraint broken")


def test_nothing_is_told_when_the_write_is_refused(
    workshop: Workshop, search: Search, level: str
) -> None:
    workshop.make(CUSTOMER + "; alter table app.customer alter tenant_id drop not null")
    workshop.watch(label_column="name", redact_columns=["ssn"], level=level)
    case, app = Case(), search.app()
    move = "update app.customer set ssn = %s, tenant_id = %s"
    assert search.run(app, INSERT, 1, workshop.tenant_a, None, case.old) is None
    assert search.run(app, INSERT, 2, None, None, case.new) == "WT001"
    assert search.run(app, INSERT, 2, STRAY, None, case.new) == "WT003"
    assert search.run(app, move, case.new, STRAY) == "WT003"
    assert search.run(app, move, case.new, None) == "WT001"
    break_logging(workshop)
    assert search.run(app, "update app.customer set ssn = %s", case.new) == "23514"
    assert search.run(app, "update app.customer set ssn = %s, id = 9", case.new) == "23514"
    mend_logging(workshop)
    workshop.behind.execute("update audit_private.instance set events_until = clock_timestamp()")
    assert search.run(app, "update app.customer set ssn = %s", case.new) == "WT016"
    assert search.run(app, "delete from app.customer where ssn = %s", case.old) == "WT016"
    assert search.places(case.old) == []
    assert search.places(case.new) == []
    assert "what the application was told" in search.places("customer 2")


def test_nothing_is_told_when_the_change_is_spooled(
    workshop: Workshop, search: Search, level: str
) -> None:
    workshop.make(CUSTOMER + "; alter table app.customer alter tenant_id drop not null")
    workshop.watch(label_column="name", redact_columns=["ssn"], level=level, on_error="spool")
    case, app = Case(), search.app()
    for statement, *values in (
        (INSERT, 1, STRAY, case.open, case.new),
        (INSERT, 2, None, None, case.old),
        (INSERT, 3, workshop.tenant_a, None, case.old),
        ("update app.customer set ssn = %s, tenant_id = %s where id = 3", case.new, STRAY),
        ("delete from app.customer where ssn = %s", case.new),
    ):
        assert search.run(app, statement, *values) is None
    assert search.run(app, INSERT, 4, workshop.tenant_a, None, case.old) is None
    break_logging(workshop)
    assert search.run(app, "update app.customer set ssn = %s where id = 4", case.new) is None
    mend_logging(workshop)
    spooled = rows(workshop.owner, "list_spool")
    assert {row["error"][:5] for row in spooled} == {"WT001", "WT003", "23514"}
    assert search.places(case.old) == []
    assert search.places(case.new) == []
    assert "rows of audit_private.capture_spool" in search.places(case.open)

    call(workshop.owner, "register_tenant", tenant_id=STRAY, name="Tenant D")
    [counts] = rows(workshop.owner, "log_spool")
    assert counts["logged"] > 3
    assert search.places(case.old) == []
    assert search.places(case.new) == []
    assert any("audit_private.event" in place for place in search.places(case.open))


def test_rows_that_can_not_even_be_read_are_spooled_without_values(
    workshop: Workshop, search: Search, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", redact_columns=["ssn"], level=level, on_error="spool")
    workshop.make("alter table app.customer drop tenant_id")
    case, app = Case(), search.app()
    statement = "insert into app.customer (id, name, ssn) values (1, 'Anna', %s)"
    assert search.run(app, statement, case.new) is None
    assert search.run(app, "update app.customer set ssn = %s", case.old) is None
    assert len(rows(workshop.owner, "list_spool")) == 2
    assert search.places(case.new) == []
    assert search.places(case.old) == []
    assert "what the application was told" in search.places("was spooled, not logged")


# What may happen to a table after it was watched, with the column that holds the secret then.
ALTERATIONS = {
    "a column added": ("alter table app.customer add note text", "ssn"),
    "another column dropped": ("alter table app.customer drop touched_at", "ssn"),
    "its type changed": ("alter table app.customer alter ssn type varchar(9000)", "ssn"),
    "dropped and added again": (
        "alter table app.customer drop ssn; alter table app.customer add ssn text",
        "ssn",
    ),
    "renamed": ("alter table app.customer rename ssn to personal_number", "personal_number"),
    "renamed to a name that another had": (
        "alter table app.customer drop email; alter table app.customer rename ssn to email",
        "email",
    ),
    "names exchanged": (
        "alter table app.customer rename email to other; "
        "alter table app.customer rename ssn to email; "
        "alter table app.customer rename other to ssn",
        "email",
    ),
    "renamed to the label's name": (
        "alter table app.customer drop name; alter table app.customer rename ssn to name; "
        "alter table app.customer add kind text",
        "name",
    ),
    "made the key": (
        "alter table app.customer drop constraint customer_pkey; "
        "alter table app.customer add primary key (ssn)",
        "ssn",
    ),
    "a column that is added holds it": ("alter table app.customer add ssn_2 text", "ssn_2"),
    "the table moved and renamed": (
        "create schema app_2; grant usage on schema app_2 to public; "
        "alter table app.customer set schema app_2; alter table app_2.customer rename to client; "
        "create view app.customer as select * from app_2.client",
        "ssn",
    ),
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_altering_the_table_lets_no_secret_out(
    workshop: Workshop, search: Search, level: str, alteration: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", redact_columns=["ssn"], level=level)
    ddl, column = ALTERATIONS[alteration]
    workshop.behind.execute(
        sql.SQL("grant create on database {} to {}").format(
            sql.Identifier(workshop.database.name),
            sql.Identifier(workshop.database.role("owner")),
        )
    )
    workshop.make(ddl)
    case, app = Case(new=make_random(600)), search.app()
    insert = "insert into app.customer (id, tenant_id, balance, {}) values (1, %s, 0, %s)"
    made = search.run(app, insert.format(column), workshop.tenant_a, case.old)
    search.run(app, f"update app.customer set {column} = %s", case.new)
    search.run(app, "update app.customer set id = 2")
    search.run(app, "update app.customer set tenant_id = %s", workshop.tenant_b)
    search.run(app, "delete from app.customer")
    assert len(workshop.events()) >= 5 or made is not None, "told, or the writes are refused"
    assert search.places(case.old) == []
    assert search.places(case.new) == []


def test_ignored_columns_alone_make_no_event(workshop: Workshop, level: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(ignore_columns=["touched_at", "email"], level=level)
    app = workshop.app()
    app.execute(INSERT, (1, workshop.tenant_a, "anna@example.org", None))
    app.execute("update app.customer set touched_at = now(), email = 'bo@example.org'")
    app.execute("update app.customer set touched_at = now(), name = 'Bo'")
    app.execute("delete from app.customer")
    created, updated, deleted = workshop.events()
    assert updated["changes"] == {"name": {"old": "Anna", "new": "Bo"}}
    for event in (created, deleted):
        assert not {"touched_at", "email"} & event["target"].keys()


def test_an_allow_list_leaves_the_other_columns_out(workshop: Workshop, level: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(columns=["name"], level=level)
    app = workshop.app()
    app.execute(INSERT, (1, workshop.tenant_a, "anna@example.org", "secret"))
    app.execute("update app.customer set email = 'bo@example.org'")
    app.execute("update app.customer set email = null, name = 'Bo'")
    app.execute("delete from app.customer")
    created, updated, deleted = workshop.events()
    assert created["target"] == {"id": 1, "name": "Anna"}
    assert updated["changes"] == {"name": {"old": "Anna", "new": "Bo"}}
    assert deleted["target"] == {"id": 1, "name": "Bo"}


def test_an_empty_allow_list_keeps_the_key_alone(workshop: Workshop, level: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(columns=[], level=level)
    app = workshop.app()
    app.execute(INSERT, (1, workshop.tenant_a, None, "secret"))
    app.execute("update app.customer set name = 'Bo'")
    [created] = workshop.events()
    assert created["target"] == {"id": 1}


def test_a_column_outside_the_allow_list_that_is_redacted_is_told_as_changed(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(columns=["name"], redact_columns=["ssn"], level=level)
    app = workshop.app()
    app.execute(INSERT, (1, workshop.tenant_a, "anna@example.org", "secret"))
    app.execute("update app.customer set ssn = 'other', email = null")
    created, updated = workshop.events()
    assert created["target"] == {"id": 1, "name": "Anna", "ssn": REDACTED}
    assert updated["changes"] == {"ssn": REDACTED}


def test_of_a_column_added_later_only_that_it_changed_is_told_until_watch_is_run_again(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", level=level)
    app = workshop.app()
    app.execute(INSERT, (1, workshop.tenant_a, None, None))
    workshop.make("alter table app.customer add nickname text default 'Nan'")
    app.execute("update app.customer set nickname = 'Annie'")
    app.execute("update app.customer set name = 'Anna Ek'")
    app.execute(INSERT, (2, workshop.tenant_a, None, None))
    assert workshop.watch(label_column="name", level=level) is True
    app.execute("update app.customer set nickname = 'Ann' where id = 1")
    app.execute("delete from app.customer where id = 2")
    _, nickname, name, created, watched, deleted = workshop.events()
    assert nickname["changes"] == {"nickname": UNWATCHED}
    assert name["changes"] == {"name": {"old": "Anna", "new": "Anna Ek"}}
    assert created["target"]["nickname"] == UNWATCHED
    for event in (nickname, name, created):
        assert event["metadata"] == {"capture": "the columns have changed since watch"}
    assert watched["changes"] == {"nickname": {"old": "Annie", "new": "Ann"}}
    assert deleted["target"]["nickname"] == "Nan"
    assert (watched["metadata"], deleted["metadata"]) == (None, None)


def test_a_column_added_later_stays_outside_the_allow_list(workshop: Workshop, level: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(columns=["name"], level=level)
    workshop.make("alter table app.customer add nickname text")
    app = workshop.app()
    app.execute(
        "insert into app.customer (id, tenant_id, name, nickname) values (1, %s, 'Anna', 'Nan')",
        (workshop.tenant_a,),
    )
    app.execute("update app.customer set nickname = 'Annie'")
    [created] = workshop.events()
    assert created["target"] == {"id": 1, "name": "Anna"}


def test_a_redacted_column_is_never_read_back_by_those_who_read_the_log(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", redact_columns=["ssn"], level=level)
    workshop.app().execute(INSERT, (1, workshop.tenant_a, None, "topsecret"))
    reader = workshop.reader()
    [event] = rows(reader, "list_row_history", relation="app.customer", entity_id="1")
    assert event["target"]["ssn"] == REDACTED
    assert rows(reader, "search_events", filter={"search": "topsecret"}) == []
    assert len(rows(reader, "search_events", filter={"search": "Customer Anna"})) == 1


CONTRADICTIONS: dict[str, dict[str, Any]] = {
    "the key redacted": {"redact_columns": ["id"]},
    "the key ignored": {"ignore_columns": ["id"]},
    "the tenant redacted": {"redact_columns": ["tenant_id"]},
    "the tenant ignored": {"ignore_columns": ["tenant_id"]},
    "the label redacted": {"label_column": "name", "redact_columns": ["name"]},
    "redacted and ignored": {"redact_columns": ["ssn"], "ignore_columns": ["ssn"]},
    "allowed and ignored": {"columns": ["name", "ssn"], "ignore_columns": ["ssn"]},
    "an unknown tenant column": {"tenant_column": "owner_id"},
    "an unknown label": {"label_column": "title"},
    "an unknown column allowed": {"columns": ["name", "nme"]},
    "an unknown column redacted": {"redact_columns": ["snn"]},
    "an unknown column ignored": {"ignore_columns": ["touched"]},
    "a column in other letters": {"redact_columns": ["SSN"]},
    "a system column": {"ignore_columns": ["ctid"]},
    "null among the allowed": {"columns": ["name", None]},
    "null among the redacted": {"redact_columns": ["ssn", None]},
    "null among the ignored": {"ignore_columns": [None]},
    "a tenant column of another type": {"tenant_column": "name"},
    "an unknown level": {"level": "both"},
    "no level": {"level": None},
    "an unknown answer to errors": {"on_error": "ignore"},
    "no answer to errors": {"on_error": None},
}


@pytest.mark.parametrize("contradiction", CONTRADICTIONS)
def test_contradictory_options_are_refused(workshop: Workshop, contradiction: str) -> None:
    workshop.make(CUSTOMER)
    with refused("WT090"):
        workshop.watch(**CONTRADICTIONS[contradiction])
    assert rows(workshop.owner, "list_watched") == []
    workshop.app().execute(INSERT, (1, workshop.tenant_a, None, None))
    assert workshop.events() == []


@pytest.mark.parametrize("contradiction", ["the label redacted", "allowed and ignored"])
def test_refused_options_leave_the_table_watched_as_it_was(
    customers: Workshop, contradiction: str
) -> None:
    before = rows(customers.owner, "list_watched")
    with refused("WT090"):
        customers.watch(reason=REASON, **CONTRADICTIONS[contradiction])
    assert rows(customers.owner, "list_watched") == before
    customers.app().execute(INSERT, (1, customers.tenant_a, None, "secret"))
    [event] = customers.events()
    assert event["target"]["ssn"] == REDACTED


def test_a_column_named_twice_is_redacted_once(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(columns=["name", "ssn"], redact_columns=["ssn", "ssn"])
    workshop.app().execute(INSERT, (1, workshop.tenant_a, None, "secret"))
    [event] = workshop.events()
    assert event["target"] == {"id": 1, "name": "Anna", "ssn": REDACTED}
