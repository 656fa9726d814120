/**
 * A program that is told to stop: it ends once it is asked `end` over IPC, and not before. `advance` moves the clock that it
 * measures repeated signals with.
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
