r"""Makes values that PostgreSQL can't store safe to send, so that no event is lost for them.

PostgreSQL's text and jsonb hold neither U+0000 nor lone surrogates (U+D800 to U+DFFF), JSON has no
number for NaN and the infinities (RFC 8259, section 6). An event with such a value is stored with a
visible, reversible escape, and the places are listed in its metadata under one key:

    "pgwitness_escaped": {
      "texts": ["/description", "/metadata/note"],
      "names": ["/metadata/odd\\u0000name"],
      "numbers": ["/metadata/ratio"]
    }

Places are JSON pointers (RFC 6901) into the event as it is stored. In a text or name at such a
place `\u0000` stands for the character with that hexadecimal code and `\\` for one backslash; text
anywhere else is as it was given. A number at such a place is the string "NaN", "Infinity" or
"-Infinity". `restore` undoes all of it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import Any
from uuid import UUID

from pgwitness.errors import ValueUnstorable

MARK = "pgwitness_escaped"
DEPTH_LIMIT = 200
INTEGER_BITS = 14_280  # some 4,298 digits: Python itself reads at most 4,300

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPABLE = re.compile("[\x00\ud800-\udfff\\\\]")
_ESCAPED = re.compile(r"\\(\\|u[0-9a-f]{4})")
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False)
_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def is_storable(text: str) -> bool:
    """Tells whether PostgreSQL can store the text as it is."""
    return _UNSTORABLE.search(text) is None


def escape(text: str) -> str:
    r"""Writes NUL and lone surrogates as `\uXXXX` and a backslash as two.

    Different texts give different results, always storable ones.
    """
    return _ESCAPABLE.sub(
        lambda found: "\\\\" if found[0] == "\\" else f"\\u{ord(found[0]):04x}", text
    )


def unescape(text: str) -> str:
    """Undoes `escape`; text that is no result of it comes back with what could be undone."""
    return _ESCAPED.sub(
        lambda found: "\\" if found[1] == "\\" else chr(int(found[1][1:], 16)), text
    )


def storable(text: str) -> str:
    """Gives the text itself when PostgreSQL can store it, else its escaped form."""
    return text if is_storable(text) else escape(text)


@dataclass(slots=True)
class Places:
    """Where values were escaped: JSON pointers (RFC 6901) into the stored event."""

    texts: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tells whether there is any."""
        return bool(self.texts or self.names or self.numbers)

    def as_mark(self) -> dict[str, list[str]]:
        """Gives what stands in the metadata: the lists that aren't empty."""
        lists = {"texts": self.texts, "names": self.names, "numbers": self.numbers}
        return {kind: places for kind, places in lists.items() if places}

    def add_those_below(self, others: Places, member: str) -> None:
        """Takes over the others' places in one top-level member of the event."""
        for own, other in (
            (self.texts, others.texts),
            (self.names, others.names),
            (self.numbers, others.numbers),
        ):
            own += [p for p in other if p == f"/{member}" or p.startswith(f"/{member}/")]


def to_json(value: object) -> str:
    """Gives a value as JSON text that PostgreSQL's jsonb takes.

    Objects come from mappings, arrays from lists and tuples. Dates, times, UUIDs, network addresses
    and Decimals become strings (ISO 8601; a Decimal keeps every digit), an Enum its value. Names
    that aren't text are written the way their value would be. Text that can't be stored is escaped.

    Args:
        value: what to write.

    Raises:
        ValueUnstorable: a value of another type, two names of an object that become one, an integer
            of over 14,280 bits, or more than 200 levels.
    """
    return dump(_plain(value, "", Places(), 0))


def dump(value: object) -> str:
    """Gives as JSON text what went through `make_safe` already."""
    return _ENCODER.encode(value)


def exact_number(digits: str) -> float | Decimal:
    """Reads a JSON number: as a float where that is exactly what stands there, else as a Decimal.

    Raises:
        ValueError: its exponent is beyond what a Decimal holds.
    """
    nearest = float(digits)
    try:
        exact = Decimal(digits)
    except InvalidOperation as error:
        raise ValueError(f"{digits[:40]} is too large a number") from error
    return nearest if Decimal(repr(nearest)) == exact else exact


def make_safe(event: Mapping[str, object], inherited: Places | None = None) -> dict[str, Any]:
    """Turns an event into one that can be stored, and marks in its metadata what was escaped.

    Args:
        event: the event's arguments by name, as `log_event` takes them. Members that are None stay.
        inherited: places in the context's values, which become the event's where it gives none.

    Returns:
        A new mapping of JSON values only; `restore` gives back what was put in, with the
        conversions of `to_json`.

    Raises:
        ValueUnstorable: as in `to_json`; or something has to be marked and metadata is no object.
    """
    places = Places()
    safe: dict[str, Any] = {}
    for name, value in event.items():
        if name == "metadata" and isinstance(value, Mapping) and MARK in value:
            value = _RenamedMark(value)
        # The key isn't part of the stored event, so its place would point nowhere.
        known = Places() if name == "idempotency_key" else places
        name = storable(name)
        safe[name] = value if value is None else _plain(value, f"/{_segment(name)}", known, 0)
    if inherited is not None:
        # An actor who is named in the event stands in for the context's, snapshot and all.
        is_actors = event.get("actor_id") is None
        members = ("actor_id", "actor") if is_actors else ()
        for member in (*members, "user_agent", "request_id"):
            if event.get(member) is None:
                places.add_those_below(inherited, member)
    if places:
        metadata = safe.get("metadata")
        if metadata is None:
            metadata = {}
        if not isinstance(metadata, dict):
            raise ValueUnstorable(
                "text that PostgreSQL can't store needs a metadata object to be marked in",
                detail=f"Escaped: {', '.join(places.texts + places.names + places.numbers)}",
                hint="Give metadata as an object.",
            )
        safe["metadata"] = {**metadata, MARK: places.as_mark()}
    return safe


