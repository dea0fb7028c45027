"""The agenda: appointments and their trail, blocks, claims on time, holds."""

from reservo.agenda.models.appointments import Appointment, AppointmentChange, AppointmentService
from reservo.agenda.models.blocks import Block
from reservo.agenda.models.claims import Claim, Hold

__all__ = ["Appointment", "AppointmentChange", "AppointmentService", "Block", "Claim", "Hold"]
