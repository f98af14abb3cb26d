"""The town's web application: `uvicorn app:app` in production, `govline dev` on your machine."""

from pathlib import Path

from govline import City, asgi

city = City.load(Path(__file__).parent / "city.yaml")
app = asgi(city)
