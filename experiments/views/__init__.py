"""The pages of projects, drafts and experiments."""
