"""The page of a case that people read: one HTML file, without a script, that needs nothing else.

It says what was verified, how, and what that doesn't prove. It depends on nothing but the case, so
a verifier makes it anew and compares. Everything in it that comes from events is escaped, also
what would turn the direction of writing.
"""

from __future__ import annotations

import html
import json
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.notes import Signature
from pgwitness.evidence.proofs import GROUPS, Payload, Seal, SealedEvent

EVENTS_SHOWN = 2000
"""How many events the table shows; the timeline counts all."""

TEXT_CHARACTERS = 4000
"""How much of one text is shown."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BARS = 60
_WIDTH, _HEIGHT = 960, 120
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
_NAMES = {"actor_id": "actor", "entity_id": "entity", "payload": "payload"}
_STYLE = """
:root { color-scheme: light dark; --line: #8885; --good: #1a7f37; --bad: #b3261e; --dim: #6b7280 }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
th { font-weight: 600; white-space: nowrap }
code, pre { font: 12.5px/1.45 ui-monospace, monospace; overflow-wrap: anywhere }
pre { white-space: pre-wrap; margin: .3rem 0 }
small, .dim { color: var(--dim) } .good { color: var(--good) } .bad { color: var(--bad) }
.hidden { border: 1px dashed var(--dim); border-radius: .2rem; padding: 0 .3rem; color: var(--dim) }
svg { width: 100%; height: auto } svg .ok { fill: #4f7cac } svg .failed { fill: #b3261e }
svg text { font: 12px system-ui, sans-serif; fill: currentColor }
svg line { stroke: currentColor; stroke-opacity: .4 }
@media print { details > * { display: block } }
""".strip()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page says of the whole case.

    Attributes:
        tenant_id: whose events.
        filter: the filter as it was given.
        created_at: when the case was made.
        checkpoint: that everything is proven against.
        signatures: of the checkpoint, as they stand in its note.
        is_signed: whether the manifest was signed, which shows that no event is missing.
        unproven: events that the filter found but that weren't sealed at the checkpoint.
        blacked_out_at: when something was blacked out last, or None.
        blacked_out: the groups of each event that were.
        version: of the program that wrote the page.
    """

    tenant_id: UUID
    filter: Any
    created_at: datetime
    checkpoint: Checkpoint
    signatures: Sequence[Signature]
    is_signed: bool
    unproven: Sequence[UUID] = ()
    blacked_out_at: datetime | None = None
    blacked_out: Mapping[UUID, Sequence[str]] = field(default_factory=dict)
    version: str = ""


class Report:
    """Takes a case's events, oldest first, and draws the page."""

    def __init__(self, blacked_out: Mapping[UUID, Sequence[str]] | None = None) -> None:
        """Begins without events.

        Args:
            blacked_out: the groups of each event that the holder blacked out.
        """
        self._blacked_out = {} if blacked_out is None else blacked_out
        self._moments = array("q")
        self._failed = array("b")
        self._hidden: Counter[str] = Counter()
        self._rows: list[str] = []
        self._seals: set[int] = set()

    def add(self, event: SealedEvent, seal: Seal, index: int) -> None:
        """Takes the next event.

        Args:
            event: verified.
            seal: that covers it.
            index: its place in there.
        """
        envelope = event.envelope
        self._moments.append((envelope.occurred_at - _EPOCH) // timedelta(microseconds=1))
        self._failed.append(envelope.outcome != "success")
        self._hidden.update(name for name in GROUPS if not event.groups[name].is_shown)
        self._seals.add(seal.number)
        if len(self._rows) < EVENTS_SHOWN:
            self._rows.append(self._row(event, seal, index))

    def render(self, facts: Facts) -> bytes:
        """Gives the page."""
        count = len(self._moments)
        title = f"Evidence: {_events(count)} of {facts.tenant_id}"
        parts = [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_text(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{_text(title)}</h1>",
            "<p>This page is for reading. It proves nothing by itself: what proves is in the files "
            "beside it, and is verified without any database by</p>",
            "<pre>pgwitness verify case.zip --key KEYS</pre>",
            "<p>with the public key of the log from somebody you trust, not from this file.</p>",
            "<h2>The case</h2>",
            _definitions(self._about(facts)),
            "<h2>When it happened</h2>",
            self._timeline(),
            "<h2>What was verified, and how</h2>",
            self._verified(facts),
            "<h2>What it does not prove</h2>",
            self._unproven(facts),
            "<h2>The events</h2>",
            self._table(),
            "</body></html>",
        ]
        return ("\n".join(parts) + "\n").encode()

    def _about(self, facts: Facts) -> Iterable[tuple[str, str]]:
        yield "Tenant", f"<code>{facts.tenant_id}</code>"
        yield "Filter", f"<code>{_text(_json(facts.filter))}</code>"
        yield "Made", _moment(facts.created_at)
        yield "Log", f"<code>{_text(facts.checkpoint.origin)}</code>"
        yield (
            "Checkpoint",
            f"{facts.checkpoint.size:,} seals, root <code>{facts.checkpoint.root.hex()}</code>",
        )
        yield (
            "Signed by",
            "<br>".join(
                f"<code>{_text(line.name)}</code>, key ID <code>{line.key_id.hex()}</code>"
                for line in facts.signatures
            ),
        )
        yield "Seals", f"{len(self._seals):,} hold these events"
        if facts.blacked_out_at is not None:
            yield "Blacked out", _moment(facts.blacked_out_at)
        yield "Written by", f"pgwitness {_text(facts.version)}"

    def _timeline(self) -> str:
        if not self._moments:
            return "<p>There are no events.</p>"
        first, last = min(self._moments), max(self._moments)
        step = max((last - first) // _BARS + 1, 1)
        good, bad = [0] * _BARS, [0] * _BARS
        for moment, failed in zip(self._moments, self._failed, strict=True):
            (bad if failed else good)[min((moment - first) // step, _BARS - 1)] += 1
        highest = max(g + b for g, b in zip(good, bad, strict=True))
        width = _WIDTH // _BARS
        bars = []
        for place, (succeeded, failed) in enumerate(zip(good, bad, strict=True)):
            if not succeeded + failed:
                continue
            begins = _moment(_EPOCH + timedelta(microseconds=first + place * step), is_plain=True)
            told = f"{_events(succeeded + failed)} from {begins}, {failed:,} failed"
            base = _HEIGHT
            drawn = ""
            for kind, number in (("ok", succeeded), ("failed", failed)):
                if not number:
                    continue
                tall = max(number * _HEIGHT // highest, 2)
                base -= tall
                drawn += (
                    f'<rect class="{kind}" x="{place * width}" y="{base}" width="{width - 2}" '
                    f'height="{tall}"/>'
                )
            bars.append(f"<g><title>{_text(told)}</title>{drawn}</g>")
        ends = [
            _moment(_EPOCH + timedelta(microseconds=moment), is_plain=True)
            for moment in (first, last)
        ]
        return (
            f'<svg viewBox="0 -4 {_WIDTH} {_HEIGHT + 28}" role="img" '
            f'aria-label="{_text(f"Events from {ends[0]} to {ends[1]}")}">'
            + "".join(bars)
            + f'<line x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}"/>'
            f'<text x="0" y="{_HEIGHT + 18}">{ends[0]}</text>'
            f'<text x="{_WIDTH}" y="{_HEIGHT + 18}" text-anchor="end">{ends[1]}</text></svg>'
        )

    def _verified(self, facts: Facts) -> str:
        points = [
            "Each event's envelope, actor, entity and payload are hashed into a leaf as they "
            "stand in <code>proofs.jsonl</code> (SHA-256). One changed character is another leaf.",
            "Each leaf leads by its path to the root of the seal that covers it, and each seal in "
            "<code>seals.jsonl</code> to the root of the log (Merkle trees of RFC 6962).",
            "The root of the log is that of the checkpoint in <code>checkpoint.txt</code>, which "
            "was signed with Ed25519 by the keys above.",
        ]
        if self._hidden:
            hidden = ", ".join(
                f"{self._hidden[name]:,} × {_NAMES[name]}"  # noqa: RUF001
                for name in GROUPS
                if self._hidden[name]
            )
            points.append(
                f"Erased or blacked out: {hidden}. Of those only a digest is left, from which the "
                "content can't be guessed; that something stood there, and when, stays proven."
            )
        if facts.is_signed:
            points.append(
                "The manifest is signed by the log's key: no event of the case was left out of "
                "this file after it was made."
            )
        return _points(points)

    def _unproven(self, facts: Facts) -> str:
        points = [
            "That an event tells the truth: it proves what was recorded and when it was sealed, "
            "and that nobody changed it since. The minutes before it was sealed rest on the "
            "database.",
            "That the key is the log's: compare it with one that you got another way. Whoever has "
            "the private key can sign another log.",
            "That the log holds everything that happened: toggles may have been off. Turning them "
            "is itself an event.",
        ]
        if not facts.is_signed:
            points.insert(
                0,
                '<strong class="bad">That no event is missing.</strong> The manifest isn\'t '
                "signed, so somebody may have left events out of this file.",
            )
        else:
            points.append(
                "That the filter found all that it should have: the list is what the database gave "
                "to whoever made this file."
            )
        if facts.unproven:
            ids = ", ".join(f"<code>{event_id}</code>" for event_id in facts.unproven[:100])
            more = f" and {len(facts.unproven) - 100:,} more" if len(facts.unproven) > 100 else ""
            points.append(
                f"What the filter found too, but wasn't sealed at the checkpoint and isn't in this "
                f"file: {_events(len(facts.unproven))}: {ids}{more}."
            )
        return _points(points)

    def _table(self) -> str:
        heads = ("When (UTC)", "Action", "Entity", "Actor", "What is recorded", "Proven")
        shown = len(self._rows)
        left = len(self._moments) - shown
        more = f"<p>{left:,} more are in <code>proofs.jsonl</code>.</p>" if left else ""
        head = "".join(f"<th>{name}</th>" for name in heads)
        return f"<table><tr>{head}</tr>\n" + "\n".join(self._rows) + f"\n</table>{more}"

    def _row(self, event: SealedEvent, seal: Seal, index: int) -> str:
        envelope = event.envelope
        failed = envelope.outcome != "success"
        blacked_out = self._blacked_out.get(envelope.id, ())

        def hidden(name: str) -> str:
            why = "blacked out" if name in blacked_out else "erased"
            digest = event.groups[name].digest.hex()
            return f'<span class="hidden" title="{digest}">{why}</span>'

        def identifier(name: str) -> str:
            group = event.groups[name]
            if not group.is_shown:
                return hidden(name)
            text = group.read()
            return '<span class="dim">none</span>' if text is None else _brief(str(text))

        payload = event.groups["payload"].read()
        recorded = _recorded(payload) if isinstance(payload, Payload) else hidden("payload")
        proven = ["envelope"] + [_NAMES[name] for name in GROUPS if event.groups[name].is_shown]
        cells = [
            f"{_moment(envelope.occurred_at)}<br><small><code>{envelope.id}</code></small>",
            f"{_brief(envelope.action)}<br><small"
            + (' class="bad"' if failed else "")
            + f">{_brief(envelope.outcome)}, {_brief(envelope.source)}</small>",
            f"{_brief(envelope.entity_type)}<br>{identifier('entity_id')}",
            f"{_brief(envelope.actor_type)}<br>{identifier('actor_id')}<br>"
            f"<small>recorded by {_brief(envelope.recorded_by or '')}</small>",
            recorded,
            f'<span class="good">✓ {", ".join(proven)}</span><br><small>leaf {index:,} of seal '
            f"{seal.number:,}, sealed {_moment(seal.sealed_at)}</small>",
        ]
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _recorded(payload: Payload) -> str:
    lines = [_brief(payload.description)] if payload.description else []
    if payload.error_message:
        lines.append(f'<span class="bad">{_brief(payload.error_message)}</span>')
    more = [
        (name.replace("_", " "), value)
        for name, value in (
            ("actor", payload.actor),
            ("target", payload.target),
            ("changes", payload.changes),
            ("metadata", payload.metadata),
            ("ip", payload.ip),
            ("user_agent", payload.user_agent),
            ("request_id", payload.request_id),
        )
        if value is not None
    ]
    if more:
        told = "".join(f"<pre><b>{name}</b> {_brief(value)}</pre>" for name, value in more)
        lines.append(f"<details><summary>details</summary>{told}</details>")
    return "<br>".join(lines) or '<span class="dim">nothing more</span>'


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count:,} events"


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "\n".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in pairs)
    return f"<table>{rows}</table>"


def _points(points: Iterable[str]) -> str:
    return "<ul>" + "\n".join(f"<li>{point}</li>" for point in points) + "</ul>"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _moment(moment: datetime, *, is_plain: bool = False) -> str:
    text = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return text[:19] if is_plain else f"{text[:19]}<small>{text[19:]}</small>"


def _brief(text: str) -> str:
    if len(text) > TEXT_CHARACTERS:
        left = len(text) - TEXT_CHARACTERS
        return _text(text[:TEXT_CHARACTERS]) + f" <small>… {left:,} more characters</small>"
    return _text(text)


def _text(text: str) -> str:
    """Writes a text so that no browser reads anything else in it."""
    safe = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return html.escape(safe.encode("utf-8", "backslashreplace").decode())
