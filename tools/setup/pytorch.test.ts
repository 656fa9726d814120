import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Failure } from './errors.mjs'
import { fakeHost, temporaryFolder, writeProgram } from './fake-host.ts'
import type { Environment, Host } from './host.mjs'
import { pytorch } from './pytorch.mjs'

interface FakePython {
  tooOld?: boolean
  /** What importing PyTorch says; absent: it works. */
  fails?: string
  cuda?: boolean
}

/** Pythons by path; a program in `working` succeeds, and leaves behind what it installs. */
interface FakeMachine {
  pythons?: Record<string, FakePython>
  working?: string[]
  gpu?: boolean
  properties?: Partial<Host>
}

const WITHOUT_TORCH = { fails: "cannot import PyTorch: No module named 'torch'" }

function setUpMachine({ pythons = {}, working = [], gpu = false, properties = {} }: FakeMachine) {
  const root = temporaryFolder()
  const at = (path: string) => join(root, path)
  mkdirSync(at('.radix'))
  const known = new Map(Object.entries(pythons).map(([path, python]) => [writeProgram(at(path)), python]))
  for (const program of working) writeProgram(at(`bin/${program}`))
  const environments: Environment[] = []
  const install = (path: string, python: FakePython) => {
    known.set(writeProgram(at(path)), python)
    return ''
  }
  const host = fakeHost(
    (argv, env) => {
      const [command = ''] = argv
      const line = argv.join(' ')
      if (command === 'nvidia-smi') return gpu ? 'GPU 0: NVIDIA A10G (UUID: GPU-1)' : undefined
      const path =
        command === '/usr/bin/python3' ? at('debian/python3') : command.includes('/') ? command : at(`bin/${command}`)
      const python = known.get(path)
      if (argv[1] === '-c') return python && answerProbe(path, line, python)
      environments.push(env)
      if (/(-m|uv) venv/.test(line)) return install('.radix/venv/bin/python', WITHOUT_TORCH)
      const installer = line.startsWith('uv') ? 'uv' : line.includes('-m pip') ? 'pip' : command
      if (!working.includes(installer)) throw new Failure(`ERROR: ${installer} has no network`)
      return installer === 'apt-get' ? install('debian/python3', {}) : install('.radix/venv/bin/python', { cuda: gpu })
    },
    { root, ...properties },
  )
  return { root, at, host, environments }
}

function answerProbe(path: string, line: string, { tooOld, fails, cuda = false }: FakePython) {
  if (tooOld) throw new Failure('is Python 3.8, 3.9 is needed')
  if (!line.includes('import torch')) return ''
  if (fails) throw new Failure(fails)
  return `a line of sitecustomize\n${JSON.stringify({ python: path, torch: path, cuda })}\n`
}

function recorded(root: string): string {
  return JSON.parse(readFileSync(join(root, '.radix/python.json'), 'utf8')).python
}

describe('looking for a Python with PyTorch', () => {
  test('takes the first on PATH that has it, and installs nothing', async () => {
    const { root, at, host } = setUpMachine({ pythons: { 'bin/python3': WITHOUT_TORCH, 'bin/python': {} } })
    await pytorch.provide(host)
    expect(pytorch.check(host)).toEqual({ RADIX_PYTHON: at('bin/python') })
    expect(recorded(root)).toBe(at('bin/python'))
    expect(host.ran.filter((line) => /pip|apt-get|uv/.test(line))).toEqual([])
  })

  test('prefers the virtual environment of the clone', async () => {
    const { root, at, host } = setUpMachine({ pythons: { 'bin/python3': {}, '.radix/venv/bin/python': {} } })
    await pytorch.provide(host)
    expect(recorded(root)).toBe(at('.radix/venv/bin/python'))
  })

  test('passes over a Python, or a PyTorch, that is too old', async () => {
    const pythons = { 'bin/python3': { tooOld: true }, 'bin/python': { fails: 'has PyTorch 1.8.1, 1.13 is needed' } }
    const { host } = setUpMachine({ pythons })
    await expect(pytorch.provide(host)).rejects.toThrow(/Python 3\.8, 3\.9 is needed.*PyTorch 1\.8\.1, 1\.13/s)
  })

  test('asks the record only, as long as the interpreter is as it was', async () => {
    const { at, host } = setUpMachine({ pythons: { 'bin/python3': {} } })
    expect(pytorch.check(host)).toBeUndefined()
    await pytorch.provide(host)
    expect(pytorch.check(host)).toEqual({ RADIX_PYTHON: at('bin/python3') })
    utimesSync(at('bin/python3'), 1, 1)
    expect(pytorch.check(host)).toBeUndefined()
    rmSync(at('bin/python3'))
    expect(pytorch.check(host)).toBeUndefined()
  })
})

describe('RADIX_PYTHON', () => {
  test('is used though others come first, and outranks the record', async () => {
    const { at, host } = setUpMachine({ pythons: { 'bin/python3': {}, 'bin/other': {} } })
    await pytorch.provide(host)
    host.env.RADIX_PYTHON = 'other'
    expect(pytorch.check(host)).toBeUndefined()
    await pytorch.provide(host)
    expect(pytorch.check(host)).toEqual({ RADIX_PYTHON: at('bin/other') })
  })

  test('is refused, not replaced, when it has no PyTorch', async () => {
    const properties = { env: { RADIX_PYTHON: 'python3' }, isRoot: true }
    const pythons = { 'bin/python3': WITHOUT_TORCH, 'bin/python': {} }
    const { host } = setUpMachine({ pythons, working: ['apt-get', 'uv'], properties })
    await expect(pytorch.provide(host)).rejects.toMatchObject({ code: 'SETUP_PYTHON_UNUSABLE' })
  })
})

