extension Page {
    /// What the page does.
    ///
    /// Telemetry is hostile text: it reaches the document through `textContent` and values of
    /// style properties that are numbers, never as markup, and the database as arguments.
    static let script = Page(
        path: "/page.js",
        contentType: "text/javascript; charset=utf-8",
        text: #"""
            "use strict";

            // What a list shows of the items of a table.
            const tables = {
              requests: { title: "name", detail: "url", duration: "duration", ok: "success", result: "resultCode" },
              dependencies: { title: "name", detail: "ifnull(type, '') || ' · ' || ifnull(target, '')",
                duration: "duration", ok: "success", result: "resultCode" },
              traces: { title: "message", severity: "severityLevel" },
              exceptions: { title: "ifnull(type, 'Exception') || ': ' || message", severity: "severityLevel", ok: "0" },
              customEvents: { title: "name" },
              customMetrics: { title: "name", result: "value", operations: false,
                detail: "'count ' || valueCount || ifnull(' · min ' || valueMin, '') || ifnull(' · max ' || valueMax, '')" },
              performanceCounters: { title: "name", result: "value", operations: false },
              availabilityResults: { title: "name", detail: "message", duration: "duration", ok: "success", result: "location" },
              pageViews: { title: "name", detail: "url", duration: "duration" },
              browserTimings: { title: "name", detail: "url", duration: "totalDuration" },
            };
            const severities = ["Verbose", "Information", "Warning", "Error", "Critical"];
            const listed = 200, followed = 5000;

            const byId = (id) => document.getElementById(id);

            function element(tag, properties, ...children) {
              const made = document.createElement(tag);
              for (const [name, value] of Object.entries(properties ?? {})) {
                if (name === "kind") made.style.setProperty("--kind", `var(--${value})`);
                else if (name === "style") for (const [k, v] of Object.entries(value)) made.style.setProperty(k, v);
                else made[name] = value;
              }
              for (const child of children) if (child != null) made.append(child);
              return made;
            }

            async function query(sql, ...values) {
              const reply = await fetch("/v1/query", {
                method: "POST",
                headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ sql, arguments: values }),
              });
              const body = await reply.json();
              if (!reply.ok) throw new Error(body.error ?? `HTTP ${reply.status}`);
              return body;
            }

            const number = (value) => value.toLocaleString("en-US");

            function milliseconds(value) {
              if (value == null) return "";
              if (value < 1) return `${value.toFixed(3)} ms`;
              if (value < 1000) return `${value.toFixed(1)} ms`;
              if (value < 60000) return `${(value / 1000).toFixed(2)} s`;
              return `${Math.floor(value / 60000)} min ${((value % 60000) / 1000).toFixed(0)} s`;
            }

            // Microseconds since 1970: Date alone cuts off at milliseconds.
            function microseconds(timestamp) {
              return Date.parse(timestamp.slice(0, 19) + "Z") * 1000 + Number(timestamp.slice(20, 26));
            }

            function columns(kind) {
              const t = tables[kind];
              return `'${kind}' AS kind, rowid AS seq, timestamp, cloud_RoleName AS role, ${t.title} AS title,`
                + ` ${t.detail ?? "NULL"} AS detail, ${t.duration ?? "NULL"} AS duration, ${t.ok ?? "NULL"} AS ok,`
                + ` ${t.result ?? "NULL"} AS result, ${t.severity ?? "NULL"} AS severity,`
                + ` operation_Id AS operation, operation_ParentId AS parent`;
            }

            function outcome(item) {
              if (item.severity != null) {
                return element("span", { className: item.severity >= 3 ? "bad" : "" }, severities[item.severity] ?? String(item.severity));
              }
              const text = item.result == null ? "" : String(item.result);
              if (item.ok === 0) return element("span", { className: "bad" }, item.kind === "exceptions" ? "" : `✕ ${text}`);
              if (item.ok === 1) return element("span", { className: "good" }, `✓ ${text}`);
              return text;
            }

            // MARK: The overview

            async function showCounts() {
              const sql = Object.keys(tables).map((kind) =>
                `SELECT '${kind}' AS kind, cloud_RoleName AS role, count(*) AS stored, sum(itemCount) AS items FROM ${kind} GROUP BY 2`
              ).join(" UNION ALL ");
              const rows = await query(sql);
              const roles = new Map();
              const counts = new Map(Object.keys(tables).map((kind) => [kind, { stored: 0, items: 0, roles: [] }]));
              for (const row of rows) {
                const count = counts.get(row.kind);
                count.stored += row.stored;
                count.items += row.items;
                count.roles.push(`${row.role || "(no role)"} ${number(row.stored)}`);
                roles.set(row.role ?? "", true);
              }
              const chosen = byId("filter-table").value;
              // Tables that most applications never fill show up with their first item.
              const rare = ["performanceCounters", "availabilityResults", "pageViews", "browserTimings"];
              const visible = [...counts].filter(([kind, count]) => count.stored || !rare.includes(kind) || kind === chosen);
              byId("tiles").replaceChildren(...visible.map(([kind, count]) => {
                const made = element("button",
                  { type: "button", className: count.stored ? "tile" : "tile none", kind, title: count.roles.join("\n") },
                  element("span", {}, kind), element("b", {}, number(count.stored)),
                  count.items !== count.stored ? element("span", {}, `stand for ${number(count.items)}`) : null,
                  element("span", { className: "roles" }, count.roles.join(" · ") || "–"));
                made.setAttribute("aria-pressed", String(chosen === kind));
                made.addEventListener("click", () => {
                  byId("filter-table").value = chosen === kind ? "" : kind;
                  refresh(true);
                });
                return made;
              }));
              const select = byId("filter-role");
              const names = [...roles.keys()].sort();
              const known = [...select.options].slice(1).map((option) => option.value.slice(1));
              if (names.join("\n") !== known.join("\n")) {
                const value = select.value;
                // "=" keeps the empty role apart from "all".
                select.replaceChildren(element("option", { value: "" }, "all"),
                  ...names.map((name) => element("option", { value: "=" + name }, name || "(no role)")));
                select.value = value;
                if (select.selectedIndex < 0) select.value = "";
              }
              return rows.reduce((sum, row) => sum + row.stored, 0);
            }

            async function showItems() {
              const table = byId("filter-table").value, role = byId("filter-role").value;
              const text = byId("filter-text").value.trim();
              const values = [], parts = [];
              for (const kind of table ? [table] : Object.keys(tables)) {
                const conditions = [];
                if (role) { conditions.push("ifnull(cloud_RoleName, '') = ?"); values.push(role.slice(1)); }
                if (text) {
                  const t = tables[kind];
                  conditions.push(`instr(lower(ifnull(${t.title}, '') || ' ' || ifnull(${t.detail ?? "''"}, '') || ' ' || `
                    + `customDimensions || ' ' || ifnull(operation_Id, '')), lower(?)) > 0`);
                  values.push(text);
                }
                const where = conditions.length ? ` WHERE ${conditions.join(" AND ")}` : "";
                parts.push(`SELECT * FROM (SELECT ${columns(kind)} FROM ${kind}${where} ORDER BY rowid DESC LIMIT ${listed})`);
              }
              const rows = await query(`${parts.join(" UNION ALL ")} ORDER BY seq DESC LIMIT ${listed}`, ...values);
              byId("nothing").hidden = rows.length > 0;
              byId("items").parentElement.hidden = rows.length === 0;
              byId("items").tBodies[0].replaceChildren(...rows.map((item) => {
                const row = element("tr", { tabIndex: 0 },
                  element("td", { className: "time", title: item.timestamp }, item.timestamp.slice(11, 23)),
                  element("td", {}, element("span", { className: "kind", kind: item.kind }, item.kind)),
                  element("td", {}, item.role ?? ""),
                  element("td", { className: "what" }, element("div", {}, item.title ?? ""),
                    item.detail ? element("small", {}, item.detail) : null),
                  element("td", {}, outcome(item)),
                  element("td", { className: "number" }, milliseconds(item.duration)),
                  element("td", { className: "mono" }, item.operation ? link(item.operation) : ""));
                opens(row, item);
                return row;
              }));
            }

            function link(operation, whole) {
              const made = element("a", { href: `#/operation/${encodeURIComponent(operation)}`, title: operation },
                operation.length > 12 && !whole ? operation.slice(0, 12) + "…" : operation);
              made.addEventListener("click", (event) => event.stopPropagation());
              return made;
            }

            function opens(made, item) {
              made.addEventListener("click", () => showDetails(item));
              made.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target === made) showDetails(item); });
            }

            // MARK: One operation

            async function showOperation(id) {
              const kinds = Object.keys(tables).filter((kind) => tables[kind].operations !== false);
              const spans = { requests: "id", dependencies: "id", availabilityResults: "id", pageViews: "id" };
              const sql = kinds.map((kind) =>
                `SELECT ${columns(kind)}, ${spans[kind] ?? "NULL"} AS id FROM ${kind} WHERE operation_Id = ?`).join(" UNION ALL ");
              const items = await query(`${sql} ORDER BY timestamp, seq LIMIT ${followed}`, ...kinds.map(() => id));
              byId("operation-title").textContent = `Operation ${id}`;
              if (items.length === 0) {
                byId("operation-facts").textContent = "Nothing of it is here.";
                byId("tree").replaceChildren();
                return;
              }
              for (const item of items) {
                item.start = microseconds(item.timestamp);
                item.end = item.start + (item.duration ?? 0) * 1000;
                item.children = [];
              }
              const first = items.reduce((least, item) => Math.min(least, item.start), Infinity);
              const last = items.reduce((most, item) => Math.max(most, item.end), -Infinity);
              const length = Math.max(last - first, 1);
              const roles = new Set(items.map((item) => item.role).filter(Boolean));
              const failures = items.filter((item) => item.ok === 0).length;
              byId("operation-facts").textContent = `${items[0].timestamp} · ${milliseconds(length / 1000)} · `
                + `${number(items.length)}${items.length === followed ? " (the first)" : ""} items · `
                + `roles: ${[...roles].join(", ") || "none"} · ${failures ? `${failures} failed` : "no failure"}`;

              const owners = new Map();
              for (const item of items) if (item.id && !owners.has(item.id)) owners.set(item.id, item);
              const roots = [];
              for (const item of items) {
                const owner = owners.get(item.parent);
                if (owner && owner !== item) owner.children.push(item);
                else roots.push(item);
              }
              const lines = [], seen = new Set();
              const walk = (root) => {
                const open = [[root, 0]];
                while (open.length) {
                  const [item, depth] = open.pop();
                  // Parents may form a ring: nothing is shown twice.
                  if (seen.has(item)) continue;
                  seen.add(item);
                  lines.push(line(item, depth, first, length));
                  for (const child of [...item.children].reverse()) open.push([child, depth + 1]);
                }
              };
              roots.forEach(walk);
              items.forEach(walk);
              byId("tree").replaceChildren(...lines);
            }

            function line(item, depth, first, length) {
              const percent = (value) => `${(100 * value / length).toFixed(3)}%`;
              const mark = item.duration == null
                ? element("div", { className: "point", kind: item.kind, style: { left: percent(item.start - first) } })
                : element("div", { className: item.ok === 0 ? "bar failed" : "bar", kind: item.kind,
                    style: { left: percent(item.start - first), width: percent(item.end - item.start) } });
              const made = element("div",
                { className: "node", tabIndex: 0, title: item.title ?? "", style: { "--depth": String(Math.min(depth, 20)) } },
                element("div", { className: "label" }, element("span", { className: "kind", kind: item.kind }, item.kind), " ",
                  item.title ?? "", " ", element("small", {}, item.role ?? ""), " ", outcome(item)),
                element("div", { className: "lane" }, mark),
                element("div", { className: "number mono" },
                  item.duration == null ? `+${milliseconds((item.start - first) / 1000)}` : milliseconds(item.duration)));
              opens(made, item);
              return made;
            }

            // MARK: One item

            async function showDetails(item) {
              let row;
              try {
                [row] = await query(`SELECT * FROM ${item.kind} WHERE rowid = ?`, item.seq);
              } catch (error) {
                row = { error: error.message };
              }
              if (!row) row = { note: "This item has made room for newer ones." };
              const facts = element("table"), maps = [];
              for (const [name, value] of Object.entries(row)) {
                if (value == null) continue;
                if (["customDimensions", "customMeasurements", "details"].includes(name)) {
                  maps.push([name, value]);
                  continue;
                }
                const text = name === "severityLevel" ? `${value} ${severities[value] ?? ""}` : String(value);
                facts.append(element("tr", {}, element("th", {}, name),
                  element("td", {}, name === "operation_Id" && value ? link(value, true) : text)));
              }
              byId("details-title").textContent = `${item.kind}: ${item.title ?? ""}`.slice(0, 300);
              byId("details-body").replaceChildren(facts, ...maps.flatMap(([name, text]) => map(name, text)));
              byId("details").hidden = false;
              byId("close").focus();
            }

            function map(name, text) {
              let value;
              try { value = JSON.parse(text); } catch { value = text; }
              if (name === "details" && Array.isArray(value)) {
                return value.flatMap((exception) => [
                  element("h3", {}, `${exception.typeName ?? "Exception"}: ${exception.message ?? ""}`),
                  element("pre", {}, exception.stack ?? (exception.parsedStack ?? [])
                    .map((frame) => `${frame.method} ${frame.fileName ?? ""}:${frame.line ?? ""}`).join("\n")),
                ]);
              }
              const pairs = value && typeof value === "object" ? Object.entries(value) : [["", String(value)]];
              if (pairs.length === 0) return [];
              return [element("h3", {}, name), element("table", {},
                ...pairs.map(([key, entry]) => element("tr", {}, element("th", {}, key), element("td", {}, String(entry)))))];
            }

            // MARK: Going on

            let shown = null, newest = -1, timer = 0, pause = 1500, running = false, again = false;

            function say(text, lost) {
              byId("state").textContent = text;
              byId("state").className = lost ? "lost" : "";
            }

            async function refresh(forced) {
              if (running) { again ||= forced; return; }
              running = true;
              clearTimeout(timer);
              const began = performance.now();
              const operation = location.hash.match(/^#\/operation\/(.+)$/);
              try {
                const reply = await fetch("/api/state");
                if (!reply.ok) throw new Error(`HTTP ${reply.status}`);
                const state = await reply.json();
                if (forced || state.sequence !== newest) {
                  byId("overview").hidden = Boolean(operation);
                  byId("operation").hidden = !operation;
                  const problem = byId(operation ? "operation-problem" : "problem");
                  try {
                    if (operation) await showOperation(decodeURIComponent(operation[1]));
                    else { await showItems(); shown = await showCounts(); }
                    problem.hidden = true;
                  } catch (error) {
                    problem.textContent = error.message;
                    problem.hidden = false;
                  }
                  newest = state.sequence;
                }
                say(operation || shown == null ? "" : `${number(shown)} items · ${state.store}`, false);
              } catch {
                say("not reachable: is azure-monitor local still running?", true);
              }
              // A large store is asked less often.
              pause = Math.max(1500, 8 * (performance.now() - began));
              running = false;
              if (again) { again = false; refresh(true); return; }
              timer = setTimeout(() => { if (byId("live").checked && !document.hidden) refresh(false); else refreshLater(); }, pause);
            }

            function refreshLater() {
              timer = setTimeout(() => { if (byId("live").checked && !document.hidden) refresh(false); else refreshLater(); }, 1000);
            }

            for (const kind of Object.keys(tables)) byId("filter-table").append(element("option", { value: kind }, kind));
            let typing = 0;
            byId("filter-text").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => refresh(true), 250); });
            for (const id of ["filter-table", "filter-role", "live"]) byId(id).addEventListener("change", () => refresh(true));
            byId("filters").addEventListener("submit", (event) => event.preventDefault());
            byId("jump").addEventListener("submit", (event) => {
              event.preventDefault();
              const id = byId("jump-id").value.trim();
              if (id) location.hash = `#/operation/${encodeURIComponent(id)}`;
            });
            const close = () => { byId("details").hidden = true; };
            byId("close").addEventListener("click", close);
            addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
            addEventListener("hashchange", () => { close(); refresh(true); });
            refresh(true);

            """#
    )
}
