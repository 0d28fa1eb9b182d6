"""Defect reports: what citizens tell a town, and the ways it gets there exactly once."""
