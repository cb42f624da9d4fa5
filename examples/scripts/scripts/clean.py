"""Reads the list of bird strikes and writes what can be relied on, as tab-separated values."""

import argparse
import collections
import csv
import re
import sys

parser = argparse.ArgumentParser()
parser.add_argument("source")
parser.add_argument("target")
parser.add_argument("--since", type=int, default=0)
args = parser.parse_args()

# The list has codes beside words, and nobody says what they mean.
DAMAGE = {"None": "none", "Minor": "minor", "Medium": "medium", "Substantial": "substantial"}

dropped = collections.Counter()


def cleaned(row):
    year = int(row["Flight Date"][:4])
    if year < args.since:
        return drop(f"before {args.since}")
    damage = DAMAGE.get(row["Effect Amount of damage"])
    if damage is None:
        return drop("unknown damage")
    species = re.sub(r"^Unknown bird.*", "unknown", row["Wildlife Species"])
    return {
        "year": year,
        "phase": row["Phase of flight"].lower(),
        "species": species.lower(),
        "damage": damage,
        "cost": int(row["Cost Total $"]),
    }


def drop(why):
    dropped[why] += 1


with open(args.source, newline="", encoding="utf-8-sig") as source:
    rows = [row for row in map(cleaned, csv.DictReader(source)) if row]

with open(args.target, "w", newline="", encoding="utf-8") as target:
    writer = csv.DictWriter(target, rows[0].keys(), delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)

print(f"{len(rows)} strikes kept")
for why, count in dropped.items():
    print(f"{count} dropped: {why}", file=sys.stderr)
