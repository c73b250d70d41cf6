import {
  type Bounds,
  formatCount,
  longestName,
  mostProblems,
  otherCharacters,
  otherItems,
} from './limits.ts'
import type { Problem } from './problem.ts'

/** The texts and lists that are longer than their bounds, at most fifty. */
export function beyondBounds(written: unknown, bounds: Bounds): Problem[] {
  const problems: Problem[] = []
  look({ value: written, field: '', name: '' }, bounds, problems)
  return problems
}

/** A value with its field, such as `contacts.0.name`, and the names in it, `contacts.name`. */
type NamedValue = { value: unknown; field: string; name: string }

function look({ value, field, name }: NamedValue, bounds: Bounds, problems: Problem[]) {
  if (problems.length >= mostProblems) return
  if (typeof value === 'string') {
    const most = boundOf(name, bounds.characters) ?? otherCharacters
    if (value.length > most) problems.push({ field, message: tooLong(value.length, most) })
  } else if (Array.isArray(value)) {
    const most = boundOf(name, bounds.items) ?? otherItems
    if (value.length > most) problems.push({ field, message: tooMany(value.length, most) })
    else value.forEach((one, at) => look(within(field, name, one, String(at)), bounds, problems))
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      if (key.length > longestName) problems.push({ field, message: longName(key) })
      else look(within(field, name, one, key, key), bounds, problems)
    }
  }
}

function within(
  field: string,
  name: string,
  value: unknown,
  step: string,
  key?: string,
): NamedValue {
  return {
    value,
    field: field ? `${field}.${step}` : step,
    name: key === undefined ? name : name ? `${name}.${key}` : key,
  }
}

/** The bound of a field, else that of the field around it. */
function boundOf(name: string, bounds: Record<string, number>): number | undefined {
  for (let at = name; at; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    if (Object.hasOwn(bounds, at)) return bounds[at]
  }
  return undefined
}

function tooLong(count: number, most: number): string {
  return `This has ${formatCount(count)} characters. Write at most ${formatCount(most)}.`
}

function tooMany(count: number, most: number): string {
  return `This list has ${formatCount(count)} items. Write at most ${formatCount(most)}.`
}

function longName(key: string): string {
  return `The name of a field has ${formatCount(key.length)} characters. Write at most ${longestName}, or remove the field.`
}
