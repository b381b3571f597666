"""What an experiment records while it runs: logs of values and curves, evaluations of its predictions."""
