#!/bin/bash
# SPDX-License-Identifier: MIT
#
# society-guard at git's doors: every way of committing what another owns is stopped, and open to the owner.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/slots.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/guard.sh" || exit 1

git branch side
git worktree add -q "$T/side" side
sed -i 's/^20$/twenty/' "$T/side/mine"
commit "$T/side" 'side changes mine'
ok "install" society-guard install

# What a way of committing begins with: a clean slot, where agent-02 has a commit of its own.
cd "$SLOT" || exit 1
echo own >own && commit . 'of agent-02'
start=$(git rev-parse HEAD)
fresh() {
    git rebase --abort 2>/dev/null
    git cherry-pick --abort 2>/dev/null
    git merge --abort 2>/dev/null
    git am --abort 2>/dev/null
    git checkout -q -f agent/dev/agent-02/work
    git reset -q --hard "$start"
    git clean -fdq
}
edit() {
    sed -i 's/^10$/ten/' mine
}
export -f edit

# way NAME COMMAND: stopped for agent-02, with nothing of `mine` committed; done once agent-02 owns it.
way() {
    fresh
    run bash -c "$2"
    isnt "$status" 0 "$1 is stopped"
    like "$(cat "$T/err" "$T/out")" 'mine is owned by agent-01 since .*: "half done"' "it says whose it is, since when, and why"
    empty "$(git diff --name-only "$start" HEAD -- mine)" "and nothing was committed"
    fresh
    hand_over
    run bash -c "$2"
    is "$status" 0 "$1 by the owner"
    is "$(git diff --name-only "$start" HEAD -- mine)" mine "is done"
    hand_back
}
way "git commit" 'edit; git add mine; git commit -qm x'
way "git commit -a" 'edit; git commit -qam x'
way "git commit FILE" 'edit; git commit -qm x mine'
way "git commit --amend" 'edit; git commit -qa --amend --no-edit'
way "git commit --no-verify" 'edit; git commit -qa --no-verify -m x'
way "git merge" 'git merge -q --no-edit side'
way "git merge --no-verify" 'git merge -q --no-verify --no-edit side'
way "git merge --squash" 'git merge -q --squash side && git commit -qm x'
way "git cherry-pick" 'git cherry-pick side'
way "git revert" 'git revert --no-edit main'
way "git am" 'git format-patch --stdout -1 side | git am -q'
way "git commit-tree" 'edit; git add mine; git update-ref HEAD $(git commit-tree -p HEAD -m x $(git write-tree))'
way "a detached HEAD" 'git checkout -q --detach && edit && git commit -qam x'
way "a deletion" 'git rm -q mine && git commit -qm x'
way "a renaming" 'git mv mine yours && git commit -qm x'
way "a mode" 'chmod +x mine && git commit -qam x'
way "a repository in its place" 'rm mine; git init -q mine; git -C mine commit -q --allow-empty -m x; git add mine 2>/dev/null; git commit -qm x; s=$?; rm -rf mine; exit $s'
way "a stash that is merged" 'edit; git stash push -q; git merge -q --ff-only "stash@{0}"; s=$?; git stash drop -q; exit $s'
way "a stash of the slot that is merged" 'edit; git merge -q --ff-only "$(society-worktree stash push)"; s=$?; git for-each-ref --format="delete %(refname)" refs/society/stash | git update-ref --stdin; exit $s'
way "what was saved of a slot" 'edit; c=$(git stash create); git checkout -q mine; git update-ref refs/society/saved/a/b $c; git merge -q --ff-only refs/society/saved/a/b; s=$?; git update-ref -d refs/society/saved/a/b; exit $s'
way "a tag" 'edit; git add mine; git tag x $(git commit-tree -p HEAD -m x $(git write-tree)) && git merge -q --ff-only x; s=$?; git tag -d x >/dev/null 2>&1; exit $s'
way "a tag of a tag" 'edit; git add mine; c=$(git commit-tree -p HEAD -m x $(git write-tree)); o=$(printf "object %s\ntype commit\ntag x\ntagger a <a@b> 1 +0000\n\nx\n" $c | git mktag); git tag x $o && git merge -q --ff-only $o; s=$?; git tag -d x >/dev/null 2>&1; exit $s'
way "a new branch with a deletion" 'git rm -q mine; git branch gone $(git commit-tree -p HEAD -m x $(git write-tree)) && git merge -q --ff-only gone; s=$?; git branch -q -D gone; exit $s'
way "another working tree" 'mkdir ../elsewhere; sed "s/^10$/ten/" mine >../elsewhere/mine; git --work-tree=../elsewhere commit -q -m x mine; s=$?; rm -r ../elsewhere; exit $s'
way "another index" 'edit; GIT_INDEX_FILE=$PWD/../index; export GIT_INDEX_FILE; git read-tree HEAD; git add mine; git commit -qm x; s=$?; unset GIT_INDEX_FILE; rm ../index; exit $s'

