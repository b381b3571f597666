import django.db.models.deletion
from django.db import migrations, models

import datasets.models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0004_fill_labellings")]
    operations = [
        migrations.AlterField(
            model_name="data",
            name="object_name",
            field=models.CharField(default=datasets.models.new_object_name, editable=False, max_length=400),
        ),
        migrations.AlterField(
            model_name="annotation",
            name="labelling",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="annotations", to="datasets.labelling"
            ),
        ),
    ]
