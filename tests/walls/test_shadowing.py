"""Objects that are named like ours, or like PostgreSQL's, change nothing."""

from __future__ import annotations

import pytest

from walls.ledger import (
    REASON,
    Connection,
    call,
    justify,
    log,
    log_batch,
    refused,
    rows,
    stored,
)

from databases import Database

EVIL = """
create schema evil;
grant usage on schema evil to public;
create function evil.fire() returns text language plpgsql as $$
begin
  raise exception 'shadowed' using errcode = 'XX999';
end $$;
create function evil.current_setting(text) returns text language sql as 'select evil.fire()';
create function evil.current_setting(text, boolean) returns text language sql
  as 'select evil.fire()';
create function evil.set_config(text, text, boolean) returns text language sql
  as 'select evil.fire()';
create function evil.clock_timestamp() returns timestamptz language sql
  as 'select evil.fire()::timestamptz';
create function evil.now() returns timestamptz language sql as 'select evil.fire()::timestamptz';
create function evil.gen_random_uuid() returns uuid language sql as 'select evil.fire()::uuid';
create function evil.pg_has_role(name, text, text) returns boolean language sql
  as 'select evil.fire()::boolean';
create function evil.jsonb_typeof(jsonb) returns text language sql as 'select evil.fire()';
create function evil.jsonb_build_object(variadic "any") returns jsonb language internal
  as 'jsonb_build_object';
create function evil.btrim(text) returns text language sql as 'select evil.fire()';
create function evil.coalesce(text, text) returns text language sql as 'select evil.fire()';
create function evil.log_event(text, text) returns uuid language sql as 'select evil.fire()::uuid';
create function evil.same(uuid, uuid) returns boolean language sql
  as 'select evil.fire()::boolean';
create operator evil.= (leftarg = uuid, rightarg = uuid, function = evil.same);
create function evil.same(text, text) returns boolean language sql
  as 'select evil.fire()::boolean';
create operator evil.= (leftarg = text, rightarg = text, function = evil.same);
create function evil.more(integer, integer) returns boolean language sql
  as 'select evil.fire()::boolean';
create operator evil.> (leftarg = integer, rightarg = integer, function = evil.more);
create function evil.join(text, text) returns text language sql as 'select evil.fire()';
create operator evil.|| (leftarg = text, rightarg = text, function = evil.join);
create type evil.uuid as (forged text);
create type evil.jsonb as (forged text);
create domain evil.timestamptz as text;
create table evil.event (tenant_id text);
create table evil.role_binding (role_name text);
grant execute on all functions in schema evil to public;
"""

TEMPORARY = """
create temporary table event (like audit.event);
create temporary table tenant (tenant_id uuid, name text);
create temporary table role_binding (role_name name, is_service boolean, tenant_ids uuid[]);
create temporary table logging_decision (tenant_id uuid, action text, is_logged boolean);
create temporary table idempotency_key (tenant_id uuid);
create temporary table access_session (tenant_id uuid);
create type pg_temp.uuid as (forged text);
create domain pg_temp.text as pg_catalog.text check (false);
create function pg_temp.now() returns timestamptz language sql as $$select 'epoch'::timestamptz$$;
create function pg_temp.current_setting(pg_catalog.text) returns pg_catalog.text language sql
  as $$select 'test_service'::pg_catalog.text$$;
create function pg_temp.same(pg_catalog.uuid, pg_catalog.uuid) returns boolean language sql
  as 'select true';
create operator pg_temp.= (
  leftarg = pg_catalog.uuid, rightarg = pg_catalog.uuid, function = pg_temp.same
);
"""


@pytest.fixture(params=["evil, pg_catalog, audit", "pg_temp, evil, pg_catalog, audit_private"])
def search_path(request: pytest.FixtureRequest, root: Connection) -> str:
    """A search path that finds somebody else's objects first."""
    root.execute(EVIL)
    path: str = request.param
    return path


def act(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement)


def test_a_search_path_lends_nobody_s_functions_to_the_writer(
    loaded_database: Database, app: Connection, search_path: str
) -> None:
    app.execute(f"set search_path = {search_path}")
    act(
        app,
        "select audit.set_context(actor_id => 'anna')",
        "select audit.log_event('user_created', 'user', description => 'plain')",
        "select audit.log_event('user_created', 'user', 7, 'with an integer')",
        "select audit.log_event('user_created', 'user', description => 'a failure', "
        "outcome => 'failure', error_message => 'It broke', idempotency_key => 'k')",
        """select audit.log_events('[{"action": "user_created", "entity_type": "user",
        "description": "in a batch"}]')""",
        "select audit.is_logged('user_created')",
        "select audit.current_tenant()",
    )
    with refused("WT002"):
        app.execute(
            f"select audit.current_tenant(), audit.is_logged('user_created', "
            f"'{loaded_database.tenant_b}')"
        )
    with refused("WT010"):
        app.execute("select audit.log_event('unheard_of', 'user', description => 'x')")
    assert [event["tenant_id"] for event in stored(loaded_database)] == [
        loaded_database.tenant_a
    ] * 4


