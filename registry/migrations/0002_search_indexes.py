from django.db import migrations

from config.search import trigram_index


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [
        trigram_index("registry_registeredmodel", "name"),
        trigram_index("registry_registeredmodel", "description"),
        trigram_index("registry_modelversion", "name"),
    ]
