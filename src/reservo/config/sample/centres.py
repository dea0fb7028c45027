"""The three sample centres: who and what they are."""

from __future__ import annotations

from dataclasses import dataclass, field

Service = tuple[str, str, int, int, int, str, bool]


@dataclass(frozen=True)
class BranchPlan:
    name: str
    address: str
    city: str
    zone: str
    region: str
    phone: str
    hours: str
    rooms: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PersonPlan:
    name: str
    speciality: str
    colour: str
    hours: dict[int, str]
    services: tuple[int, ...]


@dataclass(frozen=True)
class CentrePlan:
    slug: str
    name: str
    country: str
    zone: str
    colour: str
    email_domain: str
    phone_prefix: str
    branches: tuple[BranchPlan, ...]
    services: tuple[Service, ...]
    people: tuple[PersonPlan, ...]
    given_names: tuple[str, ...]
    surnames: tuple[str, ...]
    staff: tuple[tuple[str, str, str], ...] = field(default=())


def _week(*days: tuple[str, str]) -> str:
    """The lines of a week as the form takes them: `("lunes martes", "09:00-13:00 14:00-19:00")`."""
    return "\n".join(
        f"{day} {period}" for names, periods in days for day in names.split() for period in periods.split()
    )


WORKDAYS = "lunes martes miércoles jueves viernes"
WEEK = _week(
    ("lunes martes miércoles jueves", "09:00-13:00 14:00-19:00"), ("viernes", "09:00-13:00 14:00-18:00")
)
MORNINGS = _week((WORKDAYS, "09:00-14:00"), ("sábado", "09:30-13:30"))
AFTERNOONS = _week((WORKDAYS, "14:00-20:00"))
OPEN = _week((WORKDAYS, "08:30-20:00"), ("sábado", "09:00-14:00"))

CHILEANS = (
    (
        "Camila",
        "Matías",
        "Javiera",
        "Sebastián",
        "Constanza",
        "Benjamín",
        "Francisca",
        "Vicente",
        "Antonia",
        "Joaquín",
        "Catalina",
        "Tomás",
        "Fernanda",
        "Ignacio",
        "Valentina",
        "Cristóbal",
        "Josefa",
        "Martín",
        "Daniela",
        "Felipe",
    ),
    (
        "Muñoz",
        "Rojas",
        "Díaz",
        "Pérez",
        "Soto",
        "Contreras",
        "Silva",
        "Sepúlveda",
        "Morales",
        "Rodríguez",
        "Fuentes",
        "Araya",
        "Valenzuela",
        "Núñez",
        "Tapia",
        "Castillo",
        "Espinoza",
        "Ñancupil",
        "Oyarzún",
        "Barría",
    ),
)
SPANIARDS = (
    (
        "Lucía",
        "Hugo",
        "Martina",
        "Pablo",
        "Paula",
        "Álvaro",
        "Sara",
        "Diego",
        "Carmen",
        "Adrián",
        "Nuria",
        "Iker",
        "Elena",
        "Óscar",
        "Rocío",
        "Jorge",
    ),
    (
        "García",
        "Fernández",
        "López",
        "Sánchez",
        "Martín",
        "Gómez",
        "Ruiz",
        "Hernández",
        "Jiménez",
        "Álvarez",
        "Moreno",
        "Muñoz",
        "Alonso",
        "Gutiérrez",
        "Santana",
        "Cabrera",
    ),
)
PERUVIANS = (
    (
        "Rosa",
        "Luis",
        "Milagros",
        "Carlos",
        "Karina",
        "Jorge",
        "Flor",
        "Miguel",
        "Yesenia",
        "Renato",
        "Pilar",
        "Bruno",
        "Gladys",
        "Álvaro",
    ),
    (
        "Quispe",
        "Flores",
        "Huamán",
        "Mamani",
        "Chávez",
        "Vásquez",
        "Ramos",
        "Torres",
        "Castro",
        "Espinoza",
        "Cárdenas",
        "Salazar",
        "Paredes",
        "Ñahui",
    ),
)

