/**
 * Writes lines to standard output, those of one turn of the event loop together: a write for each answer
 * would cost more than the answer. When the process ends, the last ones are written before. A log that
 * cannot be written, as when its disk is full, keeps nobody from reading.
 */
export function createLineWriter(): (line: string) => void {
  let waiting = ''
  process.stdout.on('error', () => {})
  const write = () => {
    if (waiting) process.stdout.write(waiting)
    waiting = ''
  }
  process.on('exit', write)
  return (line) => {
    if (!waiting) setImmediate(write)
    waiting += `${line}\n`
  }
}
