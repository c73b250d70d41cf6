import { DomainError } from '../../domain/errors.ts'
import { largest } from './bodies.ts'

/** How many bytes of bodies may be read or worked on at once, and who waits for some of them. */
export type BodyRoom = { size: number; taken: number; waiting: Waiting[] }

type Waiting = { bytes: number; enter: () => void }

/** What one request holds of a room. */
export type Reservation = { room: BodyRoom; bytes: number }

/** Bytes of all bodies at once. What is made of one takes several times as much. */
const usualSize = 30_000_000
/** Milliseconds that a body waits. The server itself gives up a request that came too slowly after 60 s. */
const longestWait = 20_000
/** Seconds after which to ask again. */
const askAgain = 10

/** `size` is in bytes; the largest body must fit. */
export function createBodyRoom(size = usualSize): BodyRoom {
  return { size, taken: 0, waiting: [] }
}

/**
 * Waits until so many bytes fit, first come, first served. Whoever entered must leave. Throws DomainError `unavailable` after `patience` milliseconds.
 */
export async function enterRoom(
  room: BodyRoom,
  bytes: number,
  patience = longestWait,
): Promise<Reservation> {
  if (room.waiting.length === 0 && fits(room, bytes)) {
    room.taken += bytes
    return { room, bytes }
  }
  await new Promise<void>((resolve, reject) => {
    const waiting: Waiting = {
      bytes,
      enter: () => {
        clearTimeout(timer)
        resolve()
      },
    }
    const timer = setTimeout(() => {
      room.waiting.splice(room.waiting.indexOf(waiting), 1)
      admitWaiting(room)
      reject(tooMuch())
    }, patience)
    room.waiting.push(waiting)
  })
  return { room, bytes }
}

/** Gives back all but so many bytes, once it is known that a body has no more, and lets others in. */
export function keepOnly(reservation: Reservation, bytes: number) {
  const { room } = reservation
  const freed = Math.max(0, reservation.bytes - bytes)
  reservation.bytes -= freed
  room.taken -= freed
  admitWaiting(room)
}

/** Gives back everything, and lets others in. */
export function leaveRoom(reservation: Reservation) {
  keepOnly(reservation, 0)
}

function admitWaiting(room: BodyRoom) {
  while (room.waiting[0] && fits(room, room.waiting[0].bytes)) {
    const { bytes, enter } = room.waiting.shift()!
    room.taken += bytes
    enter()
  }
}

function fits({ size, taken }: BodyRoom, bytes: number): boolean {
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
