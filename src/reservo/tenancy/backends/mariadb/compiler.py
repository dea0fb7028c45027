"""MariaDB's compilers, with the stamps of the seam."""

from django.db.backends.mysql import compiler

from reservo.tenancy.backends.compiler import Stamped, Writing


class SQLCompiler(Stamped, compiler.SQLCompiler):
    pass


class SQLInsertCompiler(Writing, compiler.SQLInsertCompiler):
    pass


class SQLDeleteCompiler(Writing, compiler.SQLDeleteCompiler):
    pass


class SQLUpdateCompiler(Writing, compiler.SQLUpdateCompiler):
    pass


class SQLAggregateCompiler(Stamped, compiler.SQLAggregateCompiler):
    pass
