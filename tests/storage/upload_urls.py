"""Two views for the tests of uploads: one that receives files, one that does not."""

from typing import cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.http import require_http_methods

from config.urls import handler400, handler403, handler404, handler500
from storage.uploads import StoredFile, streams_to_store

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class KeepForm(forms.Form):
    title = forms.CharField(required=False)
    file = forms.FileField()


@require_http_methods(["GET", "POST"])
@streams_to_store
def keep(request: HttpRequest) -> JsonResponse:
    form = KeepForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors, "title": request.POST.get("title")}, status=422)
    files = [cast(StoredFile, file) for _, files in request.FILES.lists() for file in files]
    kept = [
        {"name": file.name, "sha256": file.blob.sha256, "size": file.size, "type": file.content_type} for file in files
    ]
    return JsonResponse({"kept": kept, "title": form.cleaned_data["title"]})


def refuse(request: HttpRequest) -> None:
    raise PermissionDenied("Not here.")


@streams_to_store(gate=refuse)
def gated(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"method": request.method})


def plain(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"fields": request.POST.dict(), "files": sorted(request.FILES)})


urlpatterns = [path("keep/", keep), path("gated/", gated), path("plain/", plain), path("", include("config.urls"))]
