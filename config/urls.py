"""Where each app's pages begin."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

urlpatterns = [
    path("", require_safe(RedirectView.as_view(pattern_name="experiments:project_list")), name="home"),
    path("", include("organizations.urls")),
    path("", include("experiments.urls")),
    path("", include("tracking.urls")),
    path("", include("training.urls")),
    path("registry/", include("registry.urls")),
    path("datasets/", include("datasets.urls")),
    path("choose/", include("choosers.urls")),
    path("files/", include("storage.urls")),
    path("api/", include("protocols.picsellia.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"
