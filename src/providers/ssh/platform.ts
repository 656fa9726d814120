/** What `host.sh` says about the system of a host. */
import type { HostPlatform } from './agent-program.ts'
import type { HostAnswer } from './host-script.ts'

export function platformOf(host: string, answer: HostAnswer): HostPlatform {
  return {
    host,
    system: answer.first('system') ?? 'unknown',
    architecture: answer.first('architecture') ?? 'unknown',
    node: answer.first('node'),
  }
}
