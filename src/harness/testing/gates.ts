/** The points at which a process of the harness acts on the world. A test can make it fail or die there. */

export interface Fault {
  /** The name of the point in `seen`. */
  point: string
  /** The first passing of the point by default. */
  occurrence?: number
  when: 'before' | 'after'
  /** `act`: something happens in the world, and the process continues. */
  how: 'error' | 'crash' | (() => void)
}

export class ProcessDied extends Error {}

export class Gates {
  /** The points that were passed, each once, in order. */
  readonly seen = new Set<string>()
  /** Every passing of a point, in order. */
  readonly passings: Required<Pick<Fault, 'point' | 'occurrence'>>[] = []
  readonly died: Promise<void>
  onDeath = () => {}
  alive = true
  #fault: Fault | undefined
  #tellDeath = () => {}

  constructor(fault?: Fault) {
    this.#fault = fault
    this.died = new Promise((resolve) => {
      this.#tellDeath = resolve
    })
  }

  /** True when the fault was reached. */
  get struck(): boolean {
    return this.#fault === undefined
  }

  async pass<T>(point: string, effect: () => Promise<T>, error?: () => Error): Promise<T> {
    if (!this.alive) return forever()
    const occurrence = this.#note(point)
    if (this.#strike({ point, occurrence, when: 'before' }, error) === 'died') return forever()
    const answer = await this.live(effect)
    if (this.#strike({ point, occurrence, when: 'after' }, error) === 'died') return forever()
    return answer
  }

  /** For files: an error that is never handled cuts off what a dead process would do next. */
  passSync(point: string, effect: () => void): void {
    if (!this.alive) throw new ProcessDied()
    const occurrence = this.#note(point)
    if (this.#strike({ point, occurrence, when: 'before' }) === 'died') throw new ProcessDied()
    effect()
    if (this.#strike({ point, occurrence, when: 'after' }) === 'died') throw new ProcessDied()
  }

  /** Without a point of its own: a dead process gets no more answers. */
  async live<T>(effect: () => Promise<T>): Promise<T> {
    if (!this.alive) return forever()
    try {
      const answer = await effect()
      return this.alive ? answer : forever()
    } catch (error) {
      if (!this.alive) return forever()
      throw error
    }
  }

  #note(point: string): number {
    const occurrence = this.passings.filter((passing) => passing.point === point).length + 1
    this.seen.add(point)
    this.passings.push({ point, occurrence })
    return occurrence
  }

  #strike({ point, occurrence, when }: Required<Omit<Fault, 'how'>>, error?: () => Error): 'died' | undefined {
    const fault = this.#fault
    if (fault?.point !== point || fault.when !== when || (fault.occurrence ?? 1) !== occurrence) return undefined
    this.#fault = undefined
    if (fault.how === 'crash') {
      this.alive = false
      this.onDeath()
      this.#tellDeath()
      return 'died'
    }
    if (fault.how === 'error') throw error?.() ?? new Error(`the test made ${point} fail`)
    fault.how()
    return undefined
  }
}

function forever<T>(): Promise<T> {
  return new Promise<T>(() => {})
}
