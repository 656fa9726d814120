/**
 * In the place of a machine's Python with PyTorch, as a shell script that needs nothing but the machine: answers that it has
 * PyTorch, makes progress until it is released, and writes a result of the right schema.
 */
import { WORKLOAD_RESULT } from './stand-in-workload.ts'

const PROGRESS = {
  schema: 'radix.progress/v2',
  phase: 'train',
  epoch: 1,
  step: 1,
  total_steps: 4,
  throughput: { value: 12.5, unit: 'images/s' },
  elapsed_seconds: 1,
  loss: 6.9,
}

/** `releasedBy`: a file whose appearance lets it finish; absent, it finishes at once. */
export function renderMachineWorkload(releasedBy?: string): string {
  const wait = releasedBy === undefined ? '' : `while [ ! -e ${releasedBy} ]; do sleep 0.1; done\n`
  return `#!/bin/sh
[ "$1" = -c ] && exit 0
while [ $# -gt 0 ]; do case $1 in --result) result=$2 ;; --progress) progress=$2 ;; esac; shift; done
echo '${JSON.stringify(PROGRESS)}' >> "$progress"
${wait}echo '${JSON.stringify(WORKLOAD_RESULT)}' > "$result.draft" && mv "$result.draft" "$result"
`
}
