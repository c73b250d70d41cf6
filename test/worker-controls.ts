// How tests tell the Worker of `worker-entry.ts` what to do.

/**
 * A header that names the second that its clock is at least, from this request on. Where it is set, answers
 * name the second that it is then: who waits for one moves it on.
 */
export const secondHeader = 'x-test-second'

/** Takes a bundle of content as a body. */
export const takeUpPath = '/test/take-up'

/** A header of what is asked at the address where workerd listens, and answered as at the host of BASE_URL. */
export const homeHeader = 'x-test-home'

/** The entry of the Worker that requests come to directly, past the Workers that Miniflare puts before it. */
export const directEntry = 'direct'
