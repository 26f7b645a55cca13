"""Version of the agent, as ``hello`` tells it; a test keeps it equal to package.json."""

VERSION = "0.1.0"
