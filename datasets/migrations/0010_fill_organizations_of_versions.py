"""What was there before: every dataset version gets the organization of its dataset."""

from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps: Any, schema_editor: Any) -> None:
    dataset, version = (apps.get_model("datasets", name) for name in ("Dataset", "DatasetVersion"))
    own = dataset.objects.filter(pk=OuterRef("dataset")).values("organization")
    version.objects.update(organization=Subquery(own))


class Migration(migrations.Migration):
    dependencies = [("datasets", "0009_versions_know_their_organization")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
