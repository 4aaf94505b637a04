"""What is tried on a game day, read from the files below `tampering`.

A file is named as its attack, in a folder for what is attacked. Its head is a sentence, then lines
`-- <key>: <value>`:

- `sv`: the sentence in Swedish.
- `verify`, `doctor`, `checkpoint`, `ledger`, `evidence`: what has to find it, and what that must
  say; none of them where nothing can.
- `each`: put in place of `{each}`, once for each such line: a trial of its own.
- `copy`: which copy of the log the attack needs for itself, `current` or `older`, because it
  commits; without, it is rolled back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "tampering"

TARGETS = ("events", "seals", "removals", "rules", "restores", "guards")
"""What is attacked, in the order in which it is told."""

DETECTORS = ("verify", "doctor", "checkpoint", "ledger", "evidence")
"""What looks for traces, from the nearest to the farthest: the last three take something that was
kept outside."""

OUTSIDE = ("checkpoint", "ledger", "evidence")

_LINE = re.compile(r"-- ([a-z]+): (.*)")
_KEYS = {"sv", "each", "copy", *DETECTORS}


@dataclass(frozen=True, slots=True)
class Attack:
    """A way to tamper with a log.

    Attributes:
        name: Folder and name of its file, such as `events/delete_event`.
        titles: A sentence for people, by language.
        statements: SQL that a superuser runs, in one transaction unless it ends that by itself.
        expected: What each detector has to say that finds it; empty when none can.
        variants: Texts for `{each}`, a trial each; one empty text where there is no such place.
        copy: `current` or `older` when it needs a copy of the log for itself.
    """

    name: str
    titles: dict[str, str]
    statements: str
    expected: dict[str, tuple[str, ...]]
    variants: tuple[str, ...]
    copy: str | None

    @property
    def target(self) -> str:
        """What is attacked, one of `TARGETS`."""
        return self.name.split("/")[0]

    @classmethod
    def parse(cls, name: str, text: str) -> Attack:
        """Read a file.

        Raises:
            ValueError: Its head isn't one.
        """
        sentence: list[str] = []
        found: dict[str, list[str]] = {key: [] for key in _KEYS}
        lines = text.splitlines()
        end = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
        for line in lines[:end]:
            pair = _LINE.fullmatch(line)
            if pair and pair[1] in _KEYS:
                found[pair[1]].append(pair[2])
            elif any(found.values()):
                raise ValueError(f"{name}: {line!r} is no line of a head")
            else:
                sentence.append(line.removeprefix("--").strip())
        statements = "\n".join(lines[end:])
        copy = found["copy"][0] if found["copy"] else None
        if not sentence or len(found["sv"]) != 1 or not statements.strip():
            raise ValueError(f"{name}: a sentence, its translation or the SQL is missing")
        if bool(found["each"]) != ("{each}" in statements) or copy not in (
            None,
            "current",
            "older",
        ):
            raise ValueError(f"{name}: there is no place for each, nothing for it, or no such copy")
        return cls(
            name,
            {"en": " ".join(sentence), "sv": found["sv"][0]},
            statements,
            {key: tuple(found[key][0].split()) for key in DETECTORS if found[key]},
            tuple(found["each"]) or ("",),
            copy,
        )

    def trials(self) -> Iterator[Trial]:
        """Give each time that it is tried."""
        for variant in self.variants:
            yield Trial(self, variant)


@dataclass(frozen=True, slots=True)
class Trial:
    """One time that an attack is tried.

    Attributes:
        attack: The attack.
        variant: What stands for `{each}` in it, or the empty text.
    """

    attack: Attack
    variant: str

    def statements(self) -> Iterator[str]:
        """Give the statements one by one."""
        text = self.attack.statements.replace("{each}", self.variant)
        statement = ""
        for line in text.splitlines(keepends=True):
            statement += line
            if statement.rstrip().endswith(";") and statement.count("$$") % 2 == 0:
                yield statement.strip()
                statement = ""
        if statement.strip():
            yield statement.strip()


def load() -> list[Attack]:
    """Read all attacks, in the order in which they are told."""
    return [
        Attack.parse(f"{target}/{path.stem}", path.read_text(encoding="utf-8"))
        for target in TARGETS
        for path in sorted((FOLDER / target).glob("*.sql"))
    ]
