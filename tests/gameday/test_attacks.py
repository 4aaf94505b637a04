"""What the files of attacks say, and how it is judged whether they were found."""

from __future__ import annotations

import pytest

from pgwitness.cli import messages
from pgwitness.gameday import attacks
from pgwitness.gameday.attacks import DETECTORS, TARGETS, Attack, Trial
from pgwitness.gameday.detectors import Found
from pgwitness.gameday.playing import CONTROL, judge

TEXT = """-- An event is deleted,
-- and more.
-- sv: En händelse tas bort.
-- verify: missing_event extra_event
-- evidence: unproven
-- each: one
-- each: two
select gameday.open();
do $$
begin
  perform 1;
end
$$;
delete from {each};
"""
ATTACKS = {attack.name: attack for attack in attacks.load()}


def found(**kinds: str) -> list[Found]:
    """What each detector says, those that aren't named nothing."""
    said = {detector: tuple(kinds.get(detector, "").split()) for detector in DETECTORS}
    return [Found(name, said[name], said[name][0] if said[name] else None, 0.5) for name in said]


def test_a_file_is_read() -> None:
    attack = Attack.parse("events/delete", TEXT)
    assert attack.target == "events"
    assert attack.titles == {"en": "An event is deleted, and more.", "sv": "En händelse tas bort."}
    assert attack.expected == {
        "verify": ("missing_event", "extra_event"),
        "evidence": ("unproven",),
    }
    assert attack.copy is None
    first, second = attack.trials()
    assert list(first.statements()) == [
        "select gameday.open();",
        "do $$\nbegin\n  perform 1;\nend\n$$;",
        "delete from one;",
    ]
    assert list(second.statements())[-1] == "delete from two;"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-- sv: En händelse tas bort.\n", ""),
        ("{each}", "none"),
        ("-- each: one\n-- each: two\n", ""),
        ("-- evidence: unproven\n", "-- evidence: unproven\n-- and this\n"),
        ("-- evidence: unproven\n", "-- copy: newest\n"),
        ("-- An event is deleted,\n-- and more.\n", ""),
        (TEXT[TEXT.index("select") :], ""),
    ],
)
def test_a_file_that_lacks_something_is_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(ValueError, match="events/delete"):
        Attack.parse("events/delete", TEXT.replace(old, new))


def test_every_target_and_detector_has_an_attack() -> None:
    assert len(ATTACKS) > 70
    assert {attack.target for attack in ATTACKS.values()} == set(TARGETS)
    assert {name for attack in ATTACKS.values() for name in attack.expected} == set(DETECTORS)
    assert {attack.copy for attack in ATTACKS.values()} == {None, "current", "older"}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_says_what_it_does_and_what_must_find_it(name: str) -> None:
    attack = ATTACKS[name]
    assert all(title.endswith(".") for title in attack.titles.values())
    assert set(attack.titles) == set(messages.LANGUAGES)
    for detector in {"verify", "checkpoint"} & attack.expected.keys():
        assert attack.expected[detector]
        assert all(messages.knows(f"finding_{kind}") for kind in attack.expected[detector])


@pytest.mark.parametrize(
    ("expected", "trials", "verdict", "finders", "missed"),
    [
        ({"verify": ("a",)}, [found(verify="a b")], "inside", {"verify"}, set()),
        ({"verify": ("a",)}, [found(verify="b")], "missed", {"verify"}, {"verify"}),
        ({"verify": ("a",)}, [found(verify="a"), found()], "missed", set(), {"verify"}),
        ({"checkpoint": ("a",)}, [found(checkpoint="a")], "outside", {"checkpoint"}, set()),
        ({"checkpoint": ("a",)}, [found(verify="a")], "missed", {"verify"}, {"checkpoint"}),
        ({}, [found()], "unseen", set(), set()),
        ({}, [found(ledger="a", evidence="b")], "outside", {"ledger", "evidence"}, set()),
        ({}, [found(doctor="a", ledger="b")], "inside", {"doctor", "ledger"}, set()),
    ],
)
def test_a_verdict(
    expected: dict[str, tuple[str, ...]],
    trials: list[list[Found]],
    verdict: str,
    finders: set[str],
    missed: set[str],
) -> None:
    attack = Attack("seals/x", {"en": "E.", "sv": "S."}, "select 1;", expected, ("",), None)
    outcome = judge(attack, trials, "sv")
    assert (outcome.verdict, outcome.title, outcome.trials) == (verdict, "S.", len(trials))
    assert set(outcome.found_by) == finders
    assert set(outcome.missed_by) == missed
    assert outcome.seconds == (0.5 if finders else None)


def test_whatever_finds_nothing_raises_a_false_alarm() -> None:
    assert judge(CONTROL, [found()]).verdict == "clean"
    assert judge(CONTROL, [found(doctor="jobs_scheduled")]).verdict == "false_alarm"
    assert list(Trial(CONTROL, "").statements()) == ["select 1;"]
