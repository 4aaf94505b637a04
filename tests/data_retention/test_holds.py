"""Holds keep rows of the application as they keep events."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from data_retention.office import FILES, LAST, Office

from databases import name_case


def define_entity_type(office: Office, name: str) -> None:
    office.operator.execute(
        "select audit.define_entity_type(%s, titles => jsonb_build_object('en', %s::text))",
        (name, name),
    )


@pytest.fixture
def people(office: Office) -> Office:
    """Questions of two people in two tenants, all due, with an entity type and an actor."""
    define_entity_type(office, "question")
    define_entity_type(office, "file_of_ours")
    office.define(
        actor_column="user_id",
        entity_type="question",
        children=[FILES[0] | {"entity_type": "file_of_ours"}],
    )
    for tenant in (office.tenant_a, office.tenant_b):
        assistant = office.assistant(30, tenant=tenant)
        for user in ("anna", "bo"):
            office.ask(assistant, 31, 1, tenant=tenant, user=user, files=1)
    office.arm()
    return office


def left(office: Office) -> set[tuple[str, str]]:
    return {
        ("a" if row["tenant_id"] == office.tenant_a else "b", row["user_id"])
        for row in office.rows("select tenant_id, user_id from app.questions")
    }


ALL_OF_A = {("a", "anna"), ("a", "bo")}


@pytest.mark.parametrize(
    ("keys", "kept"),
    [
        ({}, ALL_OF_A),
        ({"entity_type": "question"}, ALL_OF_A),
        ({"entity_type": ["question", "user"]}, ALL_OF_A),
        ({"entity_type": "user"}, set()),
        ({"actor_id": "anna"}, {("a", "anna")}),
        ({"actor_id": ["anna", "nobody"], "entity_type": "question"}, {("a", "anna")}),
        ({"action": "user_created"}, set()),
        ({"outcome": "success"}, set()),
        ({"from": "2020-01-01", "to": "2020-02-01"}, set()),
        ({"from": "2020-01-01"}, ALL_OF_A),
        ({"entity_type": "file_of_ours"}, ALL_OF_A),
        ({"entity_type": "file_of_ours", "entity_id": "1"}, {("a", "anna")}),
    ],
    ids=name_case,
)
def test_what_a_hold_keeps(people: Office, keys: dict[str, Any], kept: object) -> None:
    people.hold(**keys)
    due = sum(row["due"] for row in people.preview())
    held = sum(row["kept_by_hold"] for row in people.preview())
    people.purge()
    assert left(people) == kept
    receipts = people.receipts()
    assert sum(row["removed"] for row in receipts) == due
    assert sum(row["kept_by_hold"] for row in receipts) == held


def test_one_row_by_its_key(people: Office) -> None:
    key = people.value(
        "select id from app.questions where tenant_id = %s and user_id = 'bo'", people.tenant_a
    )
    people.hold(entity_type="question", entity_id=str(key))
    people.purge()
    assert left(people) == {("a", "bo")}


def test_a_table_without_entity_type_tenant_or_actor_is_held_by_any(office: Office) -> None:
    office.define(tenant_column=None)
    office.ask(office.assistant(30), 31, 2)
    office.arm()
    office.hold("b", actor_id="somebody", entity_type="user")
    office.purge()
    assert (office.count(), office.receipt()["kept_by_hold"]) == (2, 2)


def test_a_held_session_keeps_its_questions(office: Office) -> None:
    define_entity_type(office, "session")
    office.define(children=[*FILES, LAST[0] | {"entity_type": "session"}])
    session = office.add("sessions", tenant_id=office.tenant_a)
    office.ask(office.assistant(30), 31, 1, session=session)
    office.arm()
    office.hold(entity_type="session", entity_id=str(session))
    office.purge()
    assert (office.count(), office.count("app.sessions")) == (1, 1)


def test_a_released_hold_keeps_nothing(people: Office) -> None:
    people.hold()
    people.purge()
    people.days_pass(8)
    people.release()
    people.purge()
    assert left(people) == set()


def test_what_waits_for_its_release_is_told(people: Office) -> None:
    people.hold()
    people.purge()
    first, second = people.receipts()
    assert (first["kept_by_hold"], first["predicted"], first["result"]) == (2, 0, "succeeded")
    assert second["removed"] == 2


def test_an_operator_cannot_place_one(people: Office) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        people.operator.execute("select audit.place_hold('x', '{}', 'as operators may not')")
