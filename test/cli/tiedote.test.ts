import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { registerProbe } from '../../src/cli/probe.ts'
import { temporaryFolder } from '../content-folder.ts'
import { freePort, until } from '../server.ts'
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
  for (const name of ['check', 'new', 'probe', 'backup', 'restore', 'complete']) {
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

test('the program runs where npm has linked it, on the Node of the machine or the one that comes with it', () => {
  const env = environment()
  const run = (...args: string[]) =>
    spawnSync('tiedote', args, { env, cwd: tmpdir(), encoding: 'utf8' })
  expect(run('--version')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+/),
  })
  expect(run('chekc')).toMatchObject({ status: 2, stderr: expect.stringMatching(/^Unknown/) })
})

test('bash completes commands and options from what it is given', () => {
  const script = `
    _get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=\${words[cword]}; }
    __ltrim_colon_completions() { :; }
    compopt() { :; }
    source <(tiedote complete bash)
    COMP_WORDS=(tiedote mend); COMP_CWORD=1; __tiedote_complete; printf '%s\n' "\${COMPREPLY[@]}"
    COMP_WORDS=(tiedote check --st); COMP_CWORD=2; __tiedote_complete; printf '%s\n' "\${COMPREPLY[@]}"`
  const env = environment()
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { env, encoding: 'utf8' })
  expect([stderr, stdout.split('\n').map((line) => line.trim())]).toEqual([
    '',
    ['mend-clock', '--strict', ''],
  ])
})

test.each([
  ['Ctrl+C in a terminal', 'SIGINT', 'all'],
  ['SIGTERM', 'SIGTERM', 'npm'],
] as const)(
  '%s through npm stops the service and leaves no process behind',
  async (_, signal, whom) => {
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
    process.kill(whom === 'all' ? -npm.pid! : npm.pid!, signal)
    expect(await ended).toEqual([0, null])
    await until(() => !isAnybodyIn(npm.pid!))
  },
)

function isAnybodyIn(group: number): boolean {
  try {
    return process.kill(-group, 0)
  } catch {
    return false
  }
}
