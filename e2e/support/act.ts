/** nektos/act, which runs workflows on this machine: https://github.com/nektos/act. */
import { buildGoTool } from './go-tools.ts'

/** The program. */
export function buildAct(): string {
  return buildGoTool({ name: 'act', module: 'github.com/nektos/act', version: 'v0.2.89' })
}
