# Strikes, how many of them did damage, and what that cost, by the column that -v column=NAME names.
BEGIN { FS = OFS = "\t" }

NR == 1 {
  for (i = 1; i <= NF; i++) at[$i] = i
  if (!(column in at)) {
    print "there is no column " column > "/dev/stderr"
    exit 1
  }
  next
}

{
  key = $at[column]
  strikes[key] += 1
  damaged[key] += ($at["damage"] != "none")
  cost[key] += $at["cost"]
}

END { for (key in strikes) print key, strikes[key], damaged[key], cost[key] }
