# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# That test_claims can fail: builds of the library without the lock, and without the fence, are caught by it. `make check-mutants`
# shows the same of all seeded mistakes.

exec bash "$SOCIETY_SRC/tests/mutants/run.sh" lock-dropped fence-dropped
