"""Copies of centres and of the control plane that survive the loss of everything else."""
