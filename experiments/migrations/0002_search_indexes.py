from django.db import migrations

from config.search import trigram_index


class Migration(migrations.Migration):
    dependencies = [("experiments", "0001_initial")]

    operations = [
        trigram_index("experiments_project", "name"),
        trigram_index("experiments_experiment", "name"),
    ]
