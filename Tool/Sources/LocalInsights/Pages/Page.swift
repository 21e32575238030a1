/// A file of the web page, part of the executable so that it needs nothing beside it.
struct Page: Sendable {
    /// The path it is served at.
    let path: String
    /// Its content type.
    let contentType: String
    /// Its text.
    let text: String

    /// All files of the page.
    static let all: [Page] = [.document, .style, .script]

    /// The document, empty of telemetry: the script fills it in.
    static let document = Page(
        path: "/",
        contentType: "text/html; charset=utf-8",
        text: #"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Local Insights</title>
            <link rel="icon" href="data:,">
            <link rel="stylesheet" href="/page.css">
            <script src="/page.js" defer></script>
            </head>
            <body>
            <header>
            <h1><a href="#/">Local Insights</a></h1>
            <p id="state" role="status">connecting…</p>
            <form id="jump">
            <input id="jump-id" type="search" placeholder="Operation id" aria-label="Operation id"
            autocomplete="off" spellcheck="false">
            <button type="submit">Follow</button>
            </form>
            </header>
            <main>
            <noscript><p>This page needs JavaScript. <code>azure-monitor query</code> does not.</p></noscript>
            <section id="overview" hidden>
            <div id="tiles"></div>
            <form id="filters">
            <label>Table <select id="filter-table"><option value="">all</option></select></label>
            <label>Role <select id="filter-role"><option value="">all</option></select></label>
            <label class="grow">Text <input id="filter-text" type="search" autocomplete="off"
            placeholder="name, message, property, operation id"></label>
            <label class="check"><input id="live" type="checkbox" checked> refresh</label>
            </form>
            <p id="problem" class="problem" hidden></p>
            <div class="scroll"><table id="items">
            <thead><tr><th>Time (UTC)</th><th>Table</th><th>Role</th><th>What</th><th>Result</th>
            <th class="number">Duration</th><th>Operation</th></tr></thead>
            <tbody></tbody>
            </table></div>
            <p id="nothing" class="empty" hidden>Nothing has arrived that fits.
            Send telemetry with the connection string that <code>azure-monitor local</code> printed,
            or by OTLP over HTTP to the address of this page.</p>
            </section>
            <section id="operation" hidden>
            <p><a href="#/">← everything</a></p>
            <h2 id="operation-title"></h2>
            <p id="operation-facts"></p>
            <p id="operation-problem" class="problem" hidden></p>
            <div id="tree"></div>
            </section>
            <aside id="details" hidden>
            <button id="close" type="button" aria-label="Close details">×</button>
            <h2 id="details-title"></h2>
            <div id="details-body"></div>
            </aside>
            </main>
            </body>
            </html>

            """#
    )
}
