from django.urls import path

from datasets import views

app_name = "datasets"
urlpatterns = [
    path("", views.dataset_list, name="dataset_list"),
    path("<uuid:pk>/", views.dataset_detail, name="dataset_detail"),
    path("<uuid:pk>/delete/", views.dataset_delete, name="dataset_delete"),
    path("versions/<uuid:pk>/", views.dataset_version_detail, name="dataset_version_detail"),
    path("versions/<uuid:pk>/edit/", views.dataset_version_edit, name="dataset_version_edit"),
    path("versions/<uuid:pk>/delete/", views.dataset_version_delete, name="dataset_version_delete"),
    path("assets/<uuid:pk>/", views.asset_detail, name="asset_detail"),
]
