"""``python -m bot``: start the engine."""

import sys

from bot.engine import main

if __name__ == "__main__":
    sys.exit(main())
