#!/bin/bash
# SPDX-License-Identifier: MIT
#
# society-guard install, status and uninstall: hooks that there were before run as well, in worktrees and clones; pushes; the stash.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/slots.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/guard.sh" || exit 1

# hook DIRECTORY NAME [LINE]: one that notes that it ran, and what it was given.
hook() {
    mkdir -p "$1"
    printf '#!/bin/sh\necho "%s $*" >>%q\n%s\n' "$2" "$T/ran" "${3-}" >"$1/$2"
    chmod +x "$1/$2"
}
ran() {
    xargs <"$T/ran"
    : >"$T/ran"
}
change() {
    date +%N >>free
}
: >"$T/ran"

status_is 1 "status without it" society-guard status
hook .git/hooks pre-commit
hook .git/hooks commit-msg
hook .git/hooks reference-transaction "sed 's/.* //' >>'$T/refs'"
hook .git/hooks pre-push "cat >>'$T/pushed'"
find .git/hooks -type f -exec cksum {} + | sort >"$T/hooks"
cp .git/config "$T/config"
is "$(society-guard install)" "$T/app/.git/society/hooks" "install prints where its hooks are"
ok "once more" society-guard install
like "$(society-guard status)" "^$T/app/.git: installed, before the hooks in $T/app/.git/hooks$" "status"
is "$(society-guard status --json | jq -c '[.installed, .protected]')" '[true,["main","master","dev"]]' "status --json"

cd "$SLOT" || exit 1
change
ok "a commit" git commit -qam one
like "$(ran)" "^pre-commit commit-msg [^ ]*/COMMIT_EDITMSG reference-transaction prepared reference-transaction committed$" \
    "the hooks of before run, with their arguments"
like "$(xargs <"$T/refs")" "HEAD refs/heads/agent/dev/agent-02/work" "and their input"
sed -i 's/^10$/ten/' mine
status_is 1 "what is another's is refused" git commit -qam x
is "$(ran | cut -d' ' -f1)" pre-commit "after the hook of before, which may change what is staged"
git checkout -q -f
hook "$T/app/.git/hooks" pre-commit 'sed -i s/^10$/ten/ mine; git add mine'
change
status_is 1 "and does" git commit -qam x
git checkout -q -f
hook "$T/app/.git/hooks" pre-commit 'exit 7'
change
status_is 1 "a hook that refuses is heard" git commit -qam x
rm "$T/app/.git/hooks/pre-commit"
hook "$T/app/.git/hooks" post-commit
git commit -qam x
like "$(ran)" "post-commit" "one that is written later runs, too"
hook "$T/app/.git/hooks" push-to-checkout
run society-guard status
is "$status" 1 "one that git has no script for is missed"
like "$(cat "$T/out")" "without push-to-checkout" "by its name"
ok "and found by install" society-guard install
ok "which is what status says" society-guard status

# Pushes.
git init -q --bare "$T/upstream.git"
git remote add origin "$T/upstream.git"
: >"$T/ran"
ok "a branch of its own is pushed" git push -q origin HEAD
like "$(ran)" "pre-push origin $T/upstream.git" "the hook of before runs"
like "$(cat "$T/pushed")" "refs/heads/agent/dev/agent-02/work" "and has its input"
for branch in main master dev; do
    status_is 1 "a push to $branch is refused" git push -q origin "HEAD:$branch"
done
like "$(git push origin HEAD:dev 2>&1)" "agents do not push to dev; push a branch of your own" "it says what to do"
status_is 1 "also among others" git push -q origin HEAD:fine HEAD:main
empty "$(git -C "$T/upstream.git" for-each-ref refs/heads/fine refs/heads/main)" "of which none is pushed"
ok "a person pushes" git -C "$T/app" push -q origin main
status_is 1 "an agent does not delete it" git push -q origin :main
ok "it can be overridden" env SOCIETY_GUARD_OVERRIDE='release' git push -q origin HEAD:dev
is "$(society-inbox -a agent-01 --unread --json | jq -r 'select(.type == "push_override") | .content')" \
    "agent-02 pushes to dev, which is protected: release" "and everybody is told"
git config society.protected 'trunk release/*'
ok "the names are configured" git push -q origin HEAD:main2 HEAD:dev --force
status_is 1 "as patterns, too" git push -q origin HEAD:release/1
git config --unset society.protected

# The stash that all worktrees share.
echo 1 >>free
like "$(git stash push 2>&1)" "all worktrees share it" "git stash is warned of"
like "$(git stash pop 2>&1)" "society-worktree stash" "and what to do instead"
unlike "$(society-worktree stash push 2>&1)" "share" "which is not"
ok "and works" society-worktree stash pop
git checkout -q -f

# Clones.
cd "$T/app" || exit 1
society-worktree add agent-03 --clone >/dev/null 2>&1
ok "a clone that is made later" git -C "$T/app-agent-03" config core.hooksPath
edit_in() {
    sed -i 's/^10$/ten/' "$1/mine" && git -C "$1" commit -qam x
}
status_is 1 "is guarded" edit_in "$T/app-agent-03"
is "$(society-guard status --json | jq -r .repository | xargs)" "$T/app/.git $T/app-agent-03/.git" "status has it"

