#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Nothing is ever lost: whatever a working copy holds survives an add again, a remove that is refused and one that is forced, byte
# for byte.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/slots.sh" || exit 1

# contents DIRECTORY: what is in it and in its index, as text.
contents() {
    (cd "$1" && find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum && find . -type l -printf '%p %l\n' &&
        find . -path ./.git -prune -o -type f -perm -100 -print | sort && git ls-files --stage)
}

# dirty DIRECTORY: every state that a file can be in.
dirty() {
    (
        cd "$1" || exit 1
        echo staged >>src/main.c
        git add src/main.c
        echo 'and changed again' >>src/main.c
        echo modified >>numbers
        echo untracked >untracked
        printf 'a\0b\r\n' >'a strange näme'
        ln -s numbers link
        echo '#!/bin/sh' >run.sh
        chmod 755 run.sh
        mkdir deep && echo deep >deep/er
        echo ignored >ignored.o
        echo added >added && git add added
    )
}

restored() { # REF: a new worktree with what the ref holds
    git worktree add -q --detach "$T/restored" "$1^1" && git -C "$T/restored" stash apply -q --index "$1"
}

society-worktree add agent-01 agent-02 >/dev/null
dirty ../app-agent-01
before=$(contents ../app-agent-01)
ok "add again" society-worktree add agent-01
is "$(contents ../app-agent-01)" "$before" "keeps every byte"
run society-worktree remove agent-01
is $status 1 "remove is refused"
for name in src/main.c numbers untracked deep/er added; do
    like "$(cat "$T/err")" "$name" "and names $name"
done
is "$(contents ../app-agent-01)" "$before" "and keeps every byte"
run society-worktree remove agent-01 --force
is $status 0 "remove --force"
test -e ../app-agent-01
is $? 1 "removes it"
ref=$(git for-each-ref --format='%(refname)' refs/society/saved/agent-01)
like "$ref" '^refs/society/saved/agent-01/[0-9]{8}T[0-9]{6}Z$' "it is saved under a ref"
like "$(cat "$T/err")" "git stash apply --index $ref" "and says how to get it back"
ok "it can be had back" restored "$ref"
is "$(contents "$T/restored")" "$before" "byte for byte, ignored files and the index too"
git worktree remove --force "$T/restored"
ok "the branch stays" git rev-parse --verify -q agent/dev/agent-01/work
ok "and add takes it up again" society-worktree add agent-01

# Ignored files alone are no reason to refuse, and are saved.
echo object >../app-agent-01/x.o
ok "remove with an ignored file" society-worktree remove agent-01
ref=$(git for-each-ref --sort=-creatordate --format='%(refname)' refs/society/saved/agent-01 | tail -n 1)
is "$(for ref in $(git for-each-ref --format='%(refname)' refs/society/saved/agent-01); do git show "$ref^3:x.o" 2>/dev/null; done)" object \
    "saves it"
society-worktree add agent-01 >/dev/null
echo object >../app-agent-01/x.o
count=$(git for-each-ref refs/society/saved | wc -l)
ok "remove --drop-ignored" society-worktree remove agent-01 --drop-ignored
is "$(git for-each-ref refs/society/saved | wc -l)" "$count" "does not"

# A merge under way.
society-worktree add agent-03 >/dev/null
(
    cd ../app-agent-03 || exit 1
    git switch -q -c other
    sed -i 's/^15$/other/' numbers && git commit -qam other
    git switch -q agent/dev/agent-03/work
    sed -i 's/^15$/mine/' numbers && git commit -qam mine
    ! git merge -q other >/dev/null
)
before=$(contents ../app-agent-03)
ok "add again in the middle of a merge" society-worktree add agent-03
status_is 1 "remove in the middle of a merge" society-worktree remove agent-03
is "$(contents ../app-agent-03)" "$before" "keep it as it is"
like "$(society-worktree remove agent-03 2>&1)" "unmerged: numbers" "and name the file"
other=$(git -C ../app-agent-03 rev-parse MERGE_HEAD)
stages=$(git -C ../app-agent-03 ls-files --unmerged | awk '{ print $3 "/" $4, $2 }')
markers=$(cat ../app-agent-03/numbers)
ok "remove --force" society-worktree remove agent-03 --force
ref=$(git for-each-ref --format='%(refname)' refs/society/saved/agent-03)
is "$(git show "$ref:numbers")" "$markers" "the file with its markers is saved"
is "$(git ls-tree -r "$ref^4" | awk '{ print $4, $3 }')" "$stages" "and all stages of the index"
is "$(git rev-parse "$ref^4^1")" "$other" "and what was being merged"

# On no branch.
society-worktree add agent-04 >/dev/null
git -C ../app-agent-04 checkout -q --detach
echo alone >../app-agent-04/alone && commit ../app-agent-04 alone
head=$(git -C ../app-agent-04 rev-parse HEAD)
like "$(society-worktree remove agent-04 2>&1)" "on no branch: $head" "a commit that no ref leads to is a reason to refuse"
ok "add again" society-worktree add agent-04
is "$(git -C ../app-agent-04 rev-parse HEAD)" "$head" "keeps it"
ok "remove --force" society-worktree remove agent-04 --force
is "$(git rev-parse "$(git for-each-ref --format='%(refname)' refs/society/saved/agent-04)^1")" "$head" "saves it"

