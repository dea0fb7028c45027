"""Nothing of one centre is read or written while another is active; each guard has a test that fails without it."""

import threading
from dataclasses import replace

import pytest
from django.db import connections, transaction
from django.db.models import OuterRef, Q, Subquery, Sum, prefetch_related_objects
from django.db.utils import OperationalError

from reservo import tenancy
from reservo.catalog.models import Branch
from reservo.staff.models import Role, RoleRight, StaffMember
from reservo.tenancy import counters, namespaces, slugs
from reservo.tenancy.backends import script
from reservo.tenancy.backends.guard import BareWrite, StaleEpoch
from reservo.tenancy.backends.sqlite import places as sqlite_places
from reservo.tenancy.models import Counter


@pytest.fixture
def first(place):
    route = place("austral")
    with tenancy.activate(route), tenancy.atomic():
        role = Role.objects.create(name="Recepción")
        RoleRight.objects.create(role=role, right="agenda.see")
        StaffMember.objects.create(name="Ana", email="ana@uno.example", role=role)
        Counter.objects.create(name="appointment", value=7)
    return route


@pytest.fixture
def second(place):
    """Holds rows of the same keys, so that a leak finds something."""
    route = place("gran-via")
    with tenancy.activate(route), tenancy.atomic():
        role = Role.objects.create(name="Escritorio")
        RoleRight.objects.create(role=role, right="mail.see")
        StaffMember.objects.create(name="Bea", email="bea@dos.example", role=role)
        Counter.objects.create(name="appointment", value=90)
    return route


def everything():
    return [
        *Role.objects.values_list("pk", "name"),
        *RoleRight.objects.values_list("pk", "right"),
        *StaffMember.objects.values_list("pk", "name"),
        *Counter.objects.values_list("name", "value"),
    ]


@pytest.fixture
def unchanged(first, second):
    """Whatever a test tried, both centres hold what they held."""
    before = []
    for route in (first, second):
        with tenancy.activate(route):
            before.append(everything())
    yield
    for route, held in zip((first, second), before, strict=True):
        with tenancy.activate(route):
            assert everything() == held


# No centre


def test_a_query_without_a_centre_is_refused(control):
    for query in (Counter.objects.all().count, Counter(name="x").save, Counter.objects.all().delete):
        with pytest.raises(tenancy.NoTenant):
            query()
    with pytest.raises(tenancy.NoTenant):
        connections["tenant"].cursor()


def test_the_connection_is_gone_when_the_centre_is_left(first):
    with tenancy.activate(first):
        connections["tenant"].cursor().execute("SELECT 1")
        with tenancy.control(), pytest.raises(tenancy.NoTenant):
            connections["tenant"].cursor()
    with pytest.raises(tenancy.NoTenant):
        connections["tenant"].cursor()


def test_the_operators_plane_is_no_centre(control, first):
    with tenancy.activate(first), tenancy.control(), pytest.raises(tenancy.NoTenant):
        Counter.objects.count()


def test_a_transaction_without_a_centre_is_refused(control):
    for ask in (tenancy.atomic, tenancy.in_transaction, lambda: tenancy.on_commit(print)):
        with pytest.raises(tenancy.NoTenant):
            ask()


# Rows


def rows_of(route):
    with tenancy.activate(route):
        return (
            Role.objects.get(),
            RoleRight.objects.get(),
            StaffMember.objects.get(),
            Counter.objects.get(),
        )


