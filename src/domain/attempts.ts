import type { Clock } from './clock.ts'
import { cacheSizes, createRemembered } from './remembered.ts'

const minute = 60

/** Counts what each client does within a minute. Who was not seen for longest is forgotten where they are too many. */
export class Attempts {
  readonly #clock: Clock
  readonly #counted = createRemembered<{ count: number; until: number }>(cacheSizes.clients)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Seconds until a client may go on that did something `most` times in a minute; undefined if it may at once. */
  wait(client: string, most: number): number | undefined {
    const counted = this.#current(client)
    return counted && counted.count >= most ? counted.until - this.#clock.now() : undefined
  }

  /** A client did it once more. */
  add(client: string): void {
    const before = this.#current(client) ?? { count: 0, until: this.#clock.now() + minute }
    this.#counted.set(client, { ...before, count: before.count + 1 })
  }

  #current(client: string) {
    const now = this.#clock.now()
    const counted = this.#counted.get(client)
    // A clock that is set back must not make it longer.
    return counted && counted.until > now && counted.until <= now + minute ? counted : undefined
  }
}

/**
 * Who asks from an address, with or without a port: of IPv6 its network, because one customer is given all of its 2^64
 * addresses.
 */
export function clientFrom(written: string): string {
  const address = written.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1')
  const url = URL.parse(`http://[${address}]/`)
  if (!url) return address
  const [head = '', tail = ''] = url.hostname.slice(1, -1).split('::')
  const [before = [], after = []] = [head, tail].map((part) => part.split(':').filter(Boolean))
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  const network = [...before, ...zeros, ...after].slice(0, 4).join(':')
  // That of IPv4 as IPv6 writes it.
  return network === '0:0:0:0' ? address : network
}
