"""Says of each case in a folder what unified-planning makes of it: one JSON object, "valid" or a reason by file.

A case is a text of three parts, each behind a line: ";;; domain", ";;; problem", ";;; plan".
"""

import json
import sys
import types
from pathlib import Path

# unified-planning imports it for the tuning of planners, and brings numpy and scipy with it. Nothing here needs it.
sys.modules["ConfigSpace"] = types.ModuleType("ConfigSpace")
sys.modules["ConfigSpace"].ConfigurationSpace = object

from unified_planning.engines import SequentialPlanValidator
from unified_planning.engines.results import ValidationResultStatus
from unified_planning.environment import get_environment
from unified_planning.io import PDDLReader

get_environment().credits_stream = None


def parts(text: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if line in (";;; domain", ";;; problem", ";;; plan"):
            current = found.setdefault(line[4:], [])
        else:
            current.append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def verdict(case: dict[str, str]) -> str:
    try:
        reader = PDDLReader()
        problem = reader.parse_problem_string(case["domain"], case["problem"])
        plan = reader.parse_plan_string(problem, case["plan"])
        result = SequentialPlanValidator().validate(problem, plan)
        return "valid" if result.status == ValidationResultStatus.VALID else "the plan is invalid"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]


verdicts = {path.name: verdict(parts(path.read_text())) for path in sorted(Path(sys.argv[1]).glob("*.txt"))}
sys.stdout.write(json.dumps(verdicts))
