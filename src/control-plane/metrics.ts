/** Prometheus metrics of one server. Labels are routes, states and tables of the database: never tenants, clusters or ids. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  registry: Registry
  requestSeconds: Histogram<'method' | 'route' | 'status'>
  dispatchSeconds: Histogram
  clusterTransitions: Counter<'to'>
  jobTransitions: Counter<'to'>
  runTransitions: Counter<'to'>
  waitingPolls: Gauge
  openStreams: Gauge
  retentionDeletedRows: Counter<'table'>
  retentionDueRows: Gauge<'table'>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const countTransitions = (thing: string, plural: string) =>
    new Counter({
      name: `radix_${thing}_transitions_total`,
      help: `${plural} that entered a state`,
      labelNames: ['to'],
      registers,
    })
  return {
    registry,
    requestSeconds: new Histogram({
      name: 'radix_http_request_seconds',
      help: 'Time to answer a request; long polls and streams include their waiting time',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
      registers,
    }),
    dispatchSeconds: new Histogram({
      name: 'radix_job_dispatch_seconds',
      help: 'From the creation of a job to its lease, by the clock of the database',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600],
      registers,
    }),
    clusterTransitions: countTransitions('cluster', 'Clusters'),
    jobTransitions: countTransitions('job', 'Jobs'),
    runTransitions: countTransitions('run', 'Runs'),
    waitingPolls: new Gauge({ name: 'radix_waiting_polls', help: 'Long polls held open', registers }),
    openStreams: new Gauge({ name: 'radix_open_streams', help: 'Open live streams', registers }),
    retentionDeletedRows: new Counter({
      name: 'radix_retention_deleted_rows_total',
      help: 'Rows that retention has deleted',
      labelNames: ['table'],
      registers,
    }),
    retentionDueRows: new Gauge({
      name: 'radix_retention_due_rows',
      help: 'Rows due for deletion that the last sweep of retention left',
      labelNames: ['table'],
      registers,
    }),
  }
}
