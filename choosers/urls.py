from django.urls import path

from choosers import views

app_name = "choosers"
urlpatterns = [
    path("<slug:name>/", views.choose, name="choose"),
    path("<slug:name>/chosen/", views.chosen, name="chosen"),
]
