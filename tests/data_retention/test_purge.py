"""What a run removes, what it leaves, and what it says about it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import psycopg
import pytest

from data_retention.office import DECISION, FILES, LAST, LEVELS, QUESTIONS, Office


def health(office: Office) -> dict[str, str]:
    return {
        row["check_name"]: row["state"]
        for row in office.rows("select * from audit_private.check_data_retention()")
    }


def test_strictly_older(defined: Office) -> None:
    """A question exactly so many days old by the run's own moment stays."""
    defined.arm()
    assistant = defined.assistant(30)
    defined.purge()
    defined.days_pass(10)
    run = defined.value(
        "insert into audit_private.job_run (job_name, process_id, run_by, started_at, place) "
        "values ('purge_data', pg_backend_pid(), 'a test', '2026-06-01 12:00+00', "
        """'{"relation": "app.questions", "stage": "purge"}') returning run_id"""
    )
    keys = [
        defined.add("questions", tenant_id=defined.tenant_a, assistant_id=assistant, created_at=at)
        for at in ("2026-05-02 12:00:00+00", "2026-05-02 11:59:59.999999+00", "-infinity")
    ]
    defined.behind.execute(
        "insert into audit_private.data_retention_group "
        "(relation, group_key, days, took_effect_at) "
        "select distinct 'app.questions', group_key, days, '2026-01-01'::timestamptz "
        "from audit_data.retention_of_app_questions on conflict (relation, group_key) "
        "do update set days = 30, took_effect_at = excluded.took_effect_at"
    )
    defined.behind.execute("update audit_private.data_retention set last_complete_at = null")
    defined.behind.execute("select audit_data.purge_of_app_questions(%s)", (run,))
    assert [row["id"] for row in defined.rows("select id from app.questions")] == keys[:1]


def test_an_empty_table_has_a_receipt(defined: Office) -> None:
    defined.arm()
    defined.purge()
    receipt = defined.receipt()
    assert (receipt["tenant_id"].int, receipt["predicted"], receipt["result"]) == (
        0,
        0,
        "succeeded",
    )
    assert defined.rows("select from audit_private.event where action = 'data_purged'") == []


def test_nothing_due_has_a_receipt_for_each_tenant(defined: Office) -> None:
    defined.ask(defined.assistant(30), 1)
    defined.ask(None, 999, tenant=defined.tenant_b)
    defined.arm()
    defined.purge()
    assert [(row["tenant_id"], row["removed"]) for row in defined.receipts()] == [
        (defined.tenant_a, 0), (defined.tenant_b, 0),
    ]  # fmt: skip


def test_receipts_are_listed_newest_first_and_behind_the_wall(defined: Office) -> None:
    defined.ask(defined.assistant(30), 31)
    defined.ask(defined.assistant(30, tenant=defined.tenant_b), 31, tenant=defined.tenant_b)
    defined.arm()
    defined.purge()
    defined.purge()
    listed = defined.operator.execute("select * from audit.list_data_purges(up_to => 3)").fetchall()
    assert [row["removed"] for row in listed] == [0, 1, 1]
    assert {(row["decision"], row["run_by"], row["result"]) for row in listed} == {
        (DECISION, "test_operator", "succeeded")
    }
    for tenant in "ab":
        own = defined.database.connect(defined.database.role("privacy", tenant)).execute(
            "select distinct tenant_id from audit.list_data_purges()"
        )
        assert [row[0] for row in own] == [getattr(defined, f"tenant_{tenant}")]


def test_children_go_deepest_first(office: Office) -> None:
    office.make(
        "create table app.pages (id int primary key, file_id bigint references app.question_files)"
    )
    office.define(
        children=[FILES[0] | {"children": [{"relation": "app.pages", "join": {"file_id": "id"}}]}]
    )
    assistant = office.assistant(30)
    office.ask(assistant, 31, 2, files=2)
    office.ask(assistant, 29, 1, files=1)
    office.behind.execute("insert into app.pages select id, id from app.question_files")
    office.arm()
    office.purge()
    assert [office.count(f"app.{name}") for name in ("questions", "question_files", "pages")] == [
        1, 1, 1,
    ]  # fmt: skip
    assert (office.receipt()["removed"], office.receipt()["children_removed"]) == (2, 8)


