from __future__ import annotations

import json
from datetime import datetime

from formats.outlet import ENVELOPE, TEXTS, Outlet
from reading.desk import COLUMNS


def test_a_line_is_a_line_of_the_export(outlet: Outlet) -> None:
    """An export and a sink say the same of an event, to the byte."""
    for text in TEXTS:
        outlet.log_whole(text)
    outlet.log()
    row = outlet.root.execute("select audit_private.export_line('jsonl') as line").fetchone()
    assert row is not None
    exported = outlet.root.execute(
        f"select {row['line']} as line from (select e.*, a.category from audit_private.event e "
        "join audit_private.action a using (action)) e where source = 'logged' order by sequence"
    ).fetchall()
    assert outlet.deliver("jsonl") == [line["line"] for line in exported]


def test_values_are_read_back(outlet: Outlet) -> None:
    for text in TEXTS:
        outlet.log_whole(text)
    for content, event in zip(outlet.deliver("jsonl"), outlet.events(), strict=True):
        line = json.loads(content)
        assert list(line) == COLUMNS
        for name in COLUMNS:
            if isinstance(event[name], datetime):
                assert datetime.fromisoformat(line[name]) == event[name]
            elif isinstance(event[name], (str, int, list, dict)):
                assert line[name] == event[name]
            else:
                assert line[name] == str(event[name])


def test_an_envelope_has_its_keys_alone(outlet: Outlet) -> None:
    outlet.log_whole()
    assert list(json.loads(outlet.last("jsonl", content="envelope"))) == list(ENVELOPE)
