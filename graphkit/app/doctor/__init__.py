"""What this machine can do for graphkit, and what is missing.

`examine` runs them all::

    report = examine()
    for section in report.sections:
        for fact in section.facts:
            print(section.title, fact.label, fact.found, fact.fix)

Each check is a module with one function, `check`, that returns facts. The ones that load native libraries run in
processes of their own, so that a library that crashes or hangs is a finding and not the end of the report.
"""

from graphkit.app.doctor.examination import Report, examine
from graphkit.app.doctor.facts import Fact, Section, Status

__all__ = ["Fact", "Report", "Section", "Status", "examine"]
