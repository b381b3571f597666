from django.urls import path

from tracking import views
from tracking.comparing import views as comparing

app_name = "tracking"
urlpatterns = [
    path("experiments/<uuid:pk>/logs/", views.log_list, name="log_list"),
    path("experiments/<uuid:pk>/evaluations/", views.evaluation_list, name="evaluation_list"),
    path("experiments/logs/<uuid:pk>/points/", views.log_points, name="log_points"),
    path("experiments/logs/<uuid:pk>/values/", views.log_values, name="log_values"),
    path("projects/<uuid:pk>/compare/", comparing.experiment_compare, name="experiment_compare"),
    path("projects/<uuid:pk>/compare/curves/", comparing.experiment_compare_curves, name="experiment_compare_curves"),
    path("projects/<uuid:pk>/compare/table/", comparing.experiment_compare_table, name="experiment_compare_table"),
]
