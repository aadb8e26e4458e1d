/// The page at `/`: what people look at at night. One file, nothing from elsewhere; tables that a screen reader reads, severity in
/// words, dark and light.
enum DashboardPage {
    static let html = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Picket</title>
        <style>
        :root { color-scheme: light dark; --ink: #1b2026; --soft: #57616c; --line: #d9dee3; --ground: #f6f7f9; --card: #fff;
          --bad: #b3261e; --warn: #8a5a00; --good: #1c6b3a; --link: #0b5cad; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e7ebef; --soft: #a3adb8; --line: #323a43; --ground: #14181c;
          --card: #1c2127; --bad: #ff8a80; --warn: #ffc46b; --good: #7bd69a; --link: #8ec2ff; } }
        * { box-sizing: border-box }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.45 system-ui, "DejaVu Sans", sans-serif }
        header, main { max-width: 75rem; margin: 0 auto; padding: 1rem 1.25rem }
        header { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap }
        h1 { font-size: 1.35rem; margin: 0 } h2 { font-size: 1.05rem; margin: 0 0 .6rem }
        section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; margin: 0 0 1rem }
        .scroll { overflow-x: auto } table { border-collapse: collapse; width: 100% }
        th, td { text-align: left; padding: .4rem .7rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
        th { color: var(--soft); font-weight: 600; font-size: .85rem } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
        td:last-child { white-space: nowrap } td.why { min-width: 18rem; overflow-wrap: anywhere } code { font-size: .9em; overflow-wrap: anywhere }
        .soft { color: var(--soft) } .bad { color: var(--bad); font-weight: 600 } .warn { color: var(--warn); font-weight: 600 }
        .good { color: var(--good); font-weight: 600 }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem; margin: 0 0 1rem }
        .tile { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem }
        .tile b { display: block; font-size: 1.6rem; font-variant-numeric: tabular-nums }
        a { color: var(--link) } :focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
        @media print { body { background: none } section, .tile { break-inside: avoid } }
        </style>
        </head>
        <body>
        <header><h1>Picket</h1><span id="link" class="soft" role="status">connecting…</span></header>
        <main>
        <div class="tiles">
          <div class="tile"><span class="soft">Open violations</span><b id="open">–</b></div>
          <div class="tile"><span class="soft">Events per minute</span><b id="rate">–</b></div>
          <div class="tile"><span class="soft">Records in the log</span><b id="records">–</b></div>
          <div class="tile"><span class="soft">Rejected / missing</span><b id="losses">–</b></div>
        </div>
        <section aria-labelledby="v"><h2 id="v">Open violations</h2>
          <div class="scroll"><table><thead><tr><th scope="col">Severity</th><th scope="col">Subject</th><th scope="col">Rule</th>
            <th scope="col">Why</th><th scope="col">Since</th></tr></thead><tbody id="violations"></tbody></table></div>
          <p id="none" class="soft">Nothing is open.</p></section>
        <section aria-labelledby="f"><h2 id="f">Feeds</h2>
          <div class="scroll"><table><thead><tr><th scope="col">Feed</th><th scope="col">State</th><th scope="col">Format</th>
            <th scope="col" class="n">Per minute</th><th scope="col" class="n">Events</th><th scope="col" class="n">Rejected</th>
            <th scope="col" class="n">Late</th><th scope="col" class="n">Missing</th><th scope="col" class="n">Lag</th><th scope="col">Last event</th></tr></thead>
            <tbody id="feeds"></tbody></table></div></section>
        <p class="soft">The same as data: <a href="/api/violations">violations</a>, <a href="/api/feeds">feeds</a>,
          <a href="/metrics">metrics</a>, <a href="/health">health</a>; on the command line <code>picket tail</code>.</p>
        </main>
        <script>
        "use strict";
        const at = id => document.getElementById(id), open = new Map();
        const number = n => Number(n).toLocaleString("en");
        function cell(row, text, style) {
          const td = row.insertCell(); td.textContent = text; if (style) td.className = style; return td;
        }
        const ranks = { critical: 0, high: 1, medium: 2, low: 3 };
        function showViolations() {
          const list = [...open.values()].sort((a, b) => (ranks[a.severity] ?? 4) - (ranks[b.severity] ?? 4) || (a.time < b.time ? 1 : -1));
          const body = document.createElement("tbody"); body.id = "violations";
          for (const v of list.slice(0, 500)) {
            const row = body.insertRow();
            cell(row, (ranks[v.severity] <= 1 ? "▲ " : "● ") + v.severity, ranks[v.severity] <= 1 ? "bad" : "warn");
            cell(row, (v.subject === "device" ? "" : v.subject + " ") + v[v.subject]);
            cell(row, v.profile + " / " + v.behavior); cell(row, v.why, "why"); cell(row, v.time.replace("T", " ").slice(0, 19) + " UTC");
          }
          at("violations").replaceWith(body);
          at("none").hidden = list.length > 0; at("open").textContent = number(list.length);
        }
        async function json(path) { const r = await fetch(path); if (!r.ok && path !== "/health") throw new Error(r.status); return r.json(); }
        async function loadViolations() {
          const list = await json("/api/violations"); open.clear(); for (const v of list) open.set(v.id, v); showViolations();
        }
        async function loadFeeds() {
          const [feeds, health] = await Promise.all([json("/api/feeds"), json("/health")]);
          const body = document.createElement("tbody"); body.id = "feeds";
          const sum = key => feeds.reduce((a, f) => a + f[key], 0);
          for (const f of feeds) {
            const row = body.insertRow();
            const style = { live: "good", silent: "bad", ended: "soft", waiting: "warn" }[f.state];
            cell(row, f.name); cell(row, ({ live: "● ", silent: "▲ ", ended: "■ ", waiting: "○ " }[f.state] || "") + f.state, style);
            cell(row, f.format || "not seen yet"); cell(row, number(f.eventsPerMinute), "n"); cell(row, number(f.events), "n");
            cell(row, number(f.rejected), "n" + (f.rejected ? " warn" : ""));
            cell(row, number(f.late), "n" + (f.late ? " warn" : "")); cell(row, number(f.missing), "n" + (f.missing ? " bad" : ""));
            cell(row, f.lagMilliseconds + " ms", "n"); cell(row, f.lastEvent ? f.lastEvent.replace("T", " ").slice(0, 19) + " UTC" : "none yet");
          }
          at("feeds").replaceWith(body);
          at("rate").textContent = number(sum("eventsPerMinute")); at("records").textContent = number(health.records);
          at("losses").textContent = number(sum("rejected")) + " / " + number(sum("missing"));
        }
        function say(text, style) { if (at("link").textContent !== text) at("link").textContent = text; at("link").className = style; }
        async function round() {
          try { await loadFeeds(); } catch (e) { say("▲ Picket does not answer", "bad"); }
          setTimeout(round, 2000);
        }
        const stream = new EventSource("/api/violations/stream");
        stream.onopen = () => { say("● live", "good"); loadViolations().catch(() => {}); };
        stream.onerror = () => say("▲ Picket does not answer", "bad");
        stream.addEventListener("violation", e => {
          const v = JSON.parse(e.data);
          if (v.event === "in-alarm") open.set(v.id, v); else open.delete(v.id);
          showViolations();
        });
        round();
        </script>
        </body>
        </html>

        """#
}
