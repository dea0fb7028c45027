from dataclasses import replace

import pytest
from django.db import connections

from reservo import tenancy
from reservo.tenancy import counters, namespaces, slugs
from reservo.tenancy.backends.guard import BareWrite, StaleEpoch
from reservo.tenancy.models import Counter


def test_a_query_without_a_centre_is_refused(control):
    with pytest.raises(tenancy.NoTenant):
        Counter.objects.count()


def test_two_centres_do_not_see_each_other(place):
    first, second = place("austral"), place("gran-via")
    with tenancy.activate(first):
        Counter.objects.create(name="appointment", value=7)
    with tenancy.activate(second):
        assert list(Counter.objects.all()) == []


def test_a_row_of_one_centre_is_not_saved_in_another(place):
    first, second = place("austral"), place("gran-via")
    with tenancy.activate(first):
        row = Counter.objects.create(name="appointment", value=7)
    with tenancy.activate(second), pytest.raises(tenancy.WrongTenant):
        row.save()


def test_a_query_built_in_one_centre_does_not_run_in_another(place):
    first, second = place("austral"), place("gran-via")
    with tenancy.activate(first):
        query = Counter.objects.filter(value__gte=0)
    with tenancy.activate(second), pytest.raises(tenancy.WrongTenant):
        list(query)


def test_a_write_under_an_old_epoch_is_refused(place):
    route = place("austral")
    with tenancy.activate(replace(route, epoch=route.epoch + 1)):
        with pytest.raises(StaleEpoch):
            Counter.objects.create(name="bare", value=1)
        with pytest.raises(StaleEpoch), tenancy.atomic():
            Counter.objects.create(name="inside", value=1)
    with tenancy.activate(route):
        assert Counter.objects.count() == 0


def test_raw_writes_outside_a_transaction_are_refused(place):
    with tenancy.activate(place("austral")), pytest.raises(BareWrite):
        connections["tenant"].cursor().execute("DELETE FROM tenancy_counter")


def test_another_centre_is_not_activated_inside_a_transaction(place):
    first, second = place("austral"), place("gran-via")
    with (
        tenancy.activate(first),
        tenancy.atomic(),
        pytest.raises(tenancy.RebindInTransaction),
        tenancy.activate(second),
    ):
        pass


def test_numbers_are_consecutive_and_given_back_on_failure(place):
    with tenancy.activate(place("austral")):
        with tenancy.atomic():
            assert counters.take("appointment") == 1
        with pytest.raises(ZeroDivisionError), tenancy.atomic():  # noqa: PT012
            counters.take("appointment")
            raise ZeroDivisionError
        with tenancy.atomic():
            assert counters.take("appointment") == 2


def test_a_taken_namespace_is_refused(place):
    with pytest.raises(namespaces.NamespaceTaken):
        namespaces.create(place("austral"))


@pytest.mark.parametrize("text", ["api", "a", "A-b", "a--b", "-ab", "x" * 61, "../etc"])
def test_words_that_cannot_name_a_centre_are_refused(text):
    with pytest.raises(slugs.BadSlug):
        slugs.check(text)
