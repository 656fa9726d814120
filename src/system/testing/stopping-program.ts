/**
 * A program that gets stop signals, and ends only at `end` over IPC. `advance` moves the clock that it
 * uses for repeated signals.
 */
import { listenForStop } from '../stop-signals.ts'

let nowMs = 0
const clock = { monotonicMs: () => nowMs }
const tell = (message: string) => process.send?.(message)
const stop = listenForStop({ onStop: (signal) => tell(`stops at ${signal}`), onLeave: () => tell('leaves'), clock })

process.on('message', (message) => {
  if (message === 'end') process.exit(0)
  if (message === 'dispose') stop.dispose()
  if (message === 'advance') nowMs += 1000
  tell(`did ${message}, ${stop.signal.aborted ? stop.signal.reason : 'not told to stop'}`)
})
tell('listens')
