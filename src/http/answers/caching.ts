/** How long anybody may keep an answer, in seconds. */
export const longestKept = 300
/** The same as a header, and how long to go on with it while we do not answer (H-18). */
export const caching = `public, max-age=${longestKept}, stale-while-revalidate=600, stale-if-error=86400`

/** For what is not there, which may change, in seconds (H-28). */
export const brieflyKept = 30
export const briefly = `public, max-age=${brieflyKept}`
