from django.urls import path

from datasets import data_views, views

app_name = "datasets"
urlpatterns = [
    path("", views.dataset_list, name="dataset_list"),
    path("images/", data_views.data_list, name="data_list"),
    path("images/<uuid:pk>/", data_views.data_detail, name="data_detail"),
    path("images/<uuid:pk>/tag/", data_views.data_tag, name="data_tag"),
    path("images/<uuid:pk>/untag/", data_views.data_untag, name="data_untag"),
    path("images/<uuid:pk>/delete/", data_views.data_delete, name="data_delete"),
    path("<uuid:pk>/", views.dataset_detail, name="dataset_detail"),
    path("<uuid:pk>/delete/", views.dataset_delete, name="dataset_delete"),
    path("versions/<uuid:pk>/", views.dataset_version_detail, name="dataset_version_detail"),
    path("versions/<uuid:pk>/annotations/", views.dataset_version_annotations, name="dataset_version_annotations"),
    path("versions/<uuid:pk>/edit/", views.dataset_version_edit, name="dataset_version_edit"),
    path("versions/<uuid:pk>/delete/", views.dataset_version_delete, name="dataset_version_delete"),
    path("assets/<uuid:pk>/", views.asset_detail, name="asset_detail"),
]
