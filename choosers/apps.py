from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ChoosersConfig(AppConfig):
    name = "choosers"

    def ready(self) -> None:
        """Find every app's `choosers.py`, where its choosers register themselves."""
        autodiscover_modules("choosers")
