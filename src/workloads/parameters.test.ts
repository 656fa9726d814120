import { expect, it } from 'vitest'
import { ALL_PARAMETERS } from './all-parameters.ts'
import { jobKindOf, workloadOf } from './index.ts'
import { decidingParametersOf, type Parameter, toFlags, toOptionalShape, toParametersSchema } from './parameters.ts'
import { resnet50 } from './resnet50.ts'

const schema = toParametersSchema(resnet50.parameters)

it('fills in defaults', () => {
  expect(schema.parse({ epochs: 3 })).toEqual({
    epochs: 3,
    batch_size: 128,
    steps_per_epoch: 200,
    image_size: 224,
    warmup_steps: 10,
    recipe: 'reference',
    seed: 0,
    allow_cpu: false,
  })
})

it.each([{ epochs: 0 }, { epochs: 1001 }, { epochs: 1.5 }, { epochs: '1' }, { recipe: 'fast' }, { other: 1 }])(
  'refuses %j',
  (values) => expect(schema.safeParse(values).success).toBe(false),
)

it('leaves absent members to another source when they are optional', () => {
  const { epochs, recipe } = toOptionalShape(resnet50.parameters)
  expect(epochs.parse(undefined)).toBeUndefined()
  expect(recipe.parse('tuned')).toBe('tuned')
})

it('creates flags that the program and the command accept', () => {
  expect(toFlags({ batch_size: 8, recipe: 'tuned', allow_cpu: true, seed: undefined })).toEqual([
    '--batch-size',
    '8',
    '--recipe',
    'tuned',
    '--allow-cpu',
  ])
  expect(toFlags({ allow_cpu: false })).toEqual([])
})

it('compares parameters that affect the measurement, and not the seed', () => {
  const { seed: _, allow_cpu: __, recipe: ___, ...numbers } = schema.parse({})
  expect(decidingParametersOf(resnet50.parameters, schema.parse({ seed: 7 }))).toEqual(numbers)
})

it('compares by a choice that decides the measurement, as a word', () => {
  const dtype: Parameter = {
    kind: 'choice',
    choices: { fp16: 'half', fp32: 'single' },
    default: 'fp16',
    label: 'Number format',
    meaning: 'format of the numbers',
    decidesWhatIsMeasured: true,
  }
  expect(decidingParametersOf({ dtype }, { dtype: 'fp32' })).toEqual({ dtype: 'fp32' })
})

it('has a parameter of each name, with the workloads that have it', () => {
  for (const { name, workloads, parameter, description } of ALL_PARAMETERS) {
    for (const workload of workloads) expect(workloadOf(jobKindOf(workload)).parameters).toHaveProperty(name)
    expect(description).toContain(parameter.meaning)
  }
  expect(new Set(ALL_PARAMETERS.map(({ name }) => name)).size).toBe(ALL_PARAMETERS.length)
})
