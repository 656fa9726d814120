/** A baseline for tests: three trials on an A10G. */
import { type Baseline, toBaseline } from '../../contract/schemas/baseline.ts'

export function testBaseline(changes: Partial<Baseline> = {}): Baseline {
  const measurement = {
    run_id: 'run_01jdqk4e8f3q8k2c9v5w7x6y1z',
    measured_at: '2026-03-02T09:00:00.000Z',
    job_kind: 'resnet50_benchmark',
    workload: { name: 'resnet50', version: '1' },
    recipe: 'reference',
    precision: { autocast: null, channels_last: false },
    parameters: { batch_size: 128, image_size: 224, epochs: 1, steps_per_epoch: 200, warmup_steps: 10 },
    device: { type: 'cuda', name: 'NVIDIA A10G' },
    instance_type: 'g5.2xlarge',
    surroundings: { pytorch: '2.6.0', driver: '570.86.15' },
    unit: 'images/s',
    throughputs: [343.2, 342.1, 344.6],
  }
  return { ...toBaseline(measurement), ...changes }
}
