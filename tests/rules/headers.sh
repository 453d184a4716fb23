#!/bin/sh
# Every header compiles alone: it includes or declares what it uses.
# Usage: headers.sh SOURCE_DIR GENERATED_DIR
set -eu
source=$1
generated=$2
cd "$source"
headers=$(find lib controlplane nodeagent billing cli tests -name '*.h' | grep -Ev '_internal\.h$|^tests/unit/' | sort)
[ -n "$headers" ] || { echo "no headers found"; exit 1; }
failed=0
for header in $headers; do
    printf '#include "%s"\n' "$header" |
        cc -std=gnu17 -D_GNU_SOURCE -DPUMASI_VERSION='""' -DPUMASI_SOURCE_DIR='""' \
            -DPUMASI_BIN_DIR='""' -Wall -Wextra -Werror -I. -isystem "$generated" \
            -fsyntax-only -xc - || failed=$((failed + 1))
done
echo "$(echo "$headers" | wc -l) headers, $failed that do not compile alone"
[ "$failed" -eq 0 ]
