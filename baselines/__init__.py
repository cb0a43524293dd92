"""Optimizers to compare with, one module each, found by name: see `conf/optimizer/`."""
