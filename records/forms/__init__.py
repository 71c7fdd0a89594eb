"""Write-ups: forms as data, values kept by class of field."""

from records.forms.forms import FormRecord, Forms, SavedForm

__all__ = ["FormRecord", "Forms", "SavedForm"]
