from django import forms
from django.contrib.auth.forms import AuthenticationForm


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
