"""Signed notes and keys: what is believed, and what isn't."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.builder import (
    INSTALLATION,
    ORIGIN,
    OTHER_SEED,
    SEED,
    Log,
    make_event,
    private_key,
    public_key,
    sign,
    signature_line,
)
from evidence.office import trust
from pgwitness.evidence import checkpoints
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.notes import (
    KeyInvalid,
    KeyRing,
    Note,
    NoteInvalid,
    PublicKey,
    SigningKey,
    load_signing_key,
    store_signing_key,
)

TEXT = "first\n\nthird\n"
OTHER_ORIGIN = "pgwitness/00000000-8b3f-4f0e-9a2b-0b8f0a3f2d11/1"


def epoch(number: int, installation: str = INSTALLATION) -> str:
    return f"pgwitness/{installation}/{number}"


def test_keys_are_written_as_in_go() -> None:
    """A pair of keys that the tests of Go's sumdb/note publish."""
    key = SigningKey.parse(
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    )
    assert str(key.public) == ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert SigningKey.parse(key.as_text()) == key
    assert PublicKey.parse(str(key.public)) == key.public


def test_what_is_signed_is_what_others_sign() -> None:
    assert SigningKey.parse(private_key()).sign(TEXT) == sign(TEXT)


@given(st.text(st.characters(codec="utf-8", min_codepoint=32, include_characters="\n")))
def test_any_text_round_trips(text: str) -> None:
    signed = SigningKey(ORIGIN, SEED).sign(text + "\n")
    note = Note.parse(signed.encode())
    assert note.text == text + "\n"
    assert trust().verify(note) == (PublicKey.parse(public_key()),)


def test_signatures_of_others_are_passed_over() -> None:
    lines = "".join(
        signature_line(TEXT, name=f"witness{number}", seed=OTHER_SEED) for number in range(16)
    )
    note = Note.parse(f"{TEXT}\n{lines}{signature_line(TEXT)}".encode())
    assert len(note.signatures) == 17
    assert trust().verify(note)
    with pytest.raises(NoteInvalid, match="no trusted key"):
        trust(public_key(seed=OTHER_SEED)).verify(note)


def test_a_name_alone_is_not_a_key() -> None:
    note = Note.parse(sign(TEXT, ORIGIN, OTHER_SEED).encode())
    with pytest.raises(NoteInvalid, match="no trusted key"):
        trust().verify(note)


def test_a_known_key_that_fails_condemns_the_note() -> None:
    good = signature_line(TEXT, "witness", OTHER_SEED)
    bad = signature_line("another text\n")
    note = Note.parse(f"{TEXT}\n{good}{bad}".encode())
    with pytest.raises(NoteInvalid, match="is wrong"):
        trust(public_key(), public_key("witness", OTHER_SEED)).verify(note)


def test_each_changed_byte_of_a_note_is_found() -> None:
    whole = sign(TEXT).encode()
    for place in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            with pytest.raises(NoteInvalid):
                trust().verify(Note.parse(bytes(changed)))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\nno signature\n",
        sign(TEXT)[:-1],
        sign(TEXT).replace("first", "fi\trst"),
        sign(TEXT).replace("\n", "\r\n"),
        sign(TEXT).replace("=\n", "\n"),
        sign(TEXT).replace("\u2014", "-"),
        sign(TEXT) + "\n",
        f"{TEXT}\n" + signature_line(TEXT) * 65,
    ],
)
def test_what_is_no_note(content: str) -> None:
    with pytest.raises(NoteInvalid):
        Note.parse(content.encode())


def test_a_note_is_utf_8() -> None:
    with pytest.raises(NoteInvalid, match="UTF-8"):
        Note.parse(sign(TEXT).encode().replace(b"first", b"fi\xffst"))


@pytest.mark.parametrize("text", ["no newline", "\x00\n", "a\rb\n", "\ud800\n"])
def test_what_can_not_be_signed(text: str) -> None:
    with pytest.raises(NoteInvalid):
        SigningKey(ORIGIN, SEED).sign(text)


