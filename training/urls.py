from django.urls import path

from training import views

app_name = "training"
urlpatterns = [
    path("<uuid:pk>/console/", views.experiment_console, name="experiment_console"),
    path("jobs/<uuid:pk>/cancel/", views.job_cancel, name="job_cancel"),
    path("logging-files/<uuid:pk>/", views.logging_file_download, name="logging_file_download"),
]
