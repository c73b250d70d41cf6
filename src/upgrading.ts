import type { WordsOf } from './store/rewrite-words.ts'
import type { UpgradeOptions } from './store/upgrade.ts'

/** The words of a release. The stemmers of all languages are loaded for it, which most starts do without. */
export const wordsOf: WordsOf = async (release) =>
  (await import('./content/words.ts')).wordsOf(release)

let told = 0

/** How a database of an earlier version is brought over, for the server and for commands. */
export const upgrading: UpgradeOptions = {
  wordsOf,
  progress(done, total) {
    if (done - told < 1000 && done < total) return
    told = done < total ? done : 0
    console.error(
      `The database is of an earlier version. ${done} of ${total} releases are brought over.`,
    )
  },
}
