# SPDX-License-Identifier: MIT
#
# Results (GROUP ROW PEER NANOSECONDS, in order of rounds) as a table in Markdown. A ratio is made within a round, so that what disturbed
# the round disturbed both; its median and its range are shown.

function sort_values(n, i, j, value) {
    for (i = 2; i <= n; i++) {
        value = values[i]
        for (j = i - 1; j >= 1 && values[j] > value; j--) values[j + 1] = values[j]
        values[j + 1] = value
    }
}
function short(x) {
    return x >= 99.5 ? sprintf("%d", x + 0.5) : x >= 9.95 ? sprintf("%.0f", x) : x >= 0.995 ? sprintf("%.1f", x) : x >= 0.0995 ? sprintf("%.2f", x) : sprintf("%.3f", x)
}
# median (lowest-highest) of values[1..n]
function spread(n) {
    if (n == 0) return "–"
    sort_values(n)
    return short(values[int((n + 1) / 2)]) " (" short(values[1]) "-" short(values[n]) ")"
}

$1 == group {
    if (!($2 in known)) { known[$2]; rows[++row_count] = $2 }
    time[$2, $3, ++count[$2, $3]] = $4
}
END {
    peer_count = split(peers, peer, " ")
    # Few columns are for a peer that did nothing in this group.
    line = "| work | society |"; rule = "| --- | --- |"
    for (p = 1; p <= peer_count; p++) {
        for (r = 1; r <= row_count; r++) if (count[rows[r], peer[p]]) shown[p] = 1
        if (shown[p]) { line = line " " peer[p] " |"; rule = rule " --- |" }
    }
    print line "\n" rule
    for (r = 1; r <= row_count; r++) {
        row = rows[r]
        for (i = 1; i <= count[row, "society"]; i++) values[i] = time[row, "society", i] / 1000
        line = "| " row " | " spread(count[row, "society"]) " |"
        for (p = 1; p <= peer_count; p++) {
            if (!shown[p]) continue
            n = count[row, peer[p]] < count[row, "society"] ? count[row, peer[p]] : count[row, "society"]
            for (i = 1; i <= n; i++) values[i] = time[row, peer[p], i] / time[row, "society", i]
            line = line " " spread(n) " |"
        }
        print line
    }
}
