import { existsSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderSetupError } from './errors.mjs'
import { fakeSystem, temporaryFolder, writeProgram } from './fake-system.ts'
import { pytorch } from './pytorch.mjs'
import type { System } from './system.mjs'

interface FakePython {
  version?: [number, number, number]
  /** Its version; absent: this Python has no PyTorch. */
  torch?: string
  cuda?: boolean
}

/** Pythons by path; a program in `working` succeeds, and `installs` is what an installer that works leaves behind. */
interface FakeMachine {
  pythons?: Record<string, FakePython>
  working?: string[]
  gpu?: boolean
  properties?: Partial<System>
}

function setUpMachine({ pythons = {}, working = [], gpu = false, properties = {} }: FakeMachine) {
  const root = temporaryFolder()
  const at = (path: string) => join(root, path)
  const known = new Map(Object.entries(pythons).map(([path, python]) => [writeProgram(at(path)), python]))
  for (const program of working) writeProgram(at(`bin/${program}`))
  const environments: Record<string, string>[] = []
  const system = fakeSystem(
    (argv, env) => {
      const [command = ''] = argv
      const line = argv.join(' ')
      if (command === 'nvidia-smi') return gpu ? { stdout: 'GPU 0: NVIDIA A10G (UUID: GPU-1)' } : undefined
      const python =
        known.get(command) ?? (command === '/usr/bin/python3' ? known.get(at('debian/python3')) : undefined)
      if (python && argv[1] === '-c') return answerProbe(at, command, line, python)
      environments.push(env)
      if (/(-m|uv) venv/.test(line)) return succeed(() => known.set(writeProgram(at('.radix/venv/bin/python')), {}))
      const installer = line.startsWith('uv') ? 'uv' : line.includes('-m pip') ? 'pip' : command
      if (!working.includes(installer)) return { ok: false, output: `Looking…\nERROR: ${installer} has no network` }
      if (installer === 'apt-get')
        return succeed(() => known.set(writeProgram(at('debian/python3')), { torch: '1.13.1' }))
      return succeed(() => known.set(at('.radix/venv/bin/python'), { torch: '2.15.0', cuda: gpu }))
    },
    { env: { PATH: at('bin') }, ...properties },
  )
  if (properties.env) Object.assign(system.env, { PATH: at('bin') })
  return { root, at, system, environments }
}

function succeed(effect: () => unknown) {
  effect()
  return {}
}

function answerProbe(at: (path: string) => string, command: string, line: string, python: FakePython) {
  const { version = [3, 11, 2], torch, cuda = false } = python
  const executable = command === '/usr/bin/python3' ? at('debian/python3') : command
  const seen = { python: executable, version, has_torch: torch !== undefined }
  const imported = { pytorch: torch, file: executable, cuda }
  return { stdout: `a line of sitecustomize\n${JSON.stringify(line.includes('has_torch') ? seen : imported)}\n` }
}

function record(root: string) {
  return JSON.parse(readFileSync(join(root, '.radix/python.json'), 'utf8'))
}

