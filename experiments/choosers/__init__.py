"""What the creation form and the project page choose from.

bases       the base of a draft: Attach a Model, Attach an Experiment
datasets    a draft's dataset versions: placeholders of a constraint, or free aliases
projects    the dataset versions attached to a project
"""

from experiments.choosers import bases, datasets, projects

__all__ = ["bases", "datasets", "projects"]
