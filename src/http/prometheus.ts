// Numbers in the text format of Prometheus, version 0.0.4.

/** What tells one series of a metric from another. Those that are left out are empty. */
type Labels = Record<string, string>
type Described<Name extends string> = {
  name: string
  help: string
  labelNames?: readonly Name[]
  registers: readonly Registry[]
}

type Series<Value> = { labels: Labels; value: Value }

/** Metrics that are shown together. */
export class Registry {
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8'
  readonly metrics: Metric<string, unknown>[] = []

  text(): string {
    return `${this.metrics.map((metric) => metric.text()).join('\n\n')}\n`
  }
}

/** The series of a metric by their labels, in the order in which they came. */
abstract class Metric<Name extends string, Value> {
  protected readonly series = new Map<string, Series<Value>>()
  protected readonly name: string
  readonly #labelNames: readonly Name[]
  readonly #head: string

  constructor(
    type: string,
    { name, help, labelNames = [], registers }: Described<Name>,
    zero?: Value,
  ) {
    this.name = name
    this.#labelNames = labelNames
    this.#head = `# HELP ${name} ${escapeText(help)}\n# TYPE ${name} ${type}`
    // Without labels there is a series before anything is counted.
    if (labelNames.length === 0 && zero !== undefined) this.find({}, () => zero)
    for (const registry of registers) registry.metrics.push(this)
  }

  /** The series with these labels, which begins with a value. */
  protected find(labels: Labels, begin: () => Value): Series<Value> {
    let key = ''
    for (const name of this.#labelNames) key += `${labels[name] ?? ''}\0`
    let found = this.series.get(key)
    if (!found) this.series.set(key, (found = { labels, value: begin() }))
    return found
  }

  text(): string {
    return [this.#head, ...this.lines()].join('\n')
  }

  protected abstract lines(): string[]
}

abstract class Plain<Name extends string> extends Metric<Name, number> {
  protected override lines(): string[] {
    return [...this.series.values()].map(({ labels, value }) => line(this.name, labels, value))
  }
}

/** What only grows. */
export class Counter<Name extends string = never> extends Plain<Name> {
  constructor(described: Described<Name>) {
    super('counter', described, 0)
  }

  inc(labels: Record<Name, string> = {} as Record<Name, string>, by = 1) {
    this.find(labels, zero).value += by
  }
}

/** What rises and falls. It is not shown until it is set. */
export class Gauge<Name extends string = never> extends Plain<Name> {
  constructor(described: Described<Name>) {
    super('gauge', described)
  }

  set(labels: Record<Name, string>, value: number) {
    this.find(labels, zero).value = value
  }
}

type Observed = { counts: number[]; sum: number; count: number }

/** How many values lie below each of some bounds. */
export class Histogram<Name extends string = never> extends Metric<Name, Observed> {
  readonly #bounds: readonly number[]

  constructor({ buckets, ...described }: Described<Name> & { buckets: readonly number[] }) {
    super('histogram', described)
    this.#bounds = buckets
  }

  observe(labels: Record<Name, string>, value: number) {
    const { value: observed } = this.find(labels, () => {
      return { counts: this.#bounds.map(zero), sum: 0, count: 0 }
    })
    const bucket = this.#bounds.findIndex((bound) => value <= bound)
    if (bucket >= 0) observed.counts[bucket]! += 1
    observed.sum += value
    observed.count += 1
  }

  protected override lines(): string[] {
    return [...this.series.values()].flatMap(({ labels, value: { counts, sum, count } }) => {
      let below = 0
      const buckets = this.#bounds.map((bound, index) => {
        below += counts[index]!
        return line(`${this.name}_bucket`, { le: String(bound), ...labels }, below)
      })
      return [
        ...buckets,
        line(`${this.name}_bucket`, { le: '+Inf', ...labels }, count),
        line(`${this.name}_sum`, labels, sum),
        line(`${this.name}_count`, labels, count),
      ]
    })
  }
}

function zero(): number {
  return 0
}

function line(name: string, labels: Labels, value: number): string {
  const written = Object.entries(labels).map(([label, text]) => {
    return `${label}="${escapeText(text).replaceAll('"', '\\"')}"`
  })
  return `${name}${written.length > 0 ? `{${written.join(',')}}` : ''} ${value}`
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
