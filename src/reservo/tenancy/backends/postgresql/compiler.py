"""PostgreSQL's compilers, with the stamps of the seam."""

from django.db.backends.postgresql import compiler

from reservo.tenancy.backends.compiler import Inserting, Reading, Stamped, Updating, Writing


class SQLCompiler(Reading, compiler.SQLCompiler):  # type: ignore[misc]
    pass


class SQLInsertCompiler(Inserting, compiler.SQLInsertCompiler):
    pass


class SQLDeleteCompiler(Writing, compiler.SQLDeleteCompiler):
    pass


class SQLUpdateCompiler(Updating, compiler.SQLUpdateCompiler):
    pass


class SQLAggregateCompiler(Stamped, compiler.SQLAggregateCompiler):
    pass
