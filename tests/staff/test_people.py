"""People of the centre on screen: invited, changed, let go; roles made of rights."""

import re

import pytest

from reservo.accounts.models import Invitation, Membership, User
from reservo.audit.models import Action
from reservo.staff import rights
from reservo.staff.models import Role, StaffBranch, StaffMember


@pytest.fixture
def owner(centre):
    return centre.client("administrator")


def member_of(centre, builtin):
    with centre.active():
        return StaffMember.objects.get(role__builtin=builtin)


def role_id(centre, builtin):
    with centre.active():
        return Role.objects.get(builtin=builtin).pk


def form(centre, builtin=rights.RECEPTIONIST, **changes):
    given = {
        "name": "Receptionist",
        "role": role_id(centre, builtin),
        "all_branches": "on",
        "is_active": "on",
    }
    return {**given, **changes}


def test_a_person_is_invited_and_the_mail_is_on_its_way(centre, owner):
    given = {**form(centre), "name": "Nora Paz", "email": "Nora@Nueva.example"}
    assert owner.post(centre.url("usuarios/invitar"), given).status_code == 302
    invited = Invitation.objects.get(tenant_id=centre.route.tenant_id)
    with centre.active():
        member = StaffMember.objects.get(pk=invited.staff_id)
        assert (member.email, member.user_id) == ("nora@nueva.example", None)
        assert Action.objects.filter(action="staff.invited", object_id=str(member.pk)).exists()
    assert "Invitado" in owner.get(centre.url("usuarios/")).content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "no-es-correo"}, "El correo no es válido."),
        ({"email": "a@b"}, "El correo no es válido."),
        ({"email": "a@b.example\nBcc: todos@x.example"}, "El correo no es válido."),
        ({"name": ""}, "obligatorio"),
        ({"name": "x" * 81}, "80"),
        ({"role": "999999"}, "no es una de las opciones"),
        ({"role": "abc"}, "no es una de las opciones"),
        ({"all_branches": "", "branches": []}, "Elige al menos una sucursal"),
        ({"all_branches": "", "branches": ["999999"]}, "no es una de las opciones"),
        ({"practitioner": "999999"}, "no es una de las opciones"),
    ],
    ids=str,
)
def test_a_bad_invitation_says_what_is_wrong_and_invites_nobody(centre, owner, changes, words):
    given = {**form(centre), "name": "Nora Paz", "email": "nora@nueva.example", **changes}
    answer = owner.post(centre.url("usuarios/invitar"), given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Invitation.objects.filter(tenant_id=centre.route.tenant_id).exists()


def renamed(centre):
    with centre.active():
        lines = Action.objects.filter(action="staff.renamed").order_by("pk")
        return [(line.actor_name, line.details) for line in lines]


def test_a_name_is_corrected_by_who_administers_and_the_trail_says_from_what(centre, owner):
    member = member_of(centre, rights.RECEPTIONIST)
    owner.post(centre.url(f"usuarios/{member.pk}"), form(centre, name="  Rita  Pérez "))
    assert member_of(centre, rights.RECEPTIONIST).name == "Rita Pérez"
    assert User.objects.get(pk=member.user_id).name == "Rita Pérez"
    assert renamed(centre) == [("Administrator", {"was": "Receptionist", "is": "Rita Pérez"})]
    with centre.active():
        assert not Action.objects.filter(action="staff.changed").exists()
    assert (
        "cambió el nombre: Receptionist → Rita Pérez" in owner.get(centre.url("registro/")).content.decode()
    )


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_that_is_none_is_refused_at_its_field(centre, owner, name):
    member = member_of(centre, rights.RECEPTIONIST)
    answer = owner.post(centre.url(f"usuarios/{member.pk}"), form(centre, name=name))
    assert (answer.status_code, 'class="error"' in answer.content.decode()) == (422, True)
    assert member_of(centre, rights.RECEPTIONIST).name == "Receptionist"


def test_a_centre_does_not_rename_who_works_elsewhere_as_well(centre, other, owner):
    member = member_of(centre, rights.RECEPTIONIST)
    Membership.objects.create(user_id=member.user_id, tenant_id=other.route.tenant_id)
    owner.post(centre.url(f"usuarios/{member.pk}"), form(centre, name="Rita Pérez"))
    assert member_of(centre, rights.RECEPTIONIST).name == "Rita Pérez"
    assert User.objects.get(pk=member.user_id).name == "Receptionist"


def test_whoever_was_invited_under_a_wrong_name_reads_the_right_one(centre, owner):
    owner.post(centre.url("usuarios/invitar"), form(centre, name="Nora Pas", email="nora@nueva.example"))
    invited = Invitation.objects.get(tenant_id=centre.route.tenant_id)
    owner.post(centre.url(f"usuarios/{invited.staff_id}"), form(centre, name="Nora Paz"))
    assert Invitation.objects.get(pk=invited.pk).name == "Nora Paz"


def test_nobody_is_an_administrator_because_the_role_was_not_chosen(centre, owner):
    page = owner.get(centre.url("usuarios/invitar")).content.decode()
    assert re.search(r'<option value="" selected>\s*Elige un rol', page)
    given = {**form(centre), "name": "Nora Paz", "email": "nora@nueva.example", "role": ""}
    assert owner.post(centre.url("usuarios/invitar"), given).status_code == 422


def test_an_invitation_is_withdrawn_and_its_link_ends(centre, owner):
    owner.post(centre.url("usuarios/invitar"), {**form(centre), "name": "Nora Pas", "email": "no@ra.example"})
    invited = Invitation.objects.get(tenant_id=centre.route.tenant_id)
    assert "no@ra.example" in owner.get(centre.url(f"usuarios/{invited.staff_id}")).content.decode()
    assert owner.post(centre.url(f"usuarios/{invited.staff_id}/retirar")).status_code == 302
    assert not Invitation.objects.filter(pk=invited.pk).exists()
    assert "Nora Pas" not in owner.get(centre.url("usuarios/")).content.decode()
    trail = re.sub(r"\s+", " ", owner.get(centre.url("registro/")).content.decode())
    assert re.search("retiró la invitación</td> ?<td>Usuario Nora Pas", trail)


def test_who_has_joined_is_not_withdrawn(centre, owner):
    member = member_of(centre, rights.RECEPTIONIST)
    assert owner.post(centre.url(f"usuarios/{member.pk}/retirar")).status_code == 404
    assert member_of(centre, rights.RECEPTIONIST) == member


def test_the_trail_says_what_became_of_a_person(centre, owner):
    member = member_of(centre, rights.RECEPTIONIST)
    for given in (form(centre, rights.ACCOUNTANT), form(centre, rights.ACCOUNTANT, is_active="")):
        owner.post(centre.url(f"usuarios/{member.pk}"), given)
    trail = owner.get(centre.url("registro/")).content.decode()
    assert "cambió el rol: Contabilidad" in trail
    assert "quitó el acceso" in trail


def test_somebody_who_is_there_already_is_not_invited_twice(centre, owner):
    given = {**form(centre), "name": "Otra", "email": centre.email("receptionist").upper()}
    answer = owner.post(centre.url("usuarios/invitar"), given)
    assert "Ya hay alguien con ese correo." in answer.content.decode()


def test_markup_in_a_name_is_shown_as_text(centre, owner):
    given = {**form(centre), "name": "<script>alert(1)</script>", "email": "nora@nueva.example"}
    owner.post(centre.url("usuarios/invitar"), given)
    page = owner.get(centre.url("usuarios/")).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_names_lose_control_characters(centre, owner):
    given = {**form(centre), "name": "Nora\u202e\x1b  Paz\r\nX", "email": "nora@nueva.example"}
    assert owner.post(centre.url("usuarios/invitar"), given).status_code == 302
    given = {"name": "Ayu\x07dante\n", "agenda.see": "own"}
    assert owner.post(centre.url("usuarios/roles/nuevo"), given).status_code == 302
    with centre.active():
        assert StaffMember.objects.filter(name="Nora Paz X").exists()
        assert Role.objects.filter(name="Ayudante").exists()


def test_a_person_is_kept_to_branches_and_to_the_practitioner_they_are(centre, owner):
    member = member_of(centre, rights.RECEPTIONIST)
    given = form(centre, all_branches="", branches=[str(centre.branch)], practitioner=str(centre.beto))
    assert owner.post(centre.url(f"usuarios/{member.pk}"), given).status_code == 302
    with centre.active():
        member = StaffMember.objects.get(pk=member.pk)
        assert (member.all_branches, member.practitioner_id) == (False, centre.beto)
        assert list(StaffBranch.objects.values_list("member_id", "branch_id")) == [(member.pk, centre.branch)]


def test_who_is_let_go_is_out_at_once_and_can_be_let_in_again(centre, owner):
    desk, member = centre.client("receptionist"), member_of(centre, rights.RECEPTIONIST)
    owner.post(centre.url(f"usuarios/{member.pk}"), form(centre, is_active=""))
    user = User.objects.get(email=centre.email("receptionist"))
    assert desk.get(centre.url("agenda/")).status_code == 302
    assert not Membership.objects.filter(user=user, tenant_id=centre.route.tenant_id).exists()
    owner.post(centre.url(f"usuarios/{member.pk}"), form(centre))
    assert centre.client("receptionist").get(centre.url("agenda/")).status_code == 200


def test_a_change_of_role_counts_from_the_next_click(centre, owner):
    desk, member = centre.client("receptionist"), member_of(centre, rights.RECEPTIONIST)
    assert desk.get(centre.url("correos/")).status_code == 200
    owner.post(centre.url(f"usuarios/{member.pk}"), form(centre, rights.ACCOUNTANT))
    assert desk.get(centre.url("correos/")).status_code == 403


def test_a_role_is_made_of_separate_rights_with_their_extent(centre, owner):
    given = {"name": "Ayudante", "agenda.see": "own", "patients.see": "all", "mail.see": "all"}
    assert owner.post(centre.url("usuarios/roles/nuevo"), given).status_code == 302
    with centre.active():
        made = Role.objects.get(name="Ayudante")
        assert dict(made.rights.values_list("right", "extent")) == {
            "agenda.see": "own",
            "patients.see": "all",
            "mail.see": "all",
        }


@pytest.mark.parametrize(
    "given",
    [{"name": ""}, {"name": "x" * 61}, {"name": "Rol", "agenda.see": "everything"}, {"name": "Del equipo"}],
    ids=str,
)
def test_a_bad_role_is_refused(centre, owner, given):
    owner.post(centre.url("usuarios/roles/nuevo"), {"name": "Del equipo"})
    assert owner.post(centre.url("usuarios/roles/nuevo"), given).status_code == 422
    with centre.active():
        assert Role.objects.filter(builtin="").count() == 1


def test_an_unknown_right_is_not_given(centre, owner):
    owner.post(centre.url("usuarios/roles/nuevo"), {"name": "Rol", "everything.do": "all"})
    with centre.active():
        assert not Role.objects.get(name="Rol").rights.exists()


def test_a_role_somebody_has_stays_and_a_shipped_one_too(centre, owner):
    owner.post(centre.url("usuarios/roles/nuevo"), {"name": "Rol", "agenda.see": "all"})
    member = member_of(centre, rights.RECEPTIONIST)
    with centre.active():
        made = Role.objects.get(name="Rol")
    owner.post(centre.url(f"usuarios/{member.pk}"), {**form(centre), "role": made.pk})
    owner.post(centre.url(f"usuarios/roles/{made.pk}/eliminar"))
    assert "Hay personas con ese rol" in owner.get(centre.url("usuarios/roles/")).content.decode()
    shipped = role_id(centre, rights.ACCOUNTANT)
    assert owner.post(centre.url(f"usuarios/roles/{shipped}/eliminar")).status_code == 404
    with centre.active():
        assert Role.objects.filter(pk__in=(made.pk, shipped)).count() == 2


def test_lists_need_the_same_queries_for_one_person_as_for_many(centre, owner):
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    def queries(path):
        owner.get(centre.url(path))
        with centre.active(), CaptureQueriesContext(connections["tenant"]) as asked:
            owner.get(centre.url(path))
        return len(asked)

    def add(number):
        given = {**form(centre), "name": f"N {number}", "email": f"n{number}@nueva.example"}
        owner.post(centre.url("usuarios/invitar"), given)
        owner.post(centre.url("usuarios/roles/nuevo"), {"name": f"Rol {number}"})

    add(0)
    before = queries("usuarios/"), queries("usuarios/roles/"), queries("registro/")
    for number in range(1, 4):
        add(number)
    assert (queries("usuarios/"), queries("usuarios/roles/"), queries("registro/")) == before
