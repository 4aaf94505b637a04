"""The view gives a tenant's rows to a justified reader, whatever is put around it."""

from __future__ import annotations

import psycopg
import pytest

from walls.ledger import (
    Connection,
    bind,
    justify,
    log,
    new_role,
    refused,
    set_context,
    stored,
)

from databases import Database

SEEN = "select distinct tenant_id from audit.event"


@pytest.fixture(autouse=True)
def events_of_both(app: Connection, app_b: Connection) -> None:
    """An event of each tenant."""
    log(app, description="Of a")
    log(app_b, description="Of b")


@pytest.fixture
def curious(loaded_database: Database, root: Connection) -> Connection:
    """A reader of tenant a who may make objects."""
    root.execute("grant create on schema public to test_reader_a")
    connection = loaded_database.connect(loaded_database.role("reader"))
    justify(connection)
    return connection


@pytest.fixture
def reader_of_both(loaded_database: Database) -> Connection:
    """A reader bound to both tenants, with a session for tenant a only."""
    role = new_role(loaded_database, "test_reader_of_both", "audit_reader")
    bind(loaded_database, role, loaded_database.tenant_a, loaded_database.tenant_b)
    connection = loaded_database.connect(role)
    justify(connection, tenant_id=loaded_database.tenant_a)
    return connection


def tenants_seen(connection: Connection, query: str = SEEN) -> set[object]:
    return {tenant_id for (tenant_id,) in connection.execute(query).fetchall()}


def test_it_shows_the_reader_s_own_tenant(loaded_database: Database, curious: Connection) -> None:
    assert tenants_seen(curious) == {loaded_database.tenant_a}
    with refused("WT002"), curious.transaction():
        curious.execute(f"set local pgwitness.tenant_id = '{loaded_database.tenant_b}'")
        curious.execute(SEEN)


def test_a_leaky_function_sees_no_row_of_others(
    loaded_database: Database, curious: Connection
) -> None:
    curious.execute(
        "create function public.leak(text) returns boolean language plpgsql cost 0.0000001 "
        "as $$ begin raise notice '%', $1; return true; end $$"
    )
    heard: list[str] = []
    curious.add_notice_handler(lambda notice: heard.append(str(notice.message_primary)))
    curious.execute("select from audit.event where public.leak(description)")
    assert "Of a" in heard
    assert "Of b" not in heard
    with refused("22012"):
        curious.execute(
            "select from audit.event where 1 / (case description when 'Of a' then 0 else 1 end) > 0"
        )
    curious.execute(
        "select from audit.event where 1 / (case description when 'Of b' then 0 else 1 end) > 0"
    )


def test_a_leaky_function_sees_nothing_before_the_session(
    loaded_database: Database, curious: Connection, root: Connection
) -> None:
    curious.execute(
        "create function public.leak(text) returns boolean language plpgsql cost 0.0000001 "
        "as $$ begin raise notice '%', $1; return true; end $$"
    )
    curious.execute("grant execute on function public.leak to public")
    unjustified = loaded_database.connect(loaded_database.role("privacy"))
    heard: list[str] = []
    unjustified.add_notice_handler(lambda notice: heard.append(str(notice.message_primary)))
    with refused("WT030"):
        unjustified.execute("select from audit.event where public.leak(description)")
    assert heard == []


@pytest.mark.parametrize("name", ["tenant_id", "named_tenant"])
def test_a_context_changed_within_the_statement_opens_no_other_tenant(
    loaded_database: Database, reader_of_both: Connection, name: str
) -> None:
    turn = (
        f"(select case when set_config('pgwitness.{name}', '{loaded_database.tenant_b}', true) "
        "<> '' then {} end)"
    )
    conditions = [
        "occurred_at > " + turn.format("timestamptz '2020-01-01'"),
        "tenant_id = " + turn.format(f"uuid '{loaded_database.tenant_b}'"),
        "id > " + turn.format("uuid '00000000-0000-0000-0000-000000000000'"),
        turn.format("true"),
        f"set_config('pgwitness.{name}', '{loaded_database.tenant_b}', true) <> ''",
    ]
    for condition in conditions:
        seen: set[object] = set()
        try:
            with reader_of_both.transaction():
                set_context(reader_of_both, tenant_id=loaded_database.tenant_a)
                seen = tenants_seen(reader_of_both, f"{SEEN} where {condition}")
        except psycopg.Error as refusal:
            if refusal.sqlstate != "WT030":
                raise
        assert seen <= {loaded_database.tenant_a}, condition


def test_a_context_changed_between_rows_opens_no_other_tenant(
    loaded_database: Database, reader_of_both: Connection
) -> None:
    with reader_of_both.transaction():
        set_context(reader_of_both, tenant_id=loaded_database.tenant_a)
        seen = tenants_seen(
            reader_of_both,
            f"""
            select e.tenant_id
            from (values ('{loaded_database.tenant_a}'), ('{loaded_database.tenant_b}')) as t (id)
            cross join lateral (
              select set_config('pgwitness.tenant_id', t.id, true) as turned offset 0
            ) c
            cross join lateral (
              select * from audit.event e where c.turned is not null offset 0
            ) e
            """,
        )
        assert seen == {loaded_database.tenant_a}


