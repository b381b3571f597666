from django.urls import path

from tracking import views

app_name = "tracking"
urlpatterns = [
    path("<uuid:pk>/logs/", views.log_list, name="log_list"),
    path("<uuid:pk>/evaluations/", views.evaluation_list, name="evaluation_list"),
    path("logs/<uuid:pk>/points/", views.log_points, name="log_points"),
    path("logs/<uuid:pk>/values/", views.log_values, name="log_values"),
]
