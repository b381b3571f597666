import numpy as np
from django.db import migrations, models

BATCH = 500


def sum_up(apps, schema_editor):
    """What rows come to that are there already. When they came is not known."""
    rows = apps.get_model("tracking", "LinePoints").objects.order_by("pk")
    batch = list(rows.only("values")[:BATCH])
    while batch:
        for row in batch:
            values = np.frombuffer(bytes(row.values), np.dtype("<f8"))
            numbers = values[~np.isnan(values)]
            row.last = None if np.isnan(values[-1]) else float(values[-1])
            row.least = float(numbers.min()) if len(numbers) else None
            row.greatest = float(numbers.max()) if len(numbers) else None
        rows.bulk_update(batch, ["last", "least", "greatest"])
        batch = list(rows.only("values").filter(pk__gt=batch[-1].pk)[:BATCH])


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="linepoints",
            name="created_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="linepoints",
            name="greatest",
            field=models.FloatField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="linepoints",
            name="last",
            field=models.FloatField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="linepoints",
            name="least",
            field=models.FloatField(blank=True, editable=False, null=True),
        ),
        # Only now: with it at once, the rows that are there would get the moment of the migration.
        migrations.AlterField(
            model_name="linepoints",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, null=True),
        ),
        migrations.RunPython(sum_up, migrations.RunPython.noop),
    ]
