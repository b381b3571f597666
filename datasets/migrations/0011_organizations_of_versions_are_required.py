import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0010_fill_organizations_of_versions")]

    operations = [
        migrations.AlterField(
            model_name="datasetversion",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="dataset_versions",
                to="organizations.organization",
            ),
        ),
        migrations.AddIndex(
            model_name="datasetversion",
            index=models.Index(fields=["organization", "-id"], name="dataset_versions_newest_first"),
        ),
    ]
