/** Chooses the view that fits the output. */
import { asTyped } from '../../../core/as-typed.ts'
import { systemClock } from '../../../core/clock.ts'
import type { RunOutcome } from '../../../harness/events.ts'
import { liveStream, note, print, printJson, printStyled } from '../../shared/output.ts'
import { programName } from '../../shared/program-name.ts'
import { readRunEvidence } from '../find-evidence.ts'
import type { Look } from './frame.ts'
import { createJsonView } from './json.ts'
import { createPlainView } from './plain.ts'
import { chooseGlyphs, createStyle, usesColor } from './style.ts'
import { renderSummary, type SummaryOptions, type SummaryPlace } from './summary.ts'
import { createTerminalView } from './terminal.ts'
import { chooseView, type RunView } from './view.ts'

export function createView(json: boolean): RunView {
  const look = createLook()
  const isTerminal = process.stderr.isTTY === true && process.stdout.isTTY === true
  switch (chooseView({ json, isTerminal, env: process.env })) {
    case 'json':
      return createJsonView({ write: note, clock: systemClock, look, printJson })
    case 'plain':
      return createPlainView({
        write: printTyped,
        clock: systemClock,
        look,
        finish: (outcome) => printSummary(outcome),
      })
    case 'terminal':
      return createTerminalView({
        stream: liveStream,
        print: printStyled,
        clock: systemClock,
        look,
        readDetails: readRunEvidence,
        place: summaryPlace,
      })
  }
}

/** Lines of ours name commands. */
function printTyped(line: string): void {
  print(asTyped(line, programName()))
}

function summaryPlace(): SummaryPlace {
  const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY
  return { width: width || 80, program: programName() }
}

export function createLook(): Look {
  return {
    style: createStyle(usesColor(process.stdout.isTTY === true, process.env)),
    glyphs: chooseGlyphs(process.env, process.platform),
  }
}

export function printSummary(outcome: RunOutcome, options: SummaryOptions = {}): void {
  const place = { ...summaryPlace(), ...options }
  printStyled(`\n${renderSummary(outcome, readRunEvidence(outcome), createLook(), place)}`)
}
