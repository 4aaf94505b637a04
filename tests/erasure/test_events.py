"""Erasing what a filter finds, such as a password that was logged."""

from __future__ import annotations

from typing import Any

import pytest

from erasure.bureau import PAYLOAD, Bureau, ask
from retention.vault import old
from walls.ledger import REASON, refused


def test_payloads_go_and_the_envelope_stays(bureau: Bureau) -> None:
    found = bureau.put(
        actor_id="bo",
        entity_id="7",
        description="Signed in with q-hunter2",
        metadata={"form": {"password": "q-hunter2"}},
        ip="192.0.2.7",
        user_agent="browser",
    )
    other = bureau.put(actor_id="bo", entity_id="7", description="Signed out")
    foreign = bureau.put("b", description="q-hunter2")
    before, leaves = bureau.get(found), bureau.leaves()
    assert bureau.erase_events({"search": "q-hunter2"}) == (1, 0, 0)
    assert bureau.groups(found) == {"payload"}
    assert bureau.groups(other) == bureau.groups(foreign) == set()
    after = bureau.get(found)
    changed = {*PAYLOAD, "salt", "derived_salts", "payload_digest"}
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    assert {k: v for k, v in bureau.leaves().items() if k in leaves} == leaves
    assert bureau.erase_events({"search": "q-hunter2"}) == (0, 0, 0)
    [told, _] = bureau.root.execute(
        "select metadata, description from audit_private.event where action = 'events_erased' "
        "order by sequence"
    ).fetchall()
    assert told["description"] == "1 events were erased"
    assert told["metadata"]["kind"] == "events"


def test_looking_for_it_has_spread_it(bureau: Bureau) -> None:
    """The searches that found it, and exports, go with it."""
    bureau.put(description="Signed in with q-hunter2")
    reader = bureau.office.reader
    ask(reader, "search_events", filter={"search": "q-hunter2"})
    export_id = bureau.office.request({"search": "q-hunter2"})
    bureau.office.run()
    for _ in range(2):
        ask(reader, "search_events", filter={"search": "Q-HUNTER2"})
    erased, held, exports = bureau.erase_events({"search": "q-hunter2"})
    assert erased > 5
    assert (held, exports) == (0, 1)
    assert bureau.office.listed(export_id)["state"] == "failed"
    assert bureau.places("q-hunter2") == []


@pytest.mark.parametrize(
    ("filter", "groups"),
    [
        ({"id": "THIS"}, {"payload"}),
        ({"actor_id": "bo"}, {"payload"}),
        ({"metadata": {"a": 1}}, {"payload"}),
        ({"actor_id": "bo", "to": "2020-01-01"}, set()),
        ({"action": "user_deleted"}, set()),
        ({"source": "logged", "from": "2020-01-01"}, {"payload"}),
    ],
    ids=str,
)
def test_a_filter_is_a_filter(bureau: Bureau, filter: dict[str, Any], groups: set[str]) -> None:
    event_id = bureau.put(actor_id="bo", metadata={"a": 1})
    asked = {k: str(event_id) if v == "THIS" else v for k, v in filter.items()}
    assert bureau.erase_events(asked) == (len(groups), 0, 0)
    assert bureau.groups(event_id) == groups


@pytest.mark.parametrize(
    ("filter", "sqlstate"),
    [
        ({}, "WT140"),
        (None, "WT040"),
        ([], "WT040"),
        ({"colour": 1}, "WT040"),
        ({"action": "unheard_of"}, "WT040"),
        ({"search": ""}, "WT040"),
    ],
    ids=str,
)
def test_what_is_refused(bureau: Bureau, filter: Any, sqlstate: str) -> None:
    event_id = bureau.put()
    with refused(sqlstate):
        bureau.erase_events(filter)
    assert bureau.groups(event_id) == set()
    assert ask(bureau.privacy, "list_erasures") == []


def test_the_reason_may_not_hold_what_was_sought(bureau: Bureau) -> None:
    with refused("WT140") as refusal:
        bureau.erase_events({"search": "q-hunter2"}, reason="the password q-hunter2 was logged")
    assert "hunter" not in f"{refusal.message}{refusal.detail}{refusal.hint}"
    with refused("WT021"):
        bureau.erase_events({"search": "q-hunter2"}, reason="short")


def test_what_has_expired_goes_too(bureau: Bureau) -> None:
    [event_id] = bureau.vault.bring(old(400, description="q-hunter2"))
    assert bureau.erase_events({"search": "q-hunter2"}) == (1, 0, 0)
    assert bureau.groups(event_id) == {"payload"}


def test_an_erased_event_names_nobody_to_the_next_erasure(bureau: Bureau) -> None:
    event_id = bureau.put(actor_id="anna", description="by anna", metadata={"x": "anna"})
    leaf = bureau.leaf(event_id)
    bureau.erase_events({"actor_id": "anna"})
    assert bureau.erase("anna") == (1, 0, 0)
    assert bureau.groups(event_id) == {"actor_id", "payload"}
    assert bureau.leaf(event_id) == leaf
    reason = bureau.root.execute("select reason from audit_private.erasure").fetchall()
    assert {row["reason"] for row in reason} == {REASON}
