/** How the benchmark was called. */
export type Setup = {
  /** Fewer rounds: to see whether it runs, not to believe its figures. */
  isQuick: boolean
  /** Numbers of releases to compare, the smallest first. */
  sizes: number[]
  /** The same, if they were named; a part that takes long with many measures few otherwise. */
  namedSizes: number[] | undefined
  /** Somebody's own content instead of what is made up. */
  content: string | undefined
  /** Tells how far it is. */
  tell: (text: string) => void
}
