"""The decision that a person's wish leads to, and the entry that keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

from accounting.errors import AccountingError
from accounting.review.invoice.reviewed import Reviewed
from accounting.review.invoice.words import plain, sound
from quota_invoice.invoice.duplicates import RULE as DUPLICATE_RULE
from quota_invoice.invoice.fields import NAMES
from quota_invoice.reviews.decide import InvoiceView
from quota_invoice.reviews.effective import CONFLICT
from quota_invoice.reviews.entry import FIRST_BY_HAND, Decision, ReviewEntry, Verdict
from quota_invoice.reviews.states import InvoiceState, state_before

_LONGEST = 1000  # characters of a text or a reason
_MOST_ACCEPTED = 100
_CODE = re.compile(r"[a-z_.]{1,80}")
_NAME_TIME = "%Y%m%dT%H%M%S.%fZ"


class Action(str, Enum):
    """A person's action, by its word in the form."""

    SAVE = "save"  # the texts are right now: confirmed, or corrected
    NOT_AN_INVOICE = "not_an_invoice"
    DUPLICATE = "duplicate"
    UNDO = "undo"
    CHOOSE = "choose"  # one of two decisions that contradict each other


@dataclass(frozen=True)
class Wish:
    """A form that a person sent.

    Attributes:
        action: the action.
        texts: the texts of the fields as typed.
        reason: the person's own words.
        duplicate_of: the key of the input that shows the same invoice; only for a duplicate.
        accepted: the codes of the findings that the page showed.
        chosen: the name of an entry; only to choose one.
        entered: the action of the form, which a command such as ``undo`` leaves as it is.
    """

    action: Action
    texts: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    duplicate_of: str = ""
    accepted: tuple[str, ...] = ()
    chosen: str = ""
    entered: Action = Action.SAVE


