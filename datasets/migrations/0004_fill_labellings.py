"""What was there before: every annotated asset gets a labelling, and every image the name clients may call it by."""

from typing import Any

from django.db import migrations
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.db.models import CharField

BATCH = 5_000


def fill(apps: Any, schema_editor: Any) -> None:
    data, asset, labelling, annotation = (
        apps.get_model("datasets", name) for name in ("Data", "Asset", "Labelling", "Annotation")
    )
    unnamed = data.objects.filter(object_name=None)
    unnamed.update(object_name=Concat(Value("data/"), Cast(F("id"), CharField())))
    annotated = asset.objects.filter(annotations__labelling=None, annotations__isnull=False).distinct()
    rows = (labelling(asset_id=pk) for pk in annotated.order_by().values_list("pk", flat=True).iterator())
    labelling.objects.bulk_create(rows, batch_size=BATCH)
    own = labelling.objects.filter(asset=OuterRef("asset")).order_by("id").values("id")[:1]
    annotation.objects.filter(labelling=None).update(labelling=Subquery(own))


class Migration(migrations.Migration):
    dependencies = [("datasets", "0003_labellings_tags_sources")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
