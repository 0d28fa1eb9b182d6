"""The web chat alone in a process, with settings from the environment."""

import asyncio

from cli.webchat import serve_webchat
from service.settings import load_settings

if __name__ == "__main__":
    asyncio.run(serve_webchat(load_settings()))
