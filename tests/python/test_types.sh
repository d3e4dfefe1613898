#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The Python module's types.

cd "$SOCIETY_SRC/examples/python" || exit 1
. "${SOCIETY_SRC:?}/tests/harness/tap.sh"

command -v mypy >/dev/null || skip_all "there is no mypy"
ok "mypy --strict finds nothing" mypy --strict --cache-dir=/dev/null --python-version 3.9 society.py test_society.py
done_testing
