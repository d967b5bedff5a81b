#!/usr/bin/env python3
"""Draws a flame graph (SVG) from what `perf script` prints: who called whom, and how much time each took.

    perf record -e cpu-clock -F 997 --call-graph dwarf,16384 -p "$(pidof baja)" -- sleep 10
    perf script --no-inline | scripts/flame-graph.py "what was measured" > flame.svg

A function is as wide as the share of samples in which it was on the stack; what took less than a three-hundredth is left out.
"""

import html
import re
import sys

WIDTH, ROW, SMALLEST = 1200, 16, 1 / 300
# A picture begins where a connection is served; what has none of these stands for itself.
BEGINS = re.compile(r"h1::dispatcher::Dispatcher|redis::aio|insight|ingest::(sends|aftercare)")
# What the kernel does within a call is one box.
KERNEL = "entry_SYSCALL_64_after_hwframe"


def name_of(symbol):
    """A function without its hash, its generic arguments and the path to a closure in it."""
    symbol = re.sub(r"(::h[0-9a-f]{16})?(\+0x[0-9a-f]+)?( \(.*\))?$", "", symbol)
    while "<" in symbol.lstrip("<") and re.search(r"<[^<>]*>", symbol):
        shorter = re.sub(r"<([^<>]*)>", lambda found: inside(found.group(1)), symbol)
        if shorter == symbol:
            break
        symbol = shorter
    return symbol.replace("::{{closure}}", "").strip(":") or "?"


def inside(arguments):
    """`<T as Trait>` stays as T; other arguments go."""
    return arguments.split(" as ")[0] if " as " in arguments else ""


def stacks(lines):
    """Each sample as names, the outermost first."""
    frames = []
    for line in lines:
        if not line.strip():
            if frames:
                yield frames[::-1]
            frames = []
        elif line.startswith(("\t", " ")) and re.match(r"\s+[0-9a-f]+ ", line):
            frames.append(name_of(line.strip().split(" ", 1)[1].rsplit(" (", 1)[0]))
    if frames:
        yield frames[::-1]


def tree(samples):
    """Nested { name: [count, children] }, without the same name twice in a row."""
    root = [0, {}]
    for names in samples:
        begin = next((at for at, name in enumerate(names) if BEGINS.search(name)), None)
        names = ["the runtime"] + names[-1:] if begin is None else names[begin:]
        root[0] += 1
        node, last = root, None
        for name in names:
            if name == last or name == "[unknown]":
                continue
            last = "the kernel" if name == KERNEL else name
            node = node[1].setdefault(last, [0, {}])
            node[0] += 1
            if name == KERNEL:
                break
    return root


def boxes(node, total, left=0.0, depth=0):
    """Every function to be drawn: name, share, where it begins, how deep."""
    for name, child in sorted(node[1].items()):
        share = child[0] / total
        if share >= SMALLEST:
            yield name, share, left, depth
            yield from boxes(child, total, left, depth + 1)
        left += share


def colour(name):
    """Ours in orange, what encrypts and hashes in blue, the rest by its kind in greys and greens."""
    if "baja::" in name:
        return "#f2a65a"
    if re.search(r"sha2|hmac|digest", name):
        return "#7fb2e5"
    if re.search(r"actix|tokio|mio|http|redis::", name):
        return "#a8d5a2"
    return "#d0d0d0"


def main():
    root = tree(stacks(sys.stdin))
    if not root[0]:
        sys.exit("flame-graph: no samples on standard input")
    drawn = list(boxes(root, root[0]))
    deepest = max(depth for *_, depth in drawn) + 1
    height = (deepest + 3) * ROW
    title = html.escape(" ".join(sys.argv[1:]) or "flame graph")
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="11">')
    print(f'<rect width="{WIDTH}" height="{height}" fill="#fff"/><text x="6" y="14">{title}: {root[0]} samples</text>')
    for name, share, left, depth in drawn:
        x, width, y = left * WIDTH, share * WIDTH, height - (depth + 1) * ROW - 4
        said = html.escape(f"{name}, {share * 100:.1f} %")
        print(f'<g><title>{said}</title><rect x="{x:.1f}" y="{y}" width="{max(width - 0.5, 0.3):.1f}" height="{ROW - 1}" fill="{colour(name)}"/>', end="")
        letters = int(width / 6.7) - 1
        if letters >= 4:
            short = name if len(name) <= letters else "…" + name[-letters + 1 :]
            print(f'<text x="{x + 3:.1f}" y="{y + 11}">{html.escape(short)}</text>', end="")
        print("</g>")
    print("</svg>")


if __name__ == "__main__":
    main()
