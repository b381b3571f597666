from django.db import migrations

from config.search import trigram_index


class Migration(migrations.Migration):
    dependencies = [("datasets", "0006_who_added_an_image")]

    operations = [trigram_index("datasets_data", "filename")]
