/** Runs of the same kind over time. */
import type { TrendSeries } from '../../src/contract/schemas/comparison.ts'
import { confidenceInterval, mean } from '../../src/core/statistics.ts'
import { Resnet50Params } from '../../src/workloads/testing/resnet50-params.ts'
import type { MadeUpRun } from './runs.ts'

/** As the control plane's own query groups them. */
export function toSeries(runs: readonly MadeUpRun[]): TrendSeries[] {
  const groups = Map.groupBy(
    runs.filter(({ run }) => run.measurement !== null),
    ({ run: { measurement } }) => `${measurement?.instance_type} ${measurement?.device_name} ${measurement?.recipe}`,
  )
  return [...groups].map(([series_id, group]): TrendSeries => {
    const oldestFirst = group.toReversed()
    const { run, evidence } = oldestFirst[0] ?? {}
    const throughputs = oldestFirst.map((each) => each.run.throughput?.value ?? 0)
    const interval = confidenceInterval(throughputs)
    const { batch_size, image_size, epochs, steps_per_epoch, warmup_steps } = Resnet50Params.parse(
      evidence?.request.parameters ?? {},
    )
    return {
      series_id,
      instance_type: run?.measurement?.instance_type ?? null,
      device_name: run?.measurement?.device_name ?? '',
      device_type: evidence?.environment.device?.type ?? 'cuda',
      job_kind: 'resnet50_benchmark',
      workload: { name: 'resnet50_benchmark', version: '1.0.0' },
      recipe: run?.measurement?.recipe ?? '',
      precision: evidence?.results.trials[0]?.result?.precision ?? {},
      parameters: { batch_size, image_size, epochs, steps_per_epoch, warmup_steps },
      run_count: group.length,
      throughput: {
        unit: 'images/s',
        mean: mean(throughputs),
        low: interval?.low ?? null,
        high: interval?.high ?? null,
      },
      work_per_usd: oldestFirst.at(-1)?.run.measurement?.work_per_usd ?? null,
      points: oldestFirst.map(({ run: { run_id, created_at, verdict, throughput, measurement } }) => ({
        run_id,
        measured_at: created_at,
        trials: measurement?.trials ?? 1,
        throughput: throughput?.value ?? 0,
        interval: measurement?.interval ?? null,
        work_per_usd: measurement?.work_per_usd ?? null,
        verdict: verdict ?? 'suspect',
      })),
    }
  })
}