# On a branch that has no commit yet.
society-worktree add agent-14 >/dev/null
git -C ../app-agent-14 checkout -q --orphan fresh
echo fresh >../app-agent-14/fresh && echo changed >../app-agent-14/numbers
before=$(contents ../app-agent-14)
status_is 1 "a branch without a commit" society-worktree remove agent-14
status_is 1 "has nothing that git stash can keep" society-worktree stash push agent-14
ok "remove --force" society-worktree remove agent-14 --force
ref=$(git for-each-ref --format='%(refname)' refs/society/saved/agent-14)
ok "it can be had back" restored "$ref"
is "$(contents "$T/restored")" "$before" "byte for byte"
git worktree remove --force "$T/restored"

# Others.
ok "a live agent" society-agent --agent agent-02 status busy
like "$(society-worktree remove agent-02 2>&1)" "agent agent-02 is online" "is a reason to refuse"
society-worktree add agent-05 >/dev/null
git worktree unlock ../app-agent-05
git worktree lock --reason 'on a stick' ../app-agent-05
like "$(society-worktree remove agent-05 2>&1)" "locked: on a stick" "somebody's lock is a reason to refuse"
git worktree unlock ../app-agent-05
ok "without it it goes" society-worktree remove agent-05
society-worktree add agent-06 >/dev/null
git init -q ../app-agent-06/inner && echo x >../app-agent-06/inner/x
status_is 1 "a repository within" society-worktree remove agent-06 --force
test -e ../app-agent-06/inner/x
is $? 0 "stands against --force too"

# Within what is ignored, too, until that is dropped.
society-worktree add agent-09 >/dev/null
mkdir ../app-agent-09/cache && git init -q ../app-agent-09/cache/inner
echo 'cache/' >>.git/info/exclude && echo x >../app-agent-09/cache/inner/x
status_is 1 "a repository within an ignored directory" society-worktree remove agent-09
ok "goes with --drop-ignored" society-worktree remove agent-09 --drop-ignored

# What git was told to take for unchanged.
ln -s numbers linked && git add linked && git commit -qm linked
society-worktree add agent-10 >/dev/null
git -C ../app-agent-10 update-index --assume-unchanged numbers linked
git -C ../app-agent-10 update-index --skip-worktree src/main.c
ok "files that git does not look at, unchanged" society-worktree remove agent-10
society-worktree add agent-10 >/dev/null
git -C ../app-agent-10 update-index --assume-unchanged numbers
git -C ../app-agent-10 update-index --skip-worktree src/main.c
echo local >>../app-agent-10/numbers && echo local >>../app-agent-10/src/main.c
before=$(sha256sum ../app-agent-10/numbers ../app-agent-10/src/main.c | cut -d' ' -f1)
run society-worktree remove agent-10
is $status 1 "changed, they are a reason to refuse"
like "$(cat "$T/err")" "modified: numbers.*modified: src/main.c" "and named"
status_is 1 "there is nothing to stash of them" society-worktree stash push agent-10
ok "remove --force" society-worktree remove agent-10 --force
ref=$(git for-each-ref --format='%(refname)' refs/society/saved/agent-10)
ok "they can be had back" restored "$ref"
is "$(cd "$T/restored" && sha256sum numbers src/main.c | cut -d' ' -f1)" "$before" "as they were"
git worktree remove --force "$T/restored"
git rm -q linked && git commit -qm 'not linked'

# What a rebase has put by.
society-worktree add agent-11 >/dev/null
echo free >../app-agent-11/free && commit ../app-agent-11 free
echo dirty >>../app-agent-11/free
GIT_SEQUENCE_EDITOR='sed -i 1ibreak' git -C ../app-agent-11 rebase -q -i --autostash HEAD~1 >/dev/null 2>&1
empty "$(git -C ../app-agent-11 status --porcelain)" "changes that a rebase has put by"
run society-worktree remove agent-11
is $status 1 "are a reason to refuse"
like "$(cat "$T/err")" "put by" "and named"
ok "remove --force" society-worktree remove agent-11 --force
ref=$(git for-each-ref --format='%(refname)' refs/society/saved/agent-11 | grep put-by)
is "$(git show "$ref:free")" "$(printf 'free\ndirty')" "keeps them"