CENTRES = (
    CentrePlan(
        slug="clinica-austral",
        name="Clínica Austral",
        country="CL",
        zone="America/Santiago",
        colour="#0f766e",
        email_domain="austral.example",
        phone_prefix="+569",
        branches=(
            BranchPlan(
                "Providencia",
                "Av. Providencia 1650, of. 804",
                "Santiago",
                "America/Santiago",
                "RM",
                "+56223456789",
                OPEN,
                (("Box 1", "Consulta"), ("Box 2", "Consulta"), ("Sillón dental", "Dental")),
            ),
            BranchPlan(
                "Punta Arenas",
                "Bories 655",
                "Punta Arenas",
                "America/Punta_Arenas",
                "MA",
                "+56612345678",
                OPEN,
                (("Box 1", "Consulta"), ("Sillón dental", "Dental")),
            ),
            BranchPlan(
                "Coyhaique",
                "Prat 340",
                "Coyhaique",
                "America/Coyhaique",
                "AI",
                "+56672345678",
                OPEN,
                (("Box 1", "Consulta"),),
            ),
        ),
        services=(
            ("Medicina", "Consulta general", 30, 0, 32_000, "Consulta", True),
            ("Medicina", "Control", 20, 0, 18_000, "Consulta", True),
            ("Dental", "Limpieza dental", 45, 10, 38_000, "Dental", True),
            ("Dental", "Evaluación dental", 30, 0, 15_000, "Dental", True),
            ("Kinesiología", "Sesión de kinesiología", 45, 0, 24_000, "", True),
            ("Medicina", "Procedimiento menor", 60, 15, 85_000, "Consulta", False),
        ),
        people=(
            PersonPlan("Dra. Antonia Rojas", "Medicina general", "#2563eb", {0: WEEK}, (0, 1, 5)),
            PersonPlan("Dr. Matías Oyarzún", "Medicina familiar", "#7c3aed", {0: MORNINGS, 1: ""}, (0, 1)),
            PersonPlan("Dra. Javiera Tapia", "Odontología", "#db2777", {0: AFTERNOONS}, (2, 3)),
            PersonPlan("Klga. Paz Barría", "Kinesiología", "#ea580c", {0: WEEK}, (4,)),
            PersonPlan("Dr. Cristóbal Vera", "Medicina general", "#0891b2", {1: WEEK}, (0, 1, 5)),
            PersonPlan("Dra. Ignacia Muñoz", "Odontología", "#65a30d", {1: MORNINGS}, (2, 3)),
            PersonPlan("Dr. Ramón Foitzick", "Medicina general", "#b45309", {2: WEEK}, (0, 1)),
        ),
        given_names=CHILEANS[0],
        surnames=CHILEANS[1],
    ),
    CentrePlan(
        slug="estetica-gran-via",
        name="Estética Gran Vía",
        country="ES",
        zone="Europe/Madrid",
        colour="#be185d",
        email_domain="granvia.example",
        phone_prefix="+346",
        branches=(
            BranchPlan(
                "Gran Vía",
                "Gran Vía 44, 2.º B",
                "Madrid",
                "Europe/Madrid",
                "MD",
                "+34915550144",
                OPEN,
                (("Cabina 1", "Cabina"), ("Cabina 2", "Cabina"), ("Láser", "Láser")),
            ),
            BranchPlan(
                "Las Palmas",
                "Calle Triana 76",
                "Las Palmas de Gran Canaria",
                "Atlantic/Canary",
                "CN",
                "+34928550176",
                OPEN,
                (("Cabina 1", "Cabina"), ("Láser", "Láser")),
            ),
        ),
        services=(
            ("Facial", "Higiene facial", 60, 0, 5_500, "Cabina", True),
            ("Facial", "Radiofrecuencia", 45, 0, 7_500, "Cabina", True),
            ("Láser", "Láser medias piernas", 30, 10, 4_900, "Láser", True),
            ("Corporal", "Masaje relajante", 50, 10, 4_800, "Cabina", True),
            ("Corporal", "Presoterapia", 30, 0, 2_500, "", True),
        ),
        people=(
            PersonPlan("Nuria Alonso", "Estética facial", "#be185d", {0: WEEK}, (0, 1)),
            PersonPlan("Elena Ruiz", "Láser", "#7c3aed", {0: WEEK}, (2,)),
            PersonPlan("Rocío Martín", "Masaje", "#0d9488", {0: AFTERNOONS}, (3, 4)),
            PersonPlan("Yaiza Santana", "Estética facial y láser", "#ea580c", {1: WEEK}, (0, 1, 2)),
            PersonPlan("Airam Cabrera", "Masaje", "#2563eb", {1: MORNINGS}, (3, 4)),
        ),
        given_names=SPANIARDS[0],
        surnames=SPANIARDS[1],
    ),
    CentrePlan(
        slug="fisio-miraflores",
        name="Fisio Miraflores",
        country="PE",
        zone="America/Lima",
        colour="#1d4ed8",
        email_domain="miraflores.example",
        phone_prefix="+519",
        branches=(
            BranchPlan(
                "Miraflores",
                "Av. Larco 812",
                "Lima",
                "America/Lima",
                "",
                "+5116400812",
                OPEN,
                (("Sala 1", "Sala"), ("Sala 2", "Sala"), ("Gimnasio", "Gimnasio")),
            ),
        ),
        services=(
            ("Fisioterapia", "Evaluación fisioterapéutica", 45, 0, 12_000, "Sala", True),
            ("Fisioterapia", "Sesión de fisioterapia", 45, 0, 9_000, "Sala", True),
            ("Entrenamiento", "Readaptación deportiva", 60, 0, 11_000, "Gimnasio", True),
            ("Fisioterapia", "Punción seca", 30, 5, 8_000, "Sala", True),
        ),
        people=(
            PersonPlan("Lic. Rosa Quispe", "Fisioterapia", "#1d4ed8", {0: WEEK}, (0, 1, 3)),
            PersonPlan("Lic. Bruno Salazar", "Deporte", "#059669", {0: AFTERNOONS}, (2,)),
            PersonPlan("Lic. Pilar Cárdenas", "Fisioterapia", "#c026d3", {0: MORNINGS}, (0, 1)),
        ),
        given_names=PERUVIANS[0],
        surnames=PERUVIANS[1],
    ),
)