describe('looking for a Python with PyTorch', () => {
  test('takes the first on PATH that has it, and installs nothing', async () => {
    const { root, at, system } = setUpMachine({ pythons: { 'bin/python3': {}, 'bin/python': { torch: '2.4.1' } } })
    expect(await pytorch.provide({ root, system })).toEqual({ RADIX_PYTHON: at('bin/python') })
    expect(record(root)).toMatchObject({
      python: at('bin/python'),
      pytorch: '2.4.1',
      source: 'system',
      requested: null,
    })
    expect(system.ran.filter((line) => /pip|apt-get|uv/.test(line))).toEqual([])
  })

  test('prefers the virtual environment of the clone', async () => {
    const pythons = { 'bin/python3': { torch: '2.4.1' }, '.radix/venv/bin/python': { torch: '2.15.0' } }
    const { root, system } = setUpMachine({ pythons })
    await pytorch.provide({ root, system })
    expect(record(root)).toMatchObject({ pytorch: '2.15.0', source: 'venv' })
  })

  test('passes over a Python, or a PyTorch, that is too old', async () => {
    const pythons = {
      'bin/python3': { version: [3, 8, 10] as [number, number, number], torch: '2.4.1' },
      'bin/python': { torch: '1.8.1' },
    }
    const { root, system } = setUpMachine({ pythons })
    await expect(pytorch.provide({ root, system })).rejects.toThrow(
      /Python 3\.8, 3\.9 is needed.*PyTorch 1\.8\.1, 1\.13/s,
    )
  })

  test('asks the record only, as long as the interpreter is as it was', async () => {
    const { root, at, system } = setUpMachine({ pythons: { 'bin/python3': { torch: '2.4.1' } } })
    expect(pytorch.check({ root, system })).toBeUndefined()
    await pytorch.provide({ root, system })
    system.ran.length = 0
    expect(pytorch.check({ root, system })).toEqual({ RADIX_PYTHON: at('bin/python3') })
    expect(system.ran).toEqual([])

    utimesSync(at('bin/python3'), 1, 1)
    expect(pytorch.check({ root, system })).toBeUndefined()
    rmSync(at('bin/python3'))
    expect(pytorch.check({ root, system })).toBeUndefined()
  })
})

describe('RADIX_PYTHON', () => {
  test('is used though others come first, and outranks the record', async () => {
    const pythons = { 'bin/python3': { torch: '2.4.1' }, 'bin/other': { torch: '2.5.0' } }
    const { root, at, system } = setUpMachine({ pythons })
    await pytorch.provide({ root, system })
    system.env.RADIX_PYTHON = 'other'
    expect(pytorch.check({ root, system })).toBeUndefined()
    await pytorch.provide({ root, system })
    expect(pytorch.check({ root, system })).toEqual({ RADIX_PYTHON: at('bin/other') })
  })

  test('is refused, not replaced, when it has no PyTorch', async () => {
    const properties = { env: { RADIX_PYTHON: 'python3' }, isRoot: true }
    const pythons = { 'bin/python3': {}, 'bin/python': { torch: '2.4.1' } }
    const { root, system } = setUpMachine({ pythons, working: ['apt-get', 'uv'], properties })
    await expect(pytorch.provide({ root, system })).rejects.toMatchObject({ code: 'SETUP_PYTHON_UNUSABLE' })
  })
})

