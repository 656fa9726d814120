/** The compose file and the chart: what they set exists, and nothing runs as root or with more rights than it needs. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { SETTINGS } from '../src/core/settings.ts'
import { VERSION } from '../src/core/version.ts'

const DEPLOY = join(import.meta.dirname, '..', 'deploy')
const read = (path: string) => readFileSync(join(DEPLOY, path), 'utf8')
const known = new Set(Object.values(SETTINGS).flatMap((settings) => settings.map(({ name }) => name)))

const Compose = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      environment: z.record(z.string(), z.string()).default({}),
      env_file: z.unknown().optional(),
      networks: z.array(z.string()),
      ports: z.array(z.string()).default([]),
      cap_drop: z.array(z.string()).default([]),
      security_opt: z.array(z.string()),
      read_only: z.boolean().default(false),
    }),
  ),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) }).nullable()),
})

describe('the compose file', () => {
  const { services, networks } = Compose.parse(parse(read('compose.yaml')))

  it('sets only what the control plane reads', () => {
    const set = Object.keys(services.radix?.environment ?? {})
    expect(set.filter((name) => !known.has(name))).toEqual([])
    expect(set).toContain('DATABASE_URL')
  })

  it('gives the control plane every setting of deploy/.env', () => {
    expect(services.radix?.env_file).toEqual([{ path: '.env', required: false }])
  })

  it('has no password, and does not start without one', () => {
    const { POSTGRES_PASSWORD } = services.postgres?.environment ?? {}
    expect(POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/)
  })

  it('keeps PostgreSQL to itself, and the control plane to this machine', () => {
    expect(services.postgres).toMatchObject({ networks: ['database'], ports: [] })
    expect(networks.database?.internal).toBe(true)
    expect(services.radix?.ports).toEqual([expect.stringContaining(':-127.0.0.1:8080}')])
  })

  it('gives the control plane no rights that it does not need', () => {
    expect(services.radix).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
    for (const service of Object.values(services)) expect(service.security_opt).toContain('no-new-privileges:true')
  })
})

describe('the chart', () => {
  const Chart = z.object({ appVersion: z.string(), version: z.string() })

  it('is of this version', () => {
    expect(Chart.parse(parse(read('helm/Chart.yaml')))).toEqual({ appVersion: VERSION, version: VERSION })
  })

  it('names only settings that the control plane reads', () => {
    const texts = globSync('helm/**/*', { cwd: DEPLOY, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    const named = texts.flatMap((text) => text.match(/\b(?:RADIX_[A-Z_]+|DATABASE_URL)\b/g) ?? [])
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })

  it('has a schema for every value', () => {
    const Schema = z.object({ properties: z.record(z.string(), z.unknown()) })
    const { properties } = Schema.parse(JSON.parse(read('helm/values.schema.json')))
    const values = z.record(z.string(), z.unknown()).parse(parse(read('helm/values.yaml')))
    expect(
      Object.keys(properties)
        .filter((name) => name !== 'global')
        .sort(),
    ).toEqual(Object.keys(values).sort())
  })
})
