"""results.svg: fan-out cost as two bar charts, readable on light and dark pages."""

from html import escape

from report import Results, number, server_cpu

LABELS, PANEL, GAP, ROW, TOP = 210, 300, 70, 24, 62
STYLE = """
text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px } .note { font-size: 11px; fill: #57606a }
.roompp { fill: #1a7f37 } .limit { fill: #afb8c1 } .peer { fill: #6e9fd8 } .axis { stroke: #d0d7de }
.strong { font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #8d96a0 }
  .roompp { fill: #3fb950 } .limit { fill: #57606a } .peer { fill: #4a7ab5 } .axis { stroke: #3d444d }
}
"""


def bars(results, servers, window, x, wanted):
    """One panel. Bars longer than the panel are cut; their number tells how long they would be."""
    values = {s.name: results.median(s.name, server_cpu("delivery"), window=window, **wanted) for s in servers}
    drawn = [v for v in values.values() if v is not None]
    limit = max([v for v in drawn if v < 40 * min(drawn)] or drawn) * 1.05
    parts = [
        f'<text x="{x}" y="{TOP - 12}" class="strong">{window} in flight</text>',
        f'<line x1="{x}" y1="{TOP - 4}" x2="{x}" y2="{TOP + ROW * len(servers)}" class="axis"/>',
    ]
    for row, server in enumerate(servers):
        value, y = values[server.name], TOP + row * ROW
        if value is None:
            continue
        width = min(1, value / limit) * (PANEL - 40)
        parts.append(f'<rect x="{x}" y="{y + 3}" width="{width:.1f}" height="{ROW - 7}" rx="2" class="{server.kind}"/>')
        cut = " »" if value > limit else ""
        parts.append(f'<text x="{x + width + 6:.1f}" y="{y + 16}">{number(value)}{cut}</text>')
    return parts


def write(run, path):
    results = Results(run["samples"])
    members = results.values("subscribers", mode="fanout")
    if not members:
        return False
    wanted = {
        "mode": "fanout",
        "subscribers": 1000 if 1000 in members else members[-1],
        "size": results.values("size", mode="fanout")[0],
    }
    windows = results.values("window", mode="fanout")

    def cost(server):
        return results.median(server.name, server_cpu("delivery"), window=windows[-1], **wanted)

    servers = sorted(results.measured(window=windows[-1], **wanted), key=cost)

    width = LABELS + len(windows) * PANEL + (len(windows) - 1) * GAP + 20
    height = TOP + ROW * len(servers) + 34
    title = f"Server CPU for each delivery, µs: {wanted['subscribers']:,} members, {wanted['size']}-byte messages"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<text x="0" y="20" class="title">{escape(title)}</text>',
    ]
    for row, server in enumerate(servers):
        strong = ' class="strong"' if server.kind == "roompp" else ""
        y = TOP + row * ROW + 16
        parts.append(f'<text x="{LABELS - 12}" y="{y}" text-anchor="end"{strong}>{escape(server.title)}</text>')
    for column, window in enumerate(windows):
        parts += bars(results, servers, window, LABELS + column * (PANEL + GAP), wanted)
    rounds = f"{run['rounds']} interleaved round{'s' * (run['rounds'] > 1)}"
    note = f"Lower is better. Server process and ksoftirqd, median of {rounds}. Grey: bare programs, the limit. »: cut."
    parts.append(f'<text x="0" y="{height - 8}" class="note">{note}</text>')
    path.write_text("\n".join(parts + ["</svg>"]) + "\n")
    return True
