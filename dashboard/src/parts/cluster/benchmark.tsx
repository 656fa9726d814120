/** The button that starts a benchmark on a cluster, and takes to the run that it started. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import type { Cluster } from '../../../../src/contract/schemas/cluster.ts'
import { StartBenchmarkBody } from '../../../../src/contract/schemas/run.ts'
import {
  DEFAULT_WORKLOAD,
  jobKindOf,
  WORKLOAD_NAMES,
  type WorkloadName,
  workloadOf,
} from '../../../../src/workloads/index.ts'
import type { Parameter } from '../../../../src/workloads/parameters.ts'
import { client } from '../../api/client.ts'
import { newIdempotencyKey } from '../../api/idempotency-key.ts'
import { DialogButton } from '../dialog-button.tsx'
import { ErrorNote } from '../error-note.tsx'
import { Choice, Field } from '../field.tsx'

/** What is chosen from a list comes first. */
function parametersOf(workload: WorkloadName): [string, Parameter][] {
  const { parameters } = workloadOf(jobKindOf(workload))
  return Object.entries(parameters).toSorted(
    ([, a], [, b]) => Number(b.kind === 'choice') - Number(a.kind === 'choice'),
  )
}

/** On a GPU: several trials give an interval. Without one: enough for a CPU to prove the flow. */
function initialOf(workload: WorkloadName, hasNoGpu: boolean) {
  const { params, ttl_minutes } = StartBenchmarkBody.parse({ workload })
  const { quick } = workloadOf(jobKindOf(workload))
  return hasNoGpu ? { params: { ...params, ...quick }, trials: 1, ttl_minutes } : { params, trials: 3, ttl_minutes }
}

export function BenchmarkButton({ cluster }: { cluster: Cluster }) {
  return (
    <DialogButton route="startBenchmark" label="Run benchmark" title={`Benchmark ${cluster.name}`} isMain>
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
      return client.call('startBenchmark', { params, body: readBody(workload, data), idempotencyKey })
    },
    onSuccess: ({ run_id: runId }) => {
      void queryClient.invalidateQueries({ queryKey: ['runs'] })
      return navigate({ to: '/runs/$runId', params: { runId } })
    },
  })
  const hasNoGpu = cluster.capabilities?.gpus?.length === 0
  const [workload, setWorkload] = useState<WorkloadName>(DEFAULT_WORKLOAD)
  const initial = initialOf(workload, hasNoGpu)
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
      <p className="dim">
        Each trial {workloadOf(jobKindOf(workload)).does}. The run produces evidence, and the machine keeps running.
      </p>
      <div className="fields">
        {WORKLOAD_NAMES.length > 1 && (
          <Choice
            label="Workload"
            value={workload}
            onChange={({ target }) =>
              setWorkload(WORKLOAD_NAMES.find((name) => name === target.value) ?? DEFAULT_WORKLOAD)
            }
            options={WORKLOAD_NAMES.map((name) => ({ value: name, label: name }))}
          />
        )}
        {parametersOf(workload).map(([name, parameter]) => (
          <ParameterField
            key={`${workload} ${name}`}
            name={name}
            parameter={parameter}
            initial={initial.params[name]}
          />
        ))}
        <WholeNumber
          label="Trials"
          name="trials"
          defaultValue={initial.trials}
          max={100}
          hint="3 or more give a 95 % interval"
        />
        <WholeNumber
          label="Time limit"
          unit="minutes"
          name="ttl_minutes"
          defaultValue={initial.ttl_minutes}
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
              ? 'A result from a CPU only proves that the flow works. The sizes above are small enough for a CPU.'
              : 'The benchmark has no device to run on: tick the box to start.'}
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

interface ParameterFieldProps {
  name: string
  parameter: Parameter
  initial: number | string | boolean | undefined
}

/** A flag has no field here: the only one is asked for where there is no GPU. */
function ParameterField({ name, parameter, initial }: ParameterFieldProps) {
  switch (parameter.kind) {
    case 'whole': {
      const { label, unit, hint, minimum, maximum } = parameter
      return (
        <WholeNumber
          label={label}
          name={name}
          defaultValue={Number(initial)}
          min={minimum}
          max={maximum}
          {...(unit ? { unit } : {})}
          {...(hint ? { hint } : {})}
        />
      )
    }
    case 'choice': {
      const options = Object.entries(parameter.choices).map(([value, meaning]) => ({
        value,
        label: `${value}: ${meaning}`,
      }))
      return <Choice label={parameter.label} name={name} defaultValue={String(initial)} options={options} />
    }
    case 'flag':
      return null
  }
}

/** The control plane checks it again. */
function readBody(workload: WorkloadName, data: FormData) {
  const readValue = (name: string, { kind }: Parameter) => {
    if (kind === 'flag') return data.has(name)
    return kind === 'whole' ? Number(data.get(name)) : data.get(name)
  }
  return StartBenchmarkBody.parse({
    workload,
    params: Object.fromEntries(parametersOf(workload).map(([name, parameter]) => [name, readValue(name, parameter)])),
    trials: Number(data.get('trials')),
    ttl_minutes: Number(data.get('ttl_minutes')),
  })
}
