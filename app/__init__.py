"""The one place where everything is wired: commands, roles, embedded servers."""
