/** Milliseconds for which lines are collected, and characters after which they are written at once. */
const gathering = 20
/** A pipe holds 64 KB, and a write that does not fit waits until somebody reads. */
const most = 8_192

/**
 * Writes lines to standard output, several at a time: a write for each answer would cost more than the answer.
 * The last ones are written when the process ends. If the log cannot be written, as on a full disk, readers
 * are answered anyway.
 */
export function createLineWriter(): (line: string) => void {
  let waiting = ''
  process.stdout.on('error', () => {})
  let timer: NodeJS.Timeout | undefined
  const write = () => {
    clearTimeout(timer)
    timer = undefined
    if (waiting) process.stdout.write(waiting)
    waiting = ''
  }
  process.on('exit', write)
  return (line) => {
    timer ??= setTimeout(write, gathering)
    waiting += `${line}\n`
    if (waiting.length >= most) write()
  }
}
