// The thread that writes (`writer-thread.ts`).
import { giveWay } from './give-way.ts'

// Loading the rest takes long enough for others to notice.
giveWay(5)
const { startWriting } = await import('./writing.ts')
startWriting()
