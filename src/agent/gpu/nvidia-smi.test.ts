import { appendFile, chmod, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GpuSample } from '../../contract/schemas/job.ts'
import { readGpuFacts } from './facts.ts'
import { parseFacts, parseSample } from './nvidia-smi.ts'
import { startGpuSampler } from './sampler.ts'
import { openXidLog, type XidLog } from './xid-log.ts'

const UUID = 'GPU-5c1a9f0e-3a77-7a0f-2a6e-3f7d1c2b9a44'
const BUS = '00000000:00:06.0'
const FACTS = {
  h100: `0, ${UUID}, NVIDIA H100 80GB HBM3, 81559, 550.90.07, 96.00.A5.00.03, 9.0, 00000000:05:00.0, 700.00`,
  a10g: `0, ${UUID}, NVIDIA A10G, 23028, 535.183.01, 94.02.75.00.02, 8.6, 00000000:00:1E.0, 300.00`,
  t4: `0, ${UUID}, Tesla T4, 15360, 470.256.02, 90.04.96.00.02, 7.5, 00000000:00:1E.0, 70.00`,
  silent: `0, ${UUID}, NVIDIA A10G, [N/A], 535.183.01, [Not Supported], [N/A], 00000000:00:1E.0, [Unknown Error]`,
}

describe('facts', () => {
  it('are read from an H100', () => {
    expect(parseFacts(FACTS.h100)).toEqual({
      index: 0,
      uuid: UUID,
      name: 'NVIDIA H100 80GB HBM3',
      memory_total_bytes: 81559 * 1024 * 1024,
      driver_version: '550.90.07',
      vbios_version: '96.00.A5.00.03',
      compute_capability: '9.0',
      pci_bus_id: '00000000:05:00.0',
      power_limit_watts: 700,
    })
  })

  it.each([
    ['A10G', FACTS.a10g, 'NVIDIA A10G'],
    ['T4', FACTS.t4, 'Tesla T4'],
  ])('are read from a %s', (_, line, name) => {
    expect(parseFacts(line)?.name).toBe(name)
  })

  it('are null when the driver gives none', () => {
    expect(parseFacts(FACTS.silent)).toMatchObject({
      memory_total_bytes: null,
      vbios_version: null,
      compute_capability: null,
      power_limit_watts: null,
    })
  })

  it.each(['', 'No devices were found', 'NVIDIA-SMI has failed because it could not communicate', '0, x, y'])(
    'are not read from %j',
    (line) => {
      expect(parseFacts(line)).toBeUndefined()
    },
  )
})

describe('samples', () => {
  it('are read with the reasons for throttling by name', () => {
    expect(parseSample(`${BUS}, ${UUID}, 98, 21334, 287.41, 71, 1710, 6251, 0, 0x0000000000000024`)).toEqual({
      busId: BUS,
      sample: {
        gpu_uuid: UUID,
        utilization_percent: 98,
        memory_used_bytes: 21334 * 1024 * 1024,
        power_watts: 287.41,
        temperature_celsius: 71,
        clock_sm_mhz: 1710,
        clock_memory_mhz: 6251,
        throttle_reasons: ['sw_power_cap', 'sw_thermal_slowdown'],
        ecc_uncorrected_errors: 0,
      },
    })
  })

  it('do not count an idle GPU or application clocks as throttling', () => {
    expect(
      parseSample(`${BUS}, ${UUID}, 0, 0, 12.1, 30, 210, 405, 0, 0x0000000000000003`)?.sample.throttle_reasons,
    ).toEqual([])
  })

  it('are null when the driver gives none', () => {
    const sample = parseSample(`${BUS}, ${UUID}, [N/A], [N/A], [Not Supported], 40, [N/A], [N/A], [N/A], [N/A]`)
    expect(sample?.sample).toMatchObject({
      utilization_percent: null,
      power_watts: null,
      temperature_celsius: 40,
      throttle_reasons: [],
    })
  })
})

