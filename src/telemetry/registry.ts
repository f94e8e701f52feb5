/**
 * Counters, gauges and histograms in memory, and their exposition in the text format of Prometheus (version 0.0.4).
 * They begin at nothing whenever the process does, as Prometheus expects.
 */

/** Values of a metric's labels, in the order of their names. */
type Labels = readonly string[]

interface Named {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

/** A metric that writes its lines. */
export interface Metric {
  lines(): string[]
}

/** A number for each combination of labels. */
class Values implements Metric {
  readonly #named: Named
  readonly #type: string
  readonly #values = new Map<string, number>()

  constructor(named: Named, type: string) {
    this.#named = named
    this.#type = type
    // What has no labels is there from the start.
    if (!named.labels?.length) this.#values.set('', 0)
  }

  protected change(labels: Labels, more: number): void {
    const key = pairs(this.#named.labels ?? [], labels)
    this.#values.set(key, (this.#values.get(key) ?? 0) + more)
  }

  lines(): string[] {
    const { name } = this.#named
    return [...head(this.#named, this.#type), ...[...this.#values].map(([key, value]) => line(name, key, value))]
  }
}

/** Something that is counted. */
export class Counter extends Values {
  constructor(named: Named) {
    super(named, 'counter')
  }

  add(...labels: string[]): void {
    this.change(labels, 1)
  }
}

/** How much there is of something that several owners hold, each of which says how much it does. */
export class Gauge extends Values {
  readonly #held = new Map<string, number>()

  constructor(named: Named) {
    super(named, 'gauge')
  }

  set(owner: string, value: number, ...labels: string[]): void {
    const key = JSON.stringify([owner, ...labels])
    this.change(labels, value - (this.#held.get(key) ?? 0))
    if (value) this.#held.set(key, value)
    else this.#held.delete(key)
  }
}

/** How large something is, in so many of each size. */
export class Histogram implements Metric {
  readonly #named: Named
  readonly #bounds: readonly number[]
  /** For each combination of labels, how many there are up to each bound and no lower one, and their sum. */
  readonly #values = new Map<string, { readonly counts: number[]; sum: number }>()

  constructor(named: Named, bounds: readonly number[]) {
    this.#named = named
    this.#bounds = bounds
    if (!named.labels?.length) this.#at('')
  }

  observe(value: number, ...labels: string[]): void {
    const found = this.#bounds.findIndex((bound) => value <= bound)
    const at = this.#at(pairs(this.#named.labels ?? [], labels))
    const index = found < 0 ? this.#bounds.length : found
    at.counts[index] = (at.counts[index] ?? 0) + 1
    at.sum += value
  }

  #at(key: string) {
    let at = this.#values.get(key)
    if (!at) this.#values.set(key, (at = { counts: [...this.#bounds, 0].map(() => 0), sum: 0 }))
    return at
  }

  lines(): string[] {
    const { name } = this.#named
    const lines = head(this.#named, 'histogram')
    for (const [key, { counts, sum }] of this.#values) {
      let count = 0
      for (const [index, more] of counts.entries()) {
        count += more
        const bound = `le="${this.#bounds[index] ?? '+Inf'}"`
        lines.push(line(`${name}_bucket`, key ? `${key},${bound}` : bound, count))
      }
      lines.push(line(`${name}_sum`, key, sum), line(`${name}_count`, key, count))
    }
    return lines
  }
}

/** The text of all these. */
export function exposition(metrics: readonly Metric[]): string {
  return `${metrics.flatMap((metric) => metric.lines()).join('\n')}\n`
}

const head = ({ name, help }: Named, type: string) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]

const line = (name: string, key: string, value: number) => `${name}${key && `{${key}}`} ${value}`

function pairs(names: readonly string[], values: Labels): string {
  return names.map((name, index) => `${name}="${escape(values[index] ?? '')}"`).join()
}

const escape = (text: string) => text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
