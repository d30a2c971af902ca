"""What the browser sends to start and to agree."""

from __future__ import annotations

from django import forms

from mitai.core.ids import uuid7


class StartForm(forms.Form):
    """The start button; its client id makes a double click one run."""

    client_id = forms.CharField(max_length=64, initial=lambda: uuid7().hex, widget=forms.HiddenInput)
