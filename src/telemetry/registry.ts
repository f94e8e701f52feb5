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

/** Something for each combination of labels. It is worded when it is asked for: counting has to be quick. */
class ByLabels<T> {
  readonly #names: readonly string[]
  readonly #make: () => T
  readonly #values = new Map<string, { readonly labels: Labels; readonly value: T }>()

  constructor(names: readonly string[] = [], make: () => T) {
    this.#names = names
    this.#make = make
    // What has no labels is there from the start.
    if (!names.length) this.of([])
  }

  of(labels: Labels): T {
    const key = labels.length === 1 ? (labels[0] as string) : labels.join('\n')
    let found = this.#values.get(key)
    if (!found) this.#values.set(key, (found = { labels, value: this.#make() }))
    return found.value
  }

  /** All of them, with their labels as they are written. */
  *[Symbol.iterator](): Iterator<[labels: string, value: T]> {
    for (const { labels, value } of this.#values.values()) yield [pairs(this.#names, labels), value]
  }
}

/** A number for each combination of labels. */
class Values implements Metric {
  readonly #named: Named
  readonly #type: string
  readonly #values: ByLabels<{ number: number }>

  constructor(named: Named, type: string) {
    this.#named = named
    this.#type = type
    this.#values = new ByLabels(named.labels, () => ({ number: 0 }))
  }

  protected change(labels: Labels, more: number): void {
    this.#values.of(labels).number += more
  }

  lines(): string[] {
    const { name } = this.#named
    return [
      ...head(this.#named, this.#type),
      ...Array.from(this.#values, ([key, { number }]) => line(name, key, number)),
    ]
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
  /** How many there are up to each bound and no lower one, and their sum. */
  readonly #values: ByLabels<{ readonly counts: number[]; sum: number }>

  constructor(named: Named, bounds: readonly number[]) {
    this.#named = named
    this.#bounds = bounds
    this.#values = new ByLabels(named.labels, () => ({ counts: [...bounds, 0].map(() => 0), sum: 0 }))
  }

  observe(value: number, ...labels: string[]): void {
    const at = this.#values.of(labels)
    const found = this.#bounds.findIndex((bound) => value <= bound)
    const index = found < 0 ? this.#bounds.length : found
    at.counts[index] = (at.counts[index] ?? 0) + 1
    at.sum += value
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
