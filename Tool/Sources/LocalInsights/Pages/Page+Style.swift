extension Page {
    /// The look of the page, light and dark.
    static let style = Page(
        path: "/page.css",
        contentType: "text/css; charset=utf-8",
        text: #"""
            :root {
              color-scheme: light dark;
              --ground: #f6f7f9; --sheet: #ffffff; --ink: #1d2430; --faint: #667085;
              --line: #e2e5ea; --accent: #2459c7; --hover: #eef3fd;
              --requests: #2459c7; --dependencies: #0d7f86; --traces: #667085;
              --exceptions: #c02a2a; --customEvents: #8a4cc4; --customMetrics: #a2660a;
              --performanceCounters: #a2660a; --availabilityResults: #2f7d32;
              --pageViews: #8a4cc4; --browserTimings: #8a4cc4; --bad: #c02a2a; --good: #2f7d32;
            }
            @media (prefers-color-scheme: dark) {
              :root {
                --ground: #12151b; --sheet: #1a1f28; --ink: #e4e8ef; --faint: #97a1b3;
                --line: #2c3340; --accent: #82aaff; --hover: #222a38;
                --requests: #82aaff; --dependencies: #5fc8cf; --traces: #97a1b3;
                --exceptions: #ff8080; --customEvents: #c99cf5; --customMetrics: #e5b567;
                --performanceCounters: #e5b567; --availabilityResults: #84cc88;
                --pageViews: #c99cf5; --browserTimings: #c99cf5; --bad: #ff8080; --good: #84cc88;
              }
            }
            * { box-sizing: border-box; }
            [hidden] { display: none !important; }
            body { margin: 0; background: var(--ground); color: var(--ink);
              font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
            header { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center;
              padding: 10px 20px; background: var(--sheet); border-bottom: 1px solid var(--line);
              position: sticky; top: 0; z-index: 2; }
            h1 { font-size: 17px; margin: 0; }
            h1 a { color: inherit; text-decoration: none; }
            h2 { font-size: 16px; margin: 0 0 6px; overflow-wrap: anywhere; }
            #state { margin: 0; color: var(--faint); flex: 1; }
            #state.lost { color: var(--bad); }
            main { padding: 16px 20px 40px; max-width: 1700px; margin: 0 auto; }
            a { color: var(--accent); }
            input, select, button { font: inherit; color: inherit; background: var(--sheet);
              border: 1px solid var(--line); border-radius: 6px; padding: 5px 9px; }
            button { cursor: pointer; }
            button:hover { background: var(--hover); }
            :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
            #jump-id { width: 22em; max-width: 50vw; }
            #tiles { display: grid; gap: 10px; margin-bottom: 14px;
              grid-template-columns: repeat(auto-fill, minmax(165px, 1fr)); }
            .tile { text-align: left; background: var(--sheet); border: 1px solid var(--line);
              border-left: 4px solid var(--kind, var(--line)); border-radius: 8px; padding: 8px 12px; }
            .tile[aria-pressed="true"] { background: var(--hover); border-color: var(--accent); }
            .tile.none { opacity: .55; }
            .tile b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
            .tile span { display: block; color: var(--faint); }
            .tile .roles { font-size: 12px; margin-top: 3px; overflow: hidden;
              text-overflow: ellipsis; white-space: nowrap; }
            #filters { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center;
              margin-bottom: 10px; }
            #filters label { color: var(--faint); display: flex; gap: 6px; align-items: center; }
            #filters .grow { flex: 1; min-width: 260px; }
            #filters .grow input { flex: 1; }
            .scroll { overflow-x: auto; background: var(--sheet); border: 1px solid var(--line);
              border-radius: 8px; }
            table { border-collapse: collapse; width: 100%; }
            th { text-align: left; font-weight: 600; color: var(--faint); font-size: 12px; }
            th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
            tbody tr:last-child td { border-bottom: 0; }
            #items tbody tr { cursor: pointer; }
            #items tbody tr:hover { background: var(--hover); }
            td.time, td.number, .mono { font-family: ui-monospace, "Cascadia Mono", Menlo,
              "DejaVu Sans Mono", monospace; font-size: 12px; white-space: nowrap; }
            th.number, td.number { text-align: right; }
            td.what { width: 50%; overflow-wrap: anywhere; }
            td.what small { color: var(--faint); display: block; }
            td.what div { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical;
              overflow: hidden; }
            .kind { color: var(--kind); font-size: 12px; font-weight: 600; white-space: nowrap; }
            .bad { color: var(--bad); font-weight: 600; }
            .good { color: var(--good); }
            .problem { color: var(--bad); }
            .empty { color: var(--faint); text-align: center; padding: 30px; }
            #operation-facts { color: var(--faint); margin: 0 0 12px; }
            #tree { background: var(--sheet); border: 1px solid var(--line); border-radius: 8px;
              overflow: hidden; }
            .node { display: grid; grid-template-columns: minmax(300px, 46%) 1fr 92px; gap: 10px;
              padding: 4px 12px; border-bottom: 1px solid var(--line); align-items: center;
              cursor: pointer; }
            .node:last-child { border-bottom: 0; }
            .node:hover { background: var(--hover); }
            .node .label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
              padding-left: calc(var(--depth) * 18px); }
            .node .label small { color: var(--faint); }
            .node .label .kind { display: inline-block; min-width: 8.6em; margin-right: 4px; }
            .lane { position: relative; height: 16px; border-radius: 3px;
              background: linear-gradient(90deg, var(--line) 1px, transparent 1px) 0 0 / 25% 100%; }
            .bar { position: absolute; top: 3px; height: 10px; border-radius: 3px; min-width: 3px;
              background: var(--kind); }
            .bar.failed { background: var(--bad); }
            .point { position: absolute; top: 4px; width: 8px; height: 8px; margin-left: -4px;
              border-radius: 50%; background: var(--kind); }
            .node .number { text-align: right; }
            #details { position: fixed; top: 0; right: 0; bottom: 0; width: min(620px, 96vw);
              background: var(--sheet); border-left: 1px solid var(--line); padding: 16px 20px;
              overflow-y: auto; z-index: 3; box-shadow: -8px 0 24px rgb(0 0 0 / .18); }
            #close { float: right; font-size: 18px; line-height: 1; }
            #details th { width: 13em; font-weight: 400; }
            #details td { overflow-wrap: anywhere; white-space: pre-wrap; }
            #details h3 { font-size: 13px; margin: 16px 0 4px; color: var(--faint); }
            pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; margin: 0; }
            @media (max-width: 800px) {
              .node { grid-template-columns: 1fr 92px; }
              .node .lane { grid-column: 1 / -1; grid-row: 2; }
              #jump-id { width: 12em; }
            }

            """#
    )
}
