# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-init: what it makes, that it leaves alone what is there, and what it refuses.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID
cd "$T" || exit 1

is "$(society-init)" "$T/.society-agent" "prints the directory that it made"
ok "made a directory" test -d "$T/.society-agent"
is "$(stat -c %a "$T/.society-agent")" 700 "for its owner only"
cp .society-agent/project.json before
is "$(society-init --project other)" "$T/.society-agent" "prints the directory that existed"
ok "left it as it was" cmp before .society-agent/project.json

mkdir shop
is "$(society-init --json --project shop-1 shop | jq -c '[.dir,.made]')" "[\"$T/shop/.society-agent\",true]" "--json says where and that"
is "$(society-init -j shop | jq -c .made)" false "--json says that it existed"
is "$(jq -r .projectId shop/.society-agent/project.json)" shop-1 "--project is the project's id"

mkdir group
ok "--shared" society-init --shared group
is "$(stat -c %a group/.society-agent)" 2770 "--shared is for the group too"

if command -v git >/dev/null; then
    mkdir repo
    git -C repo init -q
    ok "in a repository" society-init repo
    is "$(git -C repo status --porcelain)" "" "git does not see the directory"
else
    skip "in a repository" "git is not installed"
fi

if command -v git >/dev/null; then
    git init -q deep
    mkdir deep/sub
    ok "in a subdirectory of a repository" society-init deep/sub
    is "$(git -C deep status --porcelain)" "" "git does not see the society there"
    ok "at the top of it" society-init deep
    is "$(git -C deep status --porcelain)" "" "nor the one at the top"
    git -C deep -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m first
    git -C deep worktree add -q ../linked 2>/dev/null
    is "$(society-init linked)" "$T/deep/.society-agent" "a linked worktree has the society of the main one"
    ok "and none of its own" [ ! -e linked/.society-agent ]
fi
status_is 2 "an unknown option is a usage error" society-init --shard
status_is 2 "two paths are a usage error" society-init shop group
status_is 2 "--dir is a usage error" society-init -C shop
status_is 2 "--shared takes no value" society-init --shared=yes
status_is 2 "--project needs a value" society-init --project
status_is 3 "a path that is not there is refused" society-init "$T/nowhere/at/all"

run society-init --shard
is "$(wc -l <"$T/err")" 2 "a usage error is two lines"
like "$(head -n 1 "$T/err")" "^society-init: .*--shard" "the first names the option"
is "$(tail -n 1 "$T/err")" "Try 'society-init --help'." "the second says where to look"
is "$(society-init -V)" "society-init 0.1.0" "--version"
done_testing
