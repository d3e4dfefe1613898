#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Files that a filter of git's cleans (as git-lfs does): what stands in a working copy is not what a commit has, and is no change,
# no conflict, and saved as git would store it.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/slots.sh" || exit 1

git config filter.turn.clean 'tr a-z n-za-m'
git config filter.turn.smudge 'tr a-z n-za-m'
git config filter.turn.required true
git config filter.named.clean 'test -e %f || echo missing; sed s/local/common/'
git config filter.named.smudge 'sed s/common/local/'
printf '*.turned filter=turn\n*.named filter=named\n*.plain filter=none\n' >.gitattributes
for i in 1 2 3; do
    seq 60 | sed 's/^/line /' >"$i.turned"
done
echo 'local setting' >"it's !a name.named"
echo plain >file.plain
commit . filtered
is "$(git show HEAD:1.turned | head -n 1)$(git show "HEAD:it's !a name.named")" "yvar 1common setting" "git stores other contents"
society-worktree add --count 2 >/dev/null
a=$T/app-agent-01 b=$T/app-agent-02
changed() { society-worktree list --json | jq -r .changed | xargs; }
is "$(changed)" "0 0" "a new slot has no changes"
touch -d '1 minute ago' "$a"/* && touch -d '2 minutes ago' "$b"/*
is "$(changed)" "0 0" "nor when git has to look at the files"
ok "nothing conflicts" society-worktree conflicts
empty "$(cd "$a" && society-worktree changed)" "and nothing is touched"
ok "a slot without changes is removed" society-worktree remove agent-02
society-worktree add agent-02 >/dev/null

sed -i 's/^line 5$/five/' "$a/1.turned"
sed -i 's/^line 50$/fifty/' "$b/1.turned"
is "$(changed)" "1 1" "what is changed is"
ok "changes at different places do not conflict" society-worktree conflicts
sed -i 's/^line 5$/cinq/' "$b/1.turned"
is "$(society-worktree conflicts --json | jq -c '[.paths[0].path, .paths[0].kind, .paths[0].lines]')" \
    '["1.turned","content",{"a":[[5,5]],"b":[[5,5]]}]' "at the same they do, in that line"
git -C "$a" commit -qam five
is "$(society-worktree conflicts --json | jq -c '.paths[0].lines.b')" '[[5,5]]' "also with what is committed"
git -C "$a" update-index --assume-unchanged 2.turned
touch -d '3 minutes ago' "$a/2.turned"
ok "a file that git does not look at, as it was" society-worktree remove agent-01

# Saved, and had back.
echo new >"$b/new.turned" && echo 'my local one' >"$b/my.named" && git -C "$b" add my.named && echo more >>"$b/my.named"
echo other >>"$b/file.plain"
before=$(cd "$b" && sha256sum ./*.turned ./*.named file.plain)
ok "remove --force" society-worktree remove agent-02 --force
ref=$(git for-each-ref --format='%(refname)' refs/society/saved/agent-02)
is "$(git show "$ref^3:new.turned")" arj "saves what git would store"
git worktree add -q --detach "$T/restored" "$ref^1" && git -C "$T/restored" stash apply -q --index "$ref"
is "$(cd "$T/restored" && sha256sum ./*.turned ./*.named file.plain)" "$before" "and it can be had back, byte for byte"

# One that fails.
society-worktree add agent-03 >/dev/null
echo x >>"$T/app-agent-03/3.turned"
git config filter.turn.clean false
run society-worktree conflicts agent-03 main
is "$status" 3 "a required filter that fails"
like "$(cat "$T/err")" "the filter of 3.turned, which is required, has failed" "is named"
is "$(slot_field agent-03 changed)" 1 "and the file is changed as far as one can see"
run society-worktree remove agent-03 --force
is "$status$(test -e "$T/app-agent-03/3.turned" && echo there)" 3there "what can't be saved is not removed"
git config filter.turn.required false
ok "one that may fail" society-worktree conflicts agent-03 main
ok "leaves the file as it is" society-worktree remove agent-03 --force
ref=$(git for-each-ref --format='%(refname)' refs/society/saved/agent-03)
is "$(git show "$ref:3.turned" | tail -n 1)" x "as git does"

done_testing