def test_sessions_go_with_their_last_question(office: Office) -> None:
    office.define(children=FILES + LAST)
    assistant = office.assistant(30)
    emptied, kept, never = (office.add("sessions", tenant_id=office.tenant_a) for _ in range(3))
    office.ask(assistant, 31, 2, session=emptied)
    office.ask(assistant, 31, 1, session=kept)
    office.ask(assistant, 1, 1, session=kept)
    office.ask(assistant, 31, 1)
    office.arm()
    office.purge()
    left = {row["id"] for row in office.rows("select id from app.sessions")}
    assert left == {kept, never}
    assert (office.receipt()["removed"], office.receipt()["children_removed"]) == (4, 1)


def test_dangling_sessions_go_and_those_with_questions_stay(office: Office) -> None:
    office.make("create table app.house_rules (id uuid primary key, days integer)")
    office.behind.execute("insert into app.house_rules values (%s, 1)", (office.tenant_a,))
    office.define(
        "app.sessions",
        levels=[
            {
                "name": "rule",
                "relation": "app.house_rules",
                "join": {"tenant_id": "id"},
                "days": "days",
            }
        ],
        children=[{"relation": QUESTIONS, "join": {"session_id": "id"}, "rule": "keeps"}],
    )
    dangling, used = (office.add("sessions", tenant_id=office.tenant_a) for _ in range(2))
    office.ask(None, 1, session=used)
    office.arm("app.sessions")
    office.days_pass(2)
    office.purge()
    assert [row["id"] for row in office.rows("select id from app.sessions")] == [used]
    assert office.receipt("app.sessions")["predicted"] == 1
    office.behind.execute("delete from app.questions")
    assert dangling is not None


def test_runs_of_apps_by_app_space_and_tenant(office: Office) -> None:
    office.define(
        "app.app_runs",
        levels=[
            {
                "name": "app",
                "relation": "app.apps",
                "join": {"app_id": "id"},
                "days": "data_retention_days",
            },
            LEVELS[1] | {"join": {"app.space_id": "id"}},
            LEVELS[2],
        ],
    )
    app = office.add("apps", data_retention_days=5)
    for age in (4, 6):
        office.behind.execute(
            "insert into app.app_runs (tenant_id, app_id, created_at) "
            "values (%s, %s, now() - %s * interval '24 hours')",
            (office.tenant_a, app, age),
        )
    office.arm("app.app_runs")
    office.purge()
    assert office.count("app.app_runs") == 1
    assert office.receipt("app.app_runs")["by_level"] == {"app": 1}


def test_the_operator_needs_no_right_on_the_application(defined: Office) -> None:
    defined.ask(defined.assistant(30), 31)
    defined.arm()
    defined.make("revoke usage on schema app from test_operator")
    defined.purge()
    assert defined.count() == 0


def test_forced_row_level_security_with_the_policy(office: Office) -> None:
    office.make(
        "alter table app.questions enable row level security, force row level security; "
        "create policy p on app.questions using (true)"
    )
    office.define()
    office.ask(office.assistant(30), 31, 3)
    office.arm()
    office.purge()
    assert office.count() == 0


def test_a_table_that_has_changed_is_skipped_and_told(defined: Office) -> None:
    defined.ask(defined.assistant(30), 31, 3)
    defined.arm()
    defined.make("alter table app.questions enable row level security, force row level security")
    defined.purge()
    receipt = defined.receipt()
    assert (receipt["result"], defined.count()) == ("skipped", 3)
    assert "create policy" in receipt["error"]
    assert health(defined)["data_retention_as_declared"] == "error"
    assert health(defined)["data_purged_as_predicted"] == "error"
    (run,) = defined.rows("select result, detail from audit_private.job_run")
    assert run["result"] == "failed"


def test_a_changed_function_is_not_called(defined: Office) -> None:
    defined.ask(defined.assistant(30), 31)
    defined.arm()
    defined.make("alter function audit_data.purge_of_app_questions(uuid) security invoker")
    defined.purge()
    assert (defined.receipt()["result"], defined.count()) == ("skipped", 1)
    assert defined.define()
    defined.purge()
    assert (defined.receipt()["result"], defined.count()) == ("succeeded", 0)


RAISES = """
create function app.raises() returns trigger language plpgsql as $$
begin
  if old.question = 'no' then
    raise exception 'not this one';
  elsif old.question = 'silently' then
    return null;
  end if;
  return old;
end $$;
create trigger raises before delete on app.questions for each row execute function app.raises();
"""


