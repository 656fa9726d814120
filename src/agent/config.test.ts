import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RELAYED_API_BASE, renderAccessFile } from '../relay/access.ts'
import { newRelayKey } from '../relay/seal.ts'
import { readAgentConfig } from './config.ts'
import { selectJobEnvironment } from './job-environment.ts'

const ENV = { RADIX_API_BASE: 'https://radix.example.com/', RADIX_CLUSTER_ID: 'cl_1', RADIX_DATA_DIR: '/data' }

describe('the configuration', () => {
  it('comes from the environment', () => {
    expect(readAgentConfig({}, ENV)).toMatchObject({
      apiBase: 'https://radix.example.com',
      clusterId: 'cl_1',
      stateDir: '/data/agents/cl_1',
      deadlineAt: null,
      unreachableExitMs: null,
    })
  })

  it('runs jobs as processes, or in containers with an image and a list of allowed repositories', () => {
    expect(readAgentConfig({}, ENV).executor).toEqual({ name: 'process' })
    const docker = {
      RADIX_EXECUTOR: 'docker',
      RADIX_WORKLOAD_IMAGE: 'ghcr.io/a/b:1',
      RADIX_ALLOWED_IMAGES: 'c, ghcr.io/a/b',
    }
    expect(readAgentConfig({}, { ...ENV, ...docker }).executor).toEqual({
      name: 'docker',
      image: 'ghcr.io/a/b:1',
      allowedRepositories: ['c', 'ghcr.io/a/b'],
      socketPath: '/var/run/docker.sock',
    })
    const elsewhere = { ...ENV, ...docker, DOCKER_HOST: 'unix:///run/user/1000/docker.sock' }
    expect(readAgentConfig({}, elsewhere).executor).toMatchObject({ socketPath: '/run/user/1000/docker.sock' })
    const refuses = (env: Record<string, string>, code: string) =>
      expect(() => readAgentConfig({}, { ...ENV, ...docker, ...env })).toThrow(expect.objectContaining({ code }))
    refuses({ RADIX_ALLOWED_IMAGES: 'c' }, 'WORKLOAD_IMAGE_NOT_ALLOWED')
    refuses({ RADIX_ALLOWED_IMAGES: '' }, 'CONFIGURATION_INVALID')
    refuses({ RADIX_WORKLOAD_IMAGE: '' }, 'CONFIGURATION_INVALID')
    refuses({ RADIX_EXECUTOR: 'slurm' }, 'CONFIGURATION_INVALID')
    refuses({ DOCKER_HOST: 'tcp://10.0.0.1:2375' }, 'CONFIGURATION_INVALID')
  })

  it('comes from a relay file, which wins over an address and a cluster', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'radix-config-'))
    try {
      const path = join(directory, 'relay.json')
      const access = { clusterId: 'cl_9', key: newRelayKey(), url: 'https://b.example/access' }
      await writeFile(path, renderAccessFile({ ...access, onboardingToken: 'radix_ot_1' }))
      for (const config of [
        readAgentConfig({ relay: path }, ENV),
        readAgentConfig({}, { ...ENV, RADIX_RELAY_FILE: path }),
      ]) {
        const expected = { apiBase: RELAYED_API_BASE, clusterId: 'cl_9', onboardingToken: 'radix_ot_1', relay: access }
        expect(config).toMatchObject(expected)
      }
      const unreadable = expect.objectContaining({ code: 'FILE_NOT_READABLE' })
      expect(() => readAgentConfig({ relay: join(directory, 'none') }, ENV)).toThrow(unreadable)
      const endless = expect.objectContaining({ code: 'RELAY_FILE_INVALID' })
      expect(() => readAgentConfig({ relay: '/dev/zero' }, ENV)).toThrow(endless)
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('prefers flags', () => {
    const flags = { clusterId: 'cl_2', stateDir: '/s', deadline: '2026-01-01T00:00:00Z', unreachableExitSeconds: 5 }
    expect(readAgentConfig(flags, ENV)).toMatchObject({
      clusterId: 'cl_2',
      stateDir: '/s',
      deadlineAt: new Date('2026-01-01T00:00:00Z'),
      unreachableExitMs: 5000,
    })
  })

  it.each([
    ['RADIX_CLUSTER_ID', { RADIX_CLUSTER_ID: undefined }],
    ['RADIX_CLUSTER_ID', { RADIX_CLUSTER_ID: '../../etc' }],
    ['RADIX_API_BASE', { RADIX_API_BASE: undefined }],
    ['RADIX_API_BASE', { RADIX_API_BASE: 'ftp://x' }],
    ['RADIX_AGENT_DEADLINE', { RADIX_AGENT_DEADLINE: 'tomorrow' }],
    ['RADIX_AGENT_UNREACHABLE_EXIT_SECONDS', { RADIX_AGENT_UNREACHABLE_EXIT_SECONDS: 'soon' }],
  ])('names an invalid %s (%j)', (setting, change) => {
    expect(() => readAgentConfig({}, { ...ENV, ...change })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', why: expect.stringContaining(setting) }),
    )
  })
})

it('hides secrets from jobs, and passes on variables for programs and GPUs', () => {
  const env = selectJobEnvironment({
    PATH: '/bin',
    CUDA_VISIBLE_DEVICES: '0',
    RADIX_MACHINE_ID: 'm_1',
    RADIX_ONBOARDING_TOKEN: 'x',
    RADIX_TOKEN: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    GITHUB_TOKEN: 'x',
  })
  expect(Object.keys(env).sort()).toEqual([
    'CUDA_VISIBLE_DEVICES',
    'LOGNAME',
    'PATH',
    'PYTHONDONTWRITEBYTECODE',
    'PYTHONUNBUFFERED',
    'RADIX_MACHINE_ID',
    'USER',
  ])
})
