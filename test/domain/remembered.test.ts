import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createRemembered, sizeOfText } from '../../src/domain/remembered.ts'

const keyOf = (number: number) => `${number}`.padEnd(100, 'x')

test('however many different things come, what is remembered has room', () => {
  const remembered = createRemembered(50_000, sizeOfText)
  for (let number = 0; number < 10_000; number++) {
    remembered.set(keyOf(number), 'y'.repeat(number % 400))
    expect(remembered.bytes).toBeLessThanOrEqual(50_000)
  }
  expect(remembered.get(keyOf(9999))).toBeDefined()
  expect(remembered.get(keyOf(0))).toBeUndefined()
  remembered.clear()
  expect(remembered.bytes).toBe(0)
})

test('what was used lately is remembered the longest', () => {
  const remembered = createRemembered(10_000, () => 0)
  remembered.set('often', true)
  for (let number = 0; number < 1000; number++) {
    remembered.set(keyOf(number), true)
    expect(remembered.get('often')).toBe(true)
  }
  expect(remembered.get(keyOf(1))).toBeUndefined()
})

test('nothing is remembered of a key that is long', () => {
  const remembered = createRemembered(1_000_000, () => 0)
  remembered.set('x'.repeat(15_000), true)
  expect(remembered.get('x'.repeat(15_000))).toBeUndefined()
  expect(remembered.bytes).toBe(0)
})

test('a value is counted once however often it is set, and anew when it has grown', () => {
  const remembered = createRemembered(10_000, (list: number[]) => list.length * 8)
  const list: number[] = []
  for (let times = 0; times < 10; times++) remembered.set('list', list)
  const before = remembered.bytes
  list.push(1, 2, 3)
  remembered.recount('list')
  expect(remembered.bytes).toBe(before + 24)
  remembered.delete('list')
  remembered.recount('list')
  expect(remembered.bytes).toBe(0)
})

test('of a long header nothing is kept but the part that is remembered', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const remembered = createRemembered(1_000_000, () => 0)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let number = 0; number < 800; number++) {
    const header = Buffer.alloc(15_000, 97 + (number % 20)).toString('latin1') + number
    remembered.set(header.slice(-60), true)
  }
  collect()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000)
  expect(remembered.bytes).toBeLessThan(1_000_000)
})
