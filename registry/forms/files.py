"""Files that are uploaded to a version."""

from typing import Any

from django import forms

from storage.models import Blob
from storage.uploads import StoredFile


class SeveralFilesInput(forms.ClearableFileInput):
    """Django's takes one file unless it is told otherwise."""

    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """One or more files; an empty one is a file too."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[StoredFile]:
        files = data if isinstance(data, list) else [data]
        return [super(SeveralFilesField, self).clean(file, initial) for file in files or [None]]


class UploadForm(forms.Form):
    """Files, each called by its filename without the extension until it is renamed."""

    uploads = SeveralFilesField(
        label="Files",
        allow_empty_file=True,
        max_length=255,
        error_messages={"required": "Choose one or more files to upload."},
    )

    @property
    def named_files(self) -> list[tuple[str, str, Blob]]:
        """Of each file no name yet, its filename, and its content."""
        files: list[StoredFile] = self.cleaned_data["uploads"]
        return [("", file.name, file.blob) for file in files]
