/**
 * Registers the run with its deadline in the control plane, before anything is billed. Its undo marks the run as ended.
 */
import { isFinal, RUN_TRANSITIONS } from '../../core/transitions.ts'
import { isRadixError } from '../../errors/radix-error.ts'
import type { Quote } from '../../providers/provider.ts'
import { jobKindOf } from '../../workloads/index.ts'
import { finalReportOf } from '../report.ts'
import { done, type StepContext, type StepResult } from '../step.ts'

/** Until its deadline; null if the price is not known. */
export function worstCaseUsd(quote: Quote | null | undefined, ttlMinutes: number): number | null {
  return quote ? (quote.pricePerHourUsd * ttlMinutes) / 60 : null
}

export async function registerRun(context: StepContext): Promise<StepResult> {
  const { config } = context
  await context.call('registerRun', {
    body: {
      run_id: context.runId,
      provider: config.provider,
      cluster_name: config.clusterName,
      parameters: {
        job_kind: jobKindOf(config.workload),
        ...config.params,
        trials: config.trials,
        ttl_minutes: config.ttlMinutes,
      },
      deadline_at: context.state.deadlineAt,
      worst_case_cost_usd: worstCaseUsd(context.facts.quote, config.ttlMinutes),
    },
  })
  return done()
}

/** The final report. A run that was never registered, or that has already ended, is not changed. */
export async function endRun(context: StepContext): Promise<void> {
  await context.endReports()
  const params = { run_id: context.runId }
  try {
    await context.call('updateRun', { params, body: finalReportOf(context.state, context.ending()) })
  } catch (error) {
    if (isRadixError(error, 'NOT_FOUND')) return
    context.signal.throwIfAborted()
    const run = await context.call('getRun', { params }).catch(() => undefined)
    if (!run || !isFinal(RUN_TRANSITIONS, run.status)) throw error
  }
}