ROW_LEAKS = {
    "save": lambda role, right, member, counter: counter.save(),
    "save by alias": lambda role, right, member, counter: counter.save(using="tenant"),
    "save of some fields": lambda role, right, member, counter: counter.save(update_fields=["value"]),
    "save as new": lambda role, right, member, counter: counter.save(force_insert=True),
    "delete": lambda role, right, member, counter: right.delete(),
    "delete by alias": lambda role, right, member, counter: right.delete(using="tenant"),
    "refresh": lambda role, right, member, counter: counter.refresh_from_db(),
    "bulk_create": lambda role, right, member, counter: Counter.objects.bulk_create([counter]),
    "bulk_create over": lambda role, right, member, counter: Counter.objects.bulk_create(
        [counter], update_conflicts=True, unique_fields=["name"], update_fields=["value"]
    ),
    "bulk_update": lambda role, right, member, counter: Counter.objects.bulk_update([counter], ["value"]),
    "related manager": lambda role, right, member, counter: list(role.rights.all()),
    "related create": lambda role, right, member, counter: role.rights.create(right="x"),
    "related delete": lambda role, right, member, counter: role.rights.all().delete(),
    "related update": lambda role, right, member, counter: role.rights.update(right="x"),
    "related get_or_create": lambda role, right, member, counter: role.rights.get_or_create(right="x"),
    "related update_or_create": lambda role, right, member, counter: role.rights.update_or_create(
        right="agenda.see", defaults={"extent": "own"}
    ),
    "related object": lambda role, right, member, counter: member.role,
    "assigned": lambda role, right, member, counter: RoleRight(role=role, right="x"),
    "assigned to a row": lambda role, right, member, counter: setattr(RoleRight.objects.get(), "role", role),
    "in a filter": lambda role, right, member, counter: list(RoleRight.objects.filter(role=role)),
    "in an exclusion": lambda role, right, member, counter: list(RoleRight.objects.exclude(role=role)),
    "in a list": lambda role, right, member, counter: list(RoleRight.objects.filter(role__in=[role])),
    "in a Q": lambda role, right, member, counter: list(RoleRight.objects.filter(Q(pk=1) | Q(role=role))),
    "get_or_create": lambda role, right, member, counter: RoleRight.objects.get_or_create(
        role=role, right="x"
    ),
    "update_or_create": lambda role, right, member, counter: RoleRight.objects.update_or_create(
        role=role, right="x", defaults={"extent": "own"}
    ),
    "prefetch": lambda role, right, member, counter: prefetch_related_objects([role], "rights"),
    "prefetch upwards": lambda role, right, member, counter: prefetch_related_objects([right], "role"),
}


@pytest.mark.parametrize("leak", ROW_LEAKS.values(), ids=ROW_LEAKS)
def test_a_row_of_one_centre_is_of_no_use_in_another(first, second, unchanged, leak):
    rows = rows_of(first)
    with tenancy.activate(second), pytest.raises(tenancy.WrongTenant):
        leak(*rows)


def test_rows_made_in_bulk_belong_to_their_centre_too(first, second, unchanged):
    with tenancy.activate(first), tenancy.atomic():
        made = Counter.objects.bulk_create([Counter(name="patient", value=1)])
        Counter.objects.filter(name="patient").delete()
    with tenancy.activate(second), pytest.raises(tenancy.WrongTenant):
        made[0].save()


def test_a_deferred_column_is_not_read_from_another_centre(first, second):
    with tenancy.activate(first):
        counter = Counter.objects.only("name").get()
    with tenancy.activate(second), pytest.raises(tenancy.WrongTenant):
        print(counter.value)


def test_a_row_of_the_control_plane_is_not_saved_in_a_centre(control, first):
    from reservo.audit.models import Action
    from reservo.core.clock import now

    with tenancy.control():
        action = Action.objects.create(at=now(), actor="system", channel="job", action="prueba")
    with tenancy.activate(first), pytest.raises(tenancy.WrongTenant):
        action.save()
    with tenancy.control():
        action.delete()


# Queries


QUERY_LEAKS = {
    "listed": list,
    "counted": lambda query: query.count(),
    "asked for one": lambda query: query.get(name="appointment"),
    "asked whether": lambda query: query.exists(),
    "added up": lambda query: query.aggregate(total=Sum("value")),
    "updated": lambda query: query.update(value=0),
    "deleted": lambda query: query.delete(),
    "iterated": lambda query: next(query.iterator()),
    "filtered on": lambda query: list(query.filter(value=90)),
    "as values": lambda query: list(query.values_list("value", flat=True)),
    "inside another": lambda query: list(Counter.objects.filter(name__in=query.values("name"))),
    "inside a deletion": lambda query: Counter.objects.filter(name__in=query.values("name")).delete(),
    "inside an update": lambda query: Counter.objects.update(
        value=Subquery(query.filter(name=OuterRef("name")).values("value")[:1])
    ),
    "annotated": lambda query: list(Role.objects.annotate(n=Subquery(query.values("value")[:1]))),
    "united": lambda query: list(Counter.objects.all().union(query)),
    "combined": lambda query: list(Counter.objects.filter(value=90) | query),
    "narrowed by": lambda query: list(Counter.objects.filter(value=90) & query),
    "get_or_create": lambda query: query.get_or_create(name="patient"),
    "update_or_create": lambda query: query.update_or_create(name="appointment", defaults={"value": 1}),
}


