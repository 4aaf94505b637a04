"""The page that people read: whole by itself, and nothing in it is anybody else's markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from evidence.builder import Log, make_event
from evidence.office import Office, unpack

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202e\u0007"


class Page(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def page(office: Office, log: Log | None = None, numbers: range = range(1, 9)) -> Page:
    return Page(unpack(office.write(log=log, numbers=numbers))["report.html"].decode())


def test_it_tells_the_case(office: Office) -> None:
    found = page(office)
    for text in ("8 events", "user_created", "created user 3", "5 seals", "Anna Berg", "erased"):
        assert text in found.text
    assert "What it does not prove" in found.text
    assert found.tags.count("svg") == 1
    assert found.tags.count("rect") >= 2


def test_nothing_comes_from_elsewhere_and_nothing_runs(office: Office) -> None:
    found = page(office)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form"} & set(found.tags)
    for _, name, value in found.attributes:
        assert not name.startswith("on")
        assert name not in ("src", "href", "style")
        assert "://" not in value
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in found.attributes


def test_everything_is_escaped(office: Office) -> None:
    log = Log()
    columns = dict.fromkeys(
        ("actor_id", "entity_id", "description", "user_agent", "request_id", "error_message"), EVIL
    )
    codes = dict.fromkeys(("action", "entity_type", "actor_type", "outcome", "source"), EVIL)
    document = '{"x": "</pre><script>alert(3)</script>"}'
    documents = dict.fromkeys(("actor", "target", "changes", "metadata"), document)
    log.seal(make_event(1, **columns, **codes, **documents, recorded_by=EVIL))
    content = unpack(office.write(log=log, numbers=[1]))["report.html"].decode()
    assert "<script" not in content
    assert "<img" not in content
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u202a-\u202e\u2066-\u2069]", content)
    assert "\\u202e" in content
    found = Page(content)
    assert found.text.count("<script>alert(1)</script>") == 12
    assert "</pre><script>alert(3)</script>" in found.text
    assert office.found(office.directory / "case.zip") == []


def test_times_and_failures_are_drawn(office: Office) -> None:
    found = page(office)
    kinds = [value for tag, name, value in found.attributes if (tag, name) == ("rect", "class")]
    assert kinds.count("failed") == 1
    assert "2026-03-01 08:00:01" in found.text
    for tag, name, value in found.attributes:
        if tag == "rect" and name in ("x", "y", "width", "height"):
            assert 0 <= int(value) <= 960


def test_long_texts_and_many_events_are_cut_and_said_so(office: Office) -> None:
    log = Log()
    log.seal(*(make_event(number) for number in range(1, 2050)))
    log.seal(make_event(2050, description="x" * 5000))
    # Building all the proofs would take long; those of one seal share their path's hashes.
    found = page(office, log, range(1, 4))
    assert "more are in" not in found.text
    other = page(office, log, range(2050, 2051))
    assert "1,000 more characters" in other.text


def test_a_case_without_events(office: Office) -> None:
    assert "There are no events." in page(office, numbers=range(0)).text
