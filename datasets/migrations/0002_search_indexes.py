from django.db import migrations

from config.search import trigram_index


class Migration(migrations.Migration):
    dependencies = [("datasets", "0001_initial")]

    operations = [
        trigram_index("datasets_dataset", "name"),
        trigram_index("datasets_datasetversion", "name"),
    ]
