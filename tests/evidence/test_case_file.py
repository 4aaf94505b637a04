"""The case file: what verifies, and that whatever was changed is found and named."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from evidence.builder import (
    INSTALLATION,
    ORIGIN,
    OTHER_SEED,
    OTHER_TENANT,
    SEED,
    TENANT,
    Log,
    make_event,
    public_key,
    sha,
    sign,
)
from evidence.office import KEY, MADE_AT, Office, make_log, trust, unpack
from pgwitness.evidence import packing
from pgwitness.evidence.case_file import CaseInvalid, Manifest
from pgwitness.evidence.merkle import ProofInvalid
from pgwitness.evidence.notes import KeyInvalid, SigningKey
from pgwitness.evidence.proofs import Proof
from pgwitness.evidence.verifying import verify
from pgwitness.evidence.writing import CaseWriter

MEMBERS = [name for name in packing.LIMITS if name not in packing.OPTIONAL]


def test_a_case_verifies(office: Office) -> None:
    verdict = office.verify(office.write())
    assert verdict.findings == ()
    assert verdict.warnings == ()
    assert verdict.is_complete
    assert verdict.is_key_given
    assert (verdict.events, verdict.tenant_id) == (8, UUID(TENANT))
    assert (verdict.origin, verdict.log_size) == (ORIGIN, 5)
    assert verdict.filter == {"action": "user_created"}
    assert verdict.created_at == MADE_AT
    assert verdict.signers == (f"{ORIGIN} {KEY.public.id.hex()}",)
    assert verdict.hidden == {"actor_id": 1, "entity_id": 0, "payload": 1}
    assert verdict.first_at is not None
    assert verdict.last_at is not None
    assert verdict.first_at < verdict.last_at


def test_what_is_in_it(office: Office) -> None:
    path = office.write(unproven=(UUID(int=7),))
    contents = unpack(path)
    assert list(contents) == MEMBERS
    manifest = json.loads(contents["manifest.json"])
    assert manifest["events"] == 8
    assert manifest["unproven"] == [str(UUID(int=7))]
    for name, digest in manifest["files"].items():
        assert digest == sha(contents[name]).hex()
    assert set(manifest["files"]) == set(MEMBERS) - {"manifest.json", "manifest.txt"}
    seals = [json.loads(line) for line in contents["seals.jsonl"].splitlines()]
    assert [set(seal) for seal in seals] == [{"entry", "index", "path"}] * 3
    assert [seal["index"] for seal in seals] == [0, 2, 3]
    proofs = contents["proofs.jsonl"].decode().split("\n")[:-1]
    assert len(proofs) == 8
    assert contents["checkpoint.txt"].decode() == make_log().checkpoint()
    assert public_key() in contents["keys.txt"].decode()
    [warning] = office.verify(path).warnings
    assert "weren't sealed" in warning
    assert path.stat().st_size > 0


def test_the_same_case_is_the_same_file(office: Office) -> None:
    assert office.write("a.zip").read_bytes() == office.write("b.zip").read_bytes()


def test_a_case_without_events(office: Office) -> None:
    verdict = office.verify(office.write(numbers=()))
    assert (verdict.findings, verdict.events, verdict.is_complete) == ((), 0, True)


def test_a_case_of_the_other_tenant(office: Office) -> None:
    verdict = office.verify(office.write(tenant=OTHER_TENANT))
    assert (verdict.findings, verdict.events) == ((), 1)


def test_without_a_key_completeness_is_not_proven(office: Office) -> None:
    path = office.write(key=None)
    verdict = office.verify(path)
    assert verdict.findings == ()
    assert not verdict.is_complete
    assert verdict.warnings == (
        "the manifest isn't signed, so it isn't proven that no event is missing",
    )
    assert b"no event is missing.</strong>" in unpack(path)["report.html"]


def test_a_key_inside_the_file_proves_nothing(office: Office) -> None:
    verdict = verify(office.write())
    assert verdict.findings == ()
    assert not verdict.is_key_given
    assert not verdict.is_complete
    assert "proves nothing by itself" in verdict.warnings[0]


def test_a_forgery_with_a_key_of_its_own(office: Office) -> None:
    forger = SigningKey(ORIGIN, OTHER_SEED)
    path = office.write(key=forger, seed=OTHER_SEED)
    assert verify(path).findings == ()
    found = office.found(path)
    assert {finding.file for finding in found} == {"checkpoint.txt", "manifest.txt"}
    assert all("no trusted key" in finding.message for finding in found)


def test_keys_may_be_rotated(office: Office) -> None:
    second = f"pgwitness/{INSTALLATION}/2"
    log = Log(second)
    log.seal(make_event(1))
    old = office.write("old.zip")
    new = office.write("new.zip", log, [1], key=SigningKey(second, OTHER_SEED), seed=OTHER_SEED)
    keys = trust(public_key(), public_key(second, OTHER_SEED))
    assert office.found(old, keys) == []
    assert office.found(new, keys) == []
    assert office.found(new)
    # The old key goes on to be trusted in a later epoch of the same installation.
    assert office.found(office.write("kept.zip", log, [1])) == []


def test_another_installations_log(office: Office) -> None:
    origin = "pgwitness/00000000-8b3f-4f0e-9a2b-0b8f0a3f2d11/1"
    log = Log(origin)
    log.seal(make_event(1))
    path = office.write(log=log, numbers=[1], key=SigningKey(origin, SEED))
    assert office.found(path, trust(public_key(origin))) == []
    assert {f.file for f in office.found(path)} == {"checkpoint.txt", "manifest.txt"}


def test_a_seal_of_another_installation(office: Office) -> None:
    log = Log("pgwitness/00000000-8b3f-4f0e-9a2b-0b8f0a3f2d11/1")
    log.seal(make_event(1))
    log.origin = ORIGIN
    with pytest.raises(ProofInvalid, match="the seal is of"):
        office.write(log=log, numbers=[1])


# Changed bytes -----------------------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY, None], ids=["signed", "unsigned"])
@pytest.mark.parametrize("name", MEMBERS)
def test_each_changed_byte_is_found_and_named(
    office: Office, name: str, key: SigningKey | None
) -> None:
    """Also where the zip's own checksum was made to fit."""
    path = office.write(key=key)
    whole = unpack(path)[name]
    step = max(len(whole) // 150, 1)
    for place in range(0, len(whole), step):

        def flip(contents: dict[str, bytes], place: int = place) -> None:
            changed = bytearray(contents[name])
            changed[place] ^= 1 << place % 8
            contents[name] = bytes(changed)

        found = office.found(office.repack(path, flip))
        assert any(name in str(finding) for finding in found), place


def test_each_changed_byte_of_the_zip_is_told(office: Office) -> None:
    path = office.write(numbers=[1])
    whole = path.read_bytes()
    changed_path = office.directory / "changed.zip"
    places = {*range(0, len(whole), 29), *range(len(whole) - 700, len(whole))}
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        changed_path.write_bytes(changed)
        verdict = office.verify(changed_path)
        assert verdict.findings or any("laid out" in text for text in verdict.warnings), place


def change_proof(
    number: int, change: Callable[[dict[str, Any]], None]
) -> Callable[[dict[str, bytes]], None]:
    """Changes one line as a forger would who writes it properly again."""

    def changed(contents: dict[str, bytes]) -> None:
        lines = contents["proofs.jsonl"].split(b"\n")
        document = json.loads(lines[number])
        change(document)
        lines[number] = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        contents["proofs.jsonl"] = b"\n".join(lines)

    return changed


def replaced(group: str, old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        content = document["groups"][group]["content"]
        assert old in content
        document["groups"][group]["content"] = content.replace(old, new)

    return change


def envelope(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        assert old in document["envelope"]
        document["envelope"] = document["envelope"].replace(old, new)

    return change


def digest_of_erased(document: dict[str, Any]) -> None:
    document["groups"]["payload"]["digest"] = "0" * 64


def other_salt(document: dict[str, Any]) -> None:
    document["groups"]["entity_id"]["salt"] = "0" * 64


def other_path(document: dict[str, Any]) -> None:
    document["seal"]["path"][0] = "0" * 64


def other_index(document: dict[str, Any]) -> None:
    document["seal"]["index"] = 1


def no_seal(document: dict[str, Any]) -> None:
    document["seal"]["number"] = 99


@pytest.mark.parametrize(
    ("number", "change", "part"),
    [
        (1, replaced("payload", "user 2", "user 3"), "payload"),
        (1, replaced("actor_id", "user-1", "user-2"), "actor_id"),
        (1, other_salt, "entity_id"),
        (1, envelope("success", "failure"), "envelope"),
        (6, digest_of_erased, "envelope"),
        (0, other_path, "seal"),
        (0, other_index, "seal"),
    ],
)
def test_what_was_changed_is_named(
    office: Office, number: int, change: Callable[[dict[str, Any]], None], part: str
) -> None:
    path = office.write()
    found = office.found(office.repack(path, change_proof(number, change)))
    [line] = [finding for finding in found if finding.line is not None]
    assert (line.file, line.line, line.part) == ("proofs.jsonl", number + 1, part)
    assert line.event_id == UUID(f"019ca83f-0000-7000-800a-{number + 1:012x}")
    assert str(line.event_id) in str(line)
    assert any("SHA-256" in finding.message for finding in found)


def test_a_seal_that_is_not_there(office: Office) -> None:
    found = office.found(office.repack(office.write(), change_proof(0, no_seal)))
    assert any("has no seal 99" in finding.message for finding in found)


def forge(contents: dict[str, bytes]) -> None:
    """Makes all digests fit again, as whoever changes an unsigned case would."""
    manifest = json.loads(contents["manifest.json"])
    manifest["files"] = {name: sha(contents[name]).hex() for name in manifest["files"]}
    write_manifest(contents, manifest)


def write_manifest(contents: dict[str, bytes], manifest: dict[str, Any]) -> None:
    contents["manifest.json"] = json.dumps(manifest, ensure_ascii=False, indent=2).encode() + b"\n"
    digest = sha(contents["manifest.json"]).hex()
    contents["manifest.txt"] = f"pgwitness/evidence/1\n{ORIGIN}\n{digest}\n".encode()


def without_line(contents: dict[str, bytes]) -> None:
    lines = contents["proofs.jsonl"].splitlines(keepends=True)
    del lines[3]
    contents["proofs.jsonl"] = b"".join(lines)


def test_a_missing_event_is_found(office: Office) -> None:
    def change(contents: dict[str, bytes]) -> None:
        without_line(contents)
        forge(contents)

    for key in (KEY, None):
        found = office.found(office.repack(office.write(key=key), change))
        assert any("7 events, and the case has 8" in finding.message for finding in found)


def test_a_signature_that_was_taken_away_is_found(office: Office) -> None:
    def change(contents: dict[str, bytes]) -> None:
        forge(contents)

    found = office.found(office.repack(office.write(), change))
    assert [str(f) for f in found] == ["manifest.txt: its signature was taken away"]


def test_a_whole_forgery_of_the_list_needs_the_key(office: Office) -> None:
    """Whoever leaves an event out and makes all fit has but an unsigned case."""
    shorter = office.write("shorter.zip", numbers=[1, 2, 4, 5, 6, 7, 8], key=None)
    verdict = office.verify(shorter)
    assert verdict.findings == ()
    assert not verdict.is_complete

    def change(contents: dict[str, bytes]) -> None:
        genuine = unpack(office.write("genuine.zip"))
        contents["manifest.txt"] = genuine["manifest.txt"]

    found = office.found(office.repack(shorter, change))
    assert "manifest.json was changed" in found[0].message


@pytest.mark.parametrize("swap", [True, False], ids=["exchanged", "doubled"])
def test_order_and_repeats(office: Office, swap: bool) -> None:
    def change(contents: dict[str, bytes]) -> None:
        lines = contents["proofs.jsonl"].splitlines(keepends=True)
        lines[1:3] = [lines[2], lines[1]] if swap else [lines[1], lines[1]]
        contents["proofs.jsonl"] = b"".join(lines)
        forge(contents)

    found = office.found(office.repack(office.write(key=None), change))
    assert any("out of order, or twice" in f.message and f.line == 3 for f in found)


def test_a_report_that_tells_something_else(office: Office) -> None:
    def change(contents: dict[str, bytes]) -> None:
        contents["report.html"] = contents["report.html"].replace(b"user 3", b"user 9")
        forge(contents)

    [found] = office.found(office.repack(office.write(key=None), change))
    assert str(found) == "report.html: the report isn't that of these events"


def test_a_report_of_another_version_is_told(office: Office) -> None:
    def change(contents: dict[str, bytes]) -> None:
        manifest = json.loads(contents["manifest.json"]) | {"pgwitness": "0.0.7"}
        write_manifest(contents, manifest)

    verdict = office.verify(office.repack(office.write(key=None), change))
    assert verdict.findings == ()
    assert any("0.0.7" in text for text in verdict.warnings)


def test_seals_are_chained(office: Office) -> None:
    def change(contents: dict[str, bytes]) -> None:
        lines = contents["seals.jsonl"].splitlines(keepends=True)
        contents["seals.jsonl"] = b"".join([lines[1], lines[0], lines[2]])
        forge(contents)

    found = office.found(office.repack(office.write(key=None), change))
    assert any("the seals aren't in their order" in finding.message for finding in found)


def test_a_log_that_does_not_hold_together(office: Office) -> None:
    """What a database could say that was changed with all its hashes."""
    log = Log()
    log.seal(make_event(1))
    second = log.seal(make_event(2))
    second.fields["previous"] = "1" * 64
    found = office.found(office.write(log=log, numbers=[1, 2]))
    assert [f.message for f in found] == ["seal 2 isn't chained to seal 1"]
    second.fields |= {"previous": log.seals[0].hash.hex(), "running_count": 7}
    found = office.found(office.write("b.zip", log=log, numbers=[1, 2]))
    assert [f.message for f in found] == ["seal 2 counts on from another number of events"]


def test_findings_end_somewhere(office: Office) -> None:
    log = Log()
    log.seal(*(make_event(number) for number in range(1, 200)))
    path = office.write(log=log, numbers=range(1, 200))

    def change(contents: dict[str, bytes]) -> None:
        contents["proofs.jsonl"] = contents["proofs.jsonl"].replace(b"created", b"deleted")

    assert len(office.found(office.repack(path, change))) == 100


# Zips --------------------------------------------------------------------------------------


def test_a_cut_file(office: Office) -> None:
    whole = office.write().read_bytes()
    path = office.directory / "cut.zip"
    for length in (0, 1, 30, 1000, len(whole) // 2, len(whole) - 30, len(whole) - 1):
        path.write_bytes(whole[:length])
        [found] = office.found(path)
        assert found.file is None
        assert "no zip" in found.message


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_case_packed_anew_verifies_and_says_so(office: Office, compression: int) -> None:
    path = office.repack(office.write(), compression=compression)
    verdict = office.verify(path)
    assert verdict.findings == ()
    [warning] = verdict.warnings
    assert "packed anew" in warning


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(office: Office, compression: int) -> None:
    [found] = office.found(office.repack(office.write(), compression=compression))
    assert "isn't read" in found.message


@pytest.mark.parametrize(
    "name",
    ["extra.txt", "../evil.txt", "/etc/passwd", "a/../../b", "Manifest.json", "manifest.json/", ""],
)
def test_unknown_names_are_refused(office: Office, name: str) -> None:
    path = office.repack(office.write())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"x")
    [found] = office.found(path)
    assert "none of a case's files" in found.message


def test_a_doubled_name_is_refused(office: Office) -> None:
    path = office.repack(office.write())
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(path, "a") as archive,
    ):
        archive.writestr("report.html", b"another")
    [found] = office.found(path)
    assert str(found) == "report.html: the zip holds report.html twice"


def test_a_missing_member_is_named(office: Office) -> None:
    [found] = office.found(office.repack(office.write(), lambda c: c.__delitem__("seals.jsonl")))
    assert str(found) == "seals.jsonl: the zip lacks seals.jsonl"


def test_a_bomb_is_refused_before_it_goes_off(office: Office) -> None:
    def change(contents: dict[str, bytes]) -> None:
        contents["report.html"] = bytes(64 * 1024 * 1024)

    path = office.repack(office.write(), change, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1024 * 1024
    [found] = office.found(path)
    assert "absurdly large" in found.message


def test_a_member_larger_than_it_says_is_refused(office: Office) -> None:
    path = office.repack(office.write(), compression=zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("proofs.jsonl")
    said = member.file_size.to_bytes(4, "little")
    whole = path.read_bytes()
    assert whole.count(said) == 2
    path.write_bytes(whole.replace(said, (member.file_size - 1).to_bytes(4, "little")))
    [found] = office.found(path)
    assert str(found) == "proofs.jsonl: proofs.jsonl is larger than the zip says"


def test_links_are_refused(office: Office) -> None:
    path = office.write()
    contents = unpack(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            member = zipfile.ZipInfo(name)
            if name == "keys.txt":
                member.external_attr = 0o120777 << 16
            archive.writestr(member, content)
    [found] = office.found(path)
    assert str(found) == "keys.txt: keys.txt is no plain file"


@pytest.mark.parametrize("place", ["before", "behind", "comment"])
def test_nothing_stands_beside_the_members(office: Office, place: str) -> None:
    path = office.repack(office.write())
    whole = path.read_bytes()
    if place == "before":
        path.write_bytes(b"#!/bin/sh\n" + whole)
    elif place == "behind":
        path.write_bytes(whole + b"more")
    else:
        with zipfile.ZipFile(path, "a") as archive:
            archive.comment = b"hello"
    [found] = office.found(path)
    assert "hides something" in found.message or "behind its end" in found.message


def test_a_gap_between_members_is_refused(office: Office) -> None:
    """A name in the directory that leads past hidden bytes."""
    whole = bytearray(office.write().read_bytes())
    path = office.directory / "gap.zip"
    second = whole.index(b"PK\3\4", 4)
    hidden = b"hidden" * 10
    changed = whole[:second] + hidden + whole[second:]
    place = changed.index(b"PK\1\2")
    is_first = True
    while changed[place : place + 4] == b"PK\1\2":
        offset = int.from_bytes(changed[place + 42 : place + 46], "little")
        if not is_first:
            changed[place + 42 : place + 46] = (offset + len(hidden)).to_bytes(4, "little")
        is_first = False
        place += 46 + int.from_bytes(changed[place + 28 : place + 30], "little")
    start = int.from_bytes(changed[place + 16 : place + 20], "little") + len(hidden)
    changed[place + 16 : place + 20] = start.to_bytes(4, "little")
    path.write_bytes(changed)
    assert len(unpack(path)) == len(MEMBERS)
    [found] = office.found(path)
    assert "hides something" in found.message


def test_what_is_no_zip(office: Office) -> None:
    path = office.directory / "text"
    path.write_text("hello")
    [found] = office.found(path)
    assert "no zip" in str(found)
    with pytest.raises(OSError, match="No such file"):
        office.verify(office.directory / "nowhere")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", b"[]\n"),
        ("manifest.json", b"\xff\n"),
        ("manifest.json", b"{" * 100_000),
        ("manifest.txt", b"\xff\n"),
        ("keys.txt", b"nonsense\n"),
        ("keys.txt", b"\xff"),
        ("checkpoint.txt", b""),
        ("checkpoint.txt", make_log().checkpoint_file().encode()),
        ("checkpoint.txt", sign("a\nb\n").encode()),
        ("seals.jsonl", b"{}\n"),
        ("seals.jsonl", b"\xff\n"),
        ("seals.jsonl", b"[" * 100_000 + b"\n"),
        ("proofs.jsonl", b"null\n"),
        ("proofs.jsonl", b'{"a": 1, "a": 1}\n'),
        ("proofs.jsonl", b"no end"),
    ],
)
def test_nonsense_is_a_finding(office: Office, name: str, content: bytes) -> None:
    def change(contents: dict[str, bytes]) -> None:
        contents[name] = content

    assert name in {f.file for f in office.found(office.repack(office.write(), change))}


# Writing -----------------------------------------------------------------------------------


def writer(log: Log, **settings: Any) -> CaseWriter:
    given = {
        "note": log.checkpoint().encode(),
        "tenant_id": UUID(TENANT),
        "filter": {},
        "created_at": MADE_AT,
    }
    return CaseWriter(**{**given, **settings})


def prove(log: Log, number: int, tenant: str = TENANT) -> Proof:
    [event] = [e for e in log.events if (e["sequence"], e["tenant_id"]) == (number, tenant)]
    return Proof.parse(log.prove(event["id"]))


def test_only_what_holds_is_written() -> None:
    log = make_log()
    with writer(log) as case:
        case.add(prove(log, 2))
        for number in (2, 1):
            with pytest.raises(CaseInvalid, match="out of order, or twice"):
                case.add(prove(log, number))
        assert case.events == 1
    other = writer(log, tenant_id=UUID(OTHER_TENANT))
    with other as case, pytest.raises(CaseInvalid, match="another tenant's"):
        case.add(prove(log, 1))
    document = log.prove(log.events[0]["id"])
    document["groups"]["payload"]["content"] = document["groups"]["payload"]["content"].replace(
        "user 1", "user 2"
    )
    with writer(log) as case, pytest.raises(ProofInvalid, match="isn't in seal 1"):
        case.add(Proof.parse(document))
    with writer(log) as case, pytest.raises(ProofInvalid, match="another checkpoint"):
        case.add(Proof.parse(log.prove(log.events[0]["id"], size=3)))


def test_a_key_of_another_installation_signs_nothing() -> None:
    with pytest.raises(KeyInvalid):
        writer(make_log(), key=SigningKey("other", SEED))


def test_a_case_too_large_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(packing.LIMITS, "proofs.jsonl", 100)
    with pytest.raises(packing.PackingInvalid, match=r"proofs\.jsonl would have"):
        office.write()


def test_the_manifest_round_trips(office: Office) -> None:
    content = unpack(office.write())["manifest.json"]
    assert Manifest.parse(content).dump() == content


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "pgwitness/evidence/2"),
        ("created_at", "2026-03-04"),
        ("tenant_id", TENANT.upper()),
        ("events", -1),
        ("events", True),
        ("events_root", "00"),
        ("unproven", [7]),
        ("files", {}),
        ("files", None),
        ("origin", 7),
        ("more", 1),
    ],
)
def test_what_is_no_manifest(office: Office, name: str, value: Any) -> None:
    document = json.loads(unpack(office.write())["manifest.json"]) | {name: value}
    with pytest.raises(CaseInvalid):
        Manifest.parse(json.dumps(document).encode())


def test_paths_are_taken_as_text_too(office: Office, tmp_path: Path) -> None:
    assert verify(str(office.write()), trust()).findings == ()
