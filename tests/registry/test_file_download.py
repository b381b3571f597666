from django.urls import reverse

from organizations.models import User
from tests.factories import ArchitectureFileFactory, BlobFactory, ModelVersionFactory


def test_it_leads_to_the_file_as_a_download(vera: User, orchard, client_of):
    version = ModelVersionFactory(model__organization=orchard)
    blob = BlobFactory(content=b"<script>weights</script>")
    file = ArchitectureFileFactory(architecture=version.architecture, filename="weights.html", blob=blob)
    answer = client_of(vera).get(reverse("registry:file_download", args=[file.pk]), follow=True)
    assert answer.status_code == 200
    assert answer.getvalue() == b"<script>weights</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="weights.html"'
