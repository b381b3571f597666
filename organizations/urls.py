from django.urls import path

from organizations import views

app_name = "organizations"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("password/", views.password_change, name="password_change"),
    path("organizations/switch/", views.organization_switch, name="organization_switch"),
]
