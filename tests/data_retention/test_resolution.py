"""Whose days decide: the hierarchy, its edges, and a plain reference in Python."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_retention.office import DECISION, LEVELS, Office, new_id


def resolved(office: Office, key: object) -> tuple[str | None, int | None, bool]:
    row = office.resolve(key)
    return row["level"], row["days"], row["is_kept"]


def test_the_first_days_that_are_set_win(defined: Office) -> None:
    assistant = defined.assistant(10, space=20)
    (key,) = defined.ask(assistant, 5)
    assert resolved(defined, key) == ("assistant", 10, False)
    row = defined.resolve(key)
    assert row["due_at"] - row["time"] == timedelta(days=10)
    assert row["problem"] is None


def test_null_inherits_and_removes_an_override(defined: Office) -> None:
    assistant = defined.assistant(10, space=20)
    (key,) = defined.ask(assistant, 5)
    defined.set_days("assistants", assistant, None)
    assert resolved(defined, key) == ("space", 20, False)


def test_nothing_set_keeps_for_ever(defined: Office) -> None:
    (key,) = defined.ask(defined.assistant(), 9000)
    assert resolved(defined, key) == (None, None, True)
    assert defined.resolve(key)["due_at"] is None


@pytest.mark.parametrize(
    ("switch", "days", "expected"),
    [
        (True, 90, ("tenant", 90, False)),
        (True, None, (None, None, True)),
        (False, 90, (None, None, True)),
    ],
)
def test_the_tenant_counts_while_its_switch_is_on(
    defined: Office, switch: bool, days: int | None, expected: object
) -> None:
    (key,) = defined.ask(defined.assistant(), 5)
    defined.behind.execute(
        "update app.tenants set conversation_retention_enabled = %s, "
        "conversation_retention_days = %s",
        (switch, days),
    )
    assert resolved(defined, key) == expected


def test_an_explicit_keep_wins_over_the_levels_after_it(defined: Office) -> None:
    (key,) = defined.ask(defined.assistant(None, space=20, keeps_forever=True), 5)
    assert resolved(defined, key) == ("assistant", None, True)


def test_an_explicit_keep_loses_to_days_before_it(defined: Office) -> None:
    assistant = defined.assistant(10)
    defined.behind.execute("update app.spaces set keeps_forever = true")
    (key,) = defined.ask(assistant, 5)
    assert resolved(defined, key) == ("assistant", 10, False)


def test_keep_beats_the_days_of_its_own_level(defined: Office) -> None:
    (key,) = defined.ask(defined.assistant(10, keeps_forever=True), 5)
    assert resolved(defined, key) == ("assistant", None, True)


@pytest.mark.parametrize("days", [0, -1, 2556])
def test_values_that_make_no_sense_keep_and_are_told(defined: Office, days: int) -> None:
    (key,) = defined.ask(defined.assistant(days, space=20), 9000)
    assert resolved(defined, key) == ("assistant", None, True)
    assert defined.resolve(key)["problem"] == f"data_retention_days of assistant is {days}"
    (shown,) = defined.preview()
    assert (shown["invalid"], shown["due"], shown["level"]) == (1, 0, "assistant")


@pytest.mark.parametrize("days", [1, 2555])
def test_the_ends_of_the_range_are_valid(defined: Office, days: int) -> None:
    (key,) = defined.ask(defined.assistant(days), 5)
    assert resolved(defined, key) == ("assistant", days, False)


def test_orphans_resolve_by_the_levels_left(defined: Office) -> None:
    defined.behind.execute(
        "update app.tenants set conversation_retention_enabled = true, "
        "conversation_retention_days = 90"
    )
    assistant = defined.assistant(10, space=20)
    (without_assistant,) = defined.ask(None, 5)
    (without_space,) = defined.ask(assistant, 5)
    defined.behind.execute("update app.assistants set space_id = null, data_retention_days = null")
    assert resolved(defined, without_assistant) == ("tenant", 90, False)
    assert resolved(defined, without_space) == ("tenant", 90, False)


def test_a_row_without_a_time_is_kept_and_told(defined: Office) -> None:
    (key,) = defined.ask(defined.assistant(10), 50)
    defined.behind.execute("update app.questions set created_at = null")
    assert defined.resolve(key)["problem"] == "created_at has no value"
    assert defined.preview()[0]["due"] == 0


def test_no_such_row(defined: Office) -> None:
    for key in (new_id(), "no uuid"):
        with pytest.raises(psycopg.Error) as caught:
            defined.resolve(key)
        assert caught.value.sqlstate == "WT112"


def test_a_level_without_days_is_a_hop(office: Office) -> None:
    levels: list[dict[str, Any]] = [
        {"name": "session", "relation": "app.sessions", "join": {"session_id": "id"}},
        LEVELS[2] | {"join": {"session.tenant_id": "id"}},
    ]
    office.define(levels=levels)
    office.behind.execute(
        "update app.tenants set conversation_retention_enabled = true, "
        "conversation_retention_days = 7 where id = %s",
        (office.tenant_b,),
    )
    session = office.add("sessions", tenant_id=office.tenant_b)
    (key,) = office.ask(None, 5, session=session)
    assert resolved(office, key) == ("tenant", 7, False)


@pytest.mark.parametrize("kind", ["timestamp", "date"])
def test_times_without_a_zone_are_utc(office: Office, kind: str) -> None:
    office.make(f"create table app.notes (id integer primary key, at {kind})")
    office.make("create table app.rules (id integer primary key, days smallint)")
    office.behind.execute("insert into app.rules values (1, 3)")
    office.behind.execute("insert into app.notes values (1, '2026-03-29'), (2, 'infinity')")
    office.define(
        "app.notes",
        time_column="at",
        tenant_column=None,
        levels=[{"name": "rule", "relation": "app.rules", "join": {"id": "id"}, "days": "days"}],
    )
    office.operator.execute("set timezone = 'Europe/Stockholm'")
    row = office.resolve(1, "app.notes")
    assert row["due_at"].isoformat().startswith("2026-04-01T02:00:00+02:00")


DAYS = st.one_of(st.none(), st.sampled_from([-3, 0, 1, 5, 30, 2555, 2556]))
SWITCH = st.sampled_from([None, True, False])
AGES = st.sampled_from([0.5, 1.5, 4.999, 5.001, 29.999, 30.001, 2554.0, 2556.0])


@dataclass(frozen=True)
class World:
    """One tenant's rows of each level, and questions that may lack some of them."""

    tenants: list[tuple[int | None, bool]]
    spaces: list[tuple[int, int | None, bool]]
    assistants: list[tuple[int | None, int | None, bool | None]]
    questions: list[tuple[int | None, int | None, float]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    def place(rows: list[Any]) -> st.SearchStrategy[int | None]:
        return st.one_of(st.none(), st.integers(0, len(rows) - 1))

    tenants = draw(st.lists(st.tuples(DAYS, st.booleans()), min_size=2, max_size=2))
    spaces = draw(
        st.lists(st.tuples(st.integers(0, 1), DAYS, st.booleans()), min_size=1, max_size=3)
    )
    assistants = draw(st.lists(st.tuples(place(spaces), DAYS, SWITCH), min_size=1, max_size=4))
    questions = draw(
        st.lists(
            st.tuples(st.one_of(st.none(), st.integers(0, 1)), place(assistants), AGES),
            min_size=1,
            max_size=12,
        )
    )
    return World(tenants, spaces, assistants, questions)


def decide(world: World, question: int) -> tuple[str | None, int | None]:
    """Say level and days of a question, as the guide says it; days None keeps."""
    tenant, assistant, _ = world.questions[question]
    space = None
    if assistant is not None:
        space, days, keeps = world.assistants[assistant]
        if keeps:
            return "assistant", None
        if days is not None:
            return "assistant", days if 1 <= days <= 2555 else None
    if space is not None:
        _, days, keeps = world.spaces[space]
        if keeps:
            return "space", None
        if days is not None:
            return "space", days if 1 <= days <= 2555 else None
    if tenant is not None:
        days, is_on = world.tenants[tenant]
        if is_on and days is not None:
            return "tenant", days if 1 <= days <= 2555 else None
    return None, None


def build(office: Office, world: World) -> list[Any]:
    office.behind.execute(
        "truncate app.tenants, app.spaces, app.assistants, app.apps, app.questions, "
        "app.question_files, app.app_runs, app.sessions"
    )
    tenants = [
        office.add(
            "tenants",
            id=(office.tenant_a, office.tenant_b)[place],
            conversation_retention_days=days,
            conversation_retention_enabled=is_on,
        )
        for place, (days, is_on) in enumerate(world.tenants)
    ]
    spaces = [
        office.add(
            "spaces", tenant_id=tenants[tenant], data_retention_days=days, keeps_forever=keeps
        )
        for tenant, days, keeps in world.spaces
    ]
    assistants = [
        office.add(
            "assistants",
            space_id=None if space is None else spaces[space],
            data_retention_days=days,
            keeps_forever=keeps,
        )
        for space, days, keeps in world.assistants
    ]
    keys = []
    for tenant, assistant, age in world.questions:
        (row,) = office.rows(
            "insert into app.questions (tenant_id, assistant_id, created_at) "
            "values (%s, %s, now() - %s * interval '24 hours') returning id",
            None if tenant is None else tenants[tenant],
            None if assistant is None else assistants[assistant],
            age,
        )
        keys.append(row["id"])
    return keys


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(world=worlds())
def test_the_view_and_the_purge_do_what_the_guide_says(office: Office, world: World) -> None:
    keys = build(office, world)
    if office.value("select count(*) from audit_private.data_retention") == 0:
        office.define(decision=DECISION)
    expected = [decide(world, place) for place in range(len(keys))]
    found = {
        row["entity_id"]: (row["level"], row["days"])
        for row in office.rows("select * from audit_data.retention_of_app_questions")
    }
    assert [found[str(key)] for key in keys] == expected
    survivors = {
        key
        for key, (_, days), (_, _, age) in zip(keys, expected, world.questions, strict=True)
        if days is None or not age > days
    }
    office.operator.execute(
        "select audit.disarm_data_retention('app.questions', 'another world of this test')"
    )
    office.arm()
    office.purge()
    assert {row["id"] for row in office.rows("select id from app.questions")} == survivors
    receipts = office.receipts()
    assert sum(row["predicted"] for row in receipts) == len(keys) - len(survivors)
    assert sum(row["removed"] for row in receipts) == len(keys) - len(survivors)
