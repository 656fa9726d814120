/**
 * Whoever reads the output may stop (`radix bench run | head`, a terminal that is closed), and the disk that it goes to may
 * be full. A run must then still take down what it started: what can be shown to nobody is dropped.
 */
export function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}
