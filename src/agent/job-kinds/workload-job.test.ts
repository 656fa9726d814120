import { describe, expect, it } from 'vitest'
import { AGENT_LIMITS } from '../../core/limits/agent.ts'
import { resnet50 as descriptor } from '../../workloads/resnet50.ts'
import { toJobKind } from './workload-job.ts'

const resnet50 = toJobKind(descriptor)
const FILES = { resultPath: '/job/result.json', progressPath: '/job/progress.jsonl' }
const ENVIRONMENT = { python: '/usr/bin/python3', workloadDirectory: '/radix/workloads' }
const SUCCESS = {
  schema: 'radix.result/v2',
  status: 'succeeded',
  workload: { name: 'resnet50', version: '1' },
  recipe: 'reference',
  parameters: {},
  throughput: { value: 343.2, unit: 'images/s' },
  duration_seconds: 85.6,
  timed_seconds: 74.6,
  work: { amount: 25600, unit: 'images' },
  step_seconds: [0.37],
  warmup: { steps: 10, seconds: 4 },
  loss: { first: 7, last: 6.9, finite: true },
  device: { type: 'cuda', name: 'NVIDIA A10G', uuid: null },
  software: { python: '3.11', pytorch: '2.5' },
  precision: {},
}
const ended = (exitCode: number | null, signal: string | null = null) => ({ exitCode, signal })

describe('argv', () => {
  it('has every parameter, with the defaults of the specification', () => {
    expect(resnet50.buildArgv({}, FILES, ENVIRONMENT).join(' ')).toBe(
      '/usr/bin/python3 /radix/workloads/resnet50/train.py --epochs 1 --batch-size 128 --steps-per-epoch 200 ' +
        '--image-size 224 --warmup-steps 10 --recipe reference --seed 0 --result /job/result.json --progress /job/progress.jsonl',
    )
  })

  it('allows the CPU only when asked to', () => {
    expect(resnet50.buildArgv({ allow_cpu: true }, FILES, ENVIRONMENT)).toContain('--allow-cpu')
  })

  it.each([{ epochs: 0 }, { batch_size: '8; rm -rf /' }, { unknown: 1 }, { recipe: '--device' }])(
    'refuses %j',
    (params) => {
      expect(() => resnet50.buildArgv(params, FILES, ENVIRONMENT)).toThrow(
        expect.objectContaining({ code: 'JOB_PARAMS_INVALID' }),
      )
    },
  )
})

describe('the conclusion', () => {
  it('carries metrics and the whole result of a success', () => {
    expect(resnet50.concludes(ended(0), JSON.stringify(SUCCESS))).toMatchObject({
      status: 'succeeded',
      metrics: { duration_seconds: 85.6, throughput: { value: 343.2, unit: 'images/s' }, exit_code: 0 },
      output_payload: { work: { amount: 25600, unit: 'images' } },
    })
  })

  it('accepts the result file when the exit code is unknown', () => {
    expect(resnet50.concludes(ended(null), JSON.stringify(SUCCESS)).status).toBe('succeeded')
  })

  it('takes over an error code of the workload', () => {
    const error = { code: 'WORKLOAD_OUT_OF_MEMORY', message: 'CUDA out of memory', fix: 'x' }
    expect(resnet50.concludes(ended(11), JSON.stringify({ status: 'failed', error }))).toMatchObject({
      status: 'failed',
      error_code: 'WORKLOAD_OUT_OF_MEMORY',
      error_message: 'CUDA out of memory',
      metrics: { exit_code: 11 },
    })
  })

  it('does not take over an unknown code', () => {
    const failure = { status: 'failed', error: { code: 'EVIL', message: 'x' } }
    expect(resnet50.concludes(ended(1), JSON.stringify(failure)).error_code).toBe('WORKLOAD_FAILED')
  })

  it.each([
    ['no result', undefined],
    ['no JSON', '{"schema":'],
    ['NaN, which is no JSON', JSON.stringify(SUCCESS).replace('343.2', 'NaN')],
    ['a negative throughput', JSON.stringify({ ...SUCCESS, throughput: { value: -1, unit: 'images/s' } })],
    ['a throughput of text', JSON.stringify({ ...SUCCESS, throughput: { value: '343', unit: 'images/s' } })],
    ['a loss that is not finite', JSON.stringify({ ...SUCCESS, loss: { first: 1, last: 1, finite: false } })],
    ['another schema', JSON.stringify({ ...SUCCESS, schema: 'radix.result/v3' })],
    ['another unit', JSON.stringify({ ...SUCCESS, throughput: { value: 343.2, unit: 'FLOP/s' } })],
  ])('counts a success with %s as invalid', (_, text) => {
    expect(resnet50.concludes(ended(0), text)).toMatchObject({ status: 'failed', error_code: 'JOB_RESULT_INVALID' })
  })

  it('does not accept a result when the process failed after it', () => {
    expect(resnet50.concludes(ended(1), JSON.stringify(SUCCESS)).status).toBe('failed')
  })

  it('reports whether a failed program wrote a result, and why it is not used', () => {
    const messageOf = (result: Parameters<typeof resnet50.concludes>[1]) =>
      resnet50.concludes(ended(3), result).error_message
    expect(messageOf(undefined)).toBe('The workload ended with exit code 3. The workload wrote no result.')
    expect(messageOf(JSON.stringify(SUCCESS))).toContain('It wrote a success result, which is ignored.')
    expect(messageOf('{')).toContain('The result cannot be read')
    expect(messageOf({ refused: 'The result has 9 bytes; 8 are allowed.' })).toContain('9 bytes')
  })

  it('limits the message of a failure', () => {
    const failure = { status: 'failed', error: { code: 'WORKLOAD_FAILED', message: 'x'.repeat(1_000_000) } }
    expect(resnet50.concludes(ended(1), JSON.stringify(failure)).error_message).toHaveLength(4000)
  })

  it('suspects memory when the kernel killed the program', () => {
    expect(resnet50.concludes(ended(null, 'SIGKILL'), undefined).error_message).toContain('memory')
  })
})

it('reads progress lines, and skips all others', () => {
  const progress = {
    schema: 'radix.progress/v2',
    phase: 'train',
    epoch: 1,
    step: 1,
    total_steps: 2,
    throughput: { value: 3, unit: 'images/s' },
    elapsed_seconds: 4,
    loss: 5,
  }
  expect(resnet50.parseProgress(JSON.stringify(progress))).toEqual(progress)
  for (const line of ['', 'text', '{}', '[1]', '{"schema":"radix.progress/v1"}']) {
    expect(resnet50.parseProgress(line)).toBeUndefined()
  }
})

it('reports no part of a secret that the end of the message cuts off', () => {
  const jwt = `eyJhbGciOiJSUzI1NiJ9.${'eyJzdWIiOiJhbGljZSJ9'.repeat(10)}.c2lnbmF0dXJl`
  const message = `${'a '.repeat(AGENT_LIMITS.errorMessage.value / 2 - 50)}${jwt}`
  const file = JSON.stringify({ status: 'failed', error: { code: 'WORKLOAD_FAILED', message } })
  const { error_message } = resnet50.concludes(ended(1), file)
  expect(error_message).not.toContain('eyJ')
  expect(error_message?.length).toBeLessThanOrEqual(AGENT_LIMITS.errorMessage.value)
})
