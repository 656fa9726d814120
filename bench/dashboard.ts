/**
 * The first view of each page of the dashboard, with 10,000 clusters, 100,000 jobs and 20,000 measured runs in the database:
 * a real Chromium with an empty cache, from the click on a link to when the page shows its data.
 */
import { rm } from 'node:fs/promises'
import { sql } from 'kysely'
import type { Browser } from 'playwright-core'
import { z } from 'zod'
import { startBrowser } from '../e2e/support/browser.ts'
import { startEmbeddedServer } from '../src/cli/shared/embedded-server.ts'
import { createClient } from '../src/contract/client.ts'
import { openLocalIssuer } from '../src/control-plane/auth/local-issuer.ts'
import { type Database, openDatabase } from '../src/control-plane/store/database.ts'
import { embeddedConnectionOf } from '../src/control-plane/store/embedded-postgres.ts'
import { createDataDirectory } from './control-plane.ts'
import { type Finding, milliseconds } from './report.ts'
import { median, p99 } from './rounds.ts'

const CLUSTERS = 10_000
const JOBS = 100_000
const RUNS = 20_000
const ROUNDS = 10
const TARGET_MS = 1000
const TENANT = 'bench'

/** What each page shows once it has its data. */
const PAGES = [
  { name: 'clusters', path: '/clusters', shown: 'tbody tr:not(.skeleton)' },
  {
    name: 'clusters, searched by name',
    path: '/clusters?name=machine-77&status=any',
    shown: 'tbody tr:not(.skeleton)',
  },
  { name: 'one cluster with its jobs', path: '/clusters/cl_1', shown: 'tbody tr:not(.skeleton)' },
  { name: 'runs', path: '/runs', shown: 'tbody tr:not(.skeleton)' },
  { name: 'runs, searched by GPU', path: '/runs?search=H100', shown: 'tbody tr:not(.skeleton)' },
  { name: 'trends', path: '/trends?period=all', shown: 'tbody tr' },
  { name: 'machines', path: '/machines', shown: '.note.good, tbody tr' },
] as const

export async function measureDashboard(): Promise<Finding[]> {
  const dataDir = await createDataDirectory()
  process.env.RADIX_RATE_LIMIT_PER_MINUTE = '999999999'
  process.env.RADIX_LOG_LEVEL = 'warn'
  const server = await startEmbeddedServer(dataDir)
  const database = await openDatabase({ connection: embeddedConnectionOf(dataDir), displayName: 'bench' })
  const browser = await startBrowser()
  try {
    await fill(database.db)
    const issuer = await openLocalIssuer(dataDir)
    const token = await issuer.mintToken({ subject: 'bench', tenantId: TENANT, ttlSeconds: 3600 })
    const client = createClient({ baseUrl: server.url, credential: () => token })
    const findings: Finding[] = []
    for (const page of PAGES) {
      const { code } = await client.call('createSignInLink', {})
      const times = await measurePage(browser, server.url, code, page)
      findings.push(describe(page.name, times))
    }
    return findings
  } finally {
    await browser.close()
    await database.close()
    await server.close()
    await rm(dataDir, { recursive: true })
  }
}

function describe(name: string, times: readonly number[]): Finding {
  const middle = median([...times])
  return {
    what: `first view: ${name}`,
    median: milliseconds(middle),
    p99: milliseconds(p99([...times])),
    target: { text: `median < ${TARGET_MS} ms`, met: middle < TARGET_MS },
  }
}

/** Signed in once; every view has a cache of its own, which is empty. */
async function measurePage(
  browser: Browser,
  url: string,
  code: string,
  { path, shown }: (typeof PAGES)[number],
): Promise<number[]> {
  const signedIn = await browser.newContext({ baseURL: url })
  const first = await signedIn.newPage()
  await first.goto(`/sign-in#${code}`)
  await first.getByRole('heading', { name: 'Clusters' }).waitFor()
  const storageState = await signedIn.storageState()
  await signedIn.close()
  const times: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const context = await browser.newContext({ baseURL: url, storageState })
    const page = await context.newPage()
    await page.addInitScript(noteWhenShown(shown))
    await page.goto(path, { waitUntil: 'commit' })
    const shownAtMs = z.number().parse(await page.evaluate(WHEN_SHOWN))
    // The first one also wakes up what sleeps.
    if (round > 0) times.push(shownAtMs)
    await context.close()
  }
  return times
}

