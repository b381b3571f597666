from django.urls import path

from training.views import console, jobs, launching, live

app_name = "training"
urlpatterns = [
    path("experiments/<uuid:pk>/launch/", launching.experiment_launch, name="experiment_launch"),
    path("experiments/<uuid:pk>/console/", console.experiment_console, name="experiment_console"),
    path("experiments/<uuid:pk>/live/", live.experiment_live, name="experiment_live"),
    path("experiments/logging-files/<uuid:pk>/", console.logging_file_download, name="logging_file_download"),
    path("jobs/", jobs.job_list, name="job_list"),
    path("jobs/<uuid:pk>/", jobs.job_detail, name="job_detail"),
    path("jobs/<uuid:pk>/stop/", launching.job_stop, name="job_stop"),
]
