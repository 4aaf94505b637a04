"""Strict parsers, written from the specifications, for what the packaged ones are lax about."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass
class CommonEvent:
    """A record of the Common Event Format.

    Attributes:
        header: Vendor, product, version, signature, name and severity.
        extension: Values by their keys.
    """

    header: list[str]
    extension: dict[str, str]


def parse_cef(text: str) -> CommonEvent:
    """Read a record; anything that the format doesn't allow is an error."""
    assert "\n" not in text
    assert "\r" not in text
    parts = re.fullmatch(r"CEF:0\|" + r"((?:[^|\\]|\\[|\\])*)\|" * 6 + r"(.*)", text, re.DOTALL)
    assert parts is not None, text
    *header, extension = parts.groups()
    pairs = re.findall(
        r"(?:^| )([A-Za-z0-9_]+)=((?:[^=\\]|\\[=\\nr])*)(?=$| [A-Za-z0-9_]+=)", extension, re.DOTALL
    )
    assert " ".join(f"{key}={value}" for key, value in pairs) == extension
    values = {key: _unescape(value, {"n": "\n", "r": "\r"}) for key, value in pairs}
    assert len(values) == len(pairs), "a key stands twice"
    return CommonEvent([_unescape(part, {}) for part in header], values)


def _unescape(text: str, letters: dict[str, str]) -> str:
    return re.sub(r"\\(.)", lambda found: letters.get(found[1], found[1]), text)


@dataclass
class SyslogMessage:
    """A message of RFC 5424.

    Attributes:
        priority: Facility times eight plus severity.
        header: Timestamp, host name, application, process and kind of message.
        data: Structured data: parameters by the element's id.
        message: The text, without the byte order mark.
    """

    priority: int
    header: list[str]
    data: dict[str, dict[str, str]]
    message: str


# From the grammar of section 6: what each field may be made of and how long it may be.
HEADER = (
    r"<(0|[1-9][0-9]{0,2})>1 "
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) "
    r"([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) "
)
NAME = r"[!#-<>-\\^-~]{1,32}"
VALUE = r'(?:[^"\\\]]|\\["\\\]])*'
ELEMENT = rf'\[({NAME})((?: {NAME}="{VALUE}")*)\]'


def parse_syslog(text: str) -> SyslogMessage:
    """Read a message; anything that the grammar doesn't allow is an error."""
    assert "\n" not in text
    assert "\r" not in text
    found = re.fullmatch(rf"{HEADER}((?:{ELEMENT})+) \ufeff(.*)", text, re.DOTALL | re.ASCII)
    assert found is not None, text
    priority, *header, data = found.groups()[:7]
    elements: dict[str, dict[str, str]] = {}
    for name, parameters in re.findall(ELEMENT, data):
        assert name not in elements
        elements[name] = {}
        for key, value in re.findall(rf' ({NAME})="({VALUE})"', parameters):
            assert key not in elements[name]
            elements[name][key] = re.sub(r'\\(["\\\]])', r"\1", value)
    assert int(priority) < 192
    return SyslogMessage(int(priority), header, elements, found.groups()[-1])


def shown(text: str) -> str:
    """Show line ends as signs, as syslog messages do."""
    return text.replace("\n", "\u240a").replace("\r", "\u240d")
