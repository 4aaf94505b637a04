"""The proof of one event: what holds, and what is refused of it, and where."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.builder import ORIGIN, Log, counted, make_event
from evidence.vectors import example_log
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.merkle import ProofInvalid
from pgwitness.evidence.proofs import Envelope, Group, Payload, Proof, Seal, parse_json

LOG = example_log()
CHECKPOINT = Checkpoint(ORIGIN, len(LOG.seals), LOG.root)
DOCUMENT = LOG.prove(LOG.events[1]["id"])


def verify(document: Any) -> None:
    Proof.parse(document).verify(CHECKPOINT)


def test_each_event_is_proven_in_each_log_that_holds_it() -> None:
    for event in LOG.events:
        for size in range(1, len(LOG.seals) + 1):
            part = Log(seals=LOG.seals[:size])
            try:
                document = LOG.prove(event["id"], size)
            except LookupError:
                continue
            Proof.parse(document).verify(Checkpoint(ORIGIN, size, part.root))


def leaves_of(document: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all texts and numbers."""
    if isinstance(document, dict):
        return [p for key, value in document.items() for p in leaves_of(value, (*place, key))]
    if isinstance(document, list):
        return [p for n, value in enumerate(document) for p in leaves_of(value, (*place, n))]
    return [place]


@pytest.mark.parametrize("place", leaves_of(DOCUMENT), ids=lambda p: ".".join(map(str, p)))
def test_each_changed_value_is_found(place: tuple[Any, ...]) -> None:
    document = copy.deepcopy(DOCUMENT)
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    value = holder[place[-1]]
    others = [value + 1, -1, True, "1", None] if isinstance(value, int) else [value + "0", 7, None]
    if isinstance(value, str):
        others += [value[:-1], "0" * len(value), value.upper() + "x"]
    for other in others:
        holder[place[-1]] = other
        with pytest.raises(ProofInvalid):
            verify(document)


