"""Pages: the WSGI entry point of a web node."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reservo.config.settings")
application = get_wsgi_application()
