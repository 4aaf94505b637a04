"""What the ledger tells, and what a database that an older backup was restored into lacks of it."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from erasure.bureau import Bureau, ask, outcome
from walls.ledger import REASON, call, refused

from databases import OTHER_PERSONAS, TENANT_PERSONAS


def ledger(bureau: Bureau, persona: str = "auditor") -> list[dict[str, Any]]:
    connection = bureau.database.connect(bureau.database.role(persona))
    return [row["list_ledger"] for row in ask(connection, "list_ledger")]


def problems(bureau: Bureau, entries: Any) -> list[tuple[str, str, str]]:
    connection = bureau.database.connect(bureau.database.role("operator"))
    found = ask(connection, "check_ledger", entries=entries)
    assert all(row["remedy"] for row in found)
    return [(row["kind"], row["id"], row["problem"]) for row in found]


@pytest.fixture
def kept(bureau: Bureau) -> Bureau:
    """Erasures, holds and policies of both tenants."""
    bureau.put(actor_id="q-anna", description="by q-anna")
    bureau.put("b", entity_id="q-anna", actor_id="bo")
    bureau.erase("q-anna")
    bureau.erase("q-anna", connection=bureau.privacy_b)
    bureau.vault.hold("case 1", {"actor_id": ["bo"], "action": "user_created"})
    bureau.vault.hold("case 2", {"entity_id": "7"})
    call(bureau.vault.admin, "release_hold", name="case 2", reason=REASON)
    call(bureau.vault.admin, "set_retention", days=700, reason=REASON)
    call(bureau.vault.admin_b, "set_retention", days=None, reason=REASON)
    return bureau


def test_its_lines_are_those_of_the_format(kept: Bureau) -> None:
    lines = ledger(kept)
    assert [line["kind"] for line in lines] == [*["erasure"] * 2, *["hold"] * 2, *["retention"] * 2]
    erased, erased_b, case_1, case_2, policy, policy_b = lines
    assert set(erased) == {"kind", "tenant_id", "erasure_id", "erased_at", "event_id", "groups"}
    assert erased["tenant_id"] == str(kept.database.tenant_a)
    assert (erased["groups"], erased_b["groups"]) == (["actor_id", "payload"], ["entity_id"])
    assert set(case_1) == {"kind", "tenant_id", "hold_id", "placed_at", "released_at", "digest"}
    stored = kept.root.execute(
        "select filter::text from audit_private.legal_hold where name = 'case 1'"
    ).fetchone()
    assert stored is not None
    assert case_1["digest"] == hashlib.sha256(stored["filter"].encode()).hexdigest()
    assert case_1["released_at"] is None
    assert case_2["released_at"] is not None
    assert set(policy) == {"kind", "tenant_id", "takes_effect_at", "set_at", "days", "is_exact"}
    assert (policy["days"], policy_b["days"]) == (700, None)
    assert "anna" not in json.dumps(lines)
    assert ledger(kept, "operator") == lines


def test_its_lines_depend_on_no_setting(kept: Bureau) -> None:
    connection = kept.database.connect(kept.database.role("auditor"))
    connection.execute("set timezone = 'Asia/Kolkata'; set datestyle = 'SQL, DMY'")
    assert [row["list_ledger"] for row in ask(connection, "list_ledger")] == ledger(kept)


def test_a_hold_that_was_cut_is_told_without_a_digest(kept: Bureau) -> None:
    kept.vault.hold("case 3", {"actor_id": "bertil"})
    before = ledger(kept)
    call(kept.vault.admin, "release_hold", name="case 3", reason=REASON)
    kept.erase("bertil")
    [cut] = [line for line in ledger(kept) if line["kind"] == "hold" and line["digest"] is None]
    assert cut["released_at"] is not None
    assert problems(kept, before) == []


def test_the_database_that_wrote_it_reflects_it(kept: Bureau) -> None:
    lines = ledger(kept)
    assert problems(kept, lines) == []
    call(kept.vault.admin, "release_hold", name="case 1", reason=REASON)
    call(kept.vault.admin, "set_retention", days=800, reason=REASON)
    assert problems(kept, lines) == []
    assert problems(kept, []) == []
    assert problems(kept, [*lines, {"kind": "of a later version", "x": 1}]) == []


def test_an_older_backup_is_found_out_and_mended(bureau: Bureau) -> None:
    """As though the events had come back with the dump: put back behind the scenes."""
    mine = [
        bureau.put(actor_id=name, description="of q-anna") for name in ("q-anna", "Q-Anna", "bo")
    ]
    theirs = bureau.put("b", actor_id="q-anna")
    gone = bureau.put(actor_id="q-anna", entity_id="gone")
    bureau.vault.hold("case 2", {"entity_id": "7"})
    leaves = bureau.leaves()
    bureau.root.execute("create table public.backup as select * from audit_private.event")
    bureau.erase("q-anna")
    bureau.erase("q-anna", connection=bureau.privacy_b)
    bureau.vault.hold("case 1", {"actor_id": ["bo"], "action": "user_deleted"})
    call(bureau.vault.admin, "release_hold", name="case 2", reason=REASON)
    call(bureau.vault.admin, "set_retention", days=700, reason=REASON)
    lines = ledger(bureau)
    assert problems(bureau, lines) == []

    with bureau.root.transaction():
        bureau.root.execute("grant select on public.backup to audit_keeper")
        bureau.root.execute("set local role audit_keeper")
        bureau.root.execute("delete from audit_private.event")
        bureau.root.execute(
            "insert into audit_private.event select * from public.backup where id <> %s", (gone,)
        )
    bureau.root.execute("drop table public.backup")
    bureau.root.execute(
        "truncate audit_private.erasure, audit_private.erased_event, audit_private.pending_erasure;"
        "delete from audit_private.legal_hold where name = 'case 1';"
        "update audit_private.legal_hold set released_at = null;"
        "delete from audit_private.retention_policy"
    )
    found = problems(bureau, lines)
    assert sorted((kind, what) for kind, _, what in found if kind == "erasure") == [
        ("erasure", "can be read again: actor_id"),
        *[("erasure", "can be read again: actor_id, payload")] * 2,
        ("erasure", "can be read again: payload"),
    ]
    assert [what.split(",")[0] for kind, _, what in found if kind == "hold"] in (
        ["stands by the ledger", "stands"],
        ["stands", "stands by the ledger"],
    )
    [policy] = [what for kind, _, what in found if kind == "retention"]
    assert "700 days" in policy

    assert outcome(bureau.privacy, "replay_erasures", entries=lines, reason=REASON) == (3, 0, 0)
    assert bureau.groups(theirs) == set()
    assert outcome(bureau.privacy_b, "replay_erasures", entries=lines, reason=REASON) == (1, 0, 0)
    assert [bureau.groups(event_id) for event_id in mine] == [
        {"actor_id", "payload"},
        {"actor_id", "payload"},
        {"payload"},
    ]
    assert bureau.get(mine[0])["actor_id"].startswith("erased-")
    assert bureau.get(mine[2])["actor_id"] == "bo"
    assert [x for x in problems(bureau, lines) if x[0] == "erasure"] == []
    now = bureau.leaves()
    assert {k: v for k, v in leaves.items() if k in now} == {
        k: v for k, v in now.items() if k in leaves
    }
    assert outcome(bureau.privacy, "replay_erasures", entries=lines, reason=REASON) == (0, 0, 0)


def test_a_replay_heeds_holds(kept: Bureau) -> None:
    event_id = kept.put(actor_id="bo", description="x")
    line = {
        "kind": "erasure",
        "tenant_id": str(kept.database.tenant_a),
        "event_id": str(event_id),
        "groups": ["payload", "actor_id", "unheard_of"],
    }
    assert outcome(kept.privacy, "replay_erasures", entries=[line, line], reason=REASON) == (
        0,
        1,
        0,
    )
    call(kept.vault.admin, "release_hold", name="case 1", reason=REASON)
    assert kept.groups(event_id) == {"actor_id", "payload"}


def test_a_replay_reaches_no_other_tenant(kept: Bureau) -> None:
    theirs = kept.put("b", actor_id="bo")
    for tenant in (kept.database.tenant_a, kept.database.tenant_b):
        line = {
            "kind": "erasure",
            "tenant_id": str(tenant),
            "event_id": str(theirs),
            "groups": ["payload"],
        }
        assert outcome(kept.privacy, "replay_erasures", entries=[line], reason=REASON) == (0, 0, 0)
    assert kept.groups(theirs) == set()


ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    "entries",
    [
        None,
        {},
        "x",
        [1],
        [{}],
        [{"kind": "erasure"}],
        [{"kind": "erasure", "tenant_id": "x", "event_id": ID, "groups": []}],
        [{"kind": "erasure", "tenant_id": ID, "event_id": ID, "groups": {}}],
        [
            {
                "kind": "hold",
                "tenant_id": ID,
                "hold_id": ID,
                "released_at": "soon",
            }
        ],
    ],
    ids=str,
)
def test_what_is_no_ledger(bureau: Bureau, entries: Any) -> None:
    given = None if entries is None else json.dumps(entries)
    for connection, statement in (
        (bureau.vault.operator, "select audit.check_ledger(%s::jsonb)"),
        (bureau.privacy, "select audit.replay_erasures(%s::jsonb, 'A test of what is refused')"),
    ):
        with refused("WT141", case=statement):
            connection.execute(statement, (given,))


def test_events_of_unknown_ids_are_no_matter(bureau: Bureau) -> None:
    line = {"kind": "erasure", "tenant_id": str(UUID(int=5)), "groups": ["payload"]}
    entries = [line | {"event_id": str(event_id)} for event_id in (uuid4(), UUID(int=0))]
    assert problems(bureau, entries) == []


def test_who_may(bureau: Bureau) -> None:
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = bureau.database.connect(bureau.database.role(persona))
        if persona in ("operator", "owner", "auditor"):
            assert ask(connection, "list_ledger") == []
            assert ask(connection, "check_ledger", entries=[]) == []
            continue
        with refused("42501", case=persona):
            ask(connection, "list_ledger")
        with refused("42501", case=persona):
            ask(connection, "check_ledger", entries=[])