@pytest.mark.parametrize("leak", QUERY_LEAKS.values(), ids=QUERY_LEAKS)
def test_a_query_made_in_one_centre_does_not_run_in_another(first, second, unchanged, leak):
    with tenancy.activate(first):
        query = Counter.objects.filter(value__gte=0)
    with tenancy.activate(second), pytest.raises(tenancy.WrongTenant):
        leak(query)


def test_rows_that_are_read_bit_by_bit_stop_when_another_centre_is_active(first, second):
    with tenancy.activate(first), tenancy.atomic():
        Counter.objects.bulk_create([Counter(name=f"n{n}", value=n) for n in range(5)])
    with tenancy.activate(first):
        rows, values = Counter.objects.iterator(), Counter.objects.values_list("value").iterator()
        next(rows), next(values)
    for lazy in (rows, values):
        with tenancy.activate(second), pytest.raises(tenancy.WrongTenant):
            next(lazy)


def test_a_raw_query_is_refused_because_it_carries_no_stamp(first):
    with tenancy.activate(first), pytest.raises(NotImplementedError):
        Counter.objects.raw("SELECT * FROM tenancy_counter")


def test_no_model_hides_a_table_between_two(control):
    from django.apps import apps

    hidden = [m for m in apps.get_models(include_auto_created=True) if m._meta.auto_created]
    assert hidden == []


# Transactions


def test_another_centre_is_not_activated_inside_a_transaction(first, second):
    for scope in (lambda: tenancy.activate(second), tenancy.control):
        with (
            tenancy.activate(first),
            tenancy.atomic(),
            pytest.raises(tenancy.RebindInTransaction),
            scope(),
        ):
            pass


def test_activations_nest_and_return(first, second):
    with tenancy.activate(first):
        with tenancy.activate(second):
            assert Counter.objects.get().value == 90
        assert Counter.objects.get().value == 7
        with tenancy.control():
            assert tenancy.in_control()
        assert Counter.objects.get().value == 7
    assert not tenancy.is_active()


def test_a_transaction_is_one_of_the_centre_that_is_active(first):
    with tenancy.activate(first):
        with pytest.raises(ZeroDivisionError), tenancy.atomic():  # noqa: PT012
            Counter.objects.update(value=8)
            raise ZeroDivisionError
        assert Counter.objects.get().value == 7


def test_what_follows_a_commit_runs_after_it_and_in_the_same_centre(first, second):
    seen = []

    def note():
        seen.append((tenancy.current().slug, Counter.objects.get().value))

    with tenancy.activate(first), tenancy.atomic():
        Counter.objects.update(value=8)
        tenancy.on_commit(note)
        assert seen == []
    assert seen == [("austral", 8)]


def test_what_follows_a_commit_does_not_follow_a_failure(first):
    seen = []
    with tenancy.activate(first), pytest.raises(ZeroDivisionError), tenancy.atomic():  # noqa: PT012
        tenancy.on_commit(lambda: seen.append(1))
        raise ZeroDivisionError
    assert seen == []


# Epoch


WRITES = {
    "create": lambda: Counter.objects.create(name="patient", value=1),
    "save": lambda: Counter(name="patient", value=1).save(),
    "update": lambda: Counter.objects.update(value=0),
    "delete": lambda: Counter.objects.all().delete(),
    "bulk_create": lambda: Counter.objects.bulk_create([Counter(name="patient", value=1)]),
    "bulk_update": lambda: Counter.objects.bulk_update([Counter(name="appointment", value=1)], ["value"]),
    "get_or_create": lambda: Counter.objects.get_or_create(name="patient"),
    "update_or_create": lambda: Counter.objects.update_or_create(name="appointment", defaults={"value": 1}),
    "raw": lambda: connections["tenant"].cursor().execute("UPDATE tenancy_counter SET value = 0"),
}


