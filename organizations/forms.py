from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils import timezone

from config.names import NAME_MAX
from organizations.models import Organization, User


class SignInForm(AuthenticationForm):
    """Says the same whether the name or the password is wrong, so that names can't be tried out."""

    error_messages = {
        "invalid_login": "Name and password do not match. Capital and small letters differ in both.",
        "inactive": "This account is switched off. Ask whoever runs this server.",
    }
    username = forms.CharField(
        label="Username",
        max_length=150,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )


class TokenForm(forms.Form):
    """What an API token is called, where it is good, and for how long."""

    name = forms.CharField(
        max_length=NAME_MAX,
        help_text="What will use it: the name of a script, a notebook or a machine.",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
    organization = forms.ModelChoiceField(
        Organization.objects.none(), empty_label=None, help_text="The only one that it opens."
    )
    is_read_only = forms.BooleanField(label="It only reads", required=False)
    expires_at = forms.DateField(
        label="Last day",
        required=False,
        help_text="Empty: it is good until it is revoked.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["organization"].queryset = Organization.objects.visible_to(user)  # type: ignore[attr-defined]

    def clean_expires_at(self) -> datetime | None:
        """The end of the last day, in the server's time zone."""
        last: date | None = self.cleaned_data["expires_at"]
        if last is None:
            return None
        if last == date.max:
            raise forms.ValidationError("Choose a nearer day.")
        return timezone.make_aware(datetime.combine(last + timedelta(days=1), time()))
