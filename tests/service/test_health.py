"""Health routes say which check failed."""

import httpx
import pytest
from starlette.applications import Starlette

from service.health import health_routes


@pytest.mark.parametrize(("works", "status"), [(True, 200), (False, 503)])
async def test_ready_names_each_check(works, status):
    async def database() -> bool:
        return works

    async def model() -> bool:
        return True

    app = Starlette(routes=health_routes({"database": database, "model": model}))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        ready = await http.get("/health/ready")
        assert (ready.status_code, ready.json()) == (status, {"database": works, "model": True})
        assert (await http.get("/health/live")).json() == {"live": True}
        assert "python_info" in (await http.get("/metrics")).text
