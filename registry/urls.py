from django.urls import path

from registry.views import editors, files, models, versions

app_name = "registry"
urlpatterns = [
    path("", models.model_list, name="model_list"),
    path("new/", models.model_create, name="model_create"),
    path("models/<uuid:pk>/", models.model_detail, name="model_detail"),
    path("models/<uuid:pk>/edit/", models.model_edit, name="model_edit"),
    path("models/<uuid:pk>/delete/", models.model_delete, name="model_delete"),
    path("models/<uuid:pk>/versions/new/", versions.model_version_create, name="model_version_create"),
    path("versions/<uuid:pk>/", versions.model_version_detail, name="model_version_detail"),
    path("versions/<uuid:pk>/edit/", versions.model_version_edit, name="model_version_edit"),
    path("versions/<uuid:pk>/delete/", versions.model_version_delete, name="model_version_delete"),
    path("versions/<uuid:pk>/labelmap/", editors.model_version_labelmap, name="model_version_labelmap"),
    path("versions/<uuid:pk>/image/", editors.model_version_image, name="model_version_image"),
    path("versions/<uuid:pk>/constraints/", editors.model_version_constraints, name="model_version_constraints"),
    path(
        "versions/<uuid:pk>/hyperparameters/",
        editors.model_version_hyperparameters,
        name="model_version_hyperparameters",
    ),
    path("versions/<uuid:pk>/files/", files.model_version_files, name="model_version_files"),
    path("files/<uuid:pk>/", files.file_download, name="file_download"),
    path("files/<uuid:pk>/rename/", files.file_rename, name="file_rename"),
    path("files/<uuid:pk>/remove/", files.file_remove, name="file_remove"),
]