describe('installing PyTorch', () => {
  const CPU_INDEX = 'https://download.pytorch.org/whl/cpu'
  const pythons = { 'bin/python3': WITHOUT_TORCH }
  const isAboutIndexes = (name: string) => /INDEX|LINKS/.test(name)

  test.each(['pip', 'uv'])('without a GPU on Linux x64 %s takes only PyTorch from its index for CPUs', async (name) => {
    const env = { PIP_INDEX_URL: 'https://mirror.example/simple', PIP_EXTRA_INDEX_URL: 'https://extra.example/simple' }
    const { root, at, host, environments } = setUpMachine({ pythons, working: [name], properties: { env } })
    await pytorch.provide(host)
    const installs = host.ran.filter((line) => /pip install/.test(line) && line.startsWith('uv') === (name === 'uv'))
    expect(installs[0]).toMatch(new RegExp(` --index-url ${CPU_INDEX} --no-deps torch$`))
    // Nothing else of the user's may offer a PyTorch with CUDA; all other packages come from the user's own mirror.
    expect(environments.at(-2)).toMatchObject({ PIP_EXTRA_INDEX_URL: '', PIP_FIND_LINKS: '', UV_INDEX: '' })
    expect(installs[1]).toMatch(/ torch numpy$/)
    expect(environments.at(-1)).toMatchObject(env)
    expect(recorded(root)).toBe(at('.radix/venv/bin/python'))
  })

  test('RADIX_TORCH_INDEX_URL names another index, and the patience that the user has set stays', async () => {
    const env = { RADIX_TORCH_INDEX_URL: 'https://ann:secret@mirror.example/cpu', PIP_RETRIES: '9' }
    const { host, environments } = setUpMachine({ pythons, working: ['pip'], properties: { env } })
    await pytorch.provide(host)
    expect(host.ran.join('\n')).toContain('--index-url https://ann:secret@mirror.example/cpu --no-deps torch')
    expect(environments.at(-1)).toMatchObject({ PIP_RETRIES: '9', PIP_DEFAULT_TIMEOUT: '20' })
    expect(host.said.join('\n')).not.toContain('secret')
  })

  test('without a way left it offers a mirror, and the way of several GB by its size', async () => {
    const { host } = setUpMachine({ pythons })
    await expect(pytorch.provide(host)).rejects.toMatchObject({
      text: expect.stringMatching(/RADIX_TORCH_INDEX_URL=https:\/\/pypi\.org\/simple npm start {3}# several GB/),
    })
    expect(host.ran.filter((line) => /install.* torch numpy$/.test(line))).toEqual([])
  })

  test.each([
    ['with a GPU', { gpu: true }],
    ['on an ARM machine', { properties: { arch: 'arm64' } }],
    ['on a Mac', { properties: { platform: 'darwin' } }],
  ])('%s pip uses the index that the user has', async (_, machine: FakeMachine) => {
    const { host, environments } = setUpMachine({ ...machine, pythons, working: ['pip'] })
    await pytorch.provide(host)
    expect(Object.keys(environments.at(-1) ?? {}).filter(isAboutIndexes)).toEqual([])
    expect(host.ran.filter((line) => line.includes('--index-url'))).toEqual([])
  })

  test('goes on to the packages of Debian as root, says why, and leaves no half-made environment', async () => {
    const { root, host } = setUpMachine({ pythons, working: ['apt-get'], properties: { isRoot: true } })
    await pytorch.provide(host)
    expect(existsSync(recorded(root))).toBe(true)
    expect(host.said.join('\n')).toContain('not possible with pip: ERROR: pip has no network')
    expect(existsSync(join(root, '.radix/venv'))).toBe(false)
  })

  test('with a GPU an installed PyTorch that cannot use it is kept only when none that can is to be had', async () => {
    const machine = { gpu: true, pythons: { 'bin/python3': {} } }
    const offline = setUpMachine({ ...machine, working: ['apt-get'], properties: { isRoot: true } })
    await pytorch.provide(offline.host)
    expect(recorded(offline.root)).toBe(offline.at('bin/python3'))
    expect(offline.host.said.join('\n')).toContain('cannot use the GPU')

    const online = setUpMachine({ ...machine, working: ['pip'] })
    await pytorch.provide(online.host)
    expect(recorded(online.root)).toBe(online.at('.radix/venv/bin/python'))
  })

  test('lists what was looked at and tried when no way is left, and never runs sudo', async () => {
    const { host } = setUpMachine({ pythons, working: ['apt-get'] })
    await expect(pytorch.provide(host)).rejects.toMatchObject({
      code: 'SETUP_PYTORCH_UNAVAILABLE',
      text: expect.stringMatching(
        /No module named 'torch'.*uv: it is not installed.*pip: ERROR.*apt-get: apt-get needs root.*fix: sudo apt-get/s,
      ),
    })
    expect(host.ran.filter((line) => line.includes('sudo'))).toEqual([])
  })
})