def test_a_search_path_lends_nobody_s_functions_to_the_reader(
    loaded_database: Database, app: Connection, app_b: Connection, search_path: str
) -> None:
    log(app)
    log(app_b)
    reader = loaded_database.connect(loaded_database.role("reader"))
    reader.execute(f"set search_path = {search_path}")
    reader.execute("select audit.open_access('audit_review', 'To see that nothing is shadowed')")
    for query in (
        "select tenant_id from audit.event",
        "select tenant_id from audit.search_events()",
        """select tenant_id from audit.search_events('{"search": "account"}')""",
    ):
        assert set(reader.execute(query).fetchall()) == {(loaded_database.tenant_a,)}
    act(
        reader,
        "select audit.count_events()",
        "select audit.list_actors()",
        "select audit.list_access()",
    )


def test_a_search_path_lends_nobody_s_functions_to_the_administrator(
    loaded_database: Database, admin: Connection, operator: Connection, search_path: str
) -> None:
    for connection in (admin, operator):
        connection.execute(f"set search_path = {search_path}")
    act(
        admin,
        "select audit.set_logging(enabled => false, reason => 'To see that it works')",
        "select audit.set_category_logging('user_actions', false, 'To see that it works')",
        "select audit.set_action_logging('user_created', true)",
        "select audit.list_toggles()",
        "select audit.import_events('[]', 'To see that it works')",
        "select audit.check_health()",
    )
    act(
        operator,
        "select audit.register_tenant('cccccccc-0000-4000-8000-00000000000c', 'Tenant C')",
        "select audit.set_option('partitions_ahead_weeks', '27', 'To see that it works')",
        "call audit.maintain_partitions()",
        "select audit.list_partitions()",
        "select audit.list_grants()",
        """select audit.define_category('shadows', '{"en": "Shadows"}')""",
        """select audit.define_action('shadow_cast', 'shadows', '{"en": "Shadow cast"}')""",
    )


def test_temporary_objects_named_like_ours_are_not_used(
    loaded_database: Database, app: Connection, admin: Connection
) -> None:
    forge = f"""
        insert into role_binding values ('test_app_a', true, '{{}}');
        insert into logging_decision values ('{loaded_database.tenant_b}', 'user_created', true);
    """
    for connection in (app, admin):
        connection.execute(TEMPORARY.replace("like audit.event", "tenant_id pg_catalog.uuid"))
        connection.execute(forge)
        connection.execute("set search_path = pg_temp, pg_catalog")
    log(app)
    log_batch(app, [{}])
    with refused("WT002"):
        log(app, tenant_id=loaded_database.tenant_b)
    call(admin, "set_logging", enabled=False, reason=REASON)
    assert log(app) is None
    justify(admin)
    found = rows(admin, "search_events", filter={"source": "logged"})
    assert [event["tenant_id"] for event in found] == [loaded_database.tenant_a] * 2
    with refused("WT002"):
        rows(admin, "search_events", tenant_id=loaded_database.tenant_b)


def test_a_caller_s_settings_change_no_meaning(loaded_database: Database, app: Connection) -> None:
    settings = {
        "datestyle": "'SQL, DMY'",
        "timezone": "'Pacific/Kiritimati'",
        "intervalstyle": "'sql_standard'",
        "standard_conforming_strings": "off",
        "escape_string_warning": "off",
        "array_nulls": "off",
        "transform_null_equals": "on",
        "bytea_output": "'escape'",
        "extra_float_digits": "-3",
        "quote_all_identifiers": "on",
        "plan_cache_mode": "force_generic_plan",
        "enable_indexscan": "off",
        "constraint_exclusion": "off",
    }
    for name, value in settings.items():
        app.execute(f"set {name} = {value}")
    log(app, actor={"at": "1"}, idempotency_key="k")
    log(app, actor={"at": "1"}, idempotency_key="k")
    log_batch(app, [{"occurred_at": _minutes_ago(app)}])
    first, second = stored(loaded_database)
    assert first["actor"] == {"at": "1"}
    assert second["tenant_id"] == loaded_database.tenant_a


def _minutes_ago(connection: Connection) -> str:
    row = connection.execute(
        "select to_char(now() at time zone 'UTC' - interval '5 minutes', "
        '\'YYYY-MM-DD"T"HH24:MI:SS"Z"\')'
    ).fetchone()
    assert row is not None
    return str(row[0])
