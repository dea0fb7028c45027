"""Pages: the WSGI entry point of a web node."""

import os

from django.core.wsgi import get_wsgi_application

from reservo.config import pulse
from reservo.tenancy.backends.control import answering

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reservo.config.settings")
application = get_wsgi_application()
answering.be_quick()
pulse.begin()
