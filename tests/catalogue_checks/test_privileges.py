"""Who may call what, and read which table: the whole matrix as one literal."""

from __future__ import annotations

from databases import Database

PEOPLE = ["app", "reader", "admin", "privacy", "operator", "auditor", "shipper", "backup"]

READERS = "reader admin privacy auditor"
EVERYBODY = f"app operator {READERS}"

# Name of each function of schema audit, to the roles (without audit_) that may call it.
MATRIX = {
    # context
    "set_context": EVERYBODY,
    "current_tenant": EVERYBODY,
    # catalogue
    "define_category": "operator",
    "define_action": "operator",
    "define_entity_type": "operator",
    "define_access_reason": "operator",
    "retire_action": "operator",
    "list_catalogue": EVERYBODY,
    # tenants
    "register_tenant": "operator",
    "retire_tenant": "operator",
    "list_tenants": "operator auditor",
    "grant_tenant": "operator",
    "grant_all_tenants": "operator",
    "revoke_tenant": "operator",
    "list_grants": "operator auditor",
    # toggles
    "set_logging": "admin",
    "set_category_logging": "admin",
    "set_action_logging": "admin",
    "set_toggles": "admin",
    "list_toggles": "reader admin auditor",
    "is_logged": "app",
    # events
    "log_event": "app",
    "log_events": "app",
    "import_events": "admin",
    # capture
    "watch": "operator",
    "unwatch": "operator",
    "list_watched": "operator auditor",
    "list_row_history": READERS,
    "get_row_at": READERS,
    "revert_sql": READERS,
    "list_spool": "operator auditor",
    "log_spool": "operator",
    # access
    "open_access": READERS,
    "close_access": READERS,
    "list_access": READERS,
    # reading
    "search_events": READERS,
    "count_events": READERS,
    "get_event": READERS,
    "list_actors": READERS,
    "report_subject": "privacy admin",
    "list_control_events": "auditor",
    # retention and holds
    "set_retention": "admin",
    "cancel_retention_change": "admin",
    "list_retention": f"operator {READERS}",
    "set_retention_floor": "operator",
    "preview_purge": "admin operator auditor",
    "purge_events": "operator",
    "list_purges": "admin privacy operator auditor",
    "place_hold": "admin",
    "release_hold": "admin",
    "list_holds": "admin privacy operator auditor",
    # erasure
    "erase_subject": "privacy",
    "erase_events": "privacy",
    "replay_erasures": "privacy",
    "list_erasures": "admin privacy operator auditor",
    "list_ledger": "operator auditor",
    "check_ledger": "operator auditor",
    # data retention
    "define_data_retention": "operator",
    "arm_data_retention": "operator",
    "disarm_data_retention": "operator",
    "drop_data_retention": "operator",
    "resolve_data_retention": "operator",
    "preview_data_purge": "operator",
    "list_data_retention": "operator auditor privacy",
    "list_data_purges": "operator auditor privacy",
    "purge_data": "operator",
    # exporting
    "request_export": READERS,
    "cancel_export": READERS,
    "read_export": READERS,
    "list_exports": READERS,
    "begin_export": READERS,
    "finish_export": READERS,
    "take_export": READERS,
    "note_export": READERS,
    "run_exports": "operator",
    # sealing and verifying
    "seal_events": "operator",
    "reverify_events": "operator",
    "list_seals": "admin operator auditor",
    "list_epochs": "operator auditor",
    "accept_restore": "operator",
    "verify_events": "admin operator auditor",
    "verify_checkpoint": "operator auditor",
    "create_checkpoint": "operator auditor",
    "prove_consistency": f"operator {READERS}",
    "prove_events": READERS,
    "prove_event": READERS,
    # sinks
    "define_sink": "operator",
    "drop_sink": "operator",
    "list_sinks": "operator auditor admin shipper",
    "list_sink_options": "operator shipper",
    "approve_sink": "admin",
    "withdraw_sink_approval": "admin",
    "set_purge_waits": "operator",
    "read_sink": "shipper",
    "acknowledge_sink": "shipper",
    "report_sink_error": "shipper",
    "add_dead_letter": "shipper",
    "list_dead_letters": "operator auditor shipper",
    "retry_dead_letters": "operator",
    "discard_dead_letters": "operator",
    # archiving
    "set_hot_days": "admin",
    "list_archives": f"operator shipper {READERS}",
    "find_archives": READERS,
    "search_archive": READERS,
    "prove_sink": "shipper",
    "note_archive": "shipper",
    "replace_archive": "shipper",
    "remove_archive": "shipper",
    # partitions and jobs
    "list_upkeep": "operator",
    "schedule_jobs": "operator",
    "unschedule_jobs": "operator",
    "list_jobs": "operator auditor",
    "run_jobs": "operator",
    "maintain_partitions": "operator",
    "close_partition": "operator",
    "list_partitions": "operator auditor",
    "set_option": "operator",
    "list_options": "operator auditor",
    "check_health": "operator auditor admin",
}

