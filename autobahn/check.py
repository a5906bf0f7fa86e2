#!/usr/bin/env python3
"""Judges a report of the Autobahn testsuite.

    check.py REPORTS AGENT WSTEST_LOG CASES [FAULT...]

REPORTS is the folder that wstest wrote, WSTEST_LOG what it printed, CASES the
patterns it was given, and each FAULT something that went wrong around it. Prints
every case that did not pass, with the reason, and last `N passed, M failed`.
"""

import json
import re
import sys
from pathlib import Path

# How many cases each group has: a group that shrank is not a group that passed.
GROUP_SIZES = {
    "1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37,
    "9": 54, "10": 1, "12": 90, "13": 126,
}  # fmt: skip

# The only cases in which the suite expects nothing, and only watches.
INFORMATIONAL = {"7.1.6", "7.13.1", "7.13.2"}


def main():
    reports, agent, log, patterns = sys.argv[1:5]
    selected = selected_cases(Path(log))
    faults = sys.argv[5:] + wrong_selection(selected, patterns.split(","))

    results = read_json(Path(reports, "index.json")).get(agent, {})
    bad = {case: verdict(case, results.get(case)) for case in selected}
    bad = {case: why for case, why in bad.items() if why}

    for case, why in bad.items():
        print(f"  {case}: {why}{details(Path(reports), results.get(case))}")
    for fault in faults:
        print(f"  {fault}")
    print(f"{len(selected) - len(bad)} passed, {len(bad) + len(faults)} failed")
    return 1 if bad or faults else 0


def selected_cases(log):
    """The cases that wstest says it will run, which exist even if none ran."""
    text = log.read_text(errors="replace") if log.exists() else ""
    line = re.search(r"^Cases = \[(.*)\]$", text, re.MULTILINE)
    return re.findall(r"[\d.]+", line[1]) if line else []


def wrong_selection(selected, patterns):
    faults = [] if selected else ["wstest named no case to run"]
    for pattern in patterns:
        # wstest reads a pattern as a prefix: `1.*` has `.` for a dot.
        regex = re.escape(pattern).replace(r"\*", ".*")
        matching = [case for case in selected if re.fullmatch(regex, case)]
        group = pattern.removesuffix(".*")
        expected = sum(GROUP_SIZES.values()) if pattern == "*" else GROUP_SIZES.get(group)
        if not matching:
            faults.append(f"no case matches {pattern}")
        elif expected and len(matching) != expected:
            faults.append(f"{pattern} has {len(matching)} cases, expected {expected}")
    return faults


def verdict(case, result):
    """Why the case did not pass, or None."""
    if result is None:
        return "did not run"
    allowed = {"OK", "INFORMATIONAL"} if case in INFORMATIONAL else {"OK"}
    wrong = [
        f"{part} {result.get(part)}"
        for part in ("behavior", "behaviorClose")
        if result.get(part) not in allowed
    ]
    return ", ".join(wrong) or None


def details(reports, result):
    """What wstest itself says about the case."""
    report = read_json(reports / result["reportfile"]) if result else {}
    said = [report[key] for key in ("expectation", "result", "resultClose") if report.get(key)]
    return "".join(f"\n      {re.sub('<[^>]*>', ' ', line)}" for line in said)


def read_json(path):
    try:
        return json.loads(path.read_text(errors="replace"))
    except (OSError, ValueError):
        return {}


sys.exit(main())