# Submodules: what they have stashed, and commits in one that is not checked out any more.
git init -q "$T/module" && echo a >"$T/module/a" && commit "$T/module" module
git submodule --quiet add "$T/module" module && git commit -qm module
society-worktree add agent-12 >/dev/null
git -C ../app-agent-12 submodule --quiet update --init
git -C ../app-agent-12/module tag own
echo b >>../app-agent-12/module/a && git -C ../app-agent-12/module stash -q
like "$(society-worktree remove agent-12 2>&1)" "submodule with work of its own: $T/app-agent-12/module" "a stash in a submodule"
git -C ../app-agent-12/module switch -q -c own && git -C ../app-agent-12/module stash pop -q && commit ../app-agent-12/module own
git -C ../app-agent-12/module switch -q --detach HEAD~1 && git -C ../app-agent-12 submodule --quiet deinit module
like "$(society-worktree remove agent-12 2>&1)" "submodule with work of its own: .*/modules/module" "commits of one that is not checked out"
status_is 1 "stand against --force too" society-worktree remove agent-12 --force
git -C ../app-agent-12 submodule --quiet update --init && git -C ../app-agent-12/module branch -q -D own
ok "without them it goes" society-worktree remove agent-12

# A repository that was added, and is in no .gitmodules: also when that is committed, and nothing else has changed.
society-worktree add agent-13 >/dev/null
git init -q ../app-agent-13/added && git -C ../app-agent-13/added commit -q --allow-empty -m own
git -C ../app-agent-13 add added 2>/dev/null
for state in staged committed; do
    status_is 1 "a repository within that is $state" society-worktree remove agent-13
    like "$(society-worktree remove agent-13 --force 2>&1)" "submodule with work of its own: $T/app-agent-13/added" \
        "stands against --force too, and is named"
    ok "and is left" git -C ../app-agent-13/added rev-parse -q --verify HEAD
    git -C ../app-agent-13 commit -qm added
done
git -C ../app-agent-13 rm -q -r --cached added && rm -rf ../app-agent-13/added && git -C ../app-agent-13 commit -qm none
ok "without it it goes" society-worktree remove agent-13

# A clone's own commits.
society-worktree add agent-07 --clone >/dev/null
echo own >../app-agent-07/own && commit ../app-agent-07 own
echo later >>../app-agent-07/own && git -C ../app-agent-07 stash -q
head=$(git -C ../app-agent-07 rev-parse HEAD)
stash=$(git -C ../app-agent-07 rev-parse stash@{0})
like "$(society-worktree remove agent-07 2>&1)" "only in this clone: refs/heads/agent/dev/agent-07/work" "a clone with commits of its own"
test -e ../app-agent-07/own
is $? 0 "is not removed"
ok "remove --force" society-worktree remove agent-07 --force
is "$(git for-each-ref --format='%(objectname)' refs/society/saved/agent-07 | sort)" "$(printf '%s\n' "$head" "$stash" | sort)" \
    "fetches its branch and its stash first"
test -e ../app-agent-07
is $? 1 "and removes it"

society-worktree add agent-08 --clone >/dev/null
git -C ../app-agent-08 worktree add -q --detach "$T/of-clone"
like "$(society-worktree remove agent-08 --force 2>&1)" "worktree of this clone: $T/of-clone" "a worktree of a clone"
ok "is not left without its repository" git -C "$T/of-clone" status
git -C ../app-agent-08 worktree remove "$T/of-clone"
git -C ../app-agent-08 notes add -m note HEAD
note=$(git -C ../app-agent-08 rev-parse refs/notes/commits)
like "$(society-worktree remove agent-08 2>&1)" "only in this clone: refs/notes/commits" "notes of a clone"
ok "remove --force" society-worktree remove agent-08 --force
is "$(git for-each-ref --format='%(objectname)' refs/society/saved/agent-08)" "$note" "keeps them"

# A remove that was killed half way: the worktree without its .git, the clone beside its place.
society-worktree add agent-15 >/dev/null
echo own >../app-agent-15/own && rm ../app-agent-15/.git ../app-agent-15/numbers
like "$(society-worktree remove agent-15 2>&1)" "modified: numbers.*untracked: own" "what is left of a worktree is looked at"
rm ../app-agent-15/.git
ok "and repaired" society-worktree repair agent-15
is "$(git -C ../app-agent-15 status --porcelain | xargs)" "D numbers ?? own" "as it is"
rm ../app-agent-15/.git
ok "remove --force" society-worktree remove agent-15 --force
ref=$(git for-each-ref --format='%(refname)' refs/society/saved/agent-15)
is "$(git show "$ref^3:own")" own "saves it first"
society-worktree add agent-16 --clone >/dev/null
mv ../app-agent-16 ../.app-agent-16.society-removing
ok "what is left of a clone" society-worktree remove agent-16 --force
is "$(ls -A .. | grep agent-16)$(society-worktree list | grep agent-16)" "" "goes with it"

# Maintenance comes back with the last.
rm -r ../app-agent-06/inner
ok "remove the rest" society-worktree remove agent-06
ok "and the last" society-worktree remove agent-02 --force
empty "$(git config --local --get-regexp 'gc\.|maintenance\.|society\.')" "maintenance is as it was"
git config gc.auto 100
society-worktree add agent-01 >/dev/null
is "$(git config gc.auto)" 0 "what was configured before"
society-worktree remove agent-01
is "$(git config gc.auto)" 100 "is put back"

done_testing