@pytest.mark.parametrize(
    "write", [w for n, w in WRITES.items() if n != "raw"], ids=[n for n in WRITES if n != "raw"]
)
@pytest.mark.parametrize("known", [-1, 1], ids=["old", "from a later one"])
def test_a_write_outside_a_transaction_is_refused_under_another_epoch(first, second, unchanged, write, known):
    with tenancy.activate(replace(first, epoch=first.epoch + known)), pytest.raises(StaleEpoch):
        write()


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_inside_a_transaction_is_refused_under_another_epoch(first, second, unchanged, write):
    with (
        tenancy.activate(replace(first, epoch=first.epoch - 1)),
        pytest.raises(StaleEpoch),
        tenancy.atomic(),
    ):
        write()


def test_djangos_own_transaction_on_the_alias_holds_the_epoch_too(first, second, unchanged):
    with (
        tenancy.activate(replace(first, epoch=first.epoch - 1)),
        pytest.raises(StaleEpoch),
        transaction.atomic(using="tenant"),
    ):
        Counter.objects.update(value=0)


def test_after_a_refusal_the_connection_still_reads(first):
    with tenancy.activate(replace(first, epoch=first.epoch - 1)):
        with pytest.raises(StaleEpoch):
            Counter.objects.update(value=0)
        assert Counter.objects.get().value == 7


def test_an_epoch_is_raised_never_lowered_and_the_old_one_stops_writing(first):
    namespaces.raise_epoch(first, first.epoch + 5)
    namespaces.raise_epoch(first, first.epoch + 2)
    assert namespaces.epoch_of(first) == first.epoch + 5
    with tenancy.activate(first), pytest.raises(StaleEpoch):
        Counter.objects.update(value=0)


def test_raising_the_epoch_waits_for_a_transaction_under_way(first):
    raised = []

    def raise_it():
        namespaces.raise_epoch(first, first.epoch + 1)
        raised.append(True)

    with tenancy.activate(first):
        with tenancy.atomic():
            Counter.objects.update(value=8)
            other = threading.Thread(target=raise_it)
            other.start()
            other.join(0.2)
            assert raised == []
        other.join(10)
        assert raised == [True]
        assert Counter.objects.get().value == 8


RAW_WRITES = [
    "DELETE FROM tenancy_counter",
    "  \n update tenancy_counter set value = 0",
    "/* quick */ -- and dirty\nINSERT INTO tenancy_counter VALUES ('x', 1)",
    "REPLACE INTO tenancy_counter VALUES ('appointment', 1)",
    "WITH t AS (SELECT 1) DELETE FROM tenancy_counter",
    "EXPLAIN ANALYZE DELETE FROM tenancy_counter",
    "SELECT 1; DELETE FROM tenancy_counter",
    "DROP TABLE tenancy_counter",
    "ALTER TABLE tenancy_counter ADD COLUMN x",
    "CREATE TABLE x (y)",
]


@pytest.mark.parametrize("sql", RAW_WRITES)
def test_raw_writes_outside_a_transaction_are_refused(first, second, unchanged, sql):
    with tenancy.activate(first), pytest.raises(BareWrite):
        connections["tenant"].cursor().execute(sql)


def test_raw_reads_need_no_transaction(first):
    with tenancy.activate(first), connections["tenant"].cursor() as cursor:
        cursor.execute("WITH t AS (SELECT value FROM tenancy_counter) SELECT value FROM t")
        assert list(cursor.fetchall()) == [(7,)]


# Threads


def in_thread(function):
    found = []

    def run():
        try:
            found.append(function())
        except Exception as error:
            found.append(type(error))
        finally:
            from reservo.tenancy.connections import close_all

            close_all()
            connections["default"].close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    return found[0]


def test_a_thread_knows_no_centre_unless_it_is_carried(first):
    with tenancy.activate(first):
        assert in_thread(Counter.objects.count) is tenancy.NoTenant
        assert in_thread(tenancy.carry(lambda: Counter.objects.get().value)) == 7


