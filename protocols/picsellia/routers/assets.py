"""Single assets."""

import uuid

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from datasets.assets import delete_assets
from datasets.models import Asset
from protocols.picsellia.caller import caller
from protocols.picsellia.schemas.assets import AssetOut, with_what_is_shown

router = Router()


@router.get("/asset/{uuid:asset_id}", response=AssetOut)
def sync(request: HttpRequest, asset_id: uuid.UUID) -> Asset:
    """An asset with its image and its tags."""
    return get_object_or_404(with_what_is_shown(Asset.objects.visible_to(caller(request))), pk=asset_id)


@router.delete("/asset/{uuid:asset_id}", response={204: None})
def delete(request: HttpRequest, asset_id: uuid.UUID) -> None:
    """Take an asset out of its version, with its annotations. The image stays in the datalake."""
    assets = Asset.objects.visible_to(caller(request)).select_related("dataset_version__dataset__organization")
    asset = get_object_or_404(assets, pk=asset_id)
    delete_assets(version=asset.dataset_version, assets=[asset.pk], by=caller(request))