# Signatures that git is told to show.
cat >"$T/gpg" <<'END'
#!/bin/sh
cat >/dev/null
echo '[GNUPG:] SIG_CREATED ' >&2
printf '%s\n' '-----BEGIN PGP SIGNATURE-----' '' x '-----END PGP SIGNATURE-----'
END
chmod +x "$T/gpg"
git config gpg.program "$T/gpg"
git config log.showSignature true
way "a signed commit" 'edit; git commit -q --no-verify -S -am x'
git config --unset log.showSignature

# It says nothing of what its last step is told.
fresh
status_is 1 "git filter-branch is stopped" env FILTER_BRANCH_SQUELCH_WARNING=1 git filter-branch -f --tree-filter 'echo ten >>mine' HEAD~1..HEAD
is "$(git rev-parse HEAD)" "$start" "and nothing was committed"
git update-ref -d refs/original/refs/heads/agent/dev/agent-02/work

# A step of a rebase, of commits that are older than the ownership.
fresh
society-own -a agent-01 release mine
edit
git commit -qam 'while nobody owned it'
git branch -q older
society-own -a agent-01 acquire mine >/dev/null
for how in --merge --apply "--merge --interactive"; do
    fresh
    git reset -q --hard older
    # shellcheck disable=SC2086 # options
    run env GIT_SEQUENCE_EDITOR=true git rebase -q $how --onto main "$start"
    isnt "$status" 0 "git rebase $how is stopped"
    like "$(cat "$T/err" "$T/out")" 'mine is owned by agent-01' "at the step that changes it"
    git rebase --abort 2>/dev/null
    is "$(git rev-parse HEAD)" "$(git rev-parse older)" "and can be aborted"
done
hand_over
ok "git rebase by the owner" git rebase -q --onto main "$start"
hand_back

# What is let through.
fresh
sed -i s/30/thirty/ free
ok "what nobody owns" git commit -qam free
ok "to amend a message" git commit -q --amend -m other
as agent-01 sed -i s/15/fifteen/ mine
ok "the owner commits in its slot" as agent-01 git commit -qam mine
(cd "$T/app" && SOCIETY_AGENT=agent-01 git merge -q --ff-only agent/dev/agent-01/work)
ok "to merge what a protected branch has" git merge -q --no-edit main
is "$(git diff --name-only main -- mine)" "" "as it is there"
fresh
ok "to rebase on it" git rebase -q main
run bash -c 'edit; git commit -qam x'
like "$(cat "$T/err")" "society-own acquire 'mine' --wait" "it says how to get on"
like "$(cat "$T/err")" "society-send 'agent-01'" "and how to ask"
git checkout -q -f

