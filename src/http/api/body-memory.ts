import { DomainError } from '../../domain/errors.ts'
import { largest } from './bodies.ts'

/** How many bytes of bodies may be read or worked on at once, and who waits for some of them. */
export type BodyMemory = { size: number; taken: number; waiting: Waiting[] }

type Waiting = { bytes: number; start: () => void }

/** What one request holds of it. */
export type Reservation = { memory: BodyMemory; bytes: number }

/** Bytes of all bodies at once. What is made of one takes several times as much. */
const usualSize = 30_000_000
/** Milliseconds that a body waits. The server itself gives up a request that came too slowly after 60 s. */
const longestWait = 20_000
/** Seconds after which to ask again. */
const askAgain = 10

/** `size` is in bytes; the largest body must fit. */
export function createBodyMemory(size = usualSize): BodyMemory {
  return { size, taken: 0, waiting: [] }
}

/**
 * Waits until so many bytes fit, first come, first served. Each reservation must be released. Throws DomainError
 * `unavailable` after `patience` milliseconds.
 */
export async function reserveMemory(
  memory: BodyMemory,
  bytes: number,
  patience = longestWait,
): Promise<Reservation> {
  if (memory.waiting.length === 0 && fits(memory, bytes)) {
    memory.taken += bytes
    return { memory, bytes }
  }
  await new Promise<void>((resolve, reject) => {
    const waiting: Waiting = {
      bytes,
      start: () => {
        clearTimeout(timer)
        resolve()
      },
    }
    const timer = setTimeout(() => {
      memory.waiting.splice(memory.waiting.indexOf(waiting), 1)
      admitWaiting(memory)
      reject(tooMuch())
    }, patience)
    memory.waiting.push(waiting)
  })
  return { memory, bytes }
}

/** Gives back all but so many bytes, once it is known that a body has no more, and lets others in. */
export function keepOnly(reservation: Reservation, bytes: number) {
  const { memory } = reservation
  const freed = Math.max(0, reservation.bytes - bytes)
  reservation.bytes -= freed
  memory.taken -= freed
  admitWaiting(memory)
}

/** Gives back everything, and lets others in. */
export function releaseMemory(reservation: Reservation) {
  keepOnly(reservation, 0)
}

function admitWaiting(memory: BodyMemory) {
  while (memory.waiting[0] && fits(memory, memory.waiting[0].bytes)) {
    const { bytes, start } = memory.waiting.shift()!
    memory.taken += bytes
    start()
  }
}

function fits({ size, taken }: BodyMemory, bytes: number): boolean {
  return taken + bytes <= size
}

/** Bytes that the body of a request takes while it is read: as many as any may have, if it announces none. */
export function bytesOf(request: Request): number {
  if (request.method === 'GET' || request.method === 'HEAD') return 0
  const announced = request.headers.get('content-length')
  if (announced === null) return request.body ? largest.file : 0
  return Math.min(Number(announced), largest.file)
}

function tooMuch(): DomainError {
  const message = `Too much is being sent at once. Send it again in ${askAgain} seconds.`
  return new DomainError('unavailable', message, { retryAfter: askAgain })
}
