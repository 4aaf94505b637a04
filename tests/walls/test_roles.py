"""The role that counts is the SET ROLE role when one is set, else the login, by its exact name."""

from __future__ import annotations

import pytest
from psycopg import sql

from walls.ledger import (
    Connection,
    bind,
    call,
    justify,
    log,
    log_batch,
    new_role,
    refused,
    rows,
    set_context,
    stored,
)

from databases import Database


@pytest.fixture
def pooler(loaded_database: Database, operator: Connection) -> Connection:
    """A pooler's login: bound to every tenant, and a member of tenant a's roles."""
    role = new_role(
        loaded_database, "test_pooler", "test_app_a", "test_reader_a", "audit_app", "audit_reader"
    )
    call(operator, "grant_all_tenants", role=role, reason="The pooler stands for every tenant")
    return loaded_database.connect(role)


def test_a_login_that_steps_down_loses_its_grants(
    loaded_database: Database, pooler: Connection
) -> None:
    log(pooler, tenant_id=loaded_database.tenant_b)
    pooler.execute("set role test_app_a")
    log(pooler)
    log_batch(pooler, [{}])
    with refused("WT002"):
        log(pooler, tenant_id=loaded_database.tenant_b)
    with refused("WT002"):
        log_batch(pooler, [{}], tenant_id=loaded_database.tenant_b)
    with refused("WT002"), pooler.transaction():
        set_context(pooler, tenant_id=loaded_database.tenant_b)
    recorders = [(event["tenant_id"], event["recorded_by"]) for event in stored(loaded_database)]
    assert recorders == [
        (loaded_database.tenant_b, "test_pooler"),
        (loaded_database.tenant_a, "test_pooler/test_app_a"),
        (loaded_database.tenant_a, "test_pooler/test_app_a"),
    ]


def test_a_role_without_a_grant_does_not_use_its_login_s(
    loaded_database: Database, pooler: Connection
) -> None:
    new_role(loaded_database, "test_bare", "audit_app", "audit_reader")
    with loaded_database.superuser() as root:
        root.execute("grant test_bare to test_pooler")
    pooler.execute("set role test_bare")
    with refused("WT001"):
        log(pooler)
    with refused("WT002"):
        log(pooler, tenant_id=loaded_database.tenant_a)
    with refused("WT001"):
        rows(pooler, "list_access")


def test_a_reader_that_steps_down_reads_its_tenant_only(
    loaded_database: Database, pooler: Connection, app: Connection, app_b: Connection
) -> None:
    log(app)
    log(app_b)
    pooler.execute("set role test_reader_a")
    justify(pooler)
    seen = pooler.execute("select distinct tenant_id from audit.event").fetchall()
    assert seen == [(loaded_database.tenant_a,)]
    with refused("WT002"), pooler.transaction():
        pooler.execute(f"set local pgwitness.tenant_id = '{loaded_database.tenant_b}'")
        pooler.execute("select * from audit.event")
    with refused("WT002"):
        rows(pooler, "search_events", tenant_id=loaded_database.tenant_b)


def test_a_session_is_the_role_s_that_opened_it(
    loaded_database: Database, pooler: Connection
) -> None:
    pooler.execute("set role test_reader_a")
    access_id = justify(pooler)
    direct = loaded_database.connect(loaded_database.role("reader"))
    with refused("WT030"):
        rows(direct, "search_events")
    with refused("WT035"), direct.transaction():
        set_context(direct, access_id=access_id)
        rows(direct, "search_events")
    pooler.execute("reset role")
    with refused("WT035"), pooler.transaction():
        set_context(pooler, tenant_id=loaded_database.tenant_a, access_id=access_id)
        rows(pooler, "search_events")


def test_set_role_within_a_transaction_counts_at_once(
    loaded_database: Database, pooler: Connection
) -> None:
    with pooler.transaction():
        pooler.execute("set local role test_app_a")
        assert call(pooler, "current_tenant") == loaded_database.tenant_a
        pooler.execute("set local role none")
        with refused("WT001"), pooler.transaction():
            call(pooler, "current_tenant")


def test_a_prepared_call_counts_for_the_role_of_its_run(
    loaded_database: Database, pooler: Connection
) -> None:
    pooler.execute(
        "prepare write (uuid) as select audit.log_event('user_created', 'user', "
        "description => current_setting('role'), tenant_id => $1)"
    )
    for _ in range(7):
        pooler.execute("reset role")
        pooler.execute(f"execute write ('{loaded_database.tenant_b}')")
        pooler.execute("set role test_app_a")
        with refused("WT002"):
            pooler.execute(f"execute write ('{loaded_database.tenant_b}')")
        pooler.execute("execute write (null)")
    pairs = {(event["tenant_id"], event["description"]) for event in stored(loaded_database)}
    assert pairs == {
        (loaded_database.tenant_b, "none"),
        (loaded_database.tenant_a, "test_app_a"),
    }


def test_membership_brings_rights_but_no_tenant(loaded_database: Database) -> None:
    heir = loaded_database.connect(
        new_role(loaded_database, "test_heir", "test_app_a", "test_reader_a", "test_admin_a")
    )
    with refused("WT001"):
        log(heir)
    with refused("WT002"):
        log(heir, tenant_id=loaded_database.tenant_a)
    with refused("WT001"):
        justify(heir)
    with refused("WT002"):
        call(
            heir,
            "set_logging",
            enabled=False,
            reason="To see whether it may",
            tenant_id=loaded_database.tenant_a,
        )


def test_a_name_that_looks_like_another_gets_nothing(loaded_database: Database) -> None:
    lookalikes = [
        "TEST_APP_A",
        "test_app_a ",
        '"test_app_a"',
        "test_service/test_app_a",
        "test_app_a/test_app_a",
        "test_app_%",
        "test_app_a'; select 1 --",
        "{test_app_a}",
    ]
    for name in lookalikes:
        role = new_role(loaded_database, name, "audit_app")
        quoted = role.replace("\\", "\\\\").replace("'", "\\'")
        connection = loaded_database.connect(f"'{quoted}'")
        with refused("WT001", case=name):
            log(connection)
        with refused("WT002", case=name):
            log(connection, tenant_id=loaded_database.tenant_a)


def test_a_pair_of_roles_is_never_taken_for_another(loaded_database: Database) -> None:
    slash = new_role(loaded_database, "test_pooler/test_app_a", "audit_app")
    bind(loaded_database, slash, loaded_database.tenant_a)
    log(loaded_database.connect(slash))
    [event] = stored(loaded_database)
    assert event["recorded_by"] == '"test_pooler/test_app_a"'


def test_a_function_owner_lends_its_rights_but_not_its_tenant(
    loaded_database: Database, stranger: Connection, root: Connection
) -> None:
    root.execute("grant create on schema public to test_app_a")
    owner = loaded_database.connect(loaded_database.role("app"))
    owner.execute(
        sql.SQL(
            "create function public.write() returns uuid language sql security definer as {}"
        ).format("select audit.log_event('user_created', 'user', description => 'By a function')")
    )
    owner.execute("select public.write()")
    with refused("WT001"):
        stranger.execute("select public.write()")
    neighbour = loaded_database.connect(loaded_database.role("app", "b"))
    neighbour.execute("select public.write()")
    assert [(event["tenant_id"], event["recorded_by"]) for event in stored(loaded_database)] == [
        (loaded_database.tenant_a, "test_app_a"),
        (loaded_database.tenant_b, "test_app_b"),
    ]
