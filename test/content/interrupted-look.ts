import type { ContentStore } from '../../src/domain/release-store.ts'

/** The moments of a look at a folder between which others may write, in order. */
export const moments = {
  'before the folder is listed': 'files',
  'after the folder was listed': 'drafts',
  'while what was read is kept': 'stage',
  'before it is made public': 'program',
} as const
export type Moment = (typeof moments)[keyof typeof moments]

/** A store during whose next look something happens once, at a moment. */
export function interruptedLook(
  store: ContentStore,
  moment: Moment,
  happens: () => Promise<void>,
): ContentStore {
  let isOver = false
  const at = async (here: Moment) => {
    if (here !== moment || isOver) return
    isOver = true
    await happens()
  }
  return {
    ...store,
    async known() {
      const known = await store.known()
      await at('files')
      return { ...known, drafts: () => at('drafts').then(known.drafts) }
    },
    async stage(...what) {
      await at('stage')
      await store.stage(...what)
    },
    async program() {
      await at('program')
      return store.program()
    },
  }
}
