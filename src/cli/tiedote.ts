// The commands: npm run tiedote -- <command>
import { registerBackup } from './backup.ts'
import { registerCheck } from './check.ts'
import { registerComplete } from './complete.ts'
import { registerEditor } from './editor.ts'
import { registerErase } from './erase.ts'
import { registerExport } from './export.ts'
import { registerHub } from './hub.ts'
import { registerImport } from './import.ts'
import { registerInit } from './init.ts'
import { endWhenInterrupted } from './interruption.ts'
import { registerMendClock } from './mend-clock.ts'
import { registerNew } from './new.ts'
import { registerPreview } from './preview.ts'
import { registerProbe } from './probe.ts'
import { run } from './program.ts'
import { registerPush } from './push.ts'
import { registerRestore } from './restore.ts'
import { createTerminal } from './terminal.ts'

const commands = [
  registerInit,
  registerPreview,
  registerCheck,
  registerNew,
  registerImport,
  registerPush,
  registerExport,
  registerProbe,
  registerBackup,
  registerRestore,
  registerEditor,
  registerErase,
  registerMendClock,
  registerHub,
  registerComplete,
]

endWhenInterrupted()
process.exitCode = await run(commands, process.argv.slice(2), {
  terminal: createTerminal(),
  environment: process.env,
})