# Of audit_private, people's roles may call what an invoker of theirs has to: the steps of a
# procedure or of watch, and what the view of the events asks.
PRIVATE_MATRIX = {
    "add_next_partition": "operator",
    "close_next_partition": "operator",
    "drop_empty_partition": "operator",
    "begin_run": "operator",
    "note_step": "operator",
    "finish_run": "operator",
    "forget_runs": "operator",
    "predict_purge": "operator",
    "purge_step": "operator",
    "skip_partition": "operator",
    "finish_purge": "operator",
    "prepare_data_retention": "operator",
    "finish_data_retention": "operator",
    "data_resolution_statement": "operator",
    "data_review_statement": "operator",
    "next_data_purge": "operator",
    "fail_data_purge": "operator",
    "end_data_purge": "operator",
    "summarize_events": "operator",
    "seal_step": "operator",
    "plan_verification": "operator",
    "reverify_step": "operator",
    "finish_verification": "operator",
    "enter_epoch": "operator",
    "begin_exports": "operator",
    "start_exports": "operator",
    "export_step": "operator",
    "fail_export": "operator",
    "search_text_v1": READERS,
    "due_jobs": "operator",
    "job_definitions": "operator",
    "check_scheduler": "operator",
    "note_schedule": "operator",
    "forget_idempotency_keys": "operator",
    "partition_index_statements": "operator",
    "prepare_watch": "operator",
    "capture_triggers": "operator",
    "finish_watch": "operator",
    "prepare_unwatch": "operator",
    "finish_unwatch": "operator",
    "open_reading": READERS,
    "readable_tenant": READERS,
    "readable_since": READERS,
    "is_retained": READERS,
    "visible_tenant": READERS,
}

# Tables, views and sequences that people's roles may read; backups read everything.
RELATIONS = {"audit.event": READERS, "audit.exportable_event": READERS}

CALLABLE = """
    select p.proname, r.rolname
    from pg_proc p
    cross join pg_roles r
    where p.pronamespace = %s::regnamespace and r.rolname = any (%s)
      and has_function_privilege(r.oid, p.oid, 'execute')
"""


def test_everybody_may_call_just_what_the_matrix_says(database: Database) -> None:
    connection = database.superuser()
    roles = [f"audit_{name}" for name in PEOPLE]
    for schema, matrix in (("audit", MATRIX), ("audit_private", PRIVATE_MATRIX)):
        expected = {(name, f"audit_{role}") for name in matrix for role in matrix[name].split()}
        found = set(connection.execute(CALLABLE.encode(), (schema, roles)).fetchall())
        assert found == expected, schema


def test_the_matrix_names_every_public_function(database: Database) -> None:
    rows = database.superuser().execute(
        "select proname from pg_proc where pronamespace = 'audit'::regnamespace"
    )
    assert {name for (name,) in rows} == set(MATRIX)


def test_every_overload_has_the_same_callers(database: Database) -> None:
    rows = database.superuser().execute(
        """
        select p.proname
        from pg_proc p
        where p.pronamespace = 'audit'::regnamespace
        group by p.proname
        having count(distinct array(
          select r.rolname from pg_roles r
          where r.rolname = any (%s) and has_function_privilege(r.oid, p.oid, 'execute')
          order by 1)) > 1
        """,
        ([f"audit_{name}" for name in PEOPLE],),
    )
    assert rows.fetchall() == []


def test_people_read_no_relation_but_the_view_of_the_events(database: Database) -> None:
    rows = (
        database.superuser()
        .execute(
            """
            select c.oid::regclass::text, r.rolname
            from pg_class c
            cross join pg_roles r
            where c.relnamespace::regnamespace::text ~ '^audit' and r.rolname = any (%s)
              and case
                when c.relkind = 'S' then has_sequence_privilege(r.oid, c.oid, 'select, usage')
                when c.relkind in ('r', 'p', 'v', 'm', 'f')
                  then has_any_column_privilege(r.oid, c.oid, 'select, insert, update, references')
                    or has_table_privilege(r.oid, c.oid, 'delete, truncate, trigger')
              end
            """,
            ([f"audit_{name}" for name in PEOPLE if name != "backup"],),
        )
        .fetchall()
    )
    assert set(rows) == {
        (name, f"audit_{role}") for name in RELATIONS for role in RELATIONS[name].split()
    }


def test_strangers_have_nothing(database: Database) -> None:
    reachable = database.superuser().execute(
        """
        select n.nspname from pg_namespace n
        where n.nspname ~ '^audit' and has_schema_privilege(%s, n.oid, 'usage, create')
        """,
        (database.role("stranger"),),
    )
    assert reachable.fetchall() == []
