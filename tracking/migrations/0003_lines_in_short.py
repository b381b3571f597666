from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0002_what_lines_come_to"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="linepoints",
            name="points_of_a_line_in_order",
        ),
        migrations.AddIndex(
            model_name="linepoints",
            index=models.Index(
                fields=["log", "id", "created_at", "last", "least", "greatest"], name="lines_in_order_and_in_short"
            ),
        ),
    ]
