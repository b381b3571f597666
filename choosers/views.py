"""The dialog in which something is chosen, and the field that shows what was."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django_htmx.http import trigger_client_event

from choosers.chooser import get_chooser
from config.http import HttpRequest, page_or_fragment


@require_GET
def choose(request: HttpRequest, name: str) -> HttpResponse:
    """The chooser as a page, as a dialog, or just its results while searching and paging."""
    chooser = get_chooser(name)
    narrowing = chooser.narrowing_class.of(request.GET, user=request.user)
    context = {"chooser": chooser, "narrowing": narrowing, **chooser.context(narrowing)}
    return page_or_fragment(request, "choosers/choose.html", context, fragments=chooser.fragments)


@require_GET
def chosen(request: HttpRequest, name: str) -> HttpResponse:
    """The form's field `?field=`, with the choice `?pk=` in it, or empty when there is none."""
    chooser = get_chooser(name)
    narrowing = chooser.narrowing_class.of(request.GET, user=request.user)
    field, pk = narrowing.cleaned_data["field"], narrowing.cleaned_data["pk"]
    choice = get_object_or_404(chooser.queryset(narrowing), pk=pk) if pk else None
    context = {"widget": {"chooser": chooser, "field": field, "choice": choice}}
    return trigger_client_event(render(request, "choosers/field.html", context), "close-dialog", after="swap")
