/**
 * Writes the files that are generated from the code and checked in; `--check` fails instead when one of them differs.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { evidenceJsonSchema } from '../src/contract/schemas/evidence.ts'
import { buildOpenApiDocument } from '../src/control-plane/openapi.ts'
import { ALL_LIMITS } from '../src/core/limits/all-limits.ts'
import type { Limit } from '../src/core/limits/limit.ts'
import { ERRORS } from '../src/errors/table.ts'
import { renderPoliciesDocument } from '../src/providers/ec2/account/policies-document.ts'
import { renderTerraformModule } from '../src/providers/ec2/account/terraform-module.ts'
import { WORKLOADS } from '../src/workloads/index.ts'
import { ACTION_FOLDER, buildAction } from './build-action.ts'
import { renderConfiguration } from './configuration-document.ts'
import { renderLimit } from './render-limit.ts'
import { sampleEvidence } from './sample-evidence.ts'
import { describeForProgram, renderWorkloads } from './workloads-document.ts'

const FILES: Record<string, () => string | Promise<string>> = {
  'docs/openapi.json': async () => renderJson(await buildOpenApiDocument()),
  'docs/evidence.schema.json': () => renderJson(evidenceJsonSchema()),
  'docs/errors.md': renderErrors,
  'docs/limits.md': renderLimits,
  'docs/configuration.md': renderConfiguration,
  ...Object.fromEntries(Object.entries(sampleEvidence()).map(([path, text]) => [path, () => text])),
  'docs/workloads.md': renderWorkloads,
  ...Object.fromEntries(
    Object.values(WORKLOADS).map((workload) => [
      `workloads/${workload.name}/descriptor.json`,
      () => renderJson(describeForProgram(workload)),
    ]),
  ),
  'docs/IAM_POLICIES.md': renderPoliciesDocument,
  ...Object.fromEntries(
    Object.entries(renderTerraformModule()).map(([name, text]) => [`deploy/terraform/${name}`, () => text]),
  ),
}

const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')
const stale: string[] = []
const bundle = await buildAction()
for (const [name, text] of Object.entries(bundle)) FILES[name] = () => text
for (const name of await readdir(join(root, ACTION_FOLDER)).catch(() => [])) {
  const path = `${ACTION_FOLDER}/${name}`
  if (path in bundle) continue
  stale.push(path)
  if (!check) await rm(join(root, path))
}
for (const [path, render] of Object.entries(FILES)) {
  const file = join(root, path)
  const wanted = await render()
  const present = await readFile(file, 'utf8').catch(() => '')
  if (present === wanted) continue
  stale.push(path)
  if (check) continue
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, wanted)
}

if (check && stale.length > 0) {
  process.stderr.write(`Not up to date: ${stale.join(', ')}\nfix: npm run generate\n`)
  process.exit(1)
}
process.stdout.write(stale.length === 0 ? 'Generated files are up to date.\n' : `Written: ${stale.join(', ')}\n`)

function renderJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function renderErrors(): string {
  const sections = Object.entries(ERRORS).map(
    ([code, { title, why, fix, httpStatus, exitCode, ...rest }]) =>
      `## ${code}\n\n**${title}.** ${why}\n\nFix: ${fix}\n\nHTTP status ${httpStatus} · exit code ${exitCode}${'isRetired' in rest ? ' · no longer raised' : ''}\n`,
  )
  return [
    '# Errors\n',
    '<!-- Generated from src/errors/table.ts by `npm run generate`. -->\n',
    'Every error has a permanent code and says what happened, why, and how to fix it. A word in braces is replaced when',
    'the error is shown. Exit codes: 0 ok · 1 failed · 2 usage or configuration · 3 regression · 4 authentication ·',
    '5 capacity or quota · 6 budget · 7 termination unconfirmed · 130 interrupted.\n',
    ...sections,
  ].join('\n')
}

function renderLimits(): string {
  const sections = Object.entries(ALL_LIMITS).map(([part, table]) => {
    const rows = Object.values(table).map(
      (limit: Limit) =>
        `| ${limit.of} | ${renderLimit(limit)} | ${limit.effect} | ${limit.setting ? `\`${limit.setting}\`` : '-'} |`,
    )
    const heading = '| what is limited | limit | effect | setting |\n|---|---|---|---|'
    return `## ${part}\n\n${[heading, ...rows].join('\n')}\n`
  })
  return [
    '# Limits\n\nGenerated from `src/core/limits/`; edit there. Everything that Radix waits for, reads, keeps or lists has a limit.\n',
    ...sections,
  ].join('\n')
}
