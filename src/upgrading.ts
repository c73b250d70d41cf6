import { wordsOf } from './content/words.ts'
import type { UpgradeOptions } from './store/upgrade.ts'

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
