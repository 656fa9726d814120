/**
 * The reader of the output may stop (`radix bench run | head`, a closed terminal), and the output's disk may be full. A
 * run must still clean up what it started, so output that cannot be written is dropped.
 */
export function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}
