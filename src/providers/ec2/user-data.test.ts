import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { renderUserData, type UserDataOptions } from './user-data.ts'

const OPTIONS: UserDataOptions = {
  apiBase: 'https://radix.example.com',
  clusterId: 'cl_1',
  runId: 'run_1',
  machineId: 'mch_1',
  deadlineAt: new Date('2026-03-01T12:00:00Z'),
  region: 'us-west-2',
  onboardingParameterName: '/radix/runs/run_1/onboarding-token',
  agent: { image: 'ghcr.io/example/radix-agent:1' },
  workloadImage: null,
}

describe('the user data', () => {
  it('is a valid and small bash script', () => {
    const script = renderUserData(OPTIONS)
    execFileSync('bash', ['-n'], { input: script })
    expect(Buffer.byteLength(script)).toBeLessThan(12_000)
  })

  it('arms the dead-man timer before it does anything else', () => {
    const script = renderUserData(OPTIONS)
    const armedAt = script.indexOf('say armed')
    expect(armedAt).toBeGreaterThan(0)
    for (const work of [
      /^ *docker /m,
      /^ *apt-get/m,
      /^ *obtain_secret "/m,
      /say pulling/,
      /^ *say downloading/m,
      /^ *say python-found/m,
    ]) {
      expect(script.search(work)).toBeGreaterThan(armedAt)
    }
  })

  it('is valid and small with a relay, too, and holds neither its key nor its addresses', () => {
    const relay = {
      accessParameterName: '/radix/runs/run_1/relay',
      agentFilesParameterName: '/radix/runs/run_1/agent-files',
    }
    const script = renderUserData({ ...OPTIONS, agent: { installSha256: 'a'.repeat(64) }, relay })
    execFileSync('bash', ['-n'], { input: script })
    expect(Buffer.byteLength(script)).toBeLessThan(12_000)
    expect(script).toContain("\nrelay_parameter='/radix/runs/run_1/relay'\n")
    expect(script).not.toMatch(/X-Amz-Signature|"key"/)
  })

  it('never enables tracing', () => {
    expect(renderUserData(OPTIONS)).not.toMatch(/set -[a-z]*[xv]|xtrace|BASH_XTRACEFD|bash -x/)
  })

  it.each(["it's; $(touch /tmp/evil) `id`", '"$HOME"', '\\', '* ~ !'])('quotes %s as one word', (value) => {
    const script = renderUserData({ ...OPTIONS, clusterId: value, agent: { image: value } })
    const assignments = script.slice(0, script.indexOf('# Each phase'))
    const { stdout } = spawnSync('bash', { input: `${assignments}printf '%s|%s' "$cluster_id" "$agent_image"` })
    expect(stdout.toString()).toBe(`${value}|${value}`)
  })

  it('refuses a line break in a value', () => {
    expect(() => renderUserData({ ...OPTIONS, runId: 'run_1\nreboot' })).toThrow()
  })

  it.each([
    ['ghcr.io/example/resnet50:2', 'ghcr.io/example/resnet50'],
    ['localhost:5000/resnet50', 'localhost:5000/resnet50'],
    [`ghcr.io/example/resnet50@sha256:${'a'.repeat(64)}`, 'ghcr.io/example/resnet50'],
  ])('allows %s as the only repository of workloads', (workloadImage, repository) => {
    expect(renderUserData({ ...OPTIONS, workloadImage })).toContain(`\nallowed_images='${repository}'\n`)
  })
})
