/** What is generated from the descriptors of the workloads: the parameters of each program, and docs/workloads.md. */
import { flagOf } from '../src/core/flag-name.ts'
import { WORKLOADS } from '../src/workloads/index.ts'
import { type Parameter, type Parameters, shownDefault } from '../src/workloads/parameters.ts'
import { rateUnitOf, type Workload } from '../src/workloads/workload.ts'

/** For the program: what it needs to read its command line, and what it counts. */
export function describeForProgram({ name, program, does, work, parameters }: Workload): Record<string, unknown> {
  return { name, program, does, work, parameters: describeParameters(parameters) }
}

function describeParameters(parameters: Parameters): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries<Parameter>(parameters).map(([name, parameter]) => {
      const { kind, meaning } = parameter
      if (parameter.kind === 'flag') return [name, { kind, default: false, meaning }]
      if (parameter.kind === 'choice') {
        return [name, { kind, choices: Object.keys(parameter.choices), default: parameter.default, meaning }]
      }
      const { minimum, maximum } = parameter
      return [name, { kind, minimum, maximum, default: parameter.default, meaning }]
    }),
  )
}

export function renderWorkloads(): string {
  const sections = Object.entries(WORKLOADS).map(([jobKind, workload]) => {
    const rows = Object.entries<Parameter>(workload.parameters).map(([name, parameter]) => {
      const meaning = parameter.hint ? `${parameter.meaning} (${parameter.hint})` : parameter.meaning
      const columns = [`\`${name}\``, `\`${flagOf(name)}\``, valuesOf(parameter), shownDefault(parameter) ?? 'off']
      return `| ${[...columns, parameter.unit ?? '', meaning, parameter.decidesWhatIsMeasured ? 'yes' : ''].join(' | ')} |`
    })
    const choices = Object.entries<Parameter>(workload.parameters).flatMap(([name, parameter]) =>
      parameter.kind === 'choice'
        ? Object.entries(parameter.choices).map(([choice, meaning]) => `- \`${name}\` \`${choice}\`: ${meaning}`)
        : [],
    )
    return [
      `## ${workload.name}`,
      `Job kind \`${jobKind}\`. Each trial ${workload.does}: \`workloads/${workload.name}/${workload.program}\`.\nIts throughput is in ${rateUnitOf(workload)}.`,
      [
        '| parameter | option of `radix bench run` | values | default | unit | meaning | must be equal to compare |',
        '|---|---|---|---|---|---|---|',
        ...rows,
      ].join('\n'),
      choices.join('\n'),
    ].join('\n\n')
  })
  return [
    '# Workloads',
    '<!-- Generated from src/workloads by `npm run generate`. -->',
    'The parameters have the same names in the API, in a configuration file (`--config`) and, with dashes, as options of ' +
      '`radix bench run`\nand as inputs of the GitHub Action.',
    ...sections,
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n')
}

function valuesOf(parameter: Parameter): string {
  switch (parameter.kind) {
    case 'whole':
      return `${parameter.minimum} to ${parameter.maximum}`
    case 'choice':
      return Object.keys(parameter.choices)
        .map((choice) => `\`${choice}\``)
        .join(', ')
    case 'flag':
      return 'on or off'
  }
}
