#!/usr/bin/env bash
# What scripts/dist.sh built and checked, as Maven Central takes it: every file signed and with its sums, in one archive.
#
#     scripts/bundle.sh bundle.zip
#
# Signs by gpg's default key, or by SIGNING_KEY (armoured) with SIGNING_PASSWORD.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

[ $# = 1 ] || {
  sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}
bundle=$(realpath -m "$1")
dist=$root/dist
[ -d "$dist/maven" ] || fail "found no $dist/maven; scripts/dist.sh makes it"
(cd "$dist" && sha256sum --quiet --strict --check SHA256SUMS >&2) || fail "dist/ is not as it was checked; run scripts/dist.sh again"
apt_ensure "the release is signed and packed" gpg gpg-agent zip

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sign=(gpg --batch --yes --quiet --armor --detach-sign)
if [ -n "${SIGNING_KEY:-}" ]; then
  export GNUPGHOME=$work/gpg
  mkdir -m 700 "$GNUPGHOME"
  printf '%s\n' "$SIGNING_KEY" | gpg --batch --quiet --import
  sign+=(--pinentry-mode loopback --passphrase-fd 3)
fi
cp -r "$dist/maven" "$work/bundle"
mapfile -t files < <(find "$work/bundle" -type f | sort)
for file in "${files[@]}"; do
  "${sign[@]}" "$file" 3<<<"${SIGNING_PASSWORD:-}"
  for sum in md5 sha1; do "${sum}sum" "$file" | cut -d ' ' -f 1 >"$file.$sum"; done
done
rm -f "$bundle"
(cd "$work/bundle" && zip -q -r -X "$bundle.part" .)
mv "$bundle.part" "$bundle"
say "$bundle: ${#files[@]} files, signed"
