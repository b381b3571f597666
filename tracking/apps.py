from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TrackingConfig(AppConfig):
    name = "tracking"

    def ready(self) -> None:
        """Find every app's `run_times.py`, where what runs experiments says when it did."""
        autodiscover_modules("run_times")
