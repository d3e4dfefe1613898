# SPDX-License-Identifier: MIT
"""Runs the tests of the modules named, and writes their results as TAP."""

import sys
import unittest


class Tap(unittest.TestResult):
    number = 0

    def say(self, passed, test, remark="", reason=""):
        self.number += 1
        print(f"{'' if passed else 'not '}ok {self.number} - {test.id()}{remark}")
        for line in reason.splitlines():
            print(f"#   {line}")

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say(True, test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say(True, test, f" # SKIP {reason}")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.say(False, test, reason=self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self.say(False, test, reason=self.errors[-1][1])


result = Tap()
unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:]).run(result)
print(f"1..{result.number}")
sys.exit(not result.wasSuccessful())
