import type { Answer } from './exchange.ts'

/** What a reader remembers of an answer to ask with conditions. Dates as they were written. */
export type Validators = { etag: string | undefined; lastModified: string | undefined }

export const noValidators: Validators = { etag: undefined, lastModified: undefined }

export function validatorsOf({ headers }: Answer): Validators {
  return {
    etag: headers.get('etag') ?? undefined,
    lastModified: headers.get('last-modified') ?? undefined,
  }
}

/** The new ones, and of the old ones what the answer does not have. */
export function renewed(old: Validators, answer: Answer): Validators {
  const { etag, lastModified } = validatorsOf(answer)
  return { etag: etag ?? old.etag, lastModified: lastModified ?? old.lastModified }
}

/** Headers that send validators back as they came. */
export function conditions({ etag, lastModified }: Validators): Record<string, string> {
  return {
    ...(etag !== undefined && { 'If-None-Match': etag }),
    ...(lastModified !== undefined && { 'If-Modified-Since': lastModified }),
  }
}

/** A date in seconds, as a program that parses dates understands it. */
export function secondOf(date: string | undefined): number | undefined {
  const milliseconds = Date.parse(date ?? '')
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000)
}

/** A date that was parsed and is written again, by programs that do not keep what they were sent. */
export function httpDate(second: number): string {
  return new Date(second * 1000).toUTCString()
}