def test_what_is_carried_keeps_its_centre_whatever_is_active_where_it_runs(first, second):
    with tenancy.activate(first):
        carried = tenancy.carry(lambda: (tenancy.current().slug, Counter.objects.get().value))
    with tenancy.activate(second):
        assert carried() == ("austral", 7)
        assert Counter.objects.get().value == 90
    with tenancy.control():
        from_control = tenancy.carry(tenancy.in_control)
    with tenancy.activate(second):
        assert from_control() is True


# Namespaces


def test_a_namespace_that_holds_another_centre_is_not_even_read(first, second):
    led_astray = replace(second, namespace=first.namespace)
    with tenancy.activate(led_astray), pytest.raises(tenancy.WrongTenant):
        Counter.objects.count()


def test_a_lost_namespace_is_an_error_and_stays_lost(first):
    gone = replace(first, namespace="lost.db")
    with tenancy.activate(gone), pytest.raises(OperationalError):
        Counter.objects.count()
    assert not namespaces.exists(gone)
    assert namespaces.epoch_of(gone) is None
    with tenancy.activate(first):
        assert Counter.objects.get().value == 7


def test_a_namespace_names_one_centre(first):
    with tenancy.activate(first), connections["tenant"].cursor() as cursor:
        cursor.execute("SELECT id, tenant_id, epoch FROM tenancy_namespaceepoch")
        assert list(cursor.fetchall()) == [(1, first.tenant_id, first.epoch)]
    from django.db.utils import IntegrityError

    with (
        tenancy.activate(first),
        pytest.raises(IntegrityError),
        tenancy.atomic(),
        connections["tenant"].cursor() as cursor,
    ):
        cursor.execute("INSERT INTO tenancy_namespaceepoch VALUES (2, 9, 1)")


def test_a_taken_namespace_is_refused(first):
    with pytest.raises(namespaces.NamespaceTaken):
        namespaces.create(first)


def test_a_new_namespace_is_a_copy_and_runs_no_migration(place, monkeypatch):
    place("vieja")
    monkeypatch.setattr(sqlite_places, "call_command", None)
    monkeypatch.setattr(script, "call_command", None)
    with tenancy.activate(place("nueva")):
        assert Counter.objects.count() == 0


@pytest.mark.parametrize(
    "text", ["api", "a", "ab", "A-b", "a--b", "-ab", "ab-", "x" * 61, "../etc", "a b", "ñu-ñu", ""]
)
def test_words_that_cannot_name_a_centre_are_refused(text):
    with pytest.raises(slugs.BadSlug):
        slugs.check(text)


def test_every_first_word_of_an_address_is_reserved():
    from tests.architecture.test_routes import GLOBAL

    words = {route.partition("/")[0] for route in GLOBAL} - {""}
    assert words - slugs.RESERVED == set()
    assert "static" in slugs.RESERVED


# Words


def test_a_search_minds_accents_but_not_small_and_large_letters_on_every_engine(centre):
    def found(**asked):
        return Branch.objects.filter(pk=centre.branch, **asked).exists()

    with centre.active(), tenancy.atomic():
        Branch.objects.filter(pk=centre.branch).update(name="Sede Médica_1 100%")
        for words in ({"icontains": "sEDE"}, {"iexact": "SEDE Médica_1 100%"}, {"istartswith": "sede m"}):
            assert all(found(**{f"name__{lookup}": word}) for lookup, word in words.items()), words
        assert found(name__iendswith="100%")
        for words in (
            {"exact": "sede Médica_1 100%"},
            {"icontains": "medica"},
            {"icontains": "a%1"},
        ):
            assert not any(found(**{f"name__{lookup}": word}) for lookup, word in words.items()), words


# Numbers


def test_numbers_are_consecutive_and_given_back_on_failure(first):
    with tenancy.activate(first):
        with tenancy.atomic():
            assert counters.take("patient") == 1
        with pytest.raises(ZeroDivisionError), tenancy.atomic():  # noqa: PT012
            counters.take("patient")
            raise ZeroDivisionError
        with tenancy.atomic():
            assert counters.take("patient") == 2


def test_a_number_is_not_given_outside_a_transaction(first):
    with tenancy.activate(first), pytest.raises(counters.OutsideTransaction):
        counters.take("patient")
