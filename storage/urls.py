from django.urls import path

from storage import views

app_name = "storage"
urlpatterns = [path("<str:token>/", views.serve, name="serve")]
