"""The product's pages, and some that go wrong or are empty, to see what the frame makes of them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template import RequestContext, Template
from django.urls import path
from django.views.decorators.cache import cache_control

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as pages
from organizations.models import Organization

__all__ = ["handler400", "handler403", "handler404", "handler500"]

FAILURES = {
    "bad-request": BadRequest("The page number is not a number."),
    "denied": PermissionDenied("This needs the role admin in Orchard."),
    "denied-without-words": PermissionDenied(),
    "broken": ZeroDivisionError("secret detail"),
    "away": OperationalError("secret detail"),
    "closed": InterfaceError("secret detail"),
    "inconsistent": InternalError("secret detail"),
}


def fail(request: HttpRequest, name: str) -> HttpResponse:
    raise FAILURES[name]


def read_a_missing_table(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")
    return HttpResponse()


def page(request: HttpRequest) -> HttpResponse:
    template = Template(
        "{% extends 'base.html' %}"
        "{% block section %}registry{% endblock %}"
        "{% block title %}Models{% endblock %}"
        "{% block heading %}Models{% endblock %}"
        "{% block content %}{{ 'leaf '|ljust:3000 }}{% endblock %}"
    )
    context = {"page_organization": Organization.objects.get(name=request.GET["of"])} if "of" in request.GET else {}
    return HttpResponse(template.render(RequestContext(request, context)))


def form(request: HttpRequest) -> HttpResponse:
    messages.success(request, "Three files were added.")
    return redirect("/frame/page/")


@cache_control(private=True, max_age=60)
def keeps_for_a_minute(request: HttpRequest) -> HttpResponse:
    return HttpResponse("text")


def download(request: HttpRequest) -> FileResponse:
    return FileResponse(iter([b"x" * 5000]), as_attachment=True, filename="model.html", content_type="text/html")


def report(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x" * 5000, headers={"Content-Disposition": 'attachment; filename="report.html"'})


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"x" * 5000]))


def picture(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"x" * 5000, content_type="image/png")


def data(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"text": "x" * 5000})


urlpatterns = [
    *pages,
    path("frame/fail/<slug:name>/", fail),
    path("frame/open/fail/<slug:name>/", login_not_required(fail)),
    path("frame/missing-table/", login_not_required(read_a_missing_table)),
    path("frame/page/", page),
    path("frame/form/", form),
    path("frame/minute/", login_not_required(keeps_for_a_minute)),
    path("frame/download/", login_not_required(download)),
    path("frame/report/", login_not_required(report)),
    path("frame/stream/", login_not_required(stream)),
    path("frame/picture/", login_not_required(picture)),
    path("frame/data/", login_not_required(data)),
]