@pytest.mark.parametrize("name", [*DOCUMENT, "more"])
def test_members_are_just_those(name: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    if name in document:
        del document[name]
    else:
        document[name] = 1
    with pytest.raises(ProofInvalid):
        verify(document)
    nothings: tuple[Any, ...] = (None, [], "x", 7)
    for nothing in nothings:
        with pytest.raises(ProofInvalid):
            verify(nothing)


def changed(*place: Any, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return document


@pytest.mark.parametrize(
    ("document", "part"),
    [
        (changed("envelope", value="x"), "envelope"),
        (changed("groups", "payload", value={}), "payload"),
        (changed("groups", "actor_id", value={"salt": "0" * 64}), "actor_id"),
        (changed("groups", "entity_id", "salt", value="x"), "entity_id"),
        (changed("groups", "payload", "content", value="x"), "payload"),
        (changed("groups", "payload", "content", value="\ud800"), "payload"),
        (changed("seal", "entry", value="x"), "seal"),
        (changed("seal", "index", value=0), "seal"),
        (changed("log", "index", value=1), "log"),
        (changed("log", "size", value=8), "log"),
        (changed("log", "path", value=[]), "log"),
        (changed("log", "path", value=["0" * 64] * 65), "log"),
    ],
)
def test_the_part_that_broke_is_named(document: dict[str, Any], part: str) -> None:
    with pytest.raises(ProofInvalid) as refusal:
        verify(document)
    assert refusal.value.part == part


def test_a_checkpoint_of_an_earlier_epoch_has_no_later_seals() -> None:
    log = Log(ORIGIN.replace("/1", "/2"))
    log.seal(make_event(1))
    proof = Proof.parse(log.prove(log.events[0]["id"]))
    proof.verify(Checkpoint(log.origin, 1, log.root))
    proof.verify(Checkpoint(ORIGIN.replace("/1", "/3"), 1, log.root))
    with pytest.raises(ProofInvalid, match="the seal is of"):
        proof.verify(Checkpoint(ORIGIN, 1, log.root))


def lying(**fields: Any) -> dict[str, Any]:
    """The proof of an event in a seal that says something else than its events."""
    log = Log()
    seal = log.seal(make_event(1))
    seal.fields |= fields
    document = log.prove(log.events[0]["id"])
    return document | {"root": log.root}


@pytest.mark.parametrize(
    "fields",
    [
        {"first_at": 1772352001000004},
        {"last_at": 1772352001000002, "first_at": 1},
        {"tenant_id": "bbbbbbbb-0000-4000-8000-00000000000b"},
        {"event_count": 2},
        {"event_count": 0, "first_at": "", "last_at": ""},
        {"first_at": ""},
        {"running_count": 0},
        {"seal_number": 0},
        {"snapshot": "1:2"},
        {"origin": "elsewhere"},
        {"sealed_at": "1.5"},
        {"previous": "0"},
    ],
)
def test_a_seal_says_what_it_holds(fields: dict[str, Any]) -> None:
    document = lying(**fields)
    root = document.pop("root")
    with pytest.raises(ProofInvalid):
        Proof.parse(document).verify(Checkpoint(ORIGIN, 1, root))


def test_that_seal_holds_without_the_lie() -> None:
    document = lying()
    root = document.pop("root")
    Proof.parse(document).verify(Checkpoint(ORIGIN, 1, root))


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[:-1],
        lambda lines: ["pgwitness/event/2", *lines[1:]],
        lambda lines: [lines[0], lines[1].upper(), *lines[2:]],
        lambda lines: [*lines[:2], "01", *lines[3:]],
        lambda lines: [*lines[:2], "9" * 19, *lines[3:]],
        lambda lines: [*lines[:5], "-1", *lines[6:]],
        lambda lines: [*lines[:-1], "3:ab"],
        lambda lines: [*lines[:-1], "3:abcd"],
        lambda lines: [*lines[:-1], "abc"],
        lambda lines: [*lines[:-1], "03:abc"],
    ],
)
def test_what_is_no_envelope(change: Callable[[list[str]], list[str]]) -> None:
    with pytest.raises(ProofInvalid) as refusal:
        Envelope.parse("\n".join(change(DOCUMENT["envelope"].split("\n"))))
    assert refusal.value.part == "envelope"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n\n\n\n",
        "\n\n\n\n::::",
        "\n\n\n\n\n:::",
        "\n\n\n\n\n::::x",
        "nonsense\n\n\n\n\n::::",
        "\n\n\n\n\n2:ö:::x",
        "\n\n\n\n\n1:ö:::",
    ],
)
def test_what_is_no_payload(content: str) -> None:
    with pytest.raises(ProofInvalid):
        Payload.parse(content)


TEXTS = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\x00"))


@given(st.lists(TEXTS, min_size=4, max_size=4), TEXTS)
def test_texts_are_read_as_they_were_sealed(
    texts: list[str | None], identifier: str | None
) -> None:
    payload = Payload.parse("\n\n\n\n\n" + "".join(map(counted, texts)))
    found = [payload.description, payload.user_agent, payload.request_id, payload.error_message]
    assert found == texts
    group = Group("actor_id", b"", b"", counted(identifier))
    assert group.read() == identifier


def test_json_that_python_does_not_read_is_no_fault() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    payload = Payload.parse(f"{deep}\n{'9' * 5000}\nnull\n\n\n::::")
    assert payload.actor == deep
    assert (payload.changes, payload.metadata) == ("null", None)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "NaN", "[1,", "[" * 100_000, ""])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(ProofInvalid):
        parse_json(text)


def test_a_seal_without_events() -> None:
    seal = Seal.parse(LOG.seals[2].entry)
    assert (seal.event_count, seal.first_at, seal.last_at) == (0, None, None)
    for entry in (LOG.seals[2].entry[:-1], LOG.seals[2].entry + "\n", None, "\ud800", ""):
        with pytest.raises(ProofInvalid):
            Seal.parse(entry)


def test_documents_round_trip() -> None:
    proof = Proof.parse(json.loads(json.dumps(DOCUMENT)))
    assert proof.in_seal.as_document() == {key: DOCUMENT["seal"][key] for key in ("index", "path")}
    for name, group in proof.event.groups.items():
        assert group.as_document() == DOCUMENT["groups"][name]
        assert Group.parse(name, group.as_document(with_digest=True)) == group