def restore(event: Mapping[str, Any]) -> dict[str, Any]:
    """Undoes `make_safe`: gives an event as its writer had it, without the mark.

    Args:
        event: members by name, as stored; for a model use `dataclasses.asdict` first, or
            `Event.restored`.

    Returns:
        A new mapping. An event without a mark comes back as it is, and so does whatever a mark that
        wasn't written by this module points to in vain. Metadata that held nothing but the mark is
        None.
    """
    metadata = event.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get(MARK), Mapping):
        return dict(event)
    mark = metadata[MARK]
    places = {
        kind: {place for place in listed if isinstance(place, str)}
        for kind in ("texts", "names", "numbers")
        if isinstance(listed := mark.get(kind, []), list | tuple)
    }
    restored: dict[str, Any] = _restored(
        {**event, "metadata": {name: v for name, v in metadata.items() if name != MARK} or None},
        "",
        places,
    )
    return restored


class _RenamedMark(dict[str, object]):
    """Metadata of a caller who uses the key of the mark: that name is escaped like an odd one."""


def _plain(value: object, place: str, places: Places, depth: int) -> Any:
    if value is None or value is True or value is False:
        return value
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        if is_storable(value):
            return str(value)
        places.texts.append(place)
        return escape(value)
    if isinstance(value, int):
        if value.bit_length() > INTEGER_BITS:
            raise ValueUnstorable(
                "an integer is too large to be read again",
                detail=f"At {place or '/'} it has {value.bit_length()} bits.",
                hint=f"Up to {INTEGER_BITS} bits are taken; write it as text.",
            )
        return int(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        places.numbers.append(place)
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict | list | tuple | Mapping):
        if depth >= DEPTH_LIMIT:
            raise ValueUnstorable(
                "a value is nested too deeply",
                detail=f"More than {DEPTH_LIMIT} levels, or an object that holds itself.",
                hint="Flatten it, or write it as text.",
            )
        if not isinstance(value, list | tuple):
            return _plain_object(value, place, places, depth)
        items = []
        for index, item in enumerate(value):
            items.append(_plain(item, f"{place}/{index}", places, depth + 1))
        return items
    converted = _as_text(value)
    if converted is None:
        raise ValueUnstorable(
            f"a value of type {type(value).__name__} has no JSON form",
            detail=f"At {place or '/'}.",
            hint="Give text, numbers, booleans, None, mappings, lists, tuples, dates, times, "
            "UUIDs, network addresses, Decimals or Enums.",
        )
    return converted


def _plain_object(
    value: Mapping[Any, object], place: str, places: Places, depth: int
) -> dict[str, Any]:
    names = [_name(name, place) for name in value]
    # Once one name is escaped, all that an escape could be taken for are, so that none collide.
    is_escaping = isinstance(value, _RenamedMark) or not all(map(is_storable, names))
    result: dict[str, Any] = {}
    for name, member in zip(names, value.values(), strict=True):
        stored = escape(name) if is_escaping else name
        if isinstance(value, _RenamedMark) and name == MARK:
            stored = f"\\u{ord(MARK[0]):04x}{MARK[1:]}"
        if stored in result:
            raise ValueUnstorable(
                f"two names of one object become {stored!r}",
                detail=f"At {place or '/'}.",
                hint="Give the names as different texts.",
            )
        below = f"{place}/{_segment(stored)}"
        if stored != name:
            places.names.append(below)
        result[stored] = _plain(member, below, places, depth + 1)
    return result


def _name(name: object, place: str) -> str:
    if isinstance(name, Enum):
        name = name.value
    if isinstance(name, str):
        return str(name)
    if name is None or isinstance(name, bool | int | float):
        plain = _plain(name, place, Places(), 0)
        return plain if isinstance(plain, str) else json.dumps(plain)
    converted = _as_text(name)
    if converted is None:
        raise ValueUnstorable(
            f"a name of type {type(name).__name__} has no JSON form",
            detail=f"At {place or '/'}.",
            hint="Give the names of an object as text.",
        )
    return converted


def _as_text(value: object) -> str | None:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(
        value,
        UUID
        | Decimal
        | IPv4Address
        | IPv6Address
        | IPv4Interface
        | IPv6Interface
        | IPv4Network
        | IPv6Network,
    ):
        return str(value)
    return None


def _segment(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _restored(value: Any, place: str, places: Mapping[str, Iterable[str]]) -> Any:
    if isinstance(value, Mapping):
        result = {}
        for name, member in value.items():
            below = f"{place}/{_segment(name)}"
            is_odd = below in places.get("names", ())
            result[unescape(name) if is_odd else name] = _restored(member, below, places)
        return result
    if isinstance(value, list | tuple):
        return [_restored(item, f"{place}/{index}", places) for index, item in enumerate(value)]
    if isinstance(value, str):
        if place in places.get("texts", ()):
            return unescape(value)
        if place in places.get("numbers", ()):
            return _NUMBERS.get(value, value)
    return value
