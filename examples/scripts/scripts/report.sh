#!/bin/sh
# report.sh ROWS BY-PHASE BY-SPECIES: a report in Markdown, on standard output.
set -eu
rows=$1

table() {
  printf '\n## By %s\n\n| %s | strikes | did damage | cost |\n|---|---:|---:|---:|\n' "$1" "$1"
  # the order in which awk goes through an array says nothing
  sort -t "$(printf '\t')" -k2,2nr -k1,1 "$2" | head -n "$rows" |
    awk -F '\t' '{ printf "| %s | %d | %.1f %% | $%d |\n", $1, $2, 100 * $3 / $2, $4 }'
}

echo "# Bird strikes"
table phase "$2"
table species "$3"
