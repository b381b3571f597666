"""The API: its routers, who may ask, and what it answers when it refuses."""

from ninja import NinjaAPI

from protocols.picsellia import errors, retries
from protocols.picsellia.auth import BearerToken
from protocols.picsellia.routers import (
    annotations,
    artifacts,
    assets,
    data,
    datalake,
    dataset_versions,
    datasets,
    evaluations,
    experiments,
    home,
    jobs,
    labels,
    logging,
    logs,
    model_files,
    model_versions,
    models,
    object_storage,
    organizations,
    projects,
    rest,
    tags,
)

api = NinjaAPI(
    title="Espalier",
    version="6.37.0",
    description="What the Picsellia SDK of this version calls, and what it gets.",
    auth=BearerToken(),
    urls_namespace="api",
    docs_url=None,  # see docs.py
    openapi_url="/openapi.json",
)
errors.install(api)
retries.install(api)

for module in (
    home,
    organizations,
    object_storage,
    datalake,
    data,
    tags,
    datasets,
    dataset_versions,
    labels,
    assets,
    annotations,
    models,
    model_versions,
    model_files,
    projects,
    experiments,
    artifacts,
    logs,
    evaluations,
    jobs,
    logging,
    rest,  # the last: it takes every path
):
    # Paths stand whole in each router, as the contract lists them.
    api.add_router("", module.router, tags=[module.__name__.rpartition(".")[2].replace("_", " ")])
