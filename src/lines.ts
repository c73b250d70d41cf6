/** Milliseconds for which lines are gathered, and characters after which they are written at once. */
const gathering = 20
const most = 65_536

/**
 * Writes lines to standard output, a few at a time: a write for each answer would cost more than the answer.
 * When the process ends, the last ones are written before. A log that cannot be written, as when its disk is
 * full, keeps nobody from reading.
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