git -C "$T/app-agent-03" checkout -q -f
(cd "$T/app-agent-03" && society-own acquire kept >/dev/null && echo 1 >kept && commit . kept)
ok "what is the agent's own is pushed to the repository" git -C "$T/app-agent-03" push -q society HEAD
git clone -q . "$T/elsewhere"
sed -i s/20/twenty/ "$T/elsewhere/mine" && commit "$T/elsewhere" fetch
ok "what is fetched was committed elsewhere" git fetch -q "$T/elsewhere" main:fetched
status_is 128 "no commit is taken for a fetch" bash -c 'sed -i s/25/other/ mine; git -c a.b=c commit -q --no-verify -am fetch'
git checkout -q -f

# Uninstalling.
ok "uninstall" society-guard uninstall
status_is 1 "status" society-guard status
empty "$(git config core.hooksPath; git -C "$T/app-agent-03" config core.hooksPath)" "the setting is taken back"
empty "$(find .git -path '*society*hooks*')" "the scripts are gone"
rm .git/hooks/post-commit .git/hooks/push-to-checkout
is "$(git config --local --get-regexp 'society\.guard|hooksPath')" "" "and everything else of it"
ok "twice is fine" society-guard uninstall
is "$(edit_in "$T/app-agent-03"; git -C "$T/app-agent-03" log -1 --format=%s)" x "nothing is guarded any more"

# core.hooksPath of somebody else: of the repository, in its tree; of the user.
hook hooks pre-commit
git add hooks && git commit -qm hooks
git config core.hooksPath hooks
before=$(git config --local --list | sort)
ok "over core.hooksPath" env -C src society-guard install
: >"$T/ran"
change
ok "a commit" git commit -qam x
is "$(ran)" pre-commit "its hook runs"
(cd "$SLOT" && git merge -q --no-edit -X ours main && change && git commit -qam x)
is "$(ran)" pre-commit "in a worktree that of the worktree"
status_is 1 "and the guard" edit_in "$SLOT"
git -C "$SLOT" checkout -q -f
ok "a hook there" test -x .git/society/hooks/pre-commit
ok "uninstall" society-guard uninstall
is "$(git config --local --list | sort)" "$before" "leaves what was there"
git config --unset core.hooksPath
hook "$T/everywhere" pre-commit
# shellcheck disable=SC2088 # git expands it
git config --global core.hooksPath '~/everywhere'
society-guard install >/dev/null
: >"$T/ran"
change
git commit -qam x
is "$(ran)" pre-commit "of the user"
society-guard uninstall
is "$(git config core.hooksPath)" '~/everywhere' "it is left"
empty "$(git config --local core.hooksPath)" "where it was"
git config --global --unset core.hooksPath

# core.hooksPath of one worktree alone, which counts there.
git config extensions.worktreeConfig true
git -C "$SLOT" config --worktree core.hooksPath "$T/everywhere"
before=$(git config --local --list | sort)
run society-guard install
is "$status" 1 "install where a worktree has a setting of its own"
like "$(cat "$T/err")" "$SLOT has a core.hooksPath of its own, $T/everywhere" "is refused, with where it is"
status_is 1 "also from there" env -C "$SLOT" society-guard install
is "$(git config --local --list | sort)" "$before" "and nothing is set"
git -C "$SLOT" config --worktree --unset core.hooksPath
ok "without it" society-guard install
status_is 1 "it guards there" edit_in "$SLOT"
git -C "$SLOT" checkout -q -f
ok "uninstall" society-guard uninstall
git config --unset extensions.worktreeConfig

# A repository that is moved: git would run no hooks.
society-guard install >/dev/null
mv "$T/app" "$T/moved"
cd "$T/moved" || exit 1
ok "repair puts the guard back where the repository is moved" society-worktree repair
is "$(society-guard status | head -n 1)" "$T/moved/.git: installed, before the hooks in $T/moved/.git/hooks" "as it was"
status_is 1 "it guards" edit_in "$SLOT"
ok "uninstall" society-guard uninstall
empty "$(git config core.hooksPath)" "leaves nothing"

# A bare repository, the program gone, no repository.
git clone -q --bare . "$T/bare.git"
git -C "$T/bare.git" worktree add -q "$T/bare-main" main
cd "$T/bare-main" || exit 1
society-init >/dev/null
society-own -a agent-01 acquire free >/dev/null
is "$(society-guard install)" "$T/bare.git/society/hooks" "of a bare repository"
echo 1 >>free
status_is 1 "its worktrees are guarded" env SOCIETY_AGENT=agent-02 git commit -qam x
cp -r "$T/bare.git/society/hooks" "$T/lost"
sed -i "s|guard='[^']*'|guard='$T/none'|" "$T"/lost/*
git config core.hooksPath "$T/lost"
run env SOCIETY_AGENT=agent-01 PATH=/usr/bin:/bin git commit -qam x
is "$status" 1 "without the program nothing is let through"
like "$(cat "$T/err")" "git config --unset core.hooksPath" "and it says what to do"
git init -q "$T/packages" && mkdir "$T/packages/one" && cd "$T/packages/one" || exit 1
society-init >/dev/null
like "$(society-guard install 2>&1)" "one/.society-agent is not found from $T/packages" "a society below the top is warned of"
unlike "$(env -C "$T/moved" society-guard install 2>&1)" "not found" "and none at the top"
mkdir "$T/plain" && cd "$T/plain" || exit 1
status_is 3 "no repository" society-guard install
status_is 2 "no verb" society-guard
status_is 2 "an unknown verb" society-guard guard
status_is 2 "an argument too many" society-guard install here

done_testing
