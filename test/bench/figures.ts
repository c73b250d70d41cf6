/** What several rounds gave. */
export type Spread = { median: number; least: number; most: number }

/** One line of the table. */
export type Figure = {
  work: string
  /** What was measured, of which `limit` speaks: a ratio mostly. */
  spread: Spread
  unit: '×' | '/s' | 'ms' | 's' | 'MB' | 'KB' | 'queries'
  /** What the figure must reach; undefined for one that is only told. */
  limit: { atLeast: number } | { atMost: number } | undefined
  /** The absolute figures behind a ratio. */
  detail: string
}

/** A line of the plot: cost in milliseconds by number of releases. */
export type Curve = { name: string; points: { releases: number; milliseconds: number }[] }

/** What a part of the benchmark found. */
export type Found = { figures: Figure[]; curves?: Curve[] }

/** The middle and the ends of some numbers. */
export function spreadOf(numbers: number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  const median = sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
  return { median, least: sorted[0]!, most: sorted.at(-1)! }
}

/** The ratio of each round, of two that were measured in turns. */
export function ratios(ours: number[], theirs: number[]): Spread {
  return spreadOf(ours.map((one, index) => one / theirs[index]!))
}

/** Whether the median reaches the limit. */
export function isReached({ spread, limit }: Figure): boolean {
  if (!limit) return true
  return 'atLeast' in limit ? spread.median >= limit.atLeast : spread.median <= limit.atMost
}

/** Three digits, so that nothing is rounded to what it should be. */
export function digits(number: number): string {
  if (number === 0 || number >= 1000) return String(Math.round(number))
  return String(Number(number.toPrecision(3)))
}

/** The figures as a table in Markdown. */
export function tableOf(figures: Figure[]): string {
  const rows = figures.map((figure) => {
    const { work, spread, unit, limit, detail } = figure
    const wanted = !limit ? '' : 'atLeast' in limit ? `≥ ${limit.atLeast}` : `≤ ${limit.atMost}`
    const range = `${digits(spread.least)}–${digits(spread.most)}`
    const verdict = !limit ? '' : isReached(figure) ? 'yes' : '**no**'
    return `| ${work} | ${digits(spread.median)} ${unit} (${range}) | ${wanted} | ${verdict} | ${detail} |`
  })
  const head = '| work | median (least–most) | wanted | reached | |\n|---|---|---|---|---|'
  return [head, ...rows].join('\n')
}

const width = 780
const height = 420
const margin = { left: 70, right: 290, top: 30, bottom: 50 }
const colours = ['#0b5fa5', '#b3261e', '#1b7837', '#7b3294', '#a6611a', '#555555', '#008080']

/** The curves as SVG: both axes logarithmic, so that a cost that grows with the number is a slope. */
export function plotOf(curves: Curve[]): string {
  const points = curves.flatMap((curve) => curve.points)
  const bounds = (values: number[]) => {
    const logs = values.map((value) => Math.log10(value))
    return { low: Math.floor(Math.min(...logs)), high: Math.ceil(Math.max(...logs)) }
  }
  const across = bounds(points.map(({ releases }) => releases))
  const up = bounds(points.map(({ milliseconds }) => milliseconds))
  const x = (releases: number) => {
    const share = (Math.log10(releases) - across.low) / (across.high - across.low || 1)
    return margin.left + share * (width - margin.left - margin.right)
  }
  const y = (milliseconds: number) => {
    const share = (Math.log10(milliseconds) - up.low) / (up.high - up.low || 1)
    return height - margin.bottom - share * (height - margin.top - margin.bottom)
  }
  const powers = ({ low, high }: { low: number; high: number }) =>
    Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
  const label = (text: string, left: number, top: number, anchor = 'start', colour = '#222') =>
    `<text x="${left}" y="${top}" text-anchor="${anchor}" fill="${colour}">${text}</text>`
  const grid = [
    ...powers(up).flatMap((value) => [
      `<path d="M${margin.left} ${y(value)}H${width - margin.right}" stroke="#ddd"/>`,
      label(`${digits(value)} ms`, margin.left - 8, y(value) + 4, 'end'),
    ]),
    ...powers(across).map((value) =>
      label(value.toLocaleString('en'), x(value), height - margin.bottom + 20, 'middle'),
    ),
    label('releases', (margin.left + width - margin.right) / 2, height - 10, 'middle'),
  ]
  const lines = curves.flatMap((curve, index) => {
    const colour = colours[index % colours.length]!
    const places = curve.points.map((one) => `${x(one.releases)},${y(one.milliseconds)}`)
    const top = margin.top + 18 * index
    const key = width - margin.right + 12
    // More curves than colours: each colour comes again with dashes.
    const dashes = index < colours.length ? '' : ' stroke-dasharray="6 4"'
    const stroke = `fill="none" stroke="${colour}" stroke-width="2"${dashes}`
    return [
      `<polyline points="${places.join(' ')}" ${stroke}/>`,
      `<path d="M${key} ${top - 4}h24" ${stroke}/>`,
      label(curve.name, key + 32, top, 'start', colour),
    ]
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12"><rect width="${width}" height="${height}" fill="#fff"/>${[...grid, ...lines].join('\n')}</svg>\n`
}
