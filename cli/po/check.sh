#!/bin/sh
# Is the Korean catalogue complete? Prints every text of the program without a translation and
# every translation without a text; exit status 1 if there is one. Usage: check.sh [SOURCE_DIR]
# With --update the catalogue is brought up to date first: new texts come in untranslated.
set -eu
update=
[ "${1:-}" = --update ] && update=1 && shift
cd "${1:-$(dirname "$0")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The advice of error codes is the fifth argument of X() in lib/base/err.h.
xgettext --from-code=UTF-8 --language=C --no-location --keyword=_ --keyword=N_ --keyword=X:5 \
    --output="$work/pumasi.pot" cli/*.c cli/*.h lib/base/err.h
msgmerge --quiet --no-fuzzy-matching --no-location --output-file="$work/ko.po" cli/po/ko.po "$work/pumasi.pot"
if [ -n "$update" ]; then
    msgattrib --no-obsolete --no-location --output-file=cli/po/ko.po "$work/ko.po"
fi
msgattrib --untranslated --no-wrap "$work/ko.po" | sed -n '/^msgid "/p' | grep -v '^msgid ""$' >"$work/missing" || true
msgattrib --only-obsolete --no-wrap "$work/ko.po" | sed -n 's/^#~ msgid/unused msgid/p' >"$work/unused" || true
cat "$work/missing" "$work/unused"
msgfmt --check --output-file=/dev/null cli/po/ko.po
[ ! -s "$work/missing" ] && [ ! -s "$work/unused" ]
