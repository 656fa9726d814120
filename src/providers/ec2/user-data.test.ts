import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { renderUserData, type UserDataOptions } from './user-data.ts'

const options: UserDataOptions = {
  apiBase: 'https://radix.example.com',
  clusterId: 'cl_1',
  runId: 'run_1',
  machineId: 'm_1',
  deadlineAt: new Date('2026-03-02T10:00:00Z'),
  region: 'us-west-2',
  onboardingParameterName: '/radix/runs/run_1/onboarding-token',
  agentImage: 'ghcr.io/example/radix-agent:1',
  workloadImage: null,
}

describe('the user data of an instance', () => {
  it('sets its timer before it does anything else', () => {
    const lines = renderUserData(options).split('\n')
    const first = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line))
    expect(first(/systemd-run/)).toBeGreaterThan(0)
    expect(first(/systemd-run/)).toBeLessThan(first(/docker|aws |nvidia-smi/))
  })

  it('traces nothing', () => {
    expect(renderUserData(options)).not.toMatch(/set -[a-z]*x|bash -x|xtrace/)
  })

  it('is a script that bash can read, and small enough', () => {
    const script = renderUserData({ ...options, workloadImage: 'ghcr.io/example/resnet50@sha256:0' })
    execFileSync('bash', ['-n'], { input: script })
    expect(Buffer.byteLength(script)).toBeLessThan(8192)
  })

  it('takes any value as a value', () => {
    const clusterId = "cl'; touch /tmp/owned; '$(id)`id`"
    const assignments = renderUserData({ ...options, clusterId }).split('\n# What an instance')[0]
    const shown = execFileSync('bash', ['-c', `${assignments}\nprintf %s "$RADIX_CLUSTER_ID"`], { encoding: 'utf8' })
    expect(shown).toBe(clusterId)
  })
})
