from django.db import migrations

from config.search import trigram_index


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_search_indexes")]
    operations = [trigram_index("registry_modelversion", "description")]
