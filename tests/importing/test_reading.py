"""Lines that can't be read are refused by number, and the others are read."""

from __future__ import annotations

import gzip
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from pgwitness.importers import IMPORTERS, ReadEvent, Refusal, read_events
from pgwitness.importers.records import derive_code, derive_title, is_address

PGWITNESS = IMPORTERS["pgwitness"]


def line_of(number: int, **more: Any) -> bytes:
    event = {
        "idempotency_key": f"key {number}",
        "occurred_at": "2026-01-31T12:00:00Z",
        "action": "user_created",
        "entity_type": "user",
        "description": f"event {number}",
        **more,
    }
    return json.dumps(event).encode() + b"\n"


def read(content: bytes) -> list[ReadEvent | Refusal]:
    return list(read_events(io.BytesIO(content), PGWITNESS))


def refusals(content: bytes) -> dict[int, str]:
    return {item.line: item.message for item in read(content) if isinstance(item, Refusal)}


def lines_read(content: bytes) -> list[int]:
    return [item.line for item in read(content) if isinstance(item, ReadEvent)]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"{\n", "not JSON"),
        (b'"text"\n', "not an object but a string"),
        (b"[]\n", "not an object but an array"),
        (b"null\n", "not an object but null"),
        (b"7\n", "not an object but a number"),
        (b"true\n", "not an object but a boolean"),
        (b'{"description": "a\x00b"}\n', "not JSON"),
        (b'{"description": "\xff"}\n', "not UTF-8"),
        (b'{"description": "\xed\xa0\x80"}\n', "not UTF-8"),
        (line_of(1, description={"en": "text"}), "description is not text"),
        (line_of(1, metadata={"deep": json.loads("[" * 300 + "]" * 300)}), "nested too deeply"),
        (b'{"metadata": {"x": NaN}}\n', "NaN is no JSON number"),
        (b'{"metadata": {"x": ' + b"9" * 5000 + b"}}\n", "not JSON that can be stored"),
        (b'{"metadata": ' + b"[" * 100_000 + b"\n", "nested too deeply"),
        (b'{"description": "' + b"x" * PGWITNESS.line_limit_bytes + b'"}\n', "longer than"),
    ],
    ids=lambda value: value[:24].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_a_bad_line_is_refused_and_its_neighbours_are_read(bad: bytes, message: str) -> None:
    content = line_of(1) + b"\n  \n" + bad + line_of(5)
    assert list(refusals(content)) == [4]
    assert message in refusals(content)[4]
    assert lines_read(content) == [1, 5]


def test_what_cant_be_stored_letter_for_letter_is_read_and_marked() -> None:
    content = line_of(1) + line_of(2, user_agent="a\x00b") + line_of(3, metadata={"x": "\ud800"})
    items = read(content)
    assert [isinstance(item, ReadEvent) and item.is_escaped for item in items] == [
        False,
        True,
        True,
    ]


def test_numbers_keep_their_digits() -> None:
    content = line_of(1)[:-2] + b', "metadata": {"a": 0.1, "b": 0.12345678901234567890, "c": 7}}\n'
    (item,) = read(content)
    assert isinstance(item, ReadEvent)
    metadata = item.event["metadata"]
    assert metadata == {"a": 0.1, "b": Decimal("0.12345678901234567890"), "c": 7}


def test_numbers_may_stand_for_identifiers() -> None:
    assert lines_read(line_of(1, entity_id=42, actor_id=7)) == [1]


def test_every_refusal_says_what_to_do() -> None:
    content = b"{\n" + b"[]\n" + b'{"description": "\xff"}\n' + b"{}\n"
    hints = [item.hint for item in read(content) if isinstance(item, Refusal)]
    assert len(hints) == 4
    assert all(hints)


def test_the_last_line_needs_no_newline() -> None:
    assert lines_read(line_of(1) + line_of(2).rstrip()) == [1, 2]


def test_a_huge_last_line_without_newline_is_refused() -> None:
    content = line_of(1) + b"x" * (2 * PGWITNESS.line_limit_bytes)
    assert list(refusals(content)) == [2]


def test_line_endings_and_byte_order_mark_of_other_systems_are_read() -> None:
    content = b"\xef\xbb\xbf" + (line_of(1) + line_of(2)).replace(b"\n", b"\r\n")
    assert lines_read(content) == [1, 2]
    assert refusals(content) == {}


def test_gzip_is_unpacked_whatever_the_file_is_called() -> None:
    assert lines_read(gzip.compress(line_of(1)) + gzip.compress(line_of(2))) == [1, 2]


def test_gzip_cut_short_gives_what_it_had_and_a_refusal() -> None:
    lines = b"".join(line_of(number) for number in range(1, 20_001))
    packed = gzip.compress(lines)
    cut = packed[: len(packed) // 2]
    found = lines_read(cut)
    assert found == list(range(1, len(found) + 1))
    assert 0 < len(found) < 20_000
    (broken,) = refusals(cut).items()
    assert broken[0] == len(found) + 1
    assert "breaks off" in broken[1]


def test_an_empty_file_holds_nothing() -> None:
    assert read(b"") == []


def test_reading_is_lazy_so_that_memory_stays_flat() -> None:

    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            self.given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            chunk = line_of(self.given, padding=None)[: len(buffer)]
            buffer[: len(chunk)] = chunk
            self.given += 1
            return len(chunk)

    endless = Endless()
    items = read_events(io.BufferedReader(endless), IMPORTERS["eneo"])
    for _ in range(10):
        next(items)
    assert endless.given < 200


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ListObjects", "list_objects"),
        ("ListObjectsV2", "list_objects_v2"),
        ("DescribeDBInstances", "describe_db_instances"),
        ("AssumeRoleWithSAML", "assume_role_with_saml"),
        ("CreateVpc", "create_vpc"),
        ("S3_Object", "s3_object"),
        ("Invoke20150331", "invoke20150331"),
        ("REST.GET.OBJECT", "rest_get_object"),
        ("2FA Enabled", "event_2_fa_enabled"),
        ("日本", "event"),
        ("A" * 80, "a" * 63),
    ],
)
def test_names_become_codes(name: str, code: str) -> None:
    assert derive_code(name) == code


def test_codes_become_titles() -> None:
    assert derive_title("s3_object") == "S3 object"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2.3.4", True),
        ("2001:db8::1", True),
        ("ec2.amazonaws.com", False),
        ("10.0.0.0/8", False),
        ("fe80::1%eth0", False),
        (None, False),
        (16909060, False),
    ],
)
def test_addresses_are_told_from_names(text: object, expected: bool) -> None:
    assert is_address(text) is expected
