"""The helpline's forms and lists as the staff's programs read them."""

from collections.abc import Iterable

from config.helpline.helpline import Helpline
from config.helpline.schema.base import Code, Label
from config.helpline.schema.records import Form, FormField
from contactcenter.centre.list_views import (
    ChoiceView,
    DepartmentView,
    FactorView,
    FormDefinitionView,
    FormFieldView,
    FormOptionView,
    FormReference,
    FormSectionView,
    HelplineView,
    Labels,
    QueueView,
    SkillView,
)


def form_view(form: Form) -> FormDefinitionView:
    """Return a form with its questions, in the order they are asked."""
    return FormDefinitionView(
        form_id=form.id,
        form_version=form.version,
        label=_words(form.label),
        sections=[FormSectionView(id=each.id, label=_words(each.label)) for each in form.sections],
        fields=[_field_view(each) for each in form.fields],
    )


def helpline_view(helpline: Helpline) -> HelplineView:
    """Return the line's closed lists: what a program needs to write a contact up."""
    form = helpline.wrap_up_form
    return HelplineView(
        line=helpline.line.id,
        name=_words(helpline.line.name),
        languages=list(helpline.line.languages),
        timezone=helpline.line.timezone,
        config_version=helpline.config_version,
        queues=[
            QueueView(
                queue=each.id,
                label=_words(each.label),
                channels=list(each.channels),
                level=each.level,
                needs=list(each.needs),
            )
            for each in helpline.queues
        ],
        factors=[
            FactorView(
                factor=each.id,
                label=_words(each.label),
                floor=each.floor,
                system=each.system is not None,
            )
            for each in helpline.urgency.factors
        ],
        skills=[
            SkillView(skill=each.id, label=_words(each.label), kind=each.kind.value)
            for each in helpline.skills
        ],
        dispositions=[
            ChoiceView(value=value, label=_words(label))
            for value, label in helpline.dispositions.items()
        ],
        non_content_codes=_choices(helpline.non_content_codes),
        departments=[
            DepartmentView(code=each.code, name=each.name) for each in helpline.departments
        ],
        wrap_up_form=FormReference(form_id=form.id, form_version=form.version),
    )


def _field_view(field: FormField) -> FormFieldView:
    return FormFieldView(
        id=field.id,
        type=field.type.value,
        field_class=field.field_class.value,
        label=_words(field.label),
        help=None if field.help is None else _words(field.help),
        section=field.section,
        options=[FormOptionView(value=each.id, label=_words(each.label)) for each in field.options],
        max_chars=field.max_chars,
        minimum=field.minimum,
        maximum=field.maximum,
        required_for=list(field.required_for_close),
        required_for_close=bool(field.required_for_close),
    )


def _choices(codes: Iterable[Code]) -> list[ChoiceView]:
    return [ChoiceView(value=each.id, label=_words(each.label)) for each in codes]


def _words(label: Label) -> Labels:
    return dict(label.root)
