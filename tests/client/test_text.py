"""Text that PostgreSQL can't store: escaped, marked, and given back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, StrEnum
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwitness.errors import ValueUnstorable
from pgwitness.text import (
    DEPTH_LIMIT,
    MARK,
    escape,
    exact_number,
    is_storable,
    make_safe,
    restore,
    to_json,
    unescape,
)

# Every character, surrogates and NUL often.
any_text = st.text(
    st.one_of(st.sampled_from("\x00\\u0d8é😀\ud800\udfffa~/"), st.characters(exclude_categories=()))
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=20,
)


def same(left: object, right: object) -> bool:
    """Compare as JSON values: nan equals itself, a float may come back as an equal integer."""
    if isinstance(left, float) and isinstance(right, float | int):
        return (math.isnan(left) and math.isnan(right)) or left == float(right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_stays_one(number: float) -> None:
    for digits in (repr(number), f"{Decimal(repr(number)):f}"):
        read = exact_number(digits)
        assert type(read) is float
        assert read == number


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_digits(number: Decimal) -> None:
    read = exact_number(f"{number:f}")
    assert number == (Decimal(repr(read)) if isinstance(read, float) else read)


@given(any_text)
def test_escaping_is_undone(text: str) -> None:
    assert unescape(escape(text)) == text
    assert is_storable(escape(text))
    escape(text).encode()


@given(any_text, any_text)
def test_different_texts_stay_different(left: str, right: str) -> None:
    assert (escape(left) == escape(right)) is (left == right)


@given(
    description=any_text,
    metadata=st.none() | st.dictionaries(any_text | st.just(MARK), any_json, max_size=4),
    target=any_json,
    user_agent=any_text,
)
def test_an_event_comes_back(
    description: str, metadata: dict[str, Any] | None, target: object, user_agent: str
) -> None:
    event = {
        "description": description,
        "metadata": metadata,
        "target": target,
        "user_agent": user_agent,
    }
    safe = make_safe(event)
    stored = json.dumps(safe, ensure_ascii=False, allow_nan=False)
    stored.encode()
    assert "\\u0000" not in stored.replace("\\\\", "")
    back = restore(json.loads(stored))
    # No metadata and empty metadata mean the same.
    assert same(back["metadata"] or None, metadata or None)
    assert all(same(event[name], back[name]) for name in event if name != "metadata")


def test_the_mark_lists_the_places() -> None:
    safe = make_safe(
        {
            "description": "a\x00b",
            "metadata": {
                "a/b": ["fine", "\ud83d"],
                "odd\x00": 1,
                "back\\slash": 2,
                "ratio": math.inf,
            },
        }
    )
    assert safe == {
        "description": "a\\u0000b",
        "metadata": {
            "a/b": ["fine", "\\ud83d"],
            "odd\\u0000": 1,
            "back\\\\slash": 2,
            "ratio": "Infinity",
            MARK: {
                "texts": ["/description", "/metadata/a~1b/1"],
                "names": ["/metadata/odd\\u0000", "/metadata/back\\\\slash"],
                "numbers": ["/metadata/ratio"],
            },
        },
    }


def test_a_safe_event_is_not_touched() -> None:
    event = {"description": "C:\\temp\\u0000", "metadata": {"path": "\\"}, "target": None}
    assert make_safe(event) == event
    assert restore(event) == event


def test_a_caller_who_uses_the_mark_cannot_forge_it() -> None:
    event = {"description": "a\\u0000", "metadata": {MARK: {"texts": ["/description"]}}}
    safe = make_safe(event)
    assert safe["description"] == event["description"]
    assert restore(safe) == event


@pytest.mark.parametrize(
    "mark",
    [None, "", 3, [], {"texts": 1}, {"texts": [1, "/nowhere", "/metadata"]}, {"names": ["/"]}],
)
def test_a_mark_of_somebody_else_does_no_harm(mark: object) -> None:
    event = {"description": "x", "metadata": {"a": "b", MARK: mark}}
    assert restore(event)["description"] == "x"
    assert restore(event)["metadata"]["a"] == "b"


class Colour(Enum):
    RED = 1


class Shade(StrEnum):
    DARK = "dark"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4), "03:04:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("12.3400"), "12.3400"),
        (ip_address("2001:db8::1"), "2001:db8::1"),
        (Colour.RED, 1),
        (Shade.DARK, "dark"),
        ((1, 2), [1, 2]),
        (
            {2: "a", None: "b", True: "c", UUID(int=1): "d", 1.5: "e"},
            {"2": "a", "null": "b", "true": "c", str(UUID(int=1)): "d", "1.5": "e"},
        ),
    ],
)
def test_conversions(value: object, expected: object) -> None:
    assert json.loads(to_json(value)) == expected


def nested(depth: int) -> object:
    value: object = "deep"
    for _ in range(depth):
        value = [value]
    return value


def test_depth() -> None:
    assert json.loads(to_json(nested(DEPTH_LIMIT)))
    with pytest.raises(ValueUnstorable, match="nested too deeply"):
        to_json(nested(DEPTH_LIMIT + 1))
    ring: list[object] = []
    ring.append(ring)
    with pytest.raises(ValueUnstorable, match="nested too deeply"):
        to_json(ring)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"bytes", "a value of type bytes has no JSON form"),
        ({"a": [{1, 2}]}, "a value of type set has no JSON form"),
        (object(), "a value of type object has no JSON form"),
        ({b"x": 1}, "a name of type bytes has no JSON form"),
        ({(1, 2): 1}, "a name of type tuple has no JSON form"),
        ({1: "a", "1": "b"}, "two names of one object become '1'"),
        ([10**4400], "an integer is too large"),
        ({"a": 1 << 2_000_000}, "an integer is too large"),
    ],
)
def test_what_would_be_lost_is_refused(value: object, message: str) -> None:
    with pytest.raises(ValueUnstorable, match=message) as caught:
        to_json(value)
    assert isinstance(caught.value, ValueError)
    assert caught.value.hint
    assert caught.value.sqlstate is None


def test_a_place_is_named() -> None:
    with pytest.raises(ValueUnstorable) as caught:
        make_safe({"metadata": {"a": [1, {"b": b""}]}})
    assert caught.value.detail == "At /metadata/a/1/b."


def test_metadata_that_can_hold_no_mark_is_refused() -> None:
    with pytest.raises(ValueUnstorable, match="needs a metadata object"):
        make_safe({"description": "\x00", "metadata": [1]})


@given(st.integers(-(2**14_280) + 1, 2**14_280 - 1))
def test_large_integers_are_exact(number: int) -> None:
    assert json.loads(to_json(number)) == number
