"""The helpline's forms and closed lists, as the API writes them."""

from typing import Literal

from pydantic import Field

from config.vocabulary import Channel, Disposition, Level, Urgency
from contactcenter.centre.views import View

Labels = dict[str, str]


class ChoiceView(View):
    """One entry of a closed list, and its words by language."""

    value: str
    label: Labels


class FormOptionView(ChoiceView):
    """One answer that a question of a form offers."""


class FormFieldView(View):
    """One question of a form; `class` says how its answer is kept.

    `required_for` lists the dispositions that a contact cannot be closed with
    while this is unanswered; `required_for_close` says that there is one.
    """

    id: str
    type: Literal["text", "long_text", "choice", "choices", "boolean", "date", "number"]
    field_class: Literal["coded", "sealed", "searchable"] = Field(alias="class")
    label: Labels
    help: Labels | None = None
    section: str | None = None
    options: list[FormOptionView] = Field(default_factory=list)
    max_chars: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    required_for: list[Disposition] = Field(default_factory=list)
    required_for_close: bool = False


class FormSectionView(View):
    """A heading under which questions stand."""

    id: str
    label: Labels


class FormDefinitionView(View):
    """A form as it was at one version: a record is read with its version for ever."""

    form_id: str
    form_version: int
    label: Labels = Field(default_factory=dict)
    sections: list[FormSectionView] = Field(default_factory=list)
    fields: list[FormFieldView]


class FormReference(View):
    """A form at one version."""

    form_id: str
    form_version: int


class QueueView(View):
    """A queue of the line, the channels it answers, and the needs it has people for."""

    queue: str
    label: Labels
    channels: list[Channel]
    level: Level = Level.LISTENING
    needs: list[str] = Field(default_factory=list)


class FactorView(View):
    """A fact to tick; it sets a floor under the urgency. `system`: the service may tick it."""

    factor: str
    label: Labels
    floor: Urgency
    system: bool = False


class SkillView(View):
    """Something a listener can do; a `need` is what a contact may ask for."""

    skill: str
    label: Labels
    kind: Literal["expertise", "need"]


class DepartmentView(View):
    """A département: its code is text (2A, 974) and its name French."""

    code: str
    name: str


class HelplineView(View):
    """The line's closed lists, as its configuration says them now."""

    line: str
    name: Labels
    languages: list[str]
    timezone: str
    config_version: str
    queues: list[QueueView]
    factors: list[FactorView] = Field(default_factory=list)
    skills: list[SkillView] = Field(default_factory=list)
    dispositions: list[ChoiceView]
    non_content_codes: list[ChoiceView]
    departments: list[DepartmentView]
    wrap_up_form: FormReference
