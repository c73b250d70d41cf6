import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { registerComplete } from '../../src/cli/complete.ts'
import { registerMendClock } from '../../src/cli/mend-clock.ts'
import { registerProbe } from '../../src/cli/probe.ts'
import type { Register } from '../../src/cli/program.ts'
import { temporaryFolder } from '../content-folder.ts'
import { freePort, until } from '../server.ts'
import { runCommand } from './run.ts'

const project = join(import.meta.dirname, '../..')

test('what is used wrongly is said in a sentence, with exit code 2', async () => {
  const nothing = await runCommand(registerProbe, [])
  expect(nothing).toMatchObject({ code: 2, errors: expect.stringContaining('Usage:') })
  const option = await runCommand(registerProbe, ['probe', 'x', '--most', '0'])
  expect(option).toMatchObject({
    code: 2,
    errors: expect.stringContaining('Write a number from 1 on.'),
  })
  expect(option.errors).not.toContain('    at ')
})

test('the program tells its version', async () => {
  const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  const { code, output, errors } = await runCommand(registerProbe, ['--version'])
  // In a checkout the commit stands behind it.
  expect({ code, version: output.split(' ')[0], errors }).toEqual({ code: 0, version, errors: '' })
})

test('Ctrl+C ends a command with 130', async () => {
  const silent = createServer(() => child.kill('SIGINT')).listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  onTestFinished(() => {
    silent.closeAllConnections()
    silent.close()
  })
  const { port } = silent.address() as AddressInfo
  const args = ['src/cli/tiedote.ts', 'probe', `http://127.0.0.1:${port}`]
  const child = spawn(process.execPath, args, { cwd: project, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  expect(await once(child, 'close')).toEqual([130, null])
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

/** A folder with the program as npm links it, which is how it is installed. */
function installed(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-bin-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { bin } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    bin: { tiedote: string }
  }
  symlinkSync(join(project, bin.tiedote), join(folder, 'tiedote'))
  return folder
}

/** The PATH of a machine, without what npm puts before it. */
const ownPath = process.env
  .PATH!.split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter)

/** What a shell gives to the installed program. The code that Node compiled lies where that of the other tests does. */
function environment() {
  const { NODE_COMPILE_CACHE } = process.env
  return { PATH: [installed(), ownPath].join(delimiter), NODE_COMPILE_CACHE }
}

test('the program runs where npm has linked it, on the Node of the machine or the one that comes with it: its help names every command, and another one is refused', () => {
  const env = environment()
  const run = (...args: string[]) =>
    spawnSync('tiedote', args, { env, cwd: tmpdir(), encoding: 'utf8' })
  const { status, stdout: help } = run('--help')
  expect(status).toBe(0)
  for (const name of ['check', 'new', 'probe', 'backup', 'restore', 'complete']) {
    expect(help).toMatch(new RegExp(`^ {2}${name} `, 'm'))
    expect(readdirSync(join(project, 'src/cli'))).toContain(`${name}.ts`)
  }
  expect(help).toContain('Exit codes: 0 fine, 1 a problem was found or something was not done, 2')
  const unknown = run('chekc')
  expect([unknown.status, unknown.stderr]).toEqual([
    2,
    expect.stringMatching(/^Unknown command 'chekc'/),
  ])
  expect(unknown.stderr).not.toContain('    at ')
})

test('bash completes what it is given', () => {
  const script = `
    _get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=\${words[cword]}; }
    __ltrim_colon_completions() { :; }
    compopt() { :; }
    source <(tiedote complete bash)
    COMP_WORDS=(tiedote check --st); COMP_CWORD=2; __tiedote_complete; printf '%s\n' "\${COMPREPLY[@]}"`
  const env = environment()
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { env, encoding: 'utf8' })
  expect([stderr, stdout.trim()]).toEqual(['', '--strict'])
})

test('a shell is told which commands begin so', async () => {
  const told = vi.spyOn(console, 'log').mockImplementation(() => {})
  onTestFinished(() => told.mockRestore())
  const register: Register = (program, context) => {
    for (const one of [registerProbe, registerMendClock, registerComplete]) one(program, context)
  }
  expect(await runCommand(register, ['complete', '--', 'mend'])).toMatchObject({ code: 0 })
  const names = told.mock.calls.map(([line]) => String(line).split('\t')[0])
  expect(names.filter((name) => !name!.startsWith(':'))).toEqual(['mend-clock'])
})

// A terminal tells npm and the service at once, which `node.test.ts` holds.
test('SIGTERM through npm stops the service and leaves no process behind', async () => {
  const settings = {
    DATABASE: ':memory:',
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    // Vitest sets it for itself.
    BASE_URL: '',
  }
  const npm = spawn('npm', ['start'], {
    cwd: project,
    env: { ...process.env, ...settings, CONTENT_DIR: temporaryFolder() },
    // A group of its own, as a shell gives to what it starts.
    detached: true,
  })
  onTestFinished(() => void (isAnybodyIn(npm.pid!) && process.kill(-npm.pid!, 'SIGKILL')))
  let output = ''
  npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await until(() => output.includes('Serving'))
  const ended = once(npm, 'exit')
  npm.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  await until(() => !isAnybodyIn(npm.pid!))
})

function isAnybodyIn(group: number): boolean {
  try {
    return process.kill(-group, 0)
  } catch {
    return false
  }
}
