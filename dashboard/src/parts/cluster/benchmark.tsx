/** The button that starts a benchmark on a cluster, and takes to the run that it started. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import type { Cluster } from '../../../../src/contract/schemas/cluster.ts'
import { StartBenchmarkBody } from '../../../../src/contract/schemas/run.ts'
import { QUICK_PARAMS, RECIPES } from '../../../../src/contract/schemas/workload.ts'
import { client } from '../../api/client.ts'
import { newIdempotencyKey } from '../../api/idempotency-key.ts'
import { DialogButton } from '../dialog-button.tsx'
import { ErrorNote } from '../error-note.tsx'
import { Choice, Field } from '../field.tsx'

const DEFAULTS = StartBenchmarkBody.parse({})

const RECIPE_LABELS = {
  reference: 'reference: fp32, comparable everywhere',
  tuned: 'tuned: the fastest that keeps the mathematics',
} satisfies Record<(typeof RECIPES)[number], string>

/** On a GPU: several trials give an interval. */
const USUAL = { ...DEFAULTS.params, trials: 3 }
/** Enough for a CPU to prove the flow. */
const SMALL = { ...DEFAULTS.params, ...QUICK_PARAMS, trials: 1 }

export function BenchmarkButton({ cluster }: { cluster: Cluster }) {
  return (
    <DialogButton label="Run benchmark" title={`Benchmark ${cluster.name}`} isMain>
      {(close) => <Form cluster={cluster} onClose={close} />}
    </DialogButton>
  )
}

function Form({ cluster, onClose }: { cluster: Cluster; onClose: () => void }) {
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  // A second click answers with the same run; what was changed in between is another.
  const [idempotencyKey, setIdempotencyKey] = useState(newIdempotencyKey)
  const start = useMutation({
    mutationFn: (data: FormData) => {
      const params = { cluster_id: cluster.cluster_id }
      return client.call('startBenchmark', { params, body: readBody(data), idempotencyKey })
    },
    onSuccess: ({ run_id: runId }) => {
      void queryClient.invalidateQueries({ queryKey: ['runs'] })
      return navigate({ to: '/runs/$runId', params: { runId } })
    },
  })
  const hasNoGpu = cluster.capabilities?.gpus?.length === 0
  const initial = hasNoGpu ? SMALL : USUAL
  const [allowsCpu, setAllowsCpu] = useState(true)
  const cpuNoteId = useId()
  // It could only fail.
  const cannotRun = hasNoGpu && !allowsCpu
  return (
    <form
      onInput={() => setIdempotencyKey(newIdempotencyKey())}
      onSubmit={(event) => {
        event.preventDefault()
        if (cannotRun) return
        start.mutate(new FormData(event.currentTarget))
      }}
    >
      <p className="dim">Trains ResNet-50 there, and ends in evidence. The machine stays as it is.</p>
      <div className="fields">
        <Choice
          label="Recipe"
          name="recipe"
          defaultValue={initial.recipe}
          options={RECIPES.map((value) => ({ value, label: RECIPE_LABELS[value] }))}
        />
        <WholeNumber
          label="Trials"
          name="trials"
          defaultValue={initial.trials}
          max={100}
          hint="3 or more give an interval"
        />
        <WholeNumber
          label="Batch size"
          unit="images"
          name="batch_size"
          defaultValue={initial.batch_size}
          max={65_536}
        />
        <WholeNumber
          label="Image size"
          unit="px"
          name="image_size"
          defaultValue={initial.image_size}
          min={32}
          max={1024}
        />
        <WholeNumber label="Epochs" name="epochs" defaultValue={initial.epochs} max={1000} />
        <WholeNumber
          label="Steps per epoch"
          name="steps_per_epoch"
          defaultValue={initial.steps_per_epoch}
          max={1_000_000}
          hint="under 5 s of them are suspect: a fast GPU wants 500"
        />
        <WholeNumber
          label="Warm-up"
          unit="steps"
          name="warmup_steps"
          defaultValue={initial.warmup_steps}
          min={0}
          max={10_000}
        />
        <WholeNumber
          label="Time limit"
          unit="minutes"
          name="ttl_minutes"
          defaultValue={DEFAULTS.ttl_minutes}
          max={1440}
        />
      </div>
      {hasNoGpu && (
        <div className="note">
          <label>
            <input
              type="checkbox"
              name="allow_cpu"
              checked={allowsCpu}
              onChange={({ target }) => setAllowsCpu(target.checked)}
              aria-describedby={cpuNoteId}
            />{' '}
            Run on the CPU: this cluster has no GPU
          </label>
          <p id={cpuNoteId}>
            {allowsCpu
              ? 'Such a number only proves the flow. The sizes above are such that a CPU can do them.'
              : 'Without a GPU and without the CPU there is nothing to run on: tick the box to start.'}
          </p>
        </div>
      )}
      {start.error && <ErrorNote error={start.error} />}
      <div className="actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" className="main" disabled={start.isPending || cannotRun}>
          {start.isPending ? 'Starting…' : 'Start benchmark'}
        </button>
      </div>
    </form>
  )
}

interface WholeNumberProps {
  label: string
  unit?: string
  hint?: string
  name: string
  defaultValue: number
  min?: number
  max: number
}

function WholeNumber({ min = 1, ...rest }: WholeNumberProps) {
  return <Field type="number" required min={min} step={1} inputMode="numeric" {...rest} />
}

/** The control plane checks it again. */
function readBody(data: FormData) {
  const numberOf = (name: string) => Number(data.get(name))
  return StartBenchmarkBody.parse({
    params: {
      recipe: data.get('recipe'),
      batch_size: numberOf('batch_size'),
      image_size: numberOf('image_size'),
      epochs: numberOf('epochs'),
      steps_per_epoch: numberOf('steps_per_epoch'),
      warmup_steps: numberOf('warmup_steps'),
      allow_cpu: data.has('allow_cpu'),
    },
    trials: numberOf('trials'),
    ttl_minutes: numberOf('ttl_minutes'),
  })
}
