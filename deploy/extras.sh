#!/usr/bin/env bash
# Manual pages and completions as the program itself writes them: deploy/extras.sh PROGRAM FOLDER
set -euo pipefail
rm -rf "$2"
mkdir -p "$2/man" "$2/completions"
"$1" man "$2/man"
for shell in bash zsh fish; do "$1" completions "$shell" > "$2/completions/qingbao.$shell"; done