# Overriding is told to the owner.
edit
ok "overriding with a reason" env SOCIETY_GUARD_OVERRIDE='the build is broken' git commit -qam urgent
is "$(society-inbox -a agent-01 --unread --json | jq -r 'select(.type == "ownership_override") | [.from, .content, .data.paths[0]] | join("|")')" \
    "agent-02|agent-02 commits mine, overriding your ownership: the build is broken|mine" "is recorded, once"
is "$(git diff --name-only main HEAD -- mine)" mine "and done"

# Whoever says not who he is, is a person, and asked all the same.
cd "$T/app" || exit 1
edit
status_is 1 "a person is stopped, too" git commit -qam x
ok "and can override" env SOCIETY_GUARD_OVERRIDE=mine git commit -qam x
ok "a person with an id is that agent" bash -c 'sed -i s/3/three/ mine; SOCIETY_AGENT=agent-01 git commit -qam x'
status_is 1 "what is no id is refused" env SOCIETY_AGENT='no id' git commit -q --allow-empty -m x
git checkout -q -f

# Submodules are left alone; names of all kinds; many.
git init -q "$T/module" && echo a >"$T/module/a" && commit "$T/module" module
ok "a submodule" git submodule --quiet add "$T/module" module
git commit -qm module
society-own -a agent-01 acquire 'module/**' module 'odd*/**' >/dev/null
git -C module commit -q --allow-empty -m deeper
ok "the path of a submodule is left alone" git commit -qam deeper
ok "and commits in it" git -C module commit -q --allow-empty -m more
git checkout -q -f && git submodule --quiet update
mkdir odd
printf x >"odd/$(printf 'line\nbreak \xff "quoted" \xc3\xa4')"
status_is 1 "a name with a newline and bytes that are no UTF-8" bash -c 'git add odd && git commit -qm x'
git reset -q && rm -r odd
mkdir odd many
for i in $(seq 3000); do echo "$i" >"many/$i"; done
git add many
ok "3,000 files" git commit -qm many
for i in $(seq 40); do echo "$i" >"odd/$i"; done
git tag thing "$(git hash-object -w mine)"
is $? 0 "a tag of what is no commit"
git add odd
run git commit -qm odd
like "$(cat "$T/err")" "40 files are another's.*and 30 more" "of many, a few are named"
git reset -q && rm -r odd

# Many files of another's that a protected branch has, at once; what it has not is found among them, a deletion, too.
cd "$SLOT" || exit 1
fresh
git merge -q --no-edit main
cd "$T/app" || exit 1
society-own -a agent-01 acquire 'many/**' >/dev/null
for i in $(seq 200); do echo "$i again" >"many/$i"; done
git rm -q many/{201..220}
SOCIETY_AGENT=agent-01 git commit -qam again
cd "$SLOT" || exit 1
echo own >other && commit . other
ok "to merge many that a protected branch has" git merge -q --no-edit main
git reset -q --hard HEAD~1
git merge -q --no-commit main && rm many/300 && echo else >many/5 && git add -A
run git commit -qm x
like "$(cat "$T/err")" "2 files are another's.*many/300 is owned.*many/5 is owned" "but not what it has not"
git merge --abort

# Without a society.
git init -q "$T/alone" && cd "$T/alone" || exit 1
ok "a repository without a society" society-guard install
ok "is left alone" bash -c 'echo a >a && git add a && git commit -qm a && git commit -q --amend -m b'
status_is 1 "but not where one is named that is not there" env SOCIETY_DIR="$T/nowhere" git commit -q --allow-empty -m x

# It fails closed.
cd "$SLOT" || exit 1
fresh
echo '{' >"$T/app/.society-agent/project.json"
status_is 1 "a society that can't be read lets nothing through" bash -c 'echo 1 >>free; git commit -qam x'
rm "$T/app/.society-agent/project.json"
mv "$T/app/.society-agent" "$T/gone"
status_is 1 "nor one that a slot has and is not there" git commit -qam x
mv "$T/gone" "$T/app/.society-agent"
ok "and all is well again" git commit -qam x

done_testing