/** In the page itself: milliseconds from the start of the navigation until the frame that shows it. */
function noteWhenShown(selector: string): string {
  return `new MutationObserver((_, observer) => {
    if (!document.querySelector(${JSON.stringify(selector)})) return
    observer.disconnect()
    requestAnimationFrame(() => requestAnimationFrame(() => { window.shownAtMs = performance.now() }))
  }).observe(document, { childList: true, subtree: true })`
}

const WHEN_SHOWN = `new Promise((resolve) => {
  const look = () => (window.shownAtMs === undefined ? requestAnimationFrame(look) : resolve(window.shownAtMs))
  look()
})`

/** Rows as the control plane would have written them, by as few statements as can be. */
async function fill(db: Database): Promise<void> {
  await sql`
    insert into clusters (cluster_id, tenant_id, name, type, status, capabilities, agent_version, heartbeat_interval_seconds,
      last_heartbeat_at, created_at)
    select 'cl_' || n, ${TENANT}, 'machine-' || n, 'docker_host', case when n % 3 = 0 then 'archived' else 'active' end,
      jsonb_build_object('hostname', 'host-' || n, 'os', 'Ubuntu 24.04', 'memory_total_bytes', 274877906944,
        'cpu', jsonb_build_object('model', 'AMD EPYC', 'cores', 64),
        'gpus', (select jsonb_agg(jsonb_build_object('index', gpu, 'uuid', 'GPU-' || n || '-' || gpu,
          'name', 'NVIDIA H100 80GB HBM3', 'memory_total_bytes', 85899345920, 'driver_version', '570.86.15',
          'vbios_version', '96.00', 'compute_capability', '9.0', 'pci_bus_id', '0000:0' || gpu, 'power_limit_watts', 700))
          from generate_series(0, 7) as gpu)),
      '0.1.0', 3600, now(), now() - n * interval '1 minute'
    from generate_series(1, ${CLUSTERS}::int) as n`.execute(db)
  await sql`
    insert into jobs (job_id, cluster_id, tenant_id, job_kind, params, status, timeout_seconds, metrics, output_payload,
      created_at, started_at, finished_at)
    select 'job_' || n, 'cl_' || case when n % 10 = 0 then 1 else 1 + n % ${CLUSTERS} end, ${TENANT}, 'resnet50_benchmark',
      '{"batch_size": 128, "epochs": 1}', 'succeeded', 2700,
      jsonb_build_object('duration_seconds', 85.6, 'throughput', jsonb_build_object('value', 340 + n % 7, 'unit', 'images/s')),
      jsonb_build_object('step_seconds', (select jsonb_agg(0.37) from generate_series(1, 200))),
      now() - n * interval '1 minute', now() - n * interval '1 minute', now() - n * interval '1 minute' + interval '90 s'
    from generate_series(1, ${JOBS}::int) as n`.execute(db)
  await sql`
    insert into runs (tenant_id, run_id, provider, cluster_name, cluster_id, status, parameters, machine, deadline_at,
      created_at, ended_at)
    select ${TENANT}, 'run_' || n, 'ec2', 'ci-gpu-bench', 'cl_' || 1 + n % ${CLUSTERS}, 'succeeded', '{"recipe": "reference"}',
      jsonb_build_object('machine_id', 'i-' || n, 'instance_type', 'g5.xlarge', 'state', 'terminated', 'launched_at', null,
        'terminated_at', null), now(), now() - n * interval '1 hour',
      now() - n * interval '1 hour' + interval '8 minutes'
    from generate_series(1, ${RUNS}::int) as n`.execute(db)
  await sql`
    insert into measurements (tenant_id, run_id, measured_at, conditions, recipe, device_type, device_name, instance_type, trials,
      throughput, throughput_unit, throughput_low, throughput_high, duration_seconds, work_per_usd, machine_usd, verdict)
    select tenant_id, run_id, created_at,
      '{"job_kind": "resnet50_benchmark", "workload": {"name": "resnet50", "version": "1"}, "recipe": "reference",
        "precision": {}, "parameters": {"batch_size": 128, "image_size": 224, "epochs": 1, "steps_per_epoch": 200}}',
      'reference', 'cuda', case when length(run_id) % 2 = 0 then 'NVIDIA A10G' else 'NVIDIA H100' end,
      'type-' || right(run_id, 1), 3, throughput, 'images/s', throughput - 2, throughput + 2, 85.6, 1000000, 0.13, 'valid'
    from runs cross join lateral (select 340 + substr(run_id, 5)::int % 7 as throughput) as measured`.execute(db)
  await sql`analyze`.execute(db)
}