@pytest.mark.parametrize("how", ["no", "silently"])
def test_a_row_at_fault_is_passed_over(defined: Office, how: str) -> None:
    defined.make(RAISES)
    for tenant in (defined.tenant_a, defined.tenant_b):
        defined.ask(defined.assistant(30, tenant=tenant), 31, 20, tenant=tenant, files=1)
    defined.behind.execute(
        "update app.questions set question = %s where id in ("
        "select id from app.questions where tenant_id = %s limit 2)",
        (how, defined.tenant_a),
    )
    defined.arm()
    defined.purge()
    troubled, fine = defined.receipts()
    assert (troubled["removed"], troubled["failed"], troubled["result"]) == (18, 2, "failed")
    assert ("not this one" if how == "no" else "a trigger kept a row") in troubled["error"]
    assert (fine["removed"], fine["failed"], fine["result"]) == (20, 0, "succeeded")
    assert (defined.count(), defined.count("app.question_files")) == (2, 2)
    assert health(defined)["data_purged_as_predicted"] == "error"


def test_a_tenant_of_which_every_row_fails_is_left_alone_after_a_while(defined: Office) -> None:
    defined.make(RAISES)
    for tenant, count in ((defined.tenant_a, 7000), (defined.tenant_b, 2000)):
        defined.ask(defined.assistant(30, tenant=tenant), 31, count, tenant=tenant)
    defined.behind.execute(
        "update app.questions set question = 'no' where tenant_id = %s", (defined.tenant_a,)
    )
    defined.arm()
    defined.purge()
    troubled, fine = defined.receipts()
    assert (fine["removed"], fine["result"]) == (2000, "succeeded")
    assert (troubled["removed"], troubled["result"]) == (0, "failed")
    assert 1000 <= troubled["failed"] < 5000


def test_triggers_run_with_the_owners_rights(defined: Office) -> None:
    defined.make(
        "create table app.witness (who text, session text); "
        "create function app.tell() returns trigger language plpgsql as $$ begin "
        "insert into witness values (current_user, session_user); return old; end $$; "
        "create trigger tell before delete on app.questions "
        "for each row execute function app.tell()"
    )
    defined.ask(defined.assistant(30), 31)
    defined.arm()
    defined.purge()
    assert defined.rows("select * from app.witness") == [
        {"who": "test_owner", "session": "test_operator"}
    ]


def test_a_child_that_was_not_declared_keeps_its_parent_and_is_told(office: Office) -> None:
    office.define(children=[])
    assistant = office.assistant(30)
    office.ask(assistant, 31, 3, files=1)
    office.ask(assistant, 31, 2)
    office.arm()
    office.purge()
    receipt = office.receipt()
    assert (receipt["removed"], receipt["failed"], office.count()) == (2, 3, 3)
    assert "23503" in receipt["error"]


def test_watched_rows_leave_key_and_label_alone(defined: Office) -> None:
    defined.owner.execute(
        "select audit.watch('app.questions', 'question', tenant_column => 'tenant_id', "
        "label_column => 'user_id')"
    )
    defined.define()
    (key,) = defined.ask(defined.assistant(30), 31, user="anna")
    defined.behind.execute("update app.questions set question = 'how do I …?'")
    defined.arm()
    defined.purge()
    (event,) = defined.rows("select * from audit_private.event where action = 'question_deleted'")
    assert (event["entity_id"], event["tenant_id"]) == (str(key), defined.tenant_a)
    assert "how do I" not in str(event)


def test_quoted_names_and_composite_keys(office: Office) -> None:
    office.make(
        'create table app."Über Regeln" ("Id" text primary key, "Days !" bigint, "Keep" boolean); '
        'create table app."Ä x""y" ("Key.1" text, "kéy 2" timestamptz, "Rule" text, '
        '"At" timestamp, "Who" uuid, primary key ("kéy 2", "Key.1")); '
        'create table app."Kid" ("P 1" text, "P2" timestamptz, n int)'
    )
    office.behind.execute("""insert into app."Über Regeln" values ('r', 5, null), ('k', 1, true)""")
    office.behind.execute(
        """insert into app."Ä x""y" select 'a''b«c»' || n, """
        "'2020-01-01'::timestamptz + n * interval '1.5 ms', "
        "case n % 3 when 0 then 'k' else 'r' end, "
        "now() at time zone 'UTC' - n * interval '1 day', null from generate_series(1, 30) n"
    )
    office.behind.execute("""insert into app."Kid" select "Key.1", "kéy 2", 1 from app."Ä x""y" """)
    office.define(
        'app."Ä x""y"',
        time_column="At",
        tenant_column=None,
        levels=[
            {
                "name": "Über 'regel'",
                "relation": 'app."Über Regeln"',
                "join": {"Rule": "Id"},
                "days": "Days !",
                "keep": "Keep",
            }
        ],
        children=[{"relation": 'app."Kid"', "join": {"P 1": "Key.1", "P2": "kéy 2"}}],
    )
    office.arm('app."Ä x""y"')
    office.purge()
    assert office.count('app."Ä x""y"') == 13
    assert office.count('app."Kid"') == 13
    receipt = office.receipt('app."Ä x""y"')
    assert (receipt["tenant_id"].int, receipt["by_level"]) == (0, {"Über 'regel'": 17})
    (row,) = office.rows(
        'select entity_id from audit_data."retention_of_app_Ä x""y" where is_kept limit 1'
    )
    assert office.resolve(row["entity_id"], 'app."Ä x""y"')["level"] == "Über 'regel'"


