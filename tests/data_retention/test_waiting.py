"""Rows that are newly due by a change wait; rows that grew old don't; longer counts at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from data_retention.office import Office


@pytest.fixture
def running(defined: Office) -> Office:
    """Armed, and run once, with an assistant of 365 days in a space without."""
    running_for(defined)
    return defined


def running_for(office: Office) -> UUID:
    assistant = office.assistant(365)
    office.ask(assistant, 100, 3)
    office.arm()
    office.purge()
    assert office.count() == 3
    return assistant


def assistant_of(office: Office) -> UUID:
    found: UUID = office.value("select id from app.assistants order by id limit 1")
    return found


def waits_a_week(office: Office, rows: int = 3) -> None:
    """Nothing goes for seven days of nightly runs, and then all of it."""
    for _ in range(2):
        office.purge()
        assert office.count() == rows
        assert sum(row["predicted"] for row in office.receipts()) == 0
        office.days_pass(3.4)
    (shown,) = [row for row in office.preview() if row["rows"] == rows]
    assert (shown["waiting"], shown["due"]) == (rows, 0)
    office.purge()
    assert office.count() == rows
    office.days_pass(0.3)
    office.purge()
    assert office.count() == 0


def test_days_that_were_lowered(running: Office) -> None:
    running.set_days("assistants", assistant_of(running), 30)
    waits_a_week(running)


def test_days_that_were_set_where_a_longer_level_counted(defined: Office) -> None:
    assistant = defined.assistant(None, space=365)
    defined.ask(assistant, 100, 3)
    defined.arm()
    defined.set_days("assistants", assistant, 30)
    waits_a_week(defined)


def test_a_switch_that_was_turned_on(defined: Office) -> None:
    defined.ask(None, 100, 3)
    defined.behind.execute("update app.tenants set conversation_retention_days = 30")
    defined.arm()
    defined.behind.execute("update app.tenants set conversation_retention_enabled = true")
    waits_a_week(defined)


def test_a_keep_that_was_turned_off(defined: Office) -> None:
    defined.ask(defined.assistant(30, keeps_forever=True), 100, 3)
    defined.arm()
    defined.behind.execute("update app.assistants set keeps_forever = false")
    waits_a_week(defined)


def test_an_assistant_that_moved_to_another_space(defined: Office) -> None:
    assistant = defined.assistant(None, space=365)
    defined.ask(assistant, 100, 3)
    defined.arm()
    other = defined.add("spaces", tenant_id=defined.tenant_a, data_retention_days=30)
    defined.behind.execute("update app.assistants set space_id = %s", (other,))
    waits_a_week(defined)


def test_rows_that_moved_to_another_assistant(running: Office) -> None:
    """That one's days have long been in force, so only the rows tell."""
    other = running.assistant(30)
    running.ask(other, 1, 1)
    running.purge()
    running.days_pass(8)
    running.purge()
    running.behind.execute("update app.questions set assistant_id = %s", (other,))
    running.days_pass(1)
    for _ in range(2):
        running.purge()
        assert running.count() == 4
        running.days_pass(3.4)
    running.purge()
    assert running.count() == 4
    running.days_pass(0.3)
    running.purge()
    assert running.count() == 1


def test_what_was_seen_at_arming_is_in_force(defined: Office) -> None:
    defined.ask(defined.assistant(30), 100, 3)
    defined.arm()
    defined.purge()
    assert defined.count() == 0


def test_a_value_that_changed_between_preview_and_arming_waits(defined: Office) -> None:
    assistant = defined.assistant(365)
    defined.ask(assistant, 100, 3)
    defined.preview()
    defined.set_days("assistants", assistant, 30)
    defined.owner.execute("select audit.arm_data_retention('app.questions', 'after a preview')")
    waits_a_week(defined)


def test_arming_again_ends_no_wait(running: Office) -> None:
    running.set_days("assistants", assistant_of(running), 30)
    running.purge()
    running.arm()
    running.purge()
    assert running.count() == 3


def test_rows_that_grow_old_do_not_wait(running: Office) -> None:
    running.ask(assistant_of(running), 364.5, 2)
    running.purge()
    assert running.count() == 5
    running.days_pass(1)
    running.purge()
    assert running.count() == 3


def test_longer_counts_at_once(running: Office) -> None:
    assistant = assistant_of(running)
    running.ask(assistant, 364.5, 1)
    running.purge()
    running.set_days("assistants", assistant, 400)
    running.days_pass(1)
    running.purge()
    assert running.count() == 4
    running.set_days("assistants", assistant, None)
    running.days_pass(300)
    running.purge()
    assert running.count() == 4


def test_a_shortening_that_was_taken_back_is_forgotten(running: Office) -> None:
    assistant = assistant_of(running)
    running.set_days("assistants", assistant, 30)
    running.purge()
    running.set_days("assistants", assistant, 365)
    running.purge()
    running.days_pass(6)
    running.set_days("assistants", assistant, 30)
    running.purge()
    running.days_pass(2)
    running.purge()
    assert running.count() == 3


def test_a_second_shortening_waits_anew(running: Office) -> None:
    assistant = assistant_of(running)
    running.set_days("assistants", assistant, 150)
    running.purge()
    running.days_pass(6)
    running.set_days("assistants", assistant, 30)
    running.purge()
    running.days_pass(2)
    running.purge()
    assert running.count() == 3
    running.days_pass(6)
    running.purge()
    assert running.count() == 0


def test_less_of_a_shortening_waits_no_longer(running: Office) -> None:
    assistant = assistant_of(running)
    running.set_days("assistants", assistant, 30)
    running.purge()
    running.days_pass(6)
    running.set_days("assistants", assistant, 90)
    running.purge()
    running.days_pass(1.5)
    running.purge()
    assert running.count() == 0


def test_rows_due_by_the_old_value_go_while_the_new_one_waits(running: Office) -> None:
    assistant = assistant_of(running)
    running.ask(assistant, 364.5, 2)
    running.purge()
    running.set_days("assistants", assistant, 30)
    running.days_pass(1)
    running.purge()
    assert running.count() == 3


def test_the_delay_is_an_option(running: Office) -> None:
    running.option("retention_delay_days", "1")
    running.set_days("assistants", assistant_of(running), 30)
    running.purge()
    running.days_pass(1.1)
    running.purge()
    assert running.count() == 0


def test_the_group_is_no_longer_than_it_needs_to_be(defined: Office) -> None:
    defined.ask(defined.assistant(30), 1, 5)
    defined.arm()
    groups: list[dict[str, Any]] = defined.rows(
        "select days, next_days from audit_private.data_retention_group"
    )
    assert groups == [{"days": 30, "next_days": None}]
