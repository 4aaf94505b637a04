"""What can be declared, by whom, and what is refused with the SQL that helps."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from data_retention.office import DECISION, FILES, LAST, LEVELS, QUESTIONS, REASON, Office
from pgwitness import resources

from databases import INSTALLER


def refused(office: Office, **options: Any) -> psycopg.errors.Diagnostic:
    relation = options.pop("relation", QUESTIONS)
    with pytest.raises(psycopg.Error) as caught:
        office.define(relation, **options)
    assert caught.value.sqlstate == "WT112", caught.value
    assert caught.value.diag.message_detail
    assert caught.value.diag.message_hint
    return caught.value.diag


def drift(office: Office) -> list[dict[str, Any]]:
    return office.rows("select * from audit_private.list_drift()")


def test_it_is_told_in_the_log_and_listed(defined: Office) -> None:
    (event,) = defined.rows(
        "select * from audit_private.event where action = 'data_retention_defined'"
    )
    assert (event["entity_type"], event["entity_id"]) == ("audit_data_retention", QUESTIONS)
    assert event["metadata"] == {"decision": DECISION}
    assert set(event["changes"]) >= {"levels", "children", "time_column"}
    (listed,) = defined.operator.execute("select * from audit.list_data_retention()").fetchall()
    assert listed["relation"] == QUESTIONS
    assert [level["join"] for level in listed["levels"]] == [level["join"] for level in LEVELS]
    assert (listed["problem"], listed["armed_at"]) == (None, None)


def test_running_it_again_changes_nothing(defined: Office) -> None:
    assert not defined.define()
    assert len(defined.rows("select from audit_private.event where action ~ 'data_ret'")) == 1


def test_what_is_listed_can_be_declared(defined: Office) -> None:
    (listed,) = defined.operator.execute("select * from audit.list_data_retention()").fetchall()
    assert not defined.define(levels=listed["levels"], children=listed["children"])


def test_another_decision_leaves_it_armed(defined: Office) -> None:
    defined.arm()
    assert defined.define(decision="Disposal decision 2025:1 of the board")
    assert defined.value("select armed_at is not null from audit_private.data_retention")


def test_another_definition_disarms(defined: Office) -> None:
    defined.arm()
    assert defined.define(levels=LEVELS[:2])
    assert defined.value("select armed_at is null from audit_private.data_retention")
    defined.ask(defined.assistant(1), 5)
    defined.purge()
    assert defined.count() == 1


def test_nothing_in_the_logs_own_schemas_counts_as_drift(defined: Office) -> None:
    assert drift(defined) == []
    defined.operator.execute("select audit.drop_data_retention(%s, %s)", (QUESTIONS, REASON))
    assert drift(defined) == []
    assert defined.rows("select from pg_proc where pronamespace = 'audit_data'::regnamespace") == []
    assert (
        defined.rows("select from pg_class where relnamespace = 'audit_data'::regnamespace") == []
    )
    assert not defined.value(
        "select has_function_privilege('test_owner', p.oid, 'execute') from pg_proc p "
        "where proname = 'note_data_batch'"
    )


def test_the_owner_keeps_no_right_to_make_anything(defined: Office) -> None:
    for schema in ("audit", "audit_private", "audit_data"):
        assert not defined.value(f"select has_schema_privilege('test_owner', '{schema}', 'create')")


def test_the_functions_are_the_owners_and_act_as_such(defined: Office) -> None:
    made = defined.rows(
        "select proowner::regrole::text as owner, prosecdef, proacl::text as rights from pg_proc "
        "where pronamespace = 'audit_data'::regnamespace"
    )
    assert [(row["owner"], row["prosecdef"]) for row in made] == [("test_owner", True)] * 2
    assert all("=X/test_owner," not in row["rights"].replace("{", ",") or
               "test_operator" not in row["rights"] for row in made)  # fmt: skip
    assert all(",=X/" not in row["rights"].replace("{", ",") for row in made)


@pytest.mark.parametrize("persona", ["app", "reader", "admin", "privacy", "auditor", "stranger"])
def test_others_may_not(office: Office, database_role: Any, persona: str) -> None:
    hostile = office.database.connect(office.database.role(persona))
    for call in (
        "select audit.define_data_retention('app.questions', 'created_at', '[]')",
        "select audit.arm_data_retention('app.questions', 'because it can be')",
        "select * from audit.preview_data_purge('app.questions')",
        "call audit.purge_data()",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            hostile.execute(call)


@pytest.fixture
def database_role(office: Office) -> None:
    office.make("grant usage on schema app to public; grant select on app.questions to public")


def test_an_operator_without_the_table_may_not(defined: Office) -> None:
    defined.make("grant usage on schema app to test_operator")
    for call in (
        "select audit.define_data_retention('app.questions', 'created_at', "
        """'[{"name": "s", "relation": "app.sessions", "join": {"session_id": "id"}, """
        """"days": "x"}]', """
        "decision => 'a decision that is long enough')",
        "select audit.arm_data_retention('app.questions', 'because it can be')",
    ):
        with pytest.raises(psycopg.Error) as caught:
            defined.operator.execute(call)
        assert caught.value.sqlstate == "WT112"
        assert "set role test_owner" in str(caught.value.diag.message_hint)


