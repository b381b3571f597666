import pytest
from django.urls import reverse

from organizations.models import Organization, User
from registry.models import RegisteredModel
from tests.factories import ModelVersionFactory, RegisteredModelFactory

URL = reverse("registry:model_create")


def test_it_works(bob: User, orchard: Organization, client_of):
    client = client_of(bob)
    assert client.get(URL).status_code == 200
    answer = client.post(URL, {"name": " fruit ", "description": "Apples.\r\nPears."}, follow=True)
    model = RegisteredModel.objects.get()
    assert (model.name, model.description, model.organization) == ("fruit", "Apples.\nPears.", orchard)
    assert answer.redirect_chain == [(reverse("registry:model_detail", args=[model.pk]), 302)]
    assert "fruit is created." in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Write a name: it can&#x27;t be empty or only spaces."),
        ("   ", "Write a name: it can&#x27;t be empty or only spaces."),
        ("x" * 101, "A name has at most 100 characters; this one has 101."),
        ("taken ", "Orchard has a model of this name already. Choose another one."),
        ("a\x07b", "is a control character (U+0007): remove it."),
    ],
)
def test_a_bad_name_keeps_what_was_typed(bob: User, orchard: Organization, client_of, name: str, sentence: str):
    RegisteredModelFactory(organization=orchard, name="taken")
    answer = client_of(bob).post(URL, {"name": name, "description": "Long thought about."})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert sentence in text
    assert "Long thought about." in text
    assert RegisteredModel.objects.count() == 1


def test_a_description_counts_as_the_browser_counts(bob: User, client_of):
    description = "\r\n".join(["x" * 499, "y" * 500])
    assert client_of(bob).post(URL, {"name": "fruit", "description": description}).status_code == 302


def test_a_viewer_is_refused(vera: User, client_of):
    client = client_of(vera)
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"name": "fruit"}).status_code == 403
    assert not RegisteredModel.objects.exists()


def test_somebody_without_an_organization_is_refused(staff: User, client_of):
    assert client_of(staff).post(URL, {"name": "fruit"}).status_code == 403


def test_a_copy_goes_on_to_its_first_version(bob: User, client_of):
    public = ModelVersionFactory(model__organization=None)
    client = client_of(bob)
    page = client.get(reverse("registry:model_version_detail", args=[public.pk])).content.decode()
    assert f"{URL}?copy_from={public.pk}" in page
    answer = client.post(f"{URL}?copy_from={public.pk}", {"name": "fruit"})
    model = RegisteredModel.objects.get(name="fruit")
    assert answer["Location"] == (f"{reverse('registry:model_version_create', args=[model.pk])}?copy_from={public.pk}")
