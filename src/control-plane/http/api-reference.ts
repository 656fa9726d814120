/** `/docs`: the route table as a page. No script and no external resources; the details are in `/openapi.json`. */
import { CREDENTIAL_HEADERS, type Route } from '../../contract/route.ts'
import { ROUTES } from '../../contract/routes.ts'
import { VERSION } from '../../core/version.ts'

export const API_REFERENCE_STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #8884; vertical-align: top }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere }`

export function renderApiReference(): string {
  const byTag = Map.groupBy(Object.entries<Route>(ROUTES), ([, route]) => route.tag)
  const sections = [...byTag].map(([tag, routes]) => renderSection(tag, routes))
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Radix API</title><style>${API_REFERENCE_STYLE}</style></head>
<body><h1>Radix API ${escapeHtml(VERSION)}</h1>
<p>The contract with all schemas: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).
Errors are problem documents (RFC 9457) with a permanent <code>code</code> and a <code>fix</code>.</p>
${sections.join('\n')}
</body></html>`
}

function renderSection(tag: string, routes: [string, Route][]): string {
  const rows = routes.map(
    ([name, route]) =>
      `<tr><td><code>${route.method} ${escapeHtml(route.path)}</code></td><td>${escapeHtml(route.summary)}</td>
<td>${escapeHtml(route.auth === 'none' ? 'no credential' : CREDENTIAL_HEADERS[route.auth].words)}</td>
<td>${escapeHtml(route.role ?? '')}</td>
<td><code>${escapeHtml(name)}</code></td></tr>`,
  )
  return `<h2>${escapeHtml(tag)}</h2><table><thead><tr><th>Route</th><th>What it does</th><th>Credential</th><th>Role</th><th>Operation</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
