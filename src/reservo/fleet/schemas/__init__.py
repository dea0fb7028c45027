"""Versions of the tables of centres: who is behind, and how they are brought up to this release while they work."""
