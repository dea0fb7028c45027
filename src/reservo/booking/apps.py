from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "reservo.booking"
    label = "booking"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.booking import framing
        from reservo.booking.founding import found_booking_page
        from reservo.booking.models import BookingPage
        from reservo.catalog import uses
        from reservo.fleet import arrivals
        from reservo.tenants import founding

        arrivals.telling(framing.tell_again)
        founding.step(found_booking_page)
        uses.come_from(page_is_open=lambda: BookingPage.objects.filter(is_open=True).exists())
