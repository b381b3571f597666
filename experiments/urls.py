from django.urls import path

from experiments.views import drafts, experiments, lineage, projects, publishing

app_name = "experiments"
urlpatterns = [
    path("projects/", projects.project_list, name="project_list"),
    path("projects/new/", projects.project_create, name="project_create"),
    path("projects/<uuid:pk>/", projects.project_detail, name="project_detail"),
    path("projects/<uuid:pk>/edit/", projects.project_edit, name="project_edit"),
    path("projects/<uuid:pk>/dataset-versions/", projects.project_dataset_versions, name="project_dataset_versions"),
    path("projects/<uuid:pk>/dataset-versions/attach/", projects.dataset_version_attach, name="dataset_version_attach"),
    path("projects/<uuid:pk>/dataset-versions/detach/", projects.dataset_version_detach, name="dataset_version_detach"),
    path("projects/<uuid:pk>/experiments/new/", drafts.draft_create, name="draft_create"),
    path("experiments/drafts/<uuid:pk>/", drafts.draft_detail, name="draft_detail"),
    path("experiments/drafts/<uuid:pk>/discard/", drafts.draft_discard, name="draft_discard"),
    path("experiments/<uuid:pk>/", experiments.experiment_detail, name="experiment_detail"),
    path("experiments/<uuid:pk>/edit/", drafts.experiment_edit, name="experiment_edit"),
    path("experiments/<uuid:pk>/use-as-base/", drafts.draft_from_experiment, name="draft_from_experiment"),
    path("experiments/<uuid:pk>/publish/", publishing.experiment_publish, name="experiment_publish"),
    path("experiments/<uuid:pk>/delete/", experiments.experiment_delete, name="experiment_delete"),
    path("experiments/<uuid:pk>/lineage/", lineage.experiment_lineage, name="experiment_lineage"),
    # A model version's, which the registry can't draw: it knows no experiments.
    path("registry/versions/<uuid:pk>/lineage/", lineage.model_version_lineage, name="model_version_lineage"),
    path("experiments/files/<uuid:pk>/", experiments.artifact_download, name="artifact_download"),
]
