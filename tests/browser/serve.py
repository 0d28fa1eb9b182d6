"""The web chat alone in a process, with settings from the environment."""

import asyncio

from cli.parts import serve
from service.settings import load_settings

if __name__ == "__main__":
    asyncio.run(serve("webchat", load_settings()))
