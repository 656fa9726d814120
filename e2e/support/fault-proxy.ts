/**
 * Stands between the AWS SDK and moto and does what networks and AWS do on bad days: loses an answer after the work was
 * done, throttles, fails, has no capacity, forgets new instances for a while, finds the credentials expired.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerQuotas, type JsonResponder } from './quotas-and-prices.ts'
import { signalFor } from './within.ts'

export interface Fault {
  /** The API action, e.g. `RunInstances`; absent: every one. */
  action?: string
  /** Only requests whose body holds this. */
  holding?: string
  /** Only requests to this region. */
  region?: string
  /** Only requests signed with this access key. */
  signedWith?: string
  /** How often; for good where absent. */
  times?: number
  does:
    | 'lose-answer'
    | 'fail'
    | 'find-nothing'
    | { answerWith: { status: number; code: string; message: string } }
    /** Does the work, and answers otherwise. */
    | { rewrite: (body: string) => string }
}

export interface FaultProxy {
  url: string
  /** Every action that came through, in order. */
  readonly actions: readonly string[]
  /** Whether a request is waiting for an answer. */
  readonly isBusy: boolean
  add(fault: Fault): void
  /** Answers an action in moto's place, from the request's form. */
  answer(action: string, respond: (form: URLSearchParams) => Promise<string>): void
  /** The same for a service that speaks JSON. */
  answerJson(action: string, respond: JsonResponder): void
  clear(): void
  close(): Promise<void>
}

/** More than moto ever takes: then the connection is cut, and the caller tries again. */
const ANSWER_TIMEOUT_MS = 20_000
/** moto has no quota of vCPUs; an account that is used has plenty. */
const PLENTY_OF_VCPUS = 768

