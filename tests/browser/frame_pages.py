"""Pages that have nothing but what the frame's scripts act on."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template import RequestContext, Template
from django.urls import path
from django_htmx.http import trigger_client_event

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as pages
from storage.uploads import streams_to_store

__all__ = ["handler400", "handler403", "handler404", "handler500"]

ATTACH = """<button id="attach" class="btn btn-quiet" hx-get="/frame/dialog/" hx-target="#dialog">{text}</button>"""
PAGE = """
{{% extends "base.html" %}}
{{% block title %}}Frame{{% endblock %}}
{{% block heading %}}Frame{{% endblock %}}
{{% block content %}}
  {content}
{{% endblock %}}
"""
CONTENT = (
    """<section id="base" aria-label="Base">"""
    + ATTACH.format(text="Attach a Model")
    + """</section>
  <button class="btn btn-quiet" hx-post="/frame/refused/">Refuse</button>
  <button class="btn btn-quiet" hx-get="/frame/filled/" hx-target="#box">Fill</button>
  <button class="btn btn-quiet" hx-get="/frame/replaced/" hx-target="#box">Replace</button>
  <button class="btn btn-quiet" hx-get="/frame/invalid/409/" hx-target="#box">Answer 409</button>
  <button class="btn btn-quiet" hx-get="/frame/invalid/422/" hx-target="#box">Answer 422</button>
  <div id="box"><p>Old</p></div>
  <form hx-post="/frame/save/" hx-target="#saved" hx-trigger="change" data-retry>
    <label class="l" for="name">Name</label><input class="form-control" id="name" name="name">
  </form>
  <p id="saved"></p>
  <form method="post" action="/frame/slow/">{% csrf_token %}<button class="btn btn-primary">Send</button></form>"""
)
DIALOG = """
<header><h2 id="dialog-title">Attach a Model</h2>
  <button class="icon" type="button" data-close aria-label="Close">{% icon "x-lg" %}</button></header>
<div class="body">
  <form role="search"><input class="form-control" type="search" name="q" aria-label="Search"></form>
  <p>Two models.</p>
  <button class="btn btn-quiet" hx-get="/frame/chosen/" hx-target="#base">Select</button>
  <button class="btn btn-quiet" hx-post="/frame/refused/">Refuse here</button>
</div>"""
UPLOAD = """
<form id="files" method="post" action="/frame/upload/" enctype="multipart/form-data" data-upload>{% csrf_token %}
  {% if error %}<p class="err" id="error">{{ error }}</p>{% endif %}
  <label class="l" for="file">File</label><input class="form-control" type="file" id="file" name="file">
  <button class="btn btn-primary">Upload</button>
</form>"""
sent: list[str] = []


def draw(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return HttpResponse(Template(template).render(RequestContext(request, context)))


def page(request: HttpRequest) -> HttpResponse:
    return draw(request, PAGE.format(content=CONTENT))


def dialog(request: HttpRequest) -> HttpResponse:
    return draw(request, DIALOG)


def chosen(request: HttpRequest) -> HttpResponse:
    return trigger_client_event(draw(request, "<p>digits-mlp</p>" + ATTACH.format(text="Change")), "close-dialog")


def refused(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("This needs the role admin in Orchard.")


def filled(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>New</p>")


def replaced(request: HttpRequest) -> HttpResponse:
    return HttpResponse('\n<div id="box" data-new><p>Newer</p></div>')


def invalid(request: HttpRequest, status: int) -> HttpResponse:
    return HttpResponse("<p>Not a number: write 1.5.</p>", status=status)


def save(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"Saved {request.POST['name']}")


def slow(request: HttpRequest) -> HttpResponseRedirect:
    sent.append("once")
    return redirect("/frame/")


@streams_to_store
def upload(request: HttpRequest) -> HttpResponse:
    if isinstance(file := request.FILES.get("file"), UploadedFile) and file.size:
        return redirect("/frame/")
    error = "The file is empty." if request.method == "POST" else ""
    return draw(request, PAGE.format(content=UPLOAD), error=error)


urlpatterns = [
    *pages,
    path("frame/", page),
    path("frame/dialog/", dialog),
    path("frame/chosen/", chosen),
    path("frame/refused/", refused),
    path("frame/filled/", filled),
    path("frame/replaced/", replaced),
    path("frame/invalid/<int:status>/", invalid),
    path("frame/save/", save),
    path("frame/slow/", slow),
    path("frame/upload/", upload),
]
