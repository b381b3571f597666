"""Organizations: the token's own, and no other."""

import uuid

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from organizations.models import Organization
from protocols.picsellia.caller import caller, own_organization

router = Router()


class OrganizationOut(Schema):
    id: uuid.UUID
    name: str
    default_connector_id: uuid.UUID

    @staticmethod
    def resolve_default_connector_id(organization: Organization) -> uuid.UUID:
        """An organization has one place for its files, so that place needs no id of its own."""
        return organization.pk


@router.get("/organizations/find", response=OrganizationOut)
def find(request: HttpRequest, name: str) -> Organization:
    """The token's organization, by its name."""
    return get_object_or_404(Organization.objects.visible_to(caller(request)), name=name)


@router.get("/organization/{uuid:organization_id}", response=OrganizationOut)
def sync(request: HttpRequest, organization_id: uuid.UUID) -> Organization:
    """The token's organization, and the connector of its files."""
    return own_organization(request, organization_id)
