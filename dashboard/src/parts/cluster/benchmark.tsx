/** The button that starts a benchmark on a cluster, and takes to the run that it started. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { Cluster } from '../../../../src/contract/schemas/cluster.ts'
import { StartBenchmarkBody } from '../../../../src/contract/schemas/run.ts'
import { RECIPES } from '../../../../src/contract/schemas/workload.ts'
import { client } from '../../api/client.ts'
import { newIdempotencyKey } from '../../api/idempotency-key.ts'
import { Dialog } from '../dialog.tsx'
import { ErrorNote } from '../error-note.tsx'
import { Choice, Field } from '../field.tsx'

const DEFAULTS = StartBenchmarkBody.parse({})

const RECIPE_LABELS = {
  reference: 'reference: fp32, comparable everywhere',
  tuned: 'tuned: the fastest that keeps the mathematics',
} satisfies Record<(typeof RECIPES)[number], string>

/** Enough for a CPU to prove the flow. */
const SMALL = { batch_size: '8', image_size: '64', steps_per_epoch: '20' }

export function BenchmarkButton({ cluster }: { cluster: Cluster }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button type="button" className="main" onClick={() => setOpen(true)}>
        Run benchmark
      </button>
      <Dialog title={`Benchmark ${cluster.name}`} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form cluster={cluster} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  )
}

function Form({ cluster, onClose }: { cluster: Cluster; onClose: () => void }) {
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  // One key for the dialog: a second click answers with the same run.
  const [idempotencyKey] = useState(newIdempotencyKey)
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
  const makeSmall = () => {
    for (const [name, value] of Object.entries(SMALL)) {
      const input = form.current?.elements.namedItem(name)
      if (input instanceof HTMLInputElement) input.value = value
    }
  }
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault()
        start.mutate(new FormData(event.currentTarget))
      }}
    >
      <p className="dim">Trains ResNet-50 there, and ends in evidence. The machine stays as it is.</p>
      <div className="fields">
        <Choice
          label="Recipe"
          name="recipe"
          defaultValue={DEFAULTS.params.recipe}
          options={RECIPES.map((value) => ({ value, label: RECIPE_LABELS[value] }))}
        />
        <WholeNumber
          label="Trials"
          name="trials"
          defaultValue={DEFAULTS.trials}
          max={100}
          hint="3 or more give an interval"
        />
        <WholeNumber
          label="Batch size"
          unit="images"
          name="batch_size"
          defaultValue={DEFAULTS.params.batch_size}
          max={65_536}
        />
        <WholeNumber
          label="Image size"
          unit="px"
          name="image_size"
          defaultValue={DEFAULTS.params.image_size}
          min={32}
          max={1024}
        />
        <WholeNumber label="Epochs" name="epochs" defaultValue={DEFAULTS.params.epochs} max={1000} />
        <WholeNumber
          label="Steps per epoch"
          name="steps_per_epoch"
          defaultValue={DEFAULTS.params.steps_per_epoch}
          max={1_000_000}
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
            <input type="checkbox" name="allow_cpu" defaultChecked /> Run on the CPU: this cluster has no GPU
          </label>
          <p>
            Such a number only proves the flow.{' '}
            <button type="button" className="quiet" onClick={makeSmall}>
              Use sizes that a CPU can do
            </button>
          </p>
        </div>
      )}
      {start.error && <ErrorNote error={start.error} />}
      <div className="actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" className="main" disabled={start.isPending}>
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
      allow_cpu: data.has('allow_cpu'),
    },
    trials: numberOf('trials'),
    ttl_minutes: numberOf('ttl_minutes'),
  })
}
