import { expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Registry } from '../../src/http/prometheus.ts'

test('numbers are written as Prometheus reads them', () => {
  const registry = new Registry()
  const registers = [registry]
  const asked = new Counter({ name: 'asked_total', help: 'A \\ and\na line.', registers })
  const failed = new Counter({ name: 'failed_total', help: 'Failed.', registers })
  asked.inc()
  asked.inc({}, 2)
  const share = new Gauge({ name: 'share', help: 'Nothing yet.', registers })
  const sizes = new Gauge({ name: 'sizes', help: 'Sizes.', labelNames: ['of'], registers })
  sizes.set({ of: 'a "b"\\\n' }, 1.5)
  sizes.set({ of: 'a "b"\\\n' }, 2.5)
  const time = new Histogram({
    name: 'time',
    help: 'Time.',
    labelNames: ['kind'],
    buckets: [0.5, 1],
    registers,
  })
  for (const second of [0.25, 1, 4]) time.observe({ kind: 'feed' }, second)
  expect([failed, share]).toHaveLength(2)
  expect(registry.text()).toBe(`# HELP asked_total A \\\\ and\\na line.
# TYPE asked_total counter
asked_total 3

# HELP failed_total Failed.
# TYPE failed_total counter
failed_total 0

# HELP share Nothing yet.
# TYPE share gauge

# HELP sizes Sizes.
# TYPE sizes gauge
sizes{of="a \\"b\\"\\\\\\n"} 2.5

# HELP time Time.
# TYPE time histogram
time_bucket{le="0.5",kind="feed"} 1
time_bucket{le="1",kind="feed"} 2
time_bucket{le="+Inf",kind="feed"} 3
time_sum{kind="feed"} 5.25
time_count{kind="feed"} 3
`)
})
