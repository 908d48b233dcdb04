"""Verdicts as JUnit's XML, so that a CI server shows each failed series as a failed test.

The form is what Jenkins, GitLab and GitHub actions read: https://github.com/testmoapp/junitxml. A series that was not
compared, and does not fail, is skipped with its reason.
"""

from __future__ import annotations

from xml.etree import ElementTree

from configspec.histories.judging import Checked
from configspec.printable import printable
from configspec.regression.states import COMPARED, Verdict

SUITE = "configspec"
LONGEST = 2000  # characters of a reason


def checked_junit(found: Checked) -> str:
    """An XML document with a test for each verdict, and one more where nothing was compared."""
    outcome = found.outcome
    failed = {id(one) for one in outcome.failed}
    suite = ElementTree.Element("testsuite", name=SUITE)
    for one in outcome.verdicts:
        _case(suite, one, id(one) in failed)
    if not outcome.compared:
        case = ElementTree.SubElement(suite, "testcase", classname=SUITE, name="something was compared", time="0")
        ElementTree.SubElement(case, "failure", message="nothing was compared", type="NOTHING_COMPARED")
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _case(suite: ElementTree.Element, one: Verdict, failed: bool) -> None:
    it = one.series.configuration
    name = f"{one.series.id}{' (choice)' if one.against == 'choice' else ''}"
    classname = f"{SUITE}.{it.device}.{it.family}"
    case = ElementTree.SubElement(suite, "testcase", classname=_plain(classname), name=_plain(name), time="0")
    reason = _plain(one.reason)
    if failed:
        failure = ElementTree.SubElement(case, "failure", message=f"{one.state}: {reason}", type=one.state)
        failure.text = f"{_plain(str(one.series))}: {one.state}: {reason}"
    elif one.state not in COMPARED:
        ElementTree.SubElement(case, "skipped", message=f"{one.state}: {reason}")


def _plain(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return printable(text, at_most=LONGEST)
