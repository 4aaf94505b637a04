"""What an erasure takes of a person's events, and what it leaves."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from erasure.bureau import PAYLOAD, Bureau, ask
from retention.vault import ago, old
from walls.ledger import REASON, call, refused

from databases import OTHER_PERSONAS, TENANT_PERSONAS, name_case

PSEUDONYM = re.compile(r"erased-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ALL = {"actor_id", "entity_id", "payload"}


# An identifier of four digits stands in one UUID or another sooner or later.
@pytest.mark.parametrize(
    ("values", "groups"),
    [
        ({"actor_id": "4711990815"}, {"actor_id"}),
        ({"actor_id": "4711990815", "entity_id": "9"}, {"actor_id"}),
        ({"entity_id": "4711990815", "actor_id": "9"}, {"entity_id"}),
        (
            {"actor_id": "ANNA@example.org", "entity_id": "Anna@Example.org"},
            {"actor_id", "entity_id"},
        ),
        ({"entity_id": '["4711990815", "7"]'}, {"entity_id"}),
        ({"entity_id": '["7", "Anna@example.org"]'}, {"entity_id"}),
        ({"description": "about anna@example.org, again"}, {"payload"}),
        ({"target": [{"mail": "Anna@Example.org"}]}, {"payload"}),
        ({"target": {"id": 4711990815}}, {"payload"}),
        ({"changes": {"mail": {"old": "ANNA@example.org", "new": None}}}, {"payload"}),
        ({"metadata": {"cc": ["x", {"y": "to anna@example.org"}]}}, {"payload"}),
        ({"metadata": {"invited": {"anna@example.org": True}}}, {"payload"}),
        ({"actor_id": "9", "actor": {"mail": "anna@example.org"}}, {"payload"}),
        ({"user_agent": "mailer for anna@example.org"}, {"payload"}),
        ({"outcome": "failure", "error_message": "no anna@example.org"}, {"payload"}),
        ({"request_id": "anna@example.org-1"}, {"payload"}),
        ({"ip": "192.0.2.7"}, {"payload"}),
        ({"ip": "192.0.2.7/24"}, {"payload"}),
        # What was noted down about the person goes with the person.
        ({"actor_id": "4711990815", "actor": {"name": "N"}}, {"actor_id", "payload"}),
        ({"actor_id": "4711990815", "ip": "192.0.2.9"}, {"actor_id", "payload"}),
        (
            {"entity_id": "4711990815", "changes": {"name": {"old": "A", "new": "B"}}},
            {"entity_id", "payload"},
        ),
        ({"entity_id": "4711990815", "target": {"name": "N"}}, {"entity_id", "payload"}),
        (
            {"actor_id": "4711990815", "entity_id": "4711990815", "metadata": {"k": "4711990815"}},
            {"actor_id", "entity_id", "payload"},
        ),
        (
            {"actor_id": "47119908150", "entity_id": "x4711990815", "metadata": {"k": 471199081}},
            set(),
        ),
        ({"entity_id": '["47119908150"]', "metadata": {"k": True}}, set()),
        ({"entity_id": "[4711990815"}, set()),
    ],
    ids=name_case,
)
def test_the_groups_that_name_the_person_go(
    bureau: Bureau, values: dict[str, Any], groups: set[str]
) -> None:
    event_id = bureau.put(**values)
    before, leaf = bureau.get(event_id), bureau.leaf(event_id)
    assert bureau.erase(" 4711990815 ", "anna@EXAMPLE.org", "192.0.2.7") == (bool(groups), 0, 0)
    assert bureau.groups(event_id) == groups
    assert bureau.leaf(event_id) == leaf
    after = bureau.get(event_id)
    if "actor_id" in groups:
        assert PSEUDONYM.fullmatch(after["actor_id"])
    kept = set(before) - {"salt", "derived_salts"} - {f"{name}_digest" for name in ALL}
    kept -= {"actor_id"} & groups | {"entity_id"} & groups
    kept -= set(PAYLOAD) if "payload" in groups else set()
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_one_pseudonym_for_an_actor_and_another_the_next_time(bureau: Bureau) -> None:
    mine = [bureau.put(actor_id=name) for name in ("anna", "Anna", "anna")]
    other = bureau.put(actor_id="ann-2")
    theirs = bureau.put("b", actor_id="anna")
    bureau.erase("anna", "ann-2")
    pseudonyms = {bureau.get(event_id)["actor_id"] for event_id in mine}
    assert len(pseudonyms) == 1
    assert bureau.get(other)["actor_id"] not in pseudonyms
    assert bureau.get(theirs)["actor_id"] == "anna"
    later = bureau.put(actor_id="anna")
    bureau.erase("anna")
    assert bureau.get(later)["actor_id"] not in pseudonyms
    assert bureau.erase("anna", connection=bureau.privacy_b) == (1, 0, 0)
    assert bureau.get(theirs)["actor_id"] not in pseudonyms | {"anna"}


def test_once_more_does_nothing_and_is_told_all_the_same(bureau: Bureau) -> None:
    event_id = bureau.put(actor_id="anna", description="by anna")
    assert bureau.erase("anna") == (1, 0, 0)
    before = bureau.get(event_id)
    assert bureau.erase("anna") == (0, 0, 0)
    assert bureau.get(event_id) == before
    assert [row["erased"] for row in ask(bureau.privacy, "list_erasures")] == [0, 1]


def test_other_groups_later(bureau: Bureau) -> None:
    """One after the other, in any order, with digests and salts of what is left."""
    event_id = bureau.put(actor_id="anna", entity_id="bertil", description="for cecilia")
    leaf = bureau.leaf(event_id)
    for name, groups in (
        ("bertil", {"entity_id"}),
        ("cecilia", {"entity_id", "payload"}),
        ("anna", ALL),
    ):
        assert bureau.erase(name) == (1, 0, 0)
        assert bureau.groups(event_id) == groups
        assert bureau.leaf(event_id) == leaf
    told = bureau.root.execute(
        "select groups from audit_private.erased_event where event_id = %s order by erased_at",
        (event_id,),
    ).fetchall()
    assert [row["groups"] for row in told] == [["entity_id"], ["payload"], ["actor_id"]]


@pytest.mark.parametrize(
    "identifier",
    [
        'an"na',
        "an\\na",
        "an%na",
        "an_na",
        "an\nna",
        "åÄö",
        "an'na",
        'a,"b',
        "an\x01na",
        "{anna}",
        "%_%",
    ],
)
def test_unusual_identifiers(bureau: Bureau, identifier: str) -> None:
    named = [
        bureau.put(actor_id=identifier),
        bureau.put(entity_id=identifier),
        bureau.put(description=f"before {identifier} after"),
        bureau.put(metadata={"deep": [{"k": f"before {identifier} after"}]}),
        bureau.put(metadata={identifier: 1}),
    ]
    others = [
        bureau.put(actor_id="anxna", entity_id="anna", description="anxna", metadata={"k": "an na"})
    ]
    leaves = bureau.leaves()
    assert bureau.erase(identifier) == (len(named), 0, 0)
    assert all(bureau.groups(event_id) for event_id in named)
    assert not any(bureau.groups(event_id) for event_id in others)
    assert {k: v for k, v in bureau.leaves().items() if k in leaves} == leaves


@pytest.mark.parametrize(
    "identifiers", [None, [], ["ab"], ["anna", ""], ["anna", None], ["   a   "], ["abc"] * 101]
)
def test_what_would_erase_everybody_is_refused(bureau: Bureau, identifiers: Any) -> None:
    bureau.put(actor_id="anna")
    with refused("WT040"):
        bureau.privacy.execute(
            "select audit.erase_subject(identifiers => %s::text[], reason => %s)",
            (identifiers, REASON),
        )
    assert ask(bureau.privacy, "list_erasures") == []


def test_a_nul_reaches_no_statement(bureau: Bureau) -> None:
    with pytest.raises(psycopg.DataError):
        bureau.erase("an\0na")


def test_the_reason_may_not_hold_what_is_erased(bureau: Bureau) -> None:
    bureau.put(actor_id="anna")
    for reason in ("Anna has asked for it", "a request of xANNAx, of May"):
        with refused("WT140") as refusal:
            bureau.erase("anna", reason=reason)
        assert "anna" not in f"{refusal.message}{refusal.detail}{refusal.hint}".lower()
    for invalid in (None, "short", "x" * 501):
        with refused("WT021", case=invalid):
            bureau.erase("anna", reason=invalid)
    assert ask(bureau.privacy, "list_erasures") == []
    assert bureau.root.execute("select from audit_private.event where actor_id = 'anna'").fetchall()


@pytest.mark.parametrize(
    "context",
    [
        {"actor_id": "ANNA"},
        {"actor_id": "9", "actor": {"mail": "anna@example.org"}},
        {"ip": "192.0.2.7"},
        {"user_agent": "anna's browser"},
        {"request_id": "anna-1"},
    ],
    ids=str,
)
def test_nobody_erases_themselves(bureau: Bureau, context: dict[str, Any]) -> None:
    """The event of the erasure would name them."""
    bureau.root.execute("grant audit_privacy to test_service")
    try:
        service = bureau.database.connect(bureau.database.role("service"))
        with service.transaction():
            call(service, "set_context", tenant_id=bureau.database.tenant_a, **context)
            with refused("WT140"), service.transaction():
                bureau.erase("anna", "192.0.2.7", connection=service)
            call(service, "set_context", tenant_id=bureau.database.tenant_a, actor_id="dpo")
            assert bureau.erase("anna", "192.0.2.7", connection=service) == (0, 0, 0)
    finally:
        bureau.root.execute("revoke audit_privacy from test_service")


def test_it_is_told_without_saying_who(bureau: Bureau) -> None:
    bureau.put(actor_id="anna")
    bureau.erase("anna", reason="Request 2026-114, approved")
    [erasure] = ask(bureau.privacy, "list_erasures")
    assert (erasure["kind"], erasure["reason"]) == ("subject", "Request 2026-114, approved")
    assert (erasure["requested_by"], erasure["erased"]) == ("test_privacy_a", 1)
    [told] = bureau.root.execute(
        "select * from audit_private.event where action = 'subject_erased'"
    ).fetchall()
    assert (told["entity_type"], told["entity_id"]) == ("audit_erasure", str(erasure["erasure_id"]))
    assert (told["source"], told["tenant_id"]) == ("system", bureau.database.tenant_a)
    assert told["metadata"] == {
        "kind": "subject",
        "reason": "Request 2026-114, approved",
        "erased": 1,
        "held": 0,
        "exports": 0,
    }


def test_who_may(bureau: Bureau) -> None:
    bureau.put(actor_id="anna")
    bureau.put("b", actor_id="anna")
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        if persona == "privacy":
            continue
        connection = bureau.database.connect(bureau.database.role(persona))
        for function, arguments in (
            ("erase_subject", {"identifiers": ["anna"]}),
            ("erase_events", {"filter": {"source": "logged"}}),
            ("replay_erasures", {"entries": [{}]}),
        ):
            with refused("42501", case=(persona, function)):
                ask(
                    connection,
                    function,
                    reason=REASON,
                    tenant_id=bureau.database.tenant_a,
                    **arguments,
                )
    for function, arguments in (
        ("erase_subject", {"identifiers": ["anna"]}),
        ("erase_events", {"filter": {"source": "logged"}}),
        ("list_erasures", {}),
    ):
        reason = {} if function == "list_erasures" else {"reason": REASON}
        with refused("WT002", case=function):
            ask(
                bureau.privacy_b,
                function,
                tenant_id=bureau.database.tenant_a,
                **reason,
                **arguments,
            )
    actors = bureau.root.execute(
        "select actor_id from audit_private.event where source = 'logged'"
    ).fetchall()
    assert [row["actor_id"] for row in actors] == ["anna", "anna"]
    assert bureau.erase("anna", connection=bureau.privacy_b) == (1, 0, 0)
    assert bureau.root.execute(
        "select tenant_id from audit_private.event where actor_id = 'anna'"
    ).fetchall() == [{"tenant_id": bureau.database.tenant_a}]


def test_who_lists(bureau: Bureau) -> None:
    bureau.erase("anna")
    bureau.erase("anna", connection=bureau.privacy_b)
    lists = {"admin": 1, "privacy": 1, "service": 1, "operator": 2, "owner": 2, "auditor": 2}
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = bureau.database.connect(bureau.database.role(persona))
        tenant = {"tenant_id": bureau.database.tenant_a} if persona == "service" else {}
        if persona in lists:
            assert len(ask(connection, "list_erasures", **tenant)) == lists[persona], persona
        else:
            with refused("42501", case=persona):
                ask(connection, "list_erasures")


def test_it_is_not_done_on_a_stale_snapshot(bureau: Bureau) -> None:
    for level in ("repeatable read", "serializable"):
        bureau.privacy.execute(f"begin isolation level {level}".encode())
        with refused("WT037", case=level):
            bureau.erase("anna")
        bureau.privacy.execute("rollback")
    bureau.privacy.execute("begin read only")
    with refused("WT036"):
        bureau.erase("anna")
    bureau.privacy.execute("rollback")


def test_what_has_expired_and_is_still_there_goes_too(bureau: Bureau) -> None:
    [event_id] = bureau.vault.bring(old(400, actor_id="anna"))
    assert ask(bureau.vault.reader(), "search_events", filter={"source": "imported"}) == []
    leaf = bureau.leaf(event_id)
    assert bureau.erase("anna") == (1, 0, 0)
    assert bureau.groups(event_id) == {"actor_id"}
    assert bureau.leaf(event_id) == leaf


def test_in_every_partition_closed_ones_too(bureau: Bureau) -> None:
    days = (300, 200, 100, 30, 8, 0)
    for number in days:
        bureau.vault.bring(old(number, actor_id="q-anna", description=f"{number} of q-anna"))
    name = bureau.vault.partition_of(ago(200))
    bureau.vault.operator.execute("select audit.close_partition(%s)", (name,))
    leaves = bureau.leaves()
    assert bureau.erase("q-anna") == (len(days), 0, 0)
    assert {k: v for k, v in bureau.leaves().items() if k in leaves} == leaves
    assert bureau.places("q-anna") == []
    reader = bureau.vault.reader()
    assert ask(reader, "search_events", filter={"search": "of q-anna"}) == []


def test_erased_events_read_well(bureau: Bureau) -> None:
    reader = bureau.vault.reader()
    event_id = bureau.put(
        actor_id="anna", entity_id="anna", actor={"name": "Anna"}, target={"name": "Anna"}
    )
    half = bureau.put(entity_id="anna", actor_id="bo", description="half")
    assert bureau.erase("anna") == (2, 0, 0)
    with reader.transaction():
        view = reader.execute(
            "select actor_id, entity_id, description, actor, target, metadata "
            "from audit.event where id = %s",
            (event_id,),
        ).fetchone()
    assert view is not None
    assert PSEUDONYM.fullmatch(view[0])
    assert view[1:4] == (None, None, None)
    assert view[4] == {"type": "user", "id": None}
    found = {
        row["id"]: row for row in ask(reader, "search_events", filter={"action": "user_created"})
    }
    assert set(found) == {event_id, half}
    assert (found[half]["description"], found[half]["entity_id"]) == ("half", None)
    assert ask(reader, "search_events", filter={"actor_id": view[0]})[0]["id"] == event_id
    assert ask(reader, "count_events", filter={"actor_id": view[0]})[0]["count"] == 1
    actors = {row["actor_id"] for row in ask(reader, "list_actors")}
    assert view[0] in actors
    assert "anna" not in actors
    [one] = ask(reader, "get_event", event_id=event_id)
    assert one["description"] is None


def test_a_repeat_brings_nothing_back(bureau: Bureau) -> None:
    """An import that is run again finds the event there, whatever it held."""
    event = old(30, actor_id="anna", description="by anna")
    [event_id] = bureau.vault.bring(event)
    bureau.erase("anna")
    [again] = ask(bureau.vault.admin, "import_events", events=[event], reason=REASON)
    assert (again["event_id"], again["result"]) == (event_id, "repeated")
    assert bureau.groups(event_id) == {"actor_id", "payload"}