def test_a_cursor_keeps_to_the_tenant_that_it_was_opened_for(
    loaded_database: Database, reader_of_both: Connection
) -> None:
    with reader_of_both.transaction():
        set_context(reader_of_both, tenant_id=loaded_database.tenant_a)
        reader_of_both.execute(f"declare page cursor for {SEEN.replace('distinct', '')}")
        reader_of_both.execute("fetch 1 from page")
        set_context(reader_of_both, tenant_id=loaded_database.tenant_b)
        seen = tenants_seen(reader_of_both, "fetch 1000 from page")
        assert seen == {loaded_database.tenant_a}


def test_each_tenant_needs_its_own_session(
    loaded_database: Database, reader_of_both: Connection
) -> None:
    with reader_of_both.transaction():
        set_context(reader_of_both, tenant_id=loaded_database.tenant_a)
        assert tenants_seen(reader_of_both) == {loaded_database.tenant_a}
        with refused("WT030"):
            set_context(reader_of_both, tenant_id=loaded_database.tenant_b)
            reader_of_both.execute(SEEN)


def test_a_prepared_statement_answers_for_the_context_of_its_run(
    loaded_database: Database, reader_of_both: Connection
) -> None:
    justify(reader_of_both, tenant_id=loaded_database.tenant_b)
    reader_of_both.execute(f"prepare seen as {SEEN}")
    for _ in range(4):
        for tenant_id in (loaded_database.tenant_a, loaded_database.tenant_b):
            with reader_of_both.transaction():
                set_context(reader_of_both, tenant_id=tenant_id)
                assert tenants_seen(reader_of_both, "execute seen") == {tenant_id}
    with refused("WT001"):
        reader_of_both.execute("execute seen")


def test_a_prepared_statement_answers_for_the_role_of_its_run(
    loaded_database: Database,
) -> None:
    readers = {
        loaded_database.role("reader", letter): tenant_id
        for letter, tenant_id in (("a", loaded_database.tenant_a), ("b", loaded_database.tenant_b))
    }
    pooler = loaded_database.connect(
        new_role(loaded_database, "test_reading_pooler", *readers, attributes="noinherit")
    )
    for role in readers:
        pooler.execute(f"set role {role}")
        justify(pooler)
    pooler.execute(f"prepare seen as {SEEN}")
    for _ in range(4):
        for role, tenant_id in readers.items():
            pooler.execute(f"set role {role}")
            assert tenants_seen(pooler, "execute seen") == {tenant_id}
    pooler.execute("reset role")
    with refused("42501"):
        pooler.execute("execute seen")


def test_a_view_of_one_s_own_lends_no_rows(
    loaded_database: Database, curious: Connection, stranger: Connection
) -> None:
    curious.execute("create view public.mine as select * from audit.event")
    curious.execute("grant select on public.mine to public")
    assert tenants_seen(curious, "select tenant_id from public.mine") == {loaded_database.tenant_a}
    for other in (stranger, loaded_database.connect(loaded_database.role("app"))):
        with refused("42501"):
            other.execute("select * from public.mine")
    neighbour = loaded_database.connect(loaded_database.role("reader", "b"))
    with refused("WT030"):
        neighbour.execute("select * from public.mine")
    justify(neighbour)
    seen = tenants_seen(neighbour, "select tenant_id from public.mine")
    assert seen == {loaded_database.tenant_b}


def test_a_definer_function_of_one_s_own_lends_no_rows(
    loaded_database: Database, curious: Connection, stranger: Connection
) -> None:
    curious.execute(
        "create function public.mine() returns setof audit.event language sql security definer "
        "as 'select * from audit.event'"
    )
    curious.execute(
        "create function public.mine_found() returns bigint language sql security definer "
        "as 'select count(*) from audit.search_events()'"
    )
    for function in ("mine", "mine_found"):
        assert curious.execute(f"select public.{function}()").fetchall()
        with refused("WT001", case=function):
            stranger.execute(f"select public.{function}()")
        with refused("WT030", case=function):
            loaded_database.connect(loaded_database.role("app")).execute(
                f"select public.{function}()"
            )


def test_a_copy_out_of_the_view_is_a_read_like_any_other(
    loaded_database: Database, curious: Connection
) -> None:
    with curious.cursor().copy("copy (select description from audit.event) to stdout") as copied:
        text = b"".join(bytes(block) for block in copied).decode()
    assert "Of a" in text
    assert "Of b" not in text
    [read] = stored(loaded_database, "action = 'audit_log_viewed'")
    assert "copy" in read["metadata"]["statement"]
    unjustified = loaded_database.connect(loaded_database.role("privacy"))
    with (
        refused("WT030"),
        unjustified.cursor().copy("copy (select from audit.event) to stdout") as copied,
    ):
        list(copied)


def test_row_security_off_is_refused(curious: Connection) -> None:
    curious.execute("set row_security = off")
    with refused("42501"):
        curious.execute(SEEN)
    with refused("42501"):
        curious.execute("select * from audit.search_events()")
