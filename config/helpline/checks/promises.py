"""What answers promise and what closings are spared: does every name mean something?"""

from collections.abc import Iterator

from config.helpline.schema.lanes import QueuesFile
from config.helpline.schema.lists import CASE, OPTION_LISTS, OutcomesFile
from config.helpline.schema.promises import Promise
from config.helpline.schema.records import WRAP_UP_FORM, FieldType, Form, FormField
from config.helpline.sources import Mistake
from config.vocabulary import FollowUpKind, FollowUpOwner

_CHOSEN = frozenset({FieldType.CHOICE, FieldType.CHOICES})


def wrong_promises(
    forms: dict[str, Form], queues: QueuesFile, outcomes: OutcomesFile
) -> Iterator[Mistake]:
    """An answer that can be given, a queue, a day of this form; a debrief is nobody's own."""
    known = {queue.id for queue in queues.queues}
    for file, form in forms.items():
        for field in form.fields:
            for index, promise in enumerate(field.follow_ups):
                key = f"fields[{field.id}].follow_ups[{index}]"
                if form.id != WRAP_UP_FORM:
                    yield Mistake(file, key, "only the write-up of a contact makes follow-ups")
                if promise.queue not in known:
                    yield Mistake(file, f"{key}.queue", f"no queue is called {promise.queue}")
                if promise.kind is FollowUpKind.DEBRIEF and promise.owner is FollowUpOwner.WRITER:
                    reason = "a talk with the coordination is not the writer's to settle"
                    yield Mistake(file, f"{key}.owner", reason)
                for name, reason in (
                    *_wrong_answers(field, promise, outcomes),
                    *_wrong_names(form, promise),
                ):
                    yield Mistake(file, f"{key}.{name}", reason)


def _wrong_answers(
    field: FormField, promise: Promise, outcomes: OutcomesFile
) -> Iterator[tuple[str, str]]:
    if field.type is FieldType.BOOLEAN:
        if promise.when:
            yield "when", "is for choices: a yes promises"
        return
    if field.type not in _CHOSEN:
        yield "kind", f"a {field.type} promises nothing: only a choice or a yes does"
        return
    if not promise.when:
        yield "when", "is missing: which answers promise?"
    subject, attribute = OPTION_LISTS.get(field.options_from or "", ("", ""))
    if subject and subject != "outcomes":
        yield "when", f"answers of {field.options_from} promise nothing"
        return
    answers = getattr(outcomes, attribute) if subject else field.options
    known = {each.id for each in answers}
    for answer in promise.when:
        if answer not in known:
            yield "when", f"{field.id} has no answer {answer}"


def _wrong_names(form: Form, promise: Promise) -> Iterator[tuple[str, str]]:
    if promise.due_on is not None:
        day = form.field(promise.due_on)
        if day is None:
            yield "due_on", f"no question is called {promise.due_on}"
        elif day.type is not FieldType.DATE:
            yield "due_on", f"{promise.due_on} is no date"
    for name in promise.shows:
        if form.field(name) is None:
            yield "shows", f"no question is called {name}"


def wrong_spared(forms: dict[str, Form], outcomes: OutcomesFile) -> Iterator[Mistake]:
    """A qualification spares a case, or questions that the write-up has."""
    form = next((each for each in forms.values() if each.id == WRAP_UP_FORM), None)
    if form is None:
        return
    for each in outcomes.qualifications:
        for name in each.closes_without:
            if name != CASE and form.field(name) is None:
                key = f"qualifications[{each.id}].closes_without"
                yield Mistake("outcomes.toml", key, f"no question of the write-up is called {name}")
