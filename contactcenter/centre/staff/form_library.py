"""The forms of the helpline, each at every version it ever had."""

from contactcenter.centre.list_views import FormDefinitionView
from contactcenter.centre.staff.helpline_views import form_view
from records.actor import Principal
from records.forms.forms import Forms


class FormLibrary:
    """Reads forms as records were written with them."""

    def __init__(self, forms: Forms) -> None:
        """Keep the store."""
        self._forms = forms

    async def definition(
        self, principal: Principal, form_id: str, form_version: int
    ) -> FormDefinitionView:
        """Return the form; NotFound when that version never was. Forms hold nothing personal."""
        del principal
        return form_view(await self._forms.form(form_id, form_version))