const NOTHING: Readonly<Record<string, string>> = {
  DescribeInstances:
    '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><reservationSet/></DescribeInstancesResponse>',
}

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  let faults: Fault[] = []
  const actions: string[] = []
  const launches = new LaunchMemory(target)
  const jsonResponders = new Map<string, JsonResponder>()
  const restoreDefaults = () => {
    jsonResponders.clear()
    jsonResponders.set('GetServiceQuota', answerQuotas({}, PLENTY_OF_VCPUS))
  }
  restoreDefaults()
  const responders = new Map<string, (form: URLSearchParams) => Promise<string>>()
  let waiting = 0
  const server = createServer((incoming, outgoing) => {
    waiting++
    outgoing.once('close', () => waiting--)
    // A caller that hangs up wants no answer any more; any other hears that the connection broke.
    serve(incoming, outgoing).catch((error: unknown) => {
      if (!outgoing.destroyed) process.stderr.write(`fault proxy: ${String(error)}\n`)
      outgoing.destroy()
    })
  })
  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readAll(incoming)
    const action = actionOf(incoming, body)
    actions.push(action)
    const region = regionOf(incoming)
    const accessKey = accessKeyOf(incoming)
    const fault = faults.find(
      (each) =>
        (!each.action || each.action === action) &&
        (!each.holding || body.includes(each.holding)) &&
        (!each.region || each.region === region) &&
        (!each.signedWith || each.signedWith === accessKey),
    )
    if (fault?.times !== undefined) {
      fault.times--
      if (fault.times === 0) faults = faults.filter((each) => each !== fault)
    }
    const respond = responders.get(action)
    if (!fault && respond) return answer(outgoing, 200, await respond(new URLSearchParams(body)))
    const respondJson = jsonResponders.get(action)
    if (!fault && respondJson) {
      const { status = 200, body: answered } = respondJson(JSON.parse(body))
      return answerJson(outgoing, status, answered)
    }
    const does = fault?.does
    if (does === undefined || does === 'lose-answer' || (typeof does === 'object' && 'rewrite' in does)) {
      const response = (await launches.repeated(body, region)) ?? asInEc2(action, await passOn(target, incoming, body))
      launches.remember(body, response)
      if (does === 'lose-answer') return void incoming.socket.destroy()
      const text = does === undefined ? response.body : does.rewrite(response.body)
      return void outgoing.writeHead(response.status, response.headers).end(text)
    }
    if (does === 'find-nothing') return answer(outgoing, 200, NOTHING[action] ?? '')
    const internal = { status: 500, code: 'InternalError', message: 'An internal error has occurred' }
    const { status, code, message } = does === 'fail' ? internal : does.answerWith
    if (speaksJson(incoming)) answerJson(outgoing, status, { __type: code, message })
    else answer(outgoing, status, errorXml(code, message))
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    actions,
    get isBusy() {
      return waiting > 0
    },
    add: (fault) => void faults.push({ ...fault }),
    answer: (action, respond) => void responders.set(action, respond),
    answerJson: (action, respond) => void jsonResponders.set(action, respond),
    clear: () => {
      restoreDefaults()
      faults = []
      actions.length = 0
      responders.clear()
      launches.clear()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** EC2, IAM and STS name it in the form; SSM and the others in a header. */
function actionOf(incoming: IncomingMessage, body: string): string {
  const target = incoming.headers['x-amz-target']
  if (typeof target === 'string') return target.split('.').at(-1) ?? ''
  return new URLSearchParams(body).get('Action') ?? `${incoming.method} ${incoming.url}`
}

/** moto stumbles over the network interface of an instance that has ended; EC2 terminates it once more, and that is that. */
function asInEc2(action: string, response: Passed): Passed {
  if (action !== 'TerminateInstances' || !response.body.includes('InvalidNetworkInterfaceID')) return response
  const body =
    '<TerminateInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><instancesSet/></TerminateInstancesResponse>'
  return { ...response, status: 200, body }
}

interface Passed {
  status: number
  headers: Record<string, string>
  body: string
}

/**
 * EC2 answers a launch that is repeated with the same ClientToken with the same instance, as it is now; moto launches
 * another. This makes it as it is in EC2.
 */
class LaunchMemory {
  readonly #target: string
  readonly #byToken = new Map<string, Passed>()

  constructor(target: string) {
    this.#target = target
  }

  clear(): void {
    this.#byToken.clear()
  }

  remember(body: string, response: Passed): void {
    const token = tokenOf(body)
    if (token && response.status === 200) this.#byToken.set(token, response)
  }

  async repeated(body: string, region: string): Promise<Passed | undefined> {
    const first = this.#byToken.get(tokenOf(body) ?? '')
    if (!first) return undefined
    const [, instanceId] = /<instanceId>(i-[0-9a-f]+)</.exec(first.body) ?? []
    const query = `Action=DescribeInstances&Version=2016-11-15&InstanceId.1=${instanceId}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: signFor(region) }
    const signal = signalFor(ANSWER_TIMEOUT_MS, `moto's answer about ${instanceId}`)
    const now = await (await fetch(this.#target, { method: 'POST', headers, body: query, signal })).text()
    const [state] = /<instanceState>[\s\S]*?<\/instanceState>/.exec(now) ?? []
    return state ? { ...first, body: first.body.replace(/<instanceState>[\s\S]*?<\/instanceState>/, state) } : undefined
  }
}

/** moto reads the service and the region from it, and checks nothing. */
function signFor(region: string): string {
  return `AWS4-HMAC-SHA256 Credential=testing/20990101/${region}/ec2/aws4_request, SignedHeaders=host, Signature=0`
}

/** Every request is signed for one. */
function regionOf({ headers }: IncomingMessage): string {
  return /Credential=[^/]+\/\d+\/([a-z0-9-]+)\//.exec(headers.authorization ?? '')?.[1] ?? ''
}

function accessKeyOf({ headers }: IncomingMessage): string {
  return /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? ''
}

function tokenOf(body: string): string | undefined {
  const form = new URLSearchParams(body)
  if (form.get('Action') !== 'RunInstances' || form.get('DryRun') === 'true') return undefined
  return form.get('ClientToken') ?? undefined
}

function passOn(target: string, incoming: IncomingMessage, body: string): Promise<Passed> {
  const { hostname, port } = new URL(target)
  const options = { hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers }
  const signal = signalFor(ANSWER_TIMEOUT_MS, `moto's answer to ${actionOf(incoming, body)}`)
  return new Promise((resolve, reject) => {
    const passedOn = request({ ...options, signal }, (response) => {
      const headers = { 'content-type': response.headers['content-type'] ?? 'text/xml' }
      const status = response.statusCode ?? 502
      // A body that breaks off is an error of the request, too.
      readAll(response).then((text) => resolve({ status, headers, body: text }), reject)
    })
    passedOn.once('error', reject)
    passedOn.end(body)
  })
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

/** SSM and Service Quotas and the Price List do; EC2, IAM and STS speak XML. */
function speaksJson(incoming: IncomingMessage): boolean {
  return incoming.headers['x-amz-target'] !== undefined
}

function answerJson(outgoing: ServerResponse, status: number, body: unknown): void {
  outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
}

function answer(outgoing: ServerResponse, status: number, body: string): void {
  outgoing.writeHead(status, { 'content-type': 'text/xml' }).end(body)
}

function errorXml(code: string, message: string): string {
  return `<?xml version="1.0"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>1</RequestID></Response>`
}