def test_a_key_is_trusted_for_later_epochs_of_its_installation_only() -> None:
    key = public_key(epoch(3))
    for name, is_trusted in (
        (epoch(2), False),
        (epoch(3), True),
        (epoch(4), True),
        (epoch(30), True),
        (epoch(3, OTHER_ORIGIN.split("/")[1]), False),
        (epoch(3) + "0x", False),
        ("pgwitness", False),
    ):
        note = Note.parse(sign(TEXT, name).encode())
        if is_trusted:
            assert trust(key).verify(note, name)
        else:
            with pytest.raises(NoteInvalid, match="no trusted key"):
                trust(key).verify(note)


def test_rotated_keys_verify_old_and_new() -> None:
    old = sign(TEXT, epoch(1), SEED)
    new = sign(TEXT, epoch(2), OTHER_SEED)
    both = trust(public_key(epoch(1), SEED), public_key(epoch(2), OTHER_SEED))
    for content in (old, new):
        assert both.verify(Note.parse(content.encode()))
    with pytest.raises(NoteInvalid):
        trust(public_key(epoch(2), OTHER_SEED)).verify(Note.parse(old.encode()))
    # Whoever has today's key can't sign a history of yesterday.
    forged = sign(TEXT, epoch(1), OTHER_SEED)
    with pytest.raises(NoteInvalid):
        both.verify(Note.parse(forged.encode()))


def test_a_signing_key_signs_for_its_installation_only() -> None:
    key = SigningKey(epoch(2), SEED)
    assert key.named(epoch(5)).sign(TEXT) == sign(TEXT, epoch(5))
    for name in (epoch(1), OTHER_ORIGIN):
        with pytest.raises(KeyInvalid, match="the log is"):
            key.named(name)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "a+b",
        public_key()[:-1],
        public_key().replace("+", "+0", 1),
        public_key("other").replace("other", "third"),
        "a b" + public_key()[len(ORIGIN) :],
        public_key()[len(ORIGIN) :],
        private_key(),
    ],
)
def test_what_is_no_public_key(line: str) -> None:
    with pytest.raises(KeyInvalid):
        PublicKey.parse(line)


def test_no_message_repeats_a_private_key() -> None:
    secret = private_key()
    part = secret.rsplit("+", 1)[1][5:20]
    for text in (secret[:-1], secret + "x", "x" + secret, secret.replace("+A", "+B", 1)):
        with pytest.raises(KeyInvalid) as refusal:
            SigningKey.parse(text)
        assert part not in str(refusal.value)
    with pytest.raises(KeyInvalid) as refusal:
        PublicKey.parse(secret)
    assert part not in str(refusal.value)
    assert part not in repr(SigningKey.parse(secret))


def test_a_file_of_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# ours\n\n{public_key()}\n  {public_key('witness', OTHER_SEED)}  \n")
    assert [key.name for key in KeyRing.read(path).keys] == [ORIGIN, "witness"]
    path.write_text(f"{public_key()}\n{public_key()[:-1]}\n")
    with pytest.raises(KeyInvalid, match=r"keys: line 2: "):
        KeyRing.read(path)
    path.write_text("# none\n")
    with pytest.raises(KeyInvalid, match="no public key"):
        KeyRing.read(path)
    path.write_bytes(b"\xff")
    with pytest.raises(KeyInvalid, match="UTF-8"):
        KeyRing.read(path)


def test_a_private_key_file_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = SigningKey.create(ORIGIN)
    before = os.umask(0)
    try:
        store_signing_key(path, made)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_signing_key(path) == made
    with pytest.raises(FileExistsError):
        store_signing_key(path, SigningKey.create(ORIGIN))
    assert load_signing_key(path) == made
    for mode in (0o640, 0o604, 0o610, 0o602):
        path.chmod(mode)
        with pytest.raises(KeyInvalid, match="others than its owner"):
            load_signing_key(path)
    path.chmod(0o400)
    assert load_signing_key(path) == made


def test_a_private_key_of_the_environment(tmp_path: Path) -> None:
    assert load_signing_key(environment={}) is None
    assert load_signing_key(environment={"PGWITNESS_SIGNING_KEY": ""}) is None
    found = load_signing_key(environment={"PGWITNESS_SIGNING_KEY": private_key() + "\n"})
    assert found == SigningKey(ORIGIN, SEED)
    path = tmp_path / "key"
    other = SigningKey.create(ORIGIN)
    store_signing_key(path, other)
    assert load_signing_key(path, {"PGWITNESS_SIGNING_KEY": private_key()}) == other


