import type { Output } from '../domain/tool.ts'
import type { Connection } from './connection.ts'
import type { PushFolder } from './read-folder.ts'

/** All that sending works with. */
export type Push = {
  output: Output
  connection: Connection
  folder: PushFolder
  isDryRun: boolean
  /** Lines about what is not sent, or refused. */
  refusals: string[]
}
