from django.http import HttpRequest, JsonResponse
from django.urls import path

from bench.peers.tenants_data.models import Notice


def one(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"notices": Notice.objects.count()})


urlpatterns = [path("bench/one", one)]
