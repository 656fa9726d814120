/** The one line that makes a machine join a cluster: it is pasted into a shell there. Pure. */
import { shellWord } from '../core/shell-word.ts'

interface Joining {
  apiBase: string
  clusterId: string
  /** Or a file on the machine that has it. */
  token: string | { file: string }
}

/**
 * The token is in the environment of the script: a list of processes does not show it. A machine has curl or wget, and
 * the first one that works brings the script.
 */
export function renderInstallCommand({ apiBase, clusterId, token }: Joining): string {
  const script = shellWord(`${apiBase}/agent/install.sh`)
  const variable = typeof token === 'string' ? `RADIX_ONBOARDING_TOKEN=${shellWord(token)} ` : ''
  const file = typeof token === 'string' ? '' : ` --onboarding-token-file ${token.file}`
  const options = `--api-base ${shellWord(apiBase)} --cluster-id ${shellWord(clusterId)}${file}`
  return `(curl -fsSL ${script} || wget -qO- ${script}) | ${variable}sh -s -- ${options}`
}
