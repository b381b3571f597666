from django.urls import URLPattern

app_name = "choosers"
urlpatterns: list[URLPattern] = []
