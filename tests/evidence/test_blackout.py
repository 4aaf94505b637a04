"""Blacking out: less can be read, and what is left stays proven."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from evidence.builder import ORIGIN, SEED, sha
from evidence.office import KEY, Office, make_log, unpack
from pgwitness.evidence.case_file import Blackout, CaseInvalid
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.notes import KeyInvalid, SigningKey
from pgwitness.evidence.proofs import Proof
from pgwitness.evidence.writing import black_out

MOMENT = datetime(2026, 4, 5, 6, 7, 8, tzinfo=UTC)
FIRST = UUID("019ca83f-0000-7000-800a-000000000001")
SECOND = UUID("019ca83f-0000-7000-800a-000000000002")


def blacken(
    path: Path,
    groups: Sequence[str],
    events: Sequence[UUID] | None = None,
    name: str = "out.zip",
    key: SigningKey | None = None,
) -> Path:
    made = path.with_name(name)
    with open(made, "wb") as file:
        black_out(path, file, groups, events, MOMENT, key)
    return made


@pytest.mark.parametrize("key", [KEY, None], ids=["signed", "unsigned"])
@pytest.mark.parametrize(
    "groups", [["payload"], ["actor_id", "entity_id"], ["payload", "actor_id"]]
)
def test_what_is_left_verifies(office: Office, groups: list[str], key: SigningKey | None) -> None:
    path = office.write(key=key)
    made = blacken(path, groups)
    verdict = office.verify(made)
    assert verdict.findings == ()
    assert verdict.is_complete == (key is not None)
    assert verdict.events == 8
    assert {name: verdict.hidden[name] for name in groups} == dict.fromkeys(groups, 8)
    assert any("blacked out on 2026-04-05T06:07:08" in text for text in verdict.warnings)
    before, after = unpack(path), unpack(made)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"proofs.jsonl", "report.html"}
    assert set(after) - set(before) == {"blackout.json", "blackout.txt"}
    text = b"".join(after.values()).decode()
    assert ("created user 3" in text) == ("payload" not in groups)
    assert ('"6:user-1"' in text) == ("actor_id" not in groups)
    assert b"blacked out</span>" in after["report.html"]
    # Event 7 was erased before, which stays to be told apart.
    assert b"erased</span>" in after["report.html"]


def test_only_some_events(office: Office) -> None:
    made = blacken(office.write(), ["payload"], [SECOND])
    assert office.found(made) == []
    text = unpack(made)["proofs.jsonl"].decode()
    assert "created user 1" in text
    assert "created user 2" not in text
    blackout = json.loads(unpack(made)["blackout.json"])
    assert blackout["groups"] == {str(SECOND): ["payload"]}


def test_again_and_again(office: Office) -> None:
    once = blacken(office.write(), ["payload"], [FIRST], "once.zip")
    twice = blacken(once, ["actor_id", "payload"], [SECOND, FIRST], "twice.zip")
    assert office.found(twice) == []
    blackout = json.loads(unpack(twice)["blackout.json"])
    assert blackout["groups"] == {
        str(FIRST): ["actor_id", "payload"],
        str(SECOND): ["actor_id", "payload"],
    }
    with pytest.raises(CaseInvalid, match="nothing left"):
        blacken(twice, ["actor_id"], [FIRST], "thrice.zip")


def test_what_can_not_be_blacked_out(office: Office) -> None:
    path = office.write()
    with pytest.raises(ValueError, match="no group envelope"):
        blacken(path, ["envelope"])
    with pytest.raises(CaseInvalid, match="has no event"):
        blacken(path, ["payload"], [UUID(int=7)])
    with pytest.raises(KeyInvalid):
        blacken(path, ["payload"], key=SigningKey("other", SEED))

    def change(contents: dict[str, bytes]) -> None:
        contents["proofs.jsonl"] = contents["proofs.jsonl"].replace(b"user 3", b"user 4")

    with pytest.raises(CaseInvalid, match="doesn't verify"):
        blacken(office.repack(path, change), ["payload"])


@pytest.mark.parametrize("name", ["blackout.json", "blackout.txt", "proofs.jsonl", "report.html"])
@pytest.mark.parametrize("key", [KEY, None], ids=["signed", "unsigned"])
def test_each_changed_byte_is_found_and_named(
    office: Office, name: str, key: SigningKey | None
) -> None:
    made = blacken(office.write(), ["payload"], [FIRST, SECOND], key=key)
    whole = unpack(made)[name]
    for place in range(0, len(whole), max(len(whole) // 100, 1)):

        def flip(contents: dict[str, bytes], place: int = place) -> None:
            changed = bytearray(contents[name])
            changed[place] ^= 1 << place % 8
            contents[name] = bytes(changed)

        found = office.found(office.repack(made, flip))
        assert any(name in str(finding) for finding in found), place


def test_a_missing_event_is_found_in_what_is_left(office: Office) -> None:
    made = blacken(office.write(), ["payload"])

    def change(contents: dict[str, bytes]) -> None:
        lines = contents["proofs.jsonl"].splitlines(keepends=True)
        contents["proofs.jsonl"] = b"".join(lines[:3] + lines[4:])
        blackout = json.loads(contents["blackout.json"])
        del blackout["groups"][json.loads(lines[3])["envelope"].split("\n")[3]]
        blackout["files"]["proofs.jsonl"] = sha(contents["proofs.jsonl"]).hex()
        contents["blackout.json"] = json.dumps(blackout, indent=2).encode() + b"\n"
        digest = sha(contents["blackout.json"]).hex()
        contents["blackout.txt"] = f"pgwitness/blackout/1\n{ORIGIN}\n{digest}\n".encode()

    found = office.found(office.repack(made, change))
    assert any("7 events, and the case has 8" in finding.message for finding in found)


def test_half_a_blackout_is_found(office: Office) -> None:
    made = blacken(office.write(), ["payload"])
    for name in ("blackout.json", "blackout.txt"):

        def drop(contents: dict[str, bytes], name: str = name) -> None:
            del contents[name]

        found = office.found(office.repack(made, drop))
        assert any("of the blackout is missing" in finding.message for finding in found)


def test_a_blackout_must_be_true(office: Office) -> None:
    made = blacken(office.write(), ["payload"], [FIRST])

    def claim(event_id: UUID) -> None:
        def change(contents: dict[str, bytes]) -> None:
            blackout = json.loads(contents["blackout.json"])
            blackout["groups"][str(event_id)] = ["actor_id"]
            contents["blackout.json"] = json.dumps(blackout, indent=2).encode() + b"\n"
            digest = sha(contents["blackout.json"]).hex()
            contents["blackout.txt"] = f"pgwitness/blackout/1\n{ORIGIN}\n{digest}\n".encode()

        found = office.found(office.repack(made, change))
        assert any(
            "stands here that was blacked out" in f.message or "isn't there" in f.message
            for f in found
        )

    claim(SECOND)
    claim(UUID(int=7))


@pytest.mark.parametrize(
    "groups", [{}, {str(FIRST): []}, {str(FIRST): ["payload", "actor_id"]}, {"x": ["payload"]}, []]
)
def test_what_is_no_blackout(office: Office, groups: object) -> None:
    made = blacken(office.write(), ["payload"], [FIRST])
    document = json.loads(unpack(made)["blackout.json"]) | {"groups": groups}
    with pytest.raises(CaseInvalid):
        Blackout.parse(json.dumps(document).encode())


def test_a_single_proof_may_be_blacked_out_by_hand() -> None:
    """As FORMAT.md says: a digest in place of salt and content, and the proof holds."""
    log = make_log()
    document = log.prove(str(FIRST))
    proof = Proof.parse(document)
    for name in ("payload", "actor_id"):
        document["groups"][name] = {"digest": proof.event.groups[name].digest.hex()}
    blackened = Proof.parse(document)
    blackened.verify(Checkpoint.parse(log.note_text))
    assert blackened.event.leaf == proof.event.leaf
    assert blackened.event.groups["payload"].read() is None