describe('installing PyTorch', () => {
  const CPU_INDEX = 'https://download.pytorch.org/whl/cpu'

  test.each(['pip', 'uv'])('without a GPU on Linux x64 %s takes only PyTorch from its index for CPUs', async (name) => {
    const env = { PIP_INDEX_URL: 'https://mirror.example/simple', PIP_EXTRA_INDEX_URL: 'https://extra.example/simple' }
    const machine = { pythons: { 'bin/python3': {} }, working: [name], properties: { env } }
    const { root, system, environments } = setUpMachine(machine)
    await pytorch.provide({ root, system })
    const installs = system.ran.filter((line) => /pip install/.test(line) && line.startsWith('uv') === (name === 'uv'))
    expect(installs[0]).toMatch(new RegExp(` --index-url ${CPU_INDEX} --no-deps torch$`))
    // Nothing else of the user's may offer a PyTorch with CUDA; all other packages come from the user's own mirror.
    expect(environments.at(-2)).toMatchObject({ PIP_EXTRA_INDEX_URL: '', PIP_FIND_LINKS: '', UV_INDEX: '' })
    expect(installs[1]).toMatch(/ torch numpy$/)
    expect(Object.keys(environments.at(-1) ?? {}).filter((key) => /INDEX|LINKS/.test(key))).toEqual([])
    expect(record(root)).toMatchObject({ pytorch: '2.15.0', source: 'venv' })
  })

  test('RADIX_TORCH_INDEX_URL names another index, and the patience that the user has set stays', async () => {
    const env = { RADIX_TORCH_INDEX_URL: 'https://ann:secret@mirror.example/cpu', PIP_RETRIES: '9' }
    const machine = { pythons: { 'bin/python3': {} }, working: ['pip'], properties: { env } }
    const { root, system, environments } = setUpMachine(machine)
    await pytorch.provide({ root, system })
    expect(system.ran.join('\n')).toContain('--index-url https://ann:secret@mirror.example/cpu --no-deps torch')
    expect(environments.at(-1)).not.toHaveProperty('PIP_RETRIES')
    expect(system.said.join('\n')).toContain('from https://mirror.example/cpu')
    expect(system.said.join('\n')).not.toContain('secret')
  })

  test('without a way left it offers a mirror, and the way of several GB by its size', async () => {
    const machine = setUpMachine({ pythons: { 'bin/python3': {} } })
    const error = await pytorch.provide(machine).catch((thrown) => thrown)
    expect(renderSetupError(error)).toMatch(
      /RADIX_TORCH_INDEX_URL=https:\/\/pypi\.org\/simple npm start {3}# several GB/,
    )
    expect(machine.system.ran.filter((line) => /install.* torch numpy$/.test(line))).toEqual([])
  })

  test.each([
    ['with a GPU', { gpu: true }],
    ['on an ARM machine', { properties: { arch: 'arm64' } }],
    ['on a Mac', { properties: { platform: 'darwin' } }],
  ])('%s pip uses the index that the user has', async (_, machine: FakeMachine) => {
    const { root, system, environments } = setUpMachine({
      ...machine,
      pythons: { 'bin/python3': {} },
      working: ['pip'],
    })
    await pytorch.provide({ root, system })
    expect(Object.keys(environments.at(-1) ?? {}).filter((key) => /INDEX|LINKS/.test(key))).toEqual([])
    expect(system.ran.filter((line) => line.includes('--index-url'))).toEqual([])
  })

  test('goes on to the packages of Debian as root, says why, and leaves no half-made environment', async () => {
    const { root, system } = setUpMachine({
      pythons: { 'bin/python3': {} },
      working: ['apt-get'],
      properties: { isRoot: true },
    })
    await pytorch.provide({ root, system })
    expect(record(root)).toMatchObject({ pytorch: '1.13.1' })
    expect(system.said.join('\n')).toContain('not possible with pip: ERROR: pip has no network')
    expect(existsSync(join(root, '.radix/venv'))).toBe(false)
  })

  test('with a GPU an installed PyTorch that cannot use it is kept only when none that can is to be had', async () => {
    const machine = { gpu: true, pythons: { 'bin/python3': { torch: '1.13.1' } } }
    const offline = setUpMachine({ ...machine, working: ['apt-get'], properties: { isRoot: true } })
    await pytorch.provide(offline)
    expect(record(offline.root)).toMatchObject({ pytorch: '1.13.1', cuda_available: false })
    expect(offline.system.said.join('\n')).toContain('has a GPU, but')

    const online = setUpMachine({ ...machine, working: ['pip'] })
    await pytorch.provide(online)
    expect(record(online.root)).toMatchObject({ pytorch: '2.15.0', cuda_available: true })
  })

  test('lists what was looked at and tried when no way is left, and never runs sudo', async () => {
    const { root, system } = setUpMachine({ pythons: { 'bin/python3': {} }, working: ['apt-get'] })
    await expect(pytorch.provide({ root, system })).rejects.toMatchObject({
      code: 'SETUP_PYTORCH_UNAVAILABLE',
      details: {
        searched: expect.stringContaining('has no PyTorch'),
        tried: expect.stringMatching(/uv: is not installed; pip: ERROR.*; apt-get: needs root/),
        sudo: 'sudo ',
      },
    })
    expect(system.ran.filter((line) => line.includes('sudo'))).toEqual([])
  })
})
