# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A repository with a society, for the tests of society-worktree. Source it after tap.sh; it makes $T/app, one commit on main,
# and goes there. Nobody's configuration of git is used.

export HOME=$T GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$T/.gitconfig GIT_CEILING_DIRECTORIES=$T
git config --global user.name A
git config --global user.email a@example.org
git config --global init.defaultBranch main
git config --global protocol.file.allow always

# commit DIRECTORY MESSAGE: all that is there.
commit() {
    git -C "$1" add -A && git -C "$1" commit -qm "$2"
}

# slot_field SLOT NAME: a field of `list --json`.
slot_field() {
    society-worktree list --json | jq -r "select(.slot == \"$1\") | .$2"
}

git init -q "$T/app"
cd "$T/app" || exit 1
seq 30 >numbers
mkdir src
echo 'int main(void) { return 0; }' >src/main.c
echo '*.o' >.gitignore
commit . first
society-init >/dev/null