def test_partitioned_tables(office: Office) -> None:
    office.make(
        "create table app.lines (id int, at timestamptz, rule int, primary key (id)) "
        "partition by hash (id); "
        "create table app.lines_0 partition of app.lines for values with (modulus 2, remainder 0); "
        "create table app.lines_1 partition of app.lines for values with (modulus 2, remainder 1); "
        "create table app.rules (id int primary key, days int)"
    )
    office.behind.execute("insert into app.rules values (1, 5)")
    office.behind.execute(
        "insert into app.lines "
        "select n, now() - n * interval '1 day', 1 from generate_series(1, 9) n"
    )
    office.define(
        "app.lines",
        time_column="at",
        tenant_column=None,
        levels=[{"name": "r", "relation": "app.rules", "join": {"rule": "id"}, "days": "days"}],
    )
    office.arm("app.lines")
    office.purge()
    assert office.count("app.lines") == 4
    with pytest.raises(psycopg.Error) as caught:
        office.define("app.lines_0", time_column="at", tenant_column=None)
    assert caught.value.sqlstate == "WT112"


def test_invalid_values_are_an_alarm(defined: Office) -> None:
    defined.ask(defined.assistant(0), 31)
    defined.arm()
    defined.purge()
    assert health(defined)["data_retention_values_valid"] == "error"


def test_batches_cost_the_same_wherever_they_are(defined: Office) -> None:
    """A batch looks at so many rows by their key, so their number grows with the table alone."""
    assistant = defined.assistant(30)
    defined.ask(assistant, 31, 11000)
    defined.ask(assistant, 1, 9000)
    defined.behind.execute("analyze app.questions")
    defined.arm()
    defined.behind.execute("create table app.steps (after jsonb, read bigint)")
    defined.behind.execute(
        "create function app.note() returns trigger language plpgsql security definer as $$ begin "
        "insert into app.steps select new.place -> 'after', idx_tup_fetch + seq_tup_read "
        "from pg_stat_xact_user_tables where relid = 'app.questions'::regclass; "
        "return new; end $$"
    )
    defined.behind.execute(
        "create trigger note after update on audit_private.job_run for each row "
        "when (new.place ->> 'stage' = 'purge' and not (new.place ->> 'is_asked')::boolean) "
        "execute function app.note()"
    )
    defined.purge()
    assert defined.count() == 9000
    steps = [
        row["read"] for row in defined.rows("select read from app.steps where after <> 'null'")
    ]
    assert len(steps) == 4
    # Counted on through the session: what each batch adds is a few times its 5,000 rows.
    assert max(later - earlier for earlier, later in pairwise(steps)) < 15 * 5000


def test_an_unknown_tenant_is_told_in_the_installations_own(defined: Office) -> None:
    stranger: Any = "cccccccc-0000-4000-8000-00000000000c"
    defined.add("tenants", id=stranger)
    defined.ask(defined.assistant(30, tenant=stranger), 31, tenant=stranger)
    defined.ask(defined.assistant(30), 31)
    defined.behind.execute(
        "update app.questions set tenant_id = null where tenant_id = %s", (defined.tenant_a,)
    )
    defined.arm()
    defined.purge()
    events = defined.rows("select tenant_id from audit_private.event where action = 'data_purged'")
    assert [row["tenant_id"].int for row in events] == [0, 0]
    assert [str(row["tenant_id"])[:4] for row in defined.receipts()] == ["0000", "cccc"]
