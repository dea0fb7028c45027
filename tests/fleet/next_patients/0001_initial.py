from importlib import import_module

from reservo.patients.migrations import __name__ as _here

Migration = import_module(f"{_here}.0001_initial").Migration
