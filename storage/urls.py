from django.urls import path

from storage import upload_views, views

app_name = "storage"
urlpatterns = [
    path("<str:token>/", views.serve, name="serve"),
    path("uploads/<str:token>/", upload_views.receive_file, name="receive_file"),
    path("parts/<str:token>/", upload_views.receive_part, name="receive_part"),
]
