#!/usr/bin/env bash
# The pictures of the manuals, made anew from the program as it is: docs/pictures/make.sh
# Needs Debian's chromium, libreoffice-writer-nogui, poppler-utils, fonts-noto-cjk and pngquant.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=docs/pictures
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# the console, as its test in the browser leaves it
cargo test --locked --test console -- --ignored an_editor_finishes
shots=$(cargo metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')/tmp/console
for page in desk pool overview operation; do cp "$shots/$page-1440-light.png" "$out/$page.png"; done

# mail and document of the sample world
cargo run --locked -- demo --out "$scratch"
chromium --headless --no-sandbox --hide-scrollbars --window-size=760,1400 --screenshot="$scratch/mail.png" "$scratch"/*.html 2>/dev/null
cp "$scratch/mail.png" "$out/mail.png"
soffice -env:UserInstallation="file://$scratch/profile" --headless --convert-to pdf --outdir "$scratch" "$scratch"/*.docx >/dev/null
pdftoppm -png -r 70 -f 1 -l 1 -singlefile "$scratch"/*.pdf "$out/document"

pngquant --force --ext .png --skip-if-larger 64 "$out"/*.png || true
ls -l "$out"
