"""The command line: bootstrap (standard library only), commands, composition root."""
