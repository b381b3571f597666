from django.apps import AppConfig


class DemoConfig(AppConfig):
    """A world to try the product in: real digits, models that really train, two organizations."""

    name = "demo"