def test_an_operator_can_call_no_step_to_remove_rows(defined: Office) -> None:
    """What the procedure calls is open to operators, but does nothing outside a run."""
    defined.arm()
    defined.ask(defined.assistant(1), 5)
    assert defined.operator.execute(
        "select audit_data.purge_of_app_questions(gen_random_uuid()) as done"
    ).fetchone() == {"done": None}
    for call in ("data_purge_terms(null, 'app.questions')", "data_retention_groups('x', null)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            defined.operator.execute(f"select audit_private.{call}")
    assert defined.count() == 1


@pytest.mark.parametrize(
    "levels",
    [
        {},
        [],
        [5],
        [{"name": "x"}],
        [LEVELS[0] | {"unknown": 1}],
        [LEVELS[0] | {"relation": "app.nothing"}],
        [LEVELS[0] | {"relation": "not a ( name"}],
        [LEVELS[0] | {"name": "with.dot"}],
        [LEVELS[0], LEVELS[0]],
        [LEVELS[0] | {"join": {}}],
        [LEVELS[0] | {"join": {"nothing": "id"}}],
        [LEVELS[0] | {"join": {"assistant_id": "nothing"}}],
        [LEVELS[0] | {"join": {"assistant_id": "space_id"}}],
        [LEVELS[0] | {"days": "id"}],
        [LEVELS[0] | {"keep": "data_retention_days"}],
        [LEVELS[1]],
        [LEVELS[0] | {"join": {"user_id": "id"}}],
    ],
    ids=str,
)
def test_levels_that_make_no_sense(office: Office, levels: Any) -> None:
    refused(office, levels=levels)


@pytest.mark.parametrize(
    "children",
    [
        {},
        [5],
        [{"relation": "app.question_files"}],
        [FILES[0] | {"rule": "archive"}],
        [FILES[0] | {"join": {"nothing": "id"}}],
        [FILES[0] | {"join": {"question_id": "nothing"}}],
        [FILES[0] | {"rule": "keeps", "children": FILES}],
        [FILES[0] | {"children": [FILES[0] | {"rule": "keeps"}]}],
    ],
    ids=str,
)
def test_children_that_make_no_sense(office: Office, children: Any) -> None:
    refused(office, children=children)


@pytest.mark.parametrize(
    "options",
    [
        {"decision": None},
        {"decision": "too short"},
        {"time_column": "nothing"},
        {"time_column": "user_id"},
        {"time_column": None},
        {"tenant_column": "user_id"},
        {"actor_column": "nothing"},
        {"entity_type": "nothing"},
        {"relation": "pg_class"},
        {"relation": "audit_private.job_run"},
    ],
    ids=str,
)
def test_other_things_that_make_no_sense(office: Office, options: Any) -> None:
    if str(options.get("relation", "")).startswith("audit"):
        office.owner = office.behind
    refused(office, **options)


def test_a_table_needs_a_key(office: Office) -> None:
    office.make("alter table app.questions drop constraint questions_pkey cascade")
    assert "add primary key" in str(refused(office, children=[]).message_hint)


@pytest.mark.parametrize("table", ["app.questions", "app.question_files", "app.assistants"])
def test_row_level_security_that_hides_rows_is_refused_with_the_policy(
    office: Office, table: str
) -> None:
    office.make(f"alter table {table} enable row level security")
    office.define(decision="owners pass what isn't forced")
    office.make(f"alter table {table} force row level security")
    office.make(f"create policy own on {table} using (id is not null)")
    diagnostic = refused(office)
    assert f"hides rows of {table} from test_owner" in str(diagnostic.message_detail)
    office.make(str(diagnostic.message_hint))
    office.define()
    office.make(f"create policy never on {table} as restrictive using (id is null)")
    assert "never" in str(refused(office).message_detail)


def test_a_policy_for_reading_alone_is_not_enough(office: Office) -> None:
    office.make(
        "alter table app.questions enable row level security, force row level security; "
        "create policy r on app.questions for select using (true); "
        "create policy w on app.questions for update using (true)"
    )
    refused(office)
    office.make("create policy d on app.questions for delete using (true)")
    assert office.define()


def test_missing_rights_are_refused_with_the_grant(office: Office) -> None:
    office.behind.execute("alter table app.question_files owner to postgres")
    office.behind.execute("alter table app.spaces owner to postgres")
    office.behind.execute("revoke all on app.question_files, app.spaces from public, test_owner")
    diagnostic = refused(office)
    hint = str(diagnostic.message_hint)
    assert "grant select, delete on app.question_files to test_owner;" in hint
    assert "grant select on app.spaces to test_owner;" in hint
    office.behind.execute(hint.encode())
    assert office.define()


def test_watching_with_deleted_values_and_data_retention_exclude_each_other(
    office: Office,
) -> None:
    watch = "select audit.watch(%s, %s, tenant_column => 'tenant_id'{})"
    office.owner.execute(watch.format("").encode(), (QUESTIONS, "question"))
    hint = str(refused(office).message_hint)
    assert "keep_deleted_values => false" in hint
    office.make(hint.replace("…", "its rows will be disposed of"))
    assert office.define()
    assert office.value("select entity_type from audit_private.data_retention") == "question"
    with pytest.raises(psycopg.Error) as caught:
        office.owner.execute(
            watch.format(", keep_deleted_values => true").encode(), (QUESTIONS, "question")
        )
    assert caught.value.sqlstate == "WT090"


def test_a_table_under_data_retention_is_watched_without_deleted_values(office: Office) -> None:
    office.define()
    for table, entity_type in ((QUESTIONS, "question"), ("app.question_files", "question_file")):
        office.owner.execute("select audit.watch(%s, %s)", (table, entity_type))
    assert not office.value("select bool_or(keep_deleted_values) from audit_private.watched_table")
    office.owner.execute("select audit.watch('app.apps', 'app_of_ours')")
    assert office.value(
        "select keep_deleted_values from audit_private.watched_table where table_name = 'apps'"
    )


def test_columns_that_are_used_are_defended(defined: Office) -> None:
    """PostgreSQL itself refuses to change them, because the view uses them."""
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        defined.make("alter table app.assistants drop column data_retention_days")


def test_a_table_that_is_gone_can_be_dropped_from_the_list(defined: Office) -> None:
    defined.arm()
    defined.make("alter table app.questions rename to answers")
    (listed,) = defined.operator.execute("select * from audit.list_data_retention()").fetchall()
    assert "is gone" in listed["problem"]
    defined.purge()
    assert defined.receipt()["result"] == "skipped"
    defined.operator.execute("select audit.drop_data_retention(null, %s)", (REASON,))
    assert defined.rows("select from audit_private.data_retention") == []


def test_two_owners_do_not_disturb_each_other(office: Office) -> None:
    office.define()
    office.behind.execute("create table app.notes (id int primary key, at timestamptz, rule int)")
    office.behind.execute("create table app.rules (id int primary key, days int)")
    office.behind.execute(
        "select audit.define_data_retention('app.notes', 'at', "
        """'[{"name": "r", "relation": "app.rules", "join": {"rule": "id"}, "days": "days"}]', """
        "decision => 'a decision that is long enough')"
    )
    assert drift(office) == []
    office.operator.execute("select audit.drop_data_retention('app.questions', %s)", (REASON,))
    assert drift(office) == []
    assert len(office.rows("select from audit_private.data_retention")) == 1


def test_uninstall_takes_all_of_it(defined: Office) -> None:
    installer = defined.database.connect(INSTALLER)
    present = defined.value("select count(*) from audit_private.event")
    defined.owner.close()
    with installer.transaction():
        installer.execute(
            "select set_config('pgwitness.archived_events', %s, true)", (str(present),)
        )
        installer.execute(resources.read_sql("uninstall.sql").encode())
    assert defined.count() == 0
    assert defined.rows("select from pg_namespace where nspname ~ '^audit'") == []


def test_missing_indexes_are_warned_of(office: Office) -> None:
    warnings: list[str] = []
    office.owner.add_notice_handler(lambda notice: warnings.append(str(notice.message_hint)))
    office.define()
    assert warnings == []
    office.make("drop index app.question_files_question_id_idx, app.questions_session_id_idx")
    office.define(children=FILES + LAST)
    assert warnings == [
        "create index concurrently on app.question_files (question_id); "
        "create index concurrently on app.questions (session_id);"
    ]
