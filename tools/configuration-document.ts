/** docs/configuration.md, from the table of settings. */
import { SETTINGS, type Setting } from '../src/core/settings.ts'

export function renderConfiguration(): string {
  const sections = Object.entries(SETTINGS).map(([part, settings]) => {
    const heading = '| variable | meaning | default |\n|---|---|---|'
    return `## ${part}\n\n${[heading, ...settings.map(renderSetting)].join('\n')}\n`
  })
  return [
    '# Configuration\n\nGenerated from `src/core/settings.ts`; edit there. A flag overrides its variable, and a variable overrides the file given by `--config`.\n',
    ...sections,
  ].join('\n')
}

function renderSetting({ name, what, fallback, isSecret }: Setting): string {
  return `| \`${name}\` | ${what}${isSecret ? ' (a secret)' : ''} | ${fallback ?? '-'} |`
}
