"""What the parts of scripts/mutants share."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "mutants-work"


class CannotRun(Exception):
    """Why the work cannot be done."""
