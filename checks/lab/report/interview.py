"""The interview: questions to the author that follow only from what the grader saw of a submission.

The most telling come first: about failures, about notes, about files that could not be read, about the bonus, about the
runs.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from checks.lab.outcome import Outcome, Result, amount
from checks.lab.report.difference import differences
from checks.lab.report.evidence import Evidence
from checks.lab.report.origin import CodeLine, first, origin
from checks.lab.report.report import by_stage
from checks.lab.submission.answer import WORDS

QUESTIONS = 3
FAILURES = 2  # failures at most become questions: more are often due to one mistake
MAX_QUOTE = 160
NOTE = re.compile(r"(?P<place>[^:]+:\d+): (?P<what>.+)")
DATA = r"\.csv|\.json[\"']|\bopen\("
STATUS = r"status_code|\.ok\b|raise_for_status|catch_response"
TURN = r"\bcycle\(|\bnext\(|\.rotate\(|\.pop(left)?\(|% *len\(|heappop"
DECISION = re.compile(
    r"\b(assume|assuming|assumption|because|do next|instead|limit|not do|left out|leave out|todo|trade|would)",
    re.IGNORECASE,
)

FILE_NAME = re.compile(r"\S*(\w\.\w|[/_])")  # at the beginning of a text

Question = tuple[str | CodeLine, ...]  # a line is shown as code


def questions(results: Sequence[Result], evidence: Mapping[str, Evidence]) -> list[Question]:
    """Return the questions; fewer if there is less to ask about."""
    stages = [(own, evidence.get(name, Evidence())) for name, own in by_stage(results).items()]
    kinds = (_failures, _notes, _waiting, _bonus, _errors, _words, _shared, _silence)
    asked = (question for kind in kinds for own, seen in stages for question in kind(own, seen))
    return list(islice(dict.fromkeys(asked), QUESTIONS))


def _failures(results: Sequence[Result], evidence: Evidence) -> Iterator[Question]:
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    for result in sorted(failed, key=lambda result: result.criterion.bonus)[:FAILURES]:
        cause = origin(result, evidence)
        if cause.row and cause.mark:
            user = f"{cause.row.user} ({cause.row.holder})" if cause.row.holder else cause.row.user
            sent = (", probably from ", cause.lines[0]) if len(cause.lines) == 1 else ()
            how = "How does the code come to that, and which run of your own would have shown it?"
            yield (sentence(f"{user} sent {cause.mark.text}").rstrip("."), *sent, f". {how}")
        elif cause.lines:
            seen = f"The grader saw: {_sentence_of(result.seen)} What happened when you ran the file yourself, and how"
            yield (f"{seen} would you mend it? The line is: ", cause.lines[0])
        else:
            seen = f"Expected was {_short(result.expected)}; the grader saw: {_sentence_of(result.seen)}"
            yield (f"{seen} Which of your lines decides that, and how would you show that a change mends it?",)


def _sentence_of(text: str) -> str:
    """Return a text, shortened where it is long, with the full stop that it lacks."""
    short = _short(text)
    return short if short.endswith((".", "\u2026")) else f"{short}."


def _notes(_: Sequence[Result], evidence: Evidence) -> Iterator[Question]:
    for found in filter(None, map(NOTE.fullmatch, evidence.notes[:1])):
        yield (f"{found['place']} {_short(found['what'])}. What is that for, and what would be lost without it?",)


def _waiting(results: Sequence[Result], _: Evidence) -> Iterator[Question]:
    waiting = [result.criterion for result in results if result.waiting_for and not result.criterion.bonus]
    if waiting:
        weightiest = max(waiting, key=lambda criterion: criterion.max_points)
        has_failed = any(result.outcome is Outcome.FAILED for result in results)
        cause = "the failure above" if has_failed else "what was inconclusive"
        count = f" (one of {len(waiting)} such criteria)" if len(waiting) > 1 else ""
        seen = f"Not examined, because of {cause}{count}: “{weightiest.title}”"
        yield (f"{seen} Which of your lines take care of that?",)


def _bonus(results: Sequence[Result], evidence: Evidence) -> Iterator[Question]:
    bonus = [result for result in results if result.criterion.bonus]
    run = next((run for run in evidence.runs if len(run.moments) > 1), None)
    if bonus and run and all(result.outcome is Outcome.PASSED for result in bonus):
        loss, end = run.moments[0], run.moments[-1]
        yield (
            sentence(f"{loss.text} after {loss.time:.0f} s, and after {end.time:.0f} s {end.text}"),
            " Which of your lines saw to that, and what becomes of the users if the master is killed in its place?",
        )
    elif bonus and all(result.outcome is Outcome.NOT_STARTED and not result.waiting_for for result in bonus):
        task, reads = bonus[0].criterion, first(DATA, evidence.sources)
        name = f"Part {task.part}" if task.part else "The bonus"
        change: Question = ("What would become of ", reads) if reads else ("Where would you begin",)
        yield (f"{name} is not done. It begins with: “{task.title}” ", *change, ", and what would the messages hold?")


def _errors(results: Sequence[Result], evidence: Evidence) -> Iterator[Question]:
    passed = {result.criterion.title for result in results if result.outcome is Outcome.PASSED}
    for number, run in enumerate(evidence.runs, start=1):
        if run.errors and run.reason in passed:
            look = first(STATUS, evidence.sources)
            where: Question = (look, " looks at that.") if look else ("No line of yours names a status.",)
            errors = f"{run.errors} of {run.requests} requests with an error, and your users went on. "
            what = " What does a user do until the next good answer, and where would you see it?"
            yield (f"In run {number} the API answered {errors}", *where, what)
            return


def _words(_: Sequence[Result], evidence: Evidence) -> Iterator[Question]:
    for text in (source.text for source in evidence.sources if source.name == WORDS):
        sentences = re.split(r"(?<=[.!?])\s+|\n\s*\n", re.sub(r"[*_#`]", "", text))
        for each in (" ".join(each.split()) for each in sentences):
            if 30 < len(each) < MAX_QUOTE and DECISION.search(each):
                yield (f"{WORDS} says: “{each}” Tell me more about that.",)
                return


def _shared(_: Sequence[Result], evidence: Evidence) -> Iterator[Question]:
    turn = first(TURN, evidence.sources)
    for number, run in enumerate(evidence.runs, start=1):
        held = Counter(row.holder for row in run.rows if row.holder)
        if turn and max(held.values(), default=0) > 1:
            most, count = held.most_common(1)[0]
            among = f"Among the first {len(run.rows)}" if len(run.rows) < run.users else "Among them"
            seen = f"Run {number} had {amount(run.users, 'user')}. {among}, {amount(count, 'user')} had {most}; "
            yield (seen, turn, " seems to deal out the rows. What do users who share one do to a test's figures?")
            return


def _silence(results: Sequence[Result], evidence: Evidence) -> Iterator[Question]:
    added = sum(each.count("added") for each in differences(results[0].criterion.stage, evidence.sources))
    if added and all(source.name != WORDS for source in evidence.sources):
        words = f"You changed {amount(added, 'line')} and wrote no {WORDS}"
        yield (f"{words}: which decision in them would you explain first?",)


def sentence(text: str) -> str:
    """Return a text as a sentence: with a capital, unless a file's name comes first, and with a full stop."""
    if not FILE_NAME.match(text):
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _short(text: str) -> str:
    text = " ".join(text.split())
    text = text if text.endswith("..") else text.removesuffix(".")
    return text if len(text) <= MAX_QUOTE else f"{text[: MAX_QUOTE - 3]}..."
