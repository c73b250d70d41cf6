import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { registerProbe } from '../../src/cli/probe.ts'
import { runCommand } from './run.ts'

const project = join(import.meta.dirname, '../..')

/** A command as a process of its own. */
function command(...args: string[]) {
  const child = spawn(process.execPath, ['src/cli/tiedote.ts', ...args], { cwd: project })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ended = new Promise<{ code: number | null; output: string; errors: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, output, errors }))
  })
  return { child, ended }
}

test('the help names every command, and each command has a file of its own', async () => {
  const { code, output } = await command('--help').ended
  expect(code).toBe(0)
  for (const name of ['check', 'new', 'probe', 'backup', 'restore']) {
    expect(output).toMatch(new RegExp(`^ {2}${name} `, 'm'))
    expect(readdirSync(join(project, 'src/cli'))).toContain(`${name}.ts`)
  }
  expect(output).toContain('Exit codes: 0 fine, 1 a problem was found or something was not done, 2')
})

test('what is used wrongly is said in a sentence, with exit code 2', async () => {
  const unknown = await command('chekc').ended
  expect(unknown).toMatchObject({
    code: 2,
    errors: expect.stringMatching(/^Unknown command 'chekc'/),
  })
  expect(unknown.errors).not.toContain('    at ')
  const nothing = await runCommand(registerProbe, [])
  expect(nothing).toMatchObject({ code: 2, errors: expect.stringContaining('Usage:') })
  const option = await runCommand(registerProbe, ['probe', 'x', '--most', '0'])
  expect(option).toMatchObject({
    code: 2,
    errors: expect.stringContaining('Write a number from 1 on.'),
  })
  expect(option.errors).not.toContain('    at ')
})

test('Ctrl+C ends a command with 130', async () => {
  const silent = createServer(() => child.kill('SIGINT')).listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  onTestFinished(() => {
    silent.closeAllConnections()
    silent.close()
  })
  const { port } = silent.address() as AddressInfo
  const { child, ended } = command('probe', `http://127.0.0.1:${port}`)
  expect((await ended).code).toBe(130)
})

test('what is half done goes when a command is interrupted', async () => {
  const path = join(tmpdir(), `tiedote-half-${process.pid}`)
  const script = `
    import { rmSync, writeFileSync } from 'node:fs'
    import { allOrNothing, endWhenInterrupted } from '${project}/src/cli/interruption.ts'
    endWhenInterrupted()
    await allOrNothing(() => rmSync('${path}'), async () => {
      writeFileSync('${path}', 'half')
      console.log('begun')
      await new Promise((resolve) => setTimeout(resolve, 20_000))
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script])
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = new Promise((resolve) => child.once('close', resolve))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  expect(existsSync(path)).toBe(true)
  child.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(existsSync(path)).toBe(false)
})
