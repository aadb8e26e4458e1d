/// The style sheet of a report: a quiet page on a screen, and a clean one on paper.
package enum ReportStyle {
    /// The whole sheet.
    package static let sheet = """
        :root { --ink: #1c2330; --soft: #5b6575; --line: #d8dde5; --paper: #fff; --tint: #f4f6f9;
          --good: #1d6f42; --bad: #a8321e; --none: #6b6f76; --bar: #4a6fa5; }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem; color: var(--ink); background: var(--paper);
          font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
        header { border-bottom: 3px solid var(--ink); margin-bottom: 1.5rem; padding-bottom: 1rem; }
        h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .4rem; }
        h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
        h3 { font-size: 1rem; margin: 1rem 0 .2rem; } .control h3 { margin: 0; }
        p { margin: .4rem 0; }
        .soft, .none, .axis { color: var(--soft); }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .8rem; margin: 1.2rem 0; }
        .facts div { background: var(--tint); border-radius: 6px; padding: .7rem .9rem; }
        .facts b { display: block; font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
        table { border-collapse: collapse; width: 100%; margin: .6rem 0; font-size: .84rem; }
        th, td { text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid var(--line);
          overflow-wrap: anywhere; }
        th { color: var(--soft); font-weight: 600; white-space: nowrap; }
        td.n, .n { font-variant-numeric: tabular-nums; white-space: nowrap; }
        code, pre { font: .8rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
        pre { background: var(--tint); padding: .8rem; border-radius: 6px; white-space: pre-wrap; }
        .control { border: 1px solid var(--line); border-left: 5px solid var(--none); border-radius: 6px;
          padding: .8rem 1rem; margin: .7rem 0; break-inside: avoid; }
        .control.contributes-evidence { border-left-color: var(--good); }
        .control.needs-attention { border-left-color: var(--bad); }
        .badge { float: right; margin-left: 1rem; font-size: .76rem; font-weight: 600; padding: .15rem .6rem; border-radius: 1rem;
          color: #fff; background: var(--none); }
        .contributes-evidence .badge { background: var(--good); }
        .needs-attention .badge { background: var(--bad); }
        .severity-critical, .severity-high { color: var(--bad); font-weight: 600; }
        svg { width: 100%; height: auto; margin: .6rem 0; font: 12px system-ui, "DejaVu Sans", sans-serif; }
        svg text { fill: currentColor; } svg .axis { fill: var(--soft); }
        .bar { fill: var(--bar); } .alarm { fill: var(--bad); } .gap { fill: var(--bad); }
        .outage { fill: var(--bad); opacity: .16; } .rule { stroke: var(--line); }
        .sign td { height: 3.2rem; }
        .signoff { break-inside: avoid; }
        @media (prefers-color-scheme: dark) { @media screen {
          :root { --ink: #e4e8ee; --soft: #9aa5b5; --line: #38404d; --paper: #171b21; --tint: #20262f; --good: #2f8f5b;
            --bad: #d3604a; --bar: #7fa3d6; } } }
        @page { size: A4; margin: 16mm 14mm; }
        @media print { html { font-size: 11px; } body { max-width: none; padding: 0; font-size: 11px; }
          h2, h3 { break-after: avoid; } pre { break-before: avoid; } .facts { grid-template-columns: repeat(5, 1fr); }
          tr, .facts, svg { break-inside: avoid; } thead { display: table-header-group; }
          .control, .facts div, pre, .badge { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }

        """
}
