#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The functions that the public headers declare, one a line: of both libraries, or of `society` or `society-git` alone.

cd "$(dirname "$0")/../.." || exit 1
for header in include/society/*.h; do
    "${CC:-gcc}" -E -P -Iinclude "$header" 2>/dev/null
done | tr '\n' ' ' | grep -oE '\bsociety_[a-z0-9_]+[[:space:]]*\(' | tr -d ' (' | sort -u | case ${1-} in
society) grep -v '^society_git_' ;;
society-git) grep '^society_git_' ;;
*) cat ;;
esac