describe('with a driver', () => {
  let directory: string
  let command: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'radix-smi-'))
    command = join(directory, 'nvidia-smi')
  })
  afterEach(() => rm(directory, { recursive: true }))

  const install = async (script: string) => {
    await writeFile(command, `#!/bin/sh\n${script}\n`)
    await chmod(command, 0o755)
  }

  it('reads the GPUs', async () => {
    await install(`echo '${FACTS.a10g}'; echo '${FACTS.t4}'`)
    const { gpus, note } = await readGpuFacts(command)
    expect(gpus.map(({ name }) => name)).toEqual(['NVIDIA A10G', 'Tesla T4'])
    expect(note).toBeNull()
  })

  it('reports why there are none', async () => {
    expect((await readGpuFacts(command)).note).toContain('no NVIDIA driver')
    await install('echo "NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver."; exit 9')
    expect((await readGpuFacts(command)).note).toContain('could not communicate')
    await install('echo "No devices were found"')
    expect((await readGpuFacts(command)).note).toBe('nvidia-smi lists no GPU: No devices were found')
  })

  it('answers in time when nvidia-smi hangs and ignores SIGTERM', async () => {
    await install("trap '' TERM; while :; do sleep 1; done")
    // The program never ends by itself, so any answer is the proof.
    expect((await readGpuFacts(command, 300)).note).toContain('did not answer in time')
  })

  it('queries a driver of the 470 series again without the unsupported field', async () => {
    await install(`case "$1" in *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2;; esac
      echo '0, ${UUID}, Tesla T4, 15360, 470.256.02, 90.04.96.00.02, 00000000:00:1E.0, 70.00'`)
    const { gpus, note } = await readGpuFacts(command)
    expect(gpus).toMatchObject([{ name: 'Tesla T4', compute_capability: null, power_limit_watts: 70 }])
    expect(note).toBeNull()
  })

  it('keeps the available facts of a machine with a failing GPU', async () => {
    await install(`echo '${FACTS.a10g}'; echo '1, ${UUID}, ERR!, ERR!, ERR!, N/A, ERR!, 00000000:00:1F.0, [Unknown Error]'
      echo 'Unable to determine the device handle for GPU0000:00:20.0: Unknown Error'; exit 15`)
    const { gpus, note } = await readGpuFacts(command)
    expect(gpus).toMatchObject([
      { name: 'NVIDIA A10G' },
      { index: 1, name: 'unknown GPU', driver_version: null, vbios_version: null, pci_bus_id: '00000000:00:1F.0' },
    ])
    expect(note).toContain('Unable to determine the device handle')
  })

  it('reports missing samples when nvidia-smi hangs', async () => {
    await install("trap '' TERM; while :; do sleep 1; done")
    const note = await new Promise<string>((resolve) => {
      const sampler = startGpuSampler(
        () => {},
        (said) => {
          sampler.stop()
          resolve(said)
        },
        { command, xidLog: null, firstSampleMs: 200 },
      )
    })
    expect(note).toContain('nvidia-smi has not answered')
  })

  it('reports a GPU that has fallen off the bus as Xid 79, even without an Xid in the log', async () => {
    const log = join(directory, 'kmsg')
    await writeFile(log, '')
    const xidLog = openXidLog(log)
    await appendFile(log, '4,1,1,-;NVRM: The NVIDIA GPU 0000:00:06.0\n4,2,2,-;NVRM: GPU at PCI:0000:00:07: GPU-1\n')
    await appendFile(log, '4,3,3,-;NVRM: GPU 0000:00:06.0: GPU has fallen off the bus.\n')
    expect(xidLog?.take(BUS)).toEqual([79])
    expect(xidLog?.take('00000000:00:07.0')).toEqual([])
    xidLog?.close()
  })

  const sampleUntil = (count: number, xidLog: XidLog | null = null) =>
    new Promise<{ samples: GpuSample[]; notes: string[]; stop: () => void }>((resolve) => {
      const samples: GpuSample[] = []
      const notes: string[] = []
      const sampler = startGpuSampler(
        (sample) => {
          samples.push(sample)
          if (samples.length === count) resolve({ samples, notes, stop: sampler.stop })
        },
        (note) => {
          notes.push(note)
          resolve({ samples, notes, stop: sampler.stop })
        },
        { command, xidLog },
      )
    })

  const LINE = `${BUS}, ${UUID}, 98, 21334, 287.41, 71, 1710, 6251, 0, 0x0000000000000000`

  it('streams samples from one child, which ends when it is stopped', async () => {
    await install(`echo $$ > ${directory}/pid; echo start >> ${directory}/starts
      while :; do echo '${LINE}'; sleep 0.02; done`)
    const { samples, stop } = await sampleUntil(3)
    expect(samples[2]?.power_watts).toBe(287.41)
    stop()
    expect(await readFile(join(directory, 'starts'), 'utf8')).toBe('start\n')
    const pid = Number(await readFile(join(directory, 'pid'), 'utf8'))
    await expect.poll(() => isRunning(pid)).toBe(false)
  })

  it('reports each driver error in the kernel log once, the last one at the end', async () => {
    const log = join(directory, 'kmsg')
    const write = (bus: string, xid: number) =>
      appendFile(log, `4,611,644686266,-;NVRM: Xid (PCI:${bus}): ${xid}, pid=3193, name=python3, MMU Fault\n`)
    await write('0000:00:06', 13)
    await install(`echo '${LINE}'; while [ ! -e ${directory}/more ]; do sleep 0.02; done; echo '${LINE}'; sleep 5`)
    const { samples, stop } = await sampleUntil(1, openXidLog(log))
    await write('0000:00:06', 31)
    await write('0000:00:06', 31)
    await write('0000:00:07', 79)
    await write('0000:00:06 GPU-I:05', 94)
    await writeFile(join(directory, 'more'), '')
    await expect.poll(() => samples.length).toBe(3)
    await write('0000:00:06', 43)
    stop()
    expect(samples.map(({ xid }) => xid)).toEqual([0, 31, 94, 43])
  })

  it('makes no claim when the copy of that log is missing or has restarted', async () => {
    const log = join(directory, 'kmsg')
    for (const lose of [() => rm(log), () => truncate(log)]) {
      await writeFile(log, 'what was before\n')
      const xidLog = openXidLog(log)
      expect(xidLog?.take(BUS)).toEqual([])
      await lose()
      expect(xidLog?.take(BUS)).toBeNull()
      await writeFile(log, `NVRM: Xid (PCI:0000:00:06): 31, and much that makes it longer than before`)
      expect(xidLog?.take(BUS)).toBeNull()
      xidLog?.close()
    }
    expect(openXidLog(directory)).toBeNull()
  })

  it('has unknown errors when that log cannot be read', async () => {
    const xidLog = openXidLog(join(directory, 'kmsg'))
    expect(xidLog).toBeNull()
    await install(`echo '${LINE}'; sleep 5`)
    const { samples, stop } = await sampleUntil(1, xidLog)
    expect(samples[0]?.xid).toBeNull()
    stop()
  })

  it('ends a child whose line never ends', async () => {
    await install(`echo $$ > ${directory}/pid; tr '\\0' x </dev/zero`)
    const { notes } = await sampleUntil(1)
    expect(notes).toEqual(['No GPU samples: a line has more than 8192 characters'])
    const pid = Number(await readFile(join(directory, 'pid'), 'utf8'))
    await expect.poll(() => isRunning(pid)).toBe(false)
  })

  it('queries an older driver with the older name of the field', async () => {
    await install(`case "$1" in *clocks_event_reasons*) echo 'Field "clocks_event_reasons.active" is not a valid field'; exit 2;; esac
      echo '${LINE}'; sleep 5`)
    const { samples, stop } = await sampleUntil(1)
    expect(samples).toHaveLength(1)
    stop()
  })

  it('reports once why there are no samples', async () => {
    const { notes } = await sampleUntil(1)
    expect(notes).toEqual([expect.stringContaining('No GPU samples')])
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
