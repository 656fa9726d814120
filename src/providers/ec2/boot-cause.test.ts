import { describe, expect, it } from 'vitest'
import { findBootCause } from './boot-cause.ts'

describe('the likely cause of a failed boot', () => {
  it.each([
    [
      'failed',
      'no secret from SSM parameter /radix/runs/r/t: Connect timeout on endpoint URL',
      /cannot reach the internet/,
    ],
    [
      'failed',
      'the agent image cannot be pulled: Get https://ghcr.io/v2/: dial tcp 1.2.3.4:443: i/o timeout',
      /cannot reach the internet/,
    ],
    ['failed', 'the agent image cannot be pulled: lookup ghcr.io: no such host', /cannot reach the internet/],
    ['failed', 'the agent image cannot be pulled: manifest unknown', /agent image cannot be pulled/],
    ['failed', 'no secret from SSM parameter /x: AccessDeniedException: not authorized', /may not read/],
    ['failed', 'installing docker.io failed: apt-get: command not found', /no working Docker/],
    ['failed', 'docker run: Cannot connect to the Docker daemon', /no working Docker/],
    ['failed', 'this AMI has no PyTorch: take a Deep Learning AMI', /no PyTorch/],
    ['failed', 'the dead-man timer could not be armed', /gave up during its boot/],
    ['ended', 'the agent ended with exit code 4', /agent exited by itself/],
    ['failed', 'installing python3-boto3 failed: E: Unable to locate package', /lacks programs/],
    ['installing', 'docker.io', /lacks these programs/],
    ['pulling', 'ghcr.io/x/radix-agent:latest', /waits for SSM, the control plane or an image registry/],
    ['downloading', 'https://radix.example.com/agent/install.sh', /waits for SSM, the control plane/],
    ['agent-started', 'gpu: yes', /does not reach the control plane/],
  ])('after %s, %s, is named', (phase, detail, cause) => {
    const found = findBootCause([{ phase: 'armed' }, { phase, detail }])
    expect(found.cause).toMatch(cause)
    expect(found.cause).toContain(detail)
    expect(found.remedy).toMatch(/\.$/)
    expect(found.isCertain).toBe(phase === 'failed' || phase === 'ended')
  })

  it('is that nothing ran when there was no output', () => {
    expect(findBootCause([])).toMatchObject({
      cause: expect.stringContaining('user data did not run'),
      isCertain: false,
    })
  })
})
