# SPDX-License-Identifier: MIT
#
# Results (GROUP ROW PEER NANOSECONDS) of the rows FAMILY-N as a plot in SVG: N and time both logarithmic, the median of each peer with a
# bar from its lowest to its highest. Nothing, if there are no such rows.

function x_of(n) { return left + (log(n) - log(n_low)) / (log(n_high) - log(n_low) + 1e-9) * width }
function y_of(t) { return top + (log(t_high) - log(t)) / (log(t_high) - log(t_low)) * height }
function label(ns) { return ns < 1000 ? ns " ns" : ns < 1e6 ? ns / 1e3 " µs" : ns < 1e9 ? ns / 1e6 " ms" : ns / 1e9 " s" }
function text(x, y, anchor, words) {
    printf "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, words
}
function insert(key, value, i) {
    for (i = ++count[key]; i > 1 && time[key, i - 1] > value; i--) time[key, i] = time[key, i - 1]
    time[key, i] = value
}

BEGIN { left = 70; top = 40; width = 520; height = 340; colours = split("#111 #999 #c33 #37c #b60 #283 #718 #0aa", colour, " ") }

$1 == group && match($2, "^" family "-[0-9]+$") {
    n = substr($2, length(family) + 2) + 0
    if (!($3 in number)) { number[$3] = ++peers; name[peers] = $3 }
    if (!(n in seen)) { seen[n]; at[++points] = n }
    insert($3 SUBSEP n, $4 + 0)
    if (!n_low || n < n_low) n_low = n
    if (n > n_high) n_high = n
    if (!low || $4 < low) low = $4 + 0
    if ($4 > high) high = $4 + 0
}
END {
    if (!points) exit
    for (t_low = 1; t_low * 10 <= low; t_low *= 10);
    for (t_high = t_low * 10; t_high < high; t_high *= 10);
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 430\" font-family=\"sans-serif\" font-size=\"12\">\n"
    printf "<rect width=\"720\" height=\"430\" fill=\"#fff\"/>\n"
    text(left, 22, "start", family " (" (group == "power" ? "survives a power cut" : "survives the death of processes") "), time for each")
    for (t = t_low; t <= t_high; t *= 10) {
        printf "<path d=\"M%d %.0fh%d\" stroke=\"#ddd\"/>\n", left, y_of(t), width
        text(left - 6, y_of(t) + 4, "end", label(t))
    }
    for (i = 1; i <= points; i++) text(x_of(at[i]), top + height + 18, "middle", at[i])
    text(left + width / 2, top + height + 38, "middle", family == "open" ? "records" : family == "latency" ? "listeners" : "processes")
    for (p = 1; p <= peers; p++) {
        path = ""
        paint = colour[(p - 1) % colours + 1]
        for (i = 1; i <= points; i++) {
            key = name[p] SUBSEP at[i]
            if (!count[key]) continue
            middle = time[key, int((count[key] + 1) / 2)]
            path = path sprintf("%s%.1f %.1f", path == "" ? "M" : "L", x_of(at[i]), y_of(middle))
            printf "<path d=\"M%.1f %.1fV%.1f\" stroke=\"%s\"/>\n", x_of(at[i]), y_of(time[key, 1]), y_of(time[key, count[key]]), paint
            printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x_of(at[i]), y_of(middle), paint
        }
        printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%d\"/>\n", path, paint, name[p] == "society" ? 3 : 1.5
        printf "<path d=\"M605 %dh18\" stroke=\"%s\" stroke-width=\"3\"/>\n", top + p * 20, paint
        text(630, top + p * 20 + 4, "start", name[p])
    }
    print "</svg>"
}