def test_new_keys_differ() -> None:
    assert SigningKey.create(ORIGIN).seed != SigningKey.create(ORIGIN).seed
    for name in ("", "a b", "a+b", "a\nb", "a\x07b"):
        with pytest.raises(KeyInvalid):
            SigningKey.create(name)


# Checkpoints -------------------------------------------------------------------------------


def make_log() -> Log:
    log = Log()
    log.seal(make_event(1))
    log.seal(make_event(2))
    return log


def test_a_checkpoint_file_with_and_without_its_ledger() -> None:
    log = make_log()
    entries = ({"kind": "hold", "hold_id": 7}, {"kind": "erasure", "groups": ["payload"]})
    found = checkpoints.verify(log.checkpoint_file(*entries).encode(), trust())
    assert (found.checkpoint.origin, found.checkpoint.size) == (ORIGIN, 2)
    assert found.checkpoint.root == log.root
    assert found.ledger == entries
    assert found.note.decode() == log.checkpoint()
    assert checkpoints.verify(log.checkpoint_file().encode(), trust()).ledger == ()
    assert checkpoints.verify(log.checkpoint().encode(), trust()).ledger is None


def test_each_changed_byte_of_a_checkpoint_file_is_found() -> None:
    whole = make_log().checkpoint_file({"kind": "hold", "hold_id": 7}).encode()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(NoteInvalid):
            checkpoints.verify(bytes(changed), trust())


def test_a_checkpoint_file_that_was_cut() -> None:
    """What is left is refused, or the whole checkpoint, without a ledger that was cut off."""
    whole = make_log().checkpoint_file({"kind": "hold", "hold_id": 7}).encode()
    accepted = []
    for length in range(len(whole)):
        try:
            found = checkpoints.verify(whole[:length], trust())
        except NoteInvalid:
            continue
        accepted.append(length)
        assert found.ledger is None
    assert accepted == [len(make_log().checkpoint().encode())]


def test_a_ledger_of_another_checkpoint_or_key() -> None:
    log, other = make_log(), Log()
    other.seal(make_event(3))
    _, ledger = checkpoints.split(other.checkpoint_file().encode())
    assert ledger is not None
    with pytest.raises(NoteInvalid, match="another checkpoint"):
        checkpoints.verify(log.checkpoint().encode() + b"\n" + ledger, trust())
    _, ledger = checkpoints.split(log.checkpoint_file(seed=OTHER_SEED).encode())
    assert ledger is not None
    both = trust(public_key(), public_key(seed=OTHER_SEED))
    with pytest.raises(NoteInvalid, match="by the key of the checkpoint"):
        checkpoints.verify(log.checkpoint().encode() + b"\n" + ledger, both)


def test_a_checkpoint_is_signed_in_the_name_of_its_origin() -> None:
    log = make_log()
    foreign = sign(log.note_text, "witness", OTHER_SEED)
    with pytest.raises(NoteInvalid, match=f"as {ORIGIN}"):
        checkpoints.verify(foreign.encode(), trust(public_key("witness", OTHER_SEED)))
    elsewhere = Log(OTHER_ORIGIN)
    with pytest.raises(NoteInvalid, match="no trusted key"):
        checkpoints.verify(elsewhere.checkpoint().encode(), trust())


@pytest.mark.parametrize(
    "text",
    [
        "origin\n1\n",
        "origin\n1\nAAAA\n",
        "origin\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\n",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NoteInvalid):
        Checkpoint.parse(text)


def test_a_checkpoint_is_signed_by_its_installations_key() -> None:
    checkpoint = Checkpoint(epoch(3), 0, Checkpoint.parse(Log().note_text).root)
    signed = checkpoint.sign(SigningKey(epoch(1), SEED))
    assert checkpoints.verify(signed.encode(), trust()).checkpoint == checkpoint
    with pytest.raises(KeyInvalid):
        checkpoint.sign(SigningKey(OTHER_ORIGIN, SEED))