class Refused(AccountingError):
    """A wish that cannot be fulfilled.

    Args:
        reason: the cause, as a key of the page's texts.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the decision is refused: {reason}")


def parse_wish(form: Mapping[str, list[str]]) -> Wish:
    """Return the wish of a form: its ``command``, or else its ``action``.

    >>> parse_wish({"action": ["save"], "command": ["undo"]}).action.value
    'undo'

    Raises:
        Refused: a value is missing, unknown or too long.
    """

    def one(name: str) -> str:
        text = (form.get(name) or [""])[0].strip()
        if len(text) > _LONGEST:
            raise Refused("too_long")
        return text

    try:
        command, _, chosen = one("command").partition(":")
        entered = Action(one("action") or command)
        action = Action(command or entered)
    except ValueError:
        raise Refused("no_action") from None
    accepted = [code for code in form.get("accepted", ()) if _CODE.fullmatch(code)]
    return Wish(
        action,
        {name: (form.get(name) or [""])[0] for name in NAMES},
        one("reason"),
        one("duplicate_of"),
        tuple(dict.fromkeys(accepted[:_MOST_ACCEPTED])),
        chosen,
        entered,
    )


def replaced_texts(read: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """Return the typed texts that differ from those that the OCR service read.

    Raises:
        Refused: one is too long.
    """
    found = {name: plain(typed.get(name, "")) for name in NAMES}
    changed = {name: text for name, text in found.items() if text != plain(read[name])}
    if any(len(text) > _LONGEST for text in changed.values()):
        raise Refused("too_long")
    return changed


def decision_of(wish: Wish, reviewed: Reviewed, place: int) -> Decision:
    """Return the decision of a wish.

    Raises:
        Refused: there is nothing to undo, nothing was entered, or no such entry to choose.
    """
    seen = reviewed.seen(place)
    state = seen.state
    if wish.action is Action.UNDO:
        return undone(state)[0]
    if wish.action is Action.CHOOSE:
        found = [entry.decision for entry in state.latest if entry.name == wish.chosen]
        if not found:
            raise Refused("no_version")
        return replace(found[0], accepted=_accepted(wish, found[0].accepted))
    if wish.action is Action.NOT_AN_INVOICE:
        return Decision(Verdict.NOT_AN_INVOICE, state.decision.fields)
    texts = replaced_texts(dict.fromkeys(NAMES, "") | dict(seen.read), wish.texts)
    if place >= FIRST_BY_HAND and not texts:
        raise Refused("nothing_entered")
    if wish.action is Action.DUPLICATE:
        accepted = _accepted(wish, [DUPLICATE_RULE])
        return Decision(Verdict.DUPLICATE, texts, wish.duplicate_of, accepted)
    verdict = Verdict.CORRECTED if texts else Verdict.CONFIRMED
    return Decision(verdict, texts, None, _accepted(wish))


def undone(state: InvoiceState) -> tuple[Decision, str]:
    """Return the decision before the last one that was not undone, and the name of that last one.

    So each undo goes back one step. The step before the choice in a conflict is the state that both
    people saw.

    Raises:
        Refused: there is nothing left to undo.
    """
    while state.decision.verdict is not None:
        last, before = state.latest[-1], state_before(state, state.latest)
        if state.is_conflict:
            state = before
            continue
        taken_back = [entry for entry in before.entries if entry.name == last.undoes]
        if not taken_back:
            return before.decision, last.name
        state = state_before(before, taken_back)
    raise Refused("nothing_to_undo")


def is_same(decision: Decision, state: InvoiceState) -> bool:
    """Whether a decision holds already, apart from the findings that it accepts."""
    is_decided = state.decision.verdict is not None and not state.is_conflict
    return is_decided and _without_findings(decision) == _without_findings(state.decision)


def entry_of(
    decision: Decision, seen: InvoiceView, by: str, now: datetime, wish: Wish
) -> ReviewEntry:
    """Return the entry of a decision on the state that a person saw."""
    entry = seen.entry(decision, by, _after(now, seen.state.latest), sound(wish.reason))
    is_undo = wish.action is Action.UNDO
    return replace(entry, undoes=undone(seen.state)[1]) if is_undo else entry


def is_repeated(wish: Wish, reviewed: Reviewed, place: int, by: str, seen: str) -> bool:
    """Whether a wish is fulfilled already: the answer to the former request was lost.

    Args:
        wish: the wish.
        reviewed: the input as it is now.
        place: the invoice's place.
        by: the person.
        seen: the revision that the person saw.
    """
    state = reviewed.seen(place).state
    if state.is_conflict or wish.action in {Action.UNDO, Action.CHOOSE}:
        return False
    own = [entry for entry in state.latest if (entry.by, entry.revision) == (by, seen)]
    if not own:
        return False
    decision = decision_of(wish, reviewed, place)
    return all(_without_findings(entry.decision) == _without_findings(decision) for entry in own)


def _without_findings(decision: Decision) -> Decision:
    return replace(decision, accepted=())


def _accepted(wish: Wish, more: Iterable[str] = ()) -> tuple[str, ...]:
    codes = dict.fromkeys([*wish.accepted, *more])
    return tuple(code for code in codes if code != CONFLICT)


def _after(now: datetime, seen: Iterable[ReviewEntry]) -> datetime:
    """Return a time after those of the entries that were seen: clocks differ."""
    times = [
        datetime.strptime(entry.name.partition("-")[0], _NAME_TIME).replace(tzinfo=timezone.utc)
        for entry in seen
    ]
    return max([now, *(time + timedelta(microseconds=1) for time in times)])


def unseen_findings(
    invoice: Mapping[str, Any] | None, accepted: Iterable[str]
) -> list[Mapping[str, Any]]:
    """Return the findings of an invoice that a person should see, and did not accept."""
    known = {*accepted, CONFLICT}
    found = (invoice or {}).get("findings", ())
    return [each for each in found if each["severity"] != "info" and each["code"] not in known]
