#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The Python module's own tests, with the library as it was built.

cd "$SOCIETY_SRC/examples/python" || exit 1
export SOCIETY_LIBRARY=$SOCIETY_BUILD/lib/libsociety.so.0 PYTHONDONTWRITEBYTECODE=1
PYTHONPATH=. exec python3 "$SOCIETY_SRC/tests/python/tap.py" test_society
